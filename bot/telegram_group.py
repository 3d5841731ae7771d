"""The caseworkers' Telegram group: one forum topic per case, or a thread of replies."""

from __future__ import annotations

import logging

from sqlalchemy.orm import Session
from telegram import Bot, Message, ReactionTypeEmoji, ReplyParameters
from telegram.error import BadRequest, ChatMigrated, TelegramError

from bot.cases import Cases
from bot.database import Database
from bot.messages import StaffMessage, ToStaff
from bot.models import Case, Note, Resident, StaffPost
from bot.outbox import Parcel, TryLater, Undeliverable
from bot.telegram_api import called

log = logging.getLogger(__name__)

_GROUP = "staff_group"
_COMMANDS = {"close"}


def read(message: Message, edited: bool) -> StaffMessage | None:
    """Return what a message of the group means, or None for what is not ours (service messages,
    other bots' commands)."""
    thread = message.message_thread_id or 0 if message.is_topic_message else 0
    reply = message.reply_to_message.message_id if message.reply_to_message else 0
    if message.migrate_to_chat_id:
        return StaffMessage("moved", str(message.migrate_to_chat_id), 0)
    if message.from_user and message.from_user.is_bot and not message.sender_chat:
        return None
    text = message.text or ""
    if edited:
        return StaffMessage("edited", "", message.message_id, thread, reply)
    if text.startswith("/"):
        name = text[1:].split()[0].split("@")[0].lower() if len(text) > 1 else ""
        return (
            StaffMessage("command", name, message.message_id, thread, reply)
            if name in _COMMANDS
            else None
        )
    if text:
        return StaffMessage("text", text, message.message_id, thread, reply)
    if message.effective_attachment:
        return StaffMessage("media", "", message.message_id, thread, reply)
    return None


class GroupSender:
    """Posts about cases into the group; finds or makes the case's topic first."""

    def __init__(self, bot: Bot, group: int, database: Database, cases: Cases) -> None:
        """Take the group's chat id as set by the operator."""
        self._bot = bot
        self._database = database
        self._cases = cases
        self.group = self._configured = group
        self._is_forum: bool | None = None

    async def start(self) -> None:
        """Remember where the group moved to in an earlier run."""
        moved = await self._database.run(_moved_to, self.group)
        self.group = moved or self.group

    async def send(self, parcel: Parcel) -> None:
        """Post one message about a case.

        Raises:
            TryLater: Telegram is busy or away.
            Undeliverable: the group refuses it for good; the console still has the case.
        """
        message = ToStaff(**parcel.payload)
        try:
            await self._send(parcel, message)
        except ChatMigrated as error:
            await self.move(error.new_chat_id)
            raise TryLater from None

    async def move(self, new: int) -> None:
        """Follow the group to its new chat id, now and after a restart (Bot API, Message,
        migrate_to_chat_id: switching topics on makes a group a supergroup)."""
        await self._database.run(_remember_move, self._configured, new)
        self.group, self._is_forum = new, None

    async def _send(self, parcel: Parcel, message: ToStaff) -> None:
        if message.reaction_to:
            await self._react(message.reaction_to)
            return
        thread, header = message.thread, message.header
        if parcel.case_id:
            thread, header = await self._place(parcel.case_id, message)
            if message.opens:
                return  # `_place` posted the header
        if not thread and not header:
            raise Undeliverable(gone=False)  # deleted before anything was posted
        where = {
            "message_thread_id": thread or None,
            "reply_parameters": None
            if thread
            else ReplyParameters(header, allow_sending_without_reply=True),
        }
        try:
            if message.copy_message:
                chat = int(await self._database.run(self._address, parcel.case_id or 0))
                posted = await called(
                    self._bot.copy_message(self.group, chat, message.copy_message, **where)  # type: ignore[arg-type]
                )
            else:
                posted = await called(self._bot.send_message(self.group, message.text, **where))  # type: ignore[arg-type]
        except Undeliverable:
            if not thread or not parcel.case_id:
                raise
            # The topic is gone or closed by hand: go on in a new one.
            await self._database.run(_forget_place, parcel.case_id)
            raise TryLater from None
        if parcel.case_id:
            await self._database.run(_note_post, posted.message_id, parcel.case_id)
        if message.closes and thread:
            await self._close_topic(thread)

    async def _place(self, case_id: int, message: ToStaff) -> tuple[int, int]:
        """Return a case's topic or header message; post the header when there is neither."""
        case, channel = await self._database.run(_case, case_id)
        if case is None:
            raise Undeliverable(gone=False)
        if case.thread or case.header:
            return case.thread, case.header
        thread = await self._new_topic(case)
        text = self._cases.header(case, channel, in_topic=bool(thread))
        posted = await called(
            self._bot.send_message(self.group, text, message_thread_id=thread or None)
        )
        await self._database.run(_note_place, case_id, thread, posted.message_id)
        return thread, posted.message_id

    async def _new_topic(self, case: Case) -> int:
        """Return the id of a new forum topic; 0 where the group has none or lacks the right."""
        if self._is_forum is None:
            chat = await called(self._bot.get_chat(self.group))
            self._is_forum = bool(chat.is_forum)
        if not self._is_forum:
            return 0
        try:
            topic = await self._bot.create_forum_topic(self.group, self._cases.thread_title(case))
        except BadRequest as error:
            log.warning("no topic in the staff group: %s", error.message)
            await self._bot.send_message(
                self.group, self._cases.answers.staff_text("no_topics_right")
            )
            return 0
        except ChatMigrated:
            raise
        except TelegramError:
            raise TryLater from None
        return topic.message_thread_id

    async def _react(self, message_id: int) -> None:
        """Show the caseworker that the message is on its way; a nicety, so failure is no harm."""
        try:
            await self._bot.set_message_reaction(self.group, message_id, ReactionTypeEmoji("👍"))
        except TelegramError:
            log.info("no reaction in the staff group")

    async def _close_topic(self, thread: int) -> None:
        try:
            await self._bot.close_forum_topic(self.group, thread)
        except TelegramError:
            log.info("topic could not be closed")

    def _address(self, session: Session, case_id: int) -> str:
        case = session.get_one(Case, case_id)
        resident = session.get_one(Resident, case.resident_id)
        return str(self._cases.open_address(resident))


def _remember_move(session: Session, old: int, new: int) -> None:
    session.merge(Note(name=f"{_GROUP}:{old}", value=str(new)))


def _moved_to(session: Session, group: int) -> int:
    note = session.get(Note, f"{_GROUP}:{group}")
    return int(note.value) if note else 0


def _case(session: Session, case_id: int) -> tuple[Case | None, str]:
    case = session.get(Case, case_id)
    return (case, session.get_one(Resident, case.resident_id).channel) if case else (None, "")


def _note_place(session: Session, case_id: int, thread: int, header: int) -> None:
    case = session.get(Case, case_id)
    if case:
        case.thread, case.header = thread, header
        session.merge(StaffPost(message_id=header, case_id=case_id))


def _forget_place(session: Session, case_id: int) -> None:
    case = session.get(Case, case_id)
    if case:
        case.thread = case.header = 0


def _note_post(session: Session, message_id: int, case_id: int) -> None:
    if session.get(Case, case_id):
        session.merge(StaffPost(message_id=message_id, case_id=case_id))
