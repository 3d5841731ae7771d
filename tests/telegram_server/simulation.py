"""What residents and caseworkers do in their Telegram app, and what they see."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import TypeVar

from .calls import Call, CallLog
from .entities import automatic_entities, utf16_length
from .errors import SimulationError
from .messages import place, text_content
from .parameters import JsonObject
from .seen import SeenMessage, seen
from .state import (
    ADMIN_RIGHTS,
    FIRST_GROUP_ID,
    Chat,
    Member,
    PressedButton,
    State,
    StoredMessage,
    User,
)
from .updates import UpdateQueue

Found = TypeVar("Found")
LONGEST_TEXT = 4096
ANONYMOUS = User(1087968824, "Group", username="GroupAnonymousBot", is_bot=True)
"""The sender that Telegram names for anonymous administrators."""


class Simulation:
    """The people's side of the server."""

    def __init__(self, state: State, queue: UpdateQueue, log: CallLog) -> None:
        self.state = state
        self.queue = queue
        self.log = log

    async def create_user(
        self,
        id: int,
        first_name: str = "Ana",
        language_code: str | None = None,
        last_name: str | None = None,
        username: str | None = None,
        started: bool = True,
    ) -> User:
        """Add a person; who is not `started` has never written to the bot."""
        if id in self.state.chats:
            raise SimulationError(f"user {id} exists already")
        user = User(id, first_name, language_code, last_name, username)
        self.state.users[id] = user
        self.state.chats[id] = Chat(
            id, "private", user=user, bot_state="open" if started else "unstarted"
        )
        return user

    async def create_group(
        self,
        title: str = "Team",
        id: int | None = None,
        forum: bool = False,
        type: str = "supergroup",
        members: list[int] | None = None,
        admins: list[int] | None = None,
        bot_status: str = "administrator",
        bot_rights: dict[str, bool] | None = None,
    ) -> Chat:
        """Add a group; an administrating bot holds all rights that `bot_rights` does not deny."""
        groups = [chat for chat in self.state.chats.values() if chat.type != "private"]
        chat = Chat(id or FIRST_GROUP_ID - len(groups), type, title, is_forum=forum)
        rights = dict.fromkeys(ADMIN_RIGHTS, True) | (bot_rights or {})
        chat.members[self.state.bot.id] = Member(self.state.bot, bot_status, rights)
        for user_id in members or []:
            chat.members[user_id] = Member(self._user(user_id))
        for number, user_id in enumerate(admins or []):
            status = "administrator" if number else "creator"
            chat.members[user_id] = Member(
                self._user(user_id), status, dict.fromkeys(ADMIN_RIGHTS, True)
            )
        self.state.chats[chat.id] = chat
        return chat

    async def say(
        self,
        user: int,
        text: str,
        chat: int | None = None,
        thread: int | None = None,
        reply_to: int | None = None,
        anonymous: bool = False,
    ) -> SeenMessage:
        """Write a text; an `anonymous` administrator writes in the name of the group."""
        if not text.strip() or utf16_length(text) > LONGEST_TEXT:
            raise SimulationError("the app sends 1 to 4096 characters at once")
        content = text_content(text.strip(), automatic_entities(text.strip()))
        return self._send(user, content, chat, thread, reply_to, anonymous)

    async def tap(
        self, user: int, message: int, button: str, chat: int | None = None
    ) -> PressedButton:
        """Press an inline button of a message that is on the screen, by its text or data."""
        place_of_message = self._chat(user, chat)
        found = place_of_message.message(message)
        if found is None:
            raise SimulationError(f"message {message} is not on the screen")
        buttons = [b for row in seen(found).buttons for b in row]
        for wanted in [b for b in buttons if b.text == button] + [
            b for b in buttons if b.data == button
        ]:
            if wanted.data is None:
                raise SimulationError(f"button {button!r} opens {wanted.url}")
            return await self.press(user, message, wanted.data, chat)
        texts = [b.text for b in buttons]
        raise SimulationError(f"message {message} has no button {button!r}, only {texts}")

    async def press(
        self,
        user: int,
        message: int,
        data: str,
        chat: int | None = None,
        stale: bool = False,
    ) -> PressedButton:
        """Send any callback data, as a forged or (stale) long delayed press would."""
        place_of_message = self._chat(user, chat)
        stored = place_of_message.messages.get(message)
        if stored is None or stored.deleted:
            shown: JsonObject = {
                "chat": place_of_message.as_json(),
                "message_id": message,
                "date": 0,
            }
        else:
            shown = stored.data
        number = 4_382_001_000 + len(self.state.presses)
        pressed = PressedButton(str(number), user, data, self.state.clock(), stale)
        self.state.presses[pressed.id] = pressed
        query = {
            "id": pressed.id,
            "from": self._user(user).as_json(),
            "message": shown,
            "chat_instance": str(-zlib.crc32(str(place_of_message.id).encode()) * 4_294_967_291),
            "data": data,
        }
        self._emit("callback_query", query)
        return pressed

    def chat(self, chat_id: int) -> list[SeenMessage]:
        """Return the messages of a chat as a person in it sees them now."""
        messages = self.state.chats[chat_id].messages.values()
        return [seen(message) for message in messages if not message.deleted]

    def calls(self, method: str | None = None) -> list[Call]:
        """Return every call of the bot, or those of one method."""
        return [call for call in self.log.calls if method in {None, call.method}]

    async def wait_for(self, predicate: Callable[[], Found], timeout: float = 5.0) -> Found:
        """Wait until the predicate returns something true; it is asked after every change."""
        return await self.log.wait_for(predicate, timeout)

    async def wait_for_calls(
        self, method: str, count: int = 1, timeout: float = 5.0, after: int = 0
    ) -> list[Call]:
        """Wait until `count` calls of a method with a number above `after` took effect."""

        def enough() -> list[Call]:
            done = [c for c in self.calls(method) if c.accepted and c.number > after]
            return done if len(done) >= count else []

        return await self.wait_for(enough, timeout)

    async def wait_for_messages(
        self, chat: int, count: int = 1, timeout: float = 5.0, after: int = 0
    ) -> list[SeenMessage]:
        """Wait until the bot has at least `count` messages in a chat with an id above `after`."""

        messages = self.state.chats[chat].messages

        def enough() -> list[SeenMessage]:
            found = [
                message
                for message in messages.values()
                if message.by_bot
                and message.id > after
                and not (message.deleted or message.service)
            ]
            return [seen(message) for message in found] if len(found) >= count else []

        try:
            return await self.wait_for(enough, timeout)
        except TimeoutError:
            shown = [(m.message_id, m.sender_name, m.text) for m in self.chat(chat)]
            raise TimeoutError(f"no {count} messages of the bot, the chat shows {shown}") from None

    def _send(
        self,
        user: int,
        content: JsonObject,
        chat: int | None = None,
        thread: int | None = None,
        reply_to: int | None = None,
        anonymous: bool = False,
    ) -> SeenMessage:
        there = self._chat(user, chat)
        if there.bot_state in {"blocked", "deactivated"}:
            raise SimulationError(f"user {user} has blocked the bot or is deactivated")
        if there.type == "private":
            there.bot_state = "open"
        elif user not in there.members:
            raise SimulationError(f"user {user} is no member of {there.title}")
        self._check_thread(there, user, thread)
        quoted = there.message(reply_to)
        if reply_to is not None and quoted is None:
            raise SimulationError(f"message {reply_to} is not on the screen")
        sender = self._user(user)
        if anonymous:
            sender, content = ANONYMOUS, content | {"sender_chat": there.as_json()}
        message = place(self.state, there, sender, content, thread, quoted)
        self._tell_bot(message, "message")
        return seen(message)

    def _check_thread(self, there: Chat, user: int, thread: int | None) -> None:
        if thread is None:
            return
        if thread not in there.topics:
            raise SimulationError(f"there is no topic {thread}")
        if there.topics[thread].closed and not there.members[user].may("can_manage_topics"):
            raise SimulationError(f"topic {thread} is closed")

    def _tell_bot(self, message: StoredMessage, kind: str) -> None:
        """Emit a message unless privacy mode hides it (Bot features, "Privacy mode")."""
        data = message.data
        there = self.state.chats[data["chat"]["id"]]
        own = there.members.get(self.state.bot.id)
        text = str(data.get("text", data.get("caption", "")))
        if there.bot_state in {"kicked", "left"}:
            self.log.changed()
        elif (
            there.type == "private"
            or self.state.reads_all_group_messages
            or (own is not None and own.status == "administrator")
            or data.get("reply_to_message", {}).get("from", {}).get("id") == self.state.bot.id
            or text.startswith("/")
            or f"@{self.state.bot.username}" in text
        ):
            self._emit(kind, data)
        else:
            self.log.changed()

    def _emit(self, kind: str, payload: JsonObject) -> None:
        self.state.emit(kind, payload)
        self.log.changed()

    def _user(self, user: int) -> User:
        if user not in self.state.users:
            raise SimulationError(f"there is no user {user}")
        return self.state.users[user]

    def _chat(self, user: int, chat: int | None) -> Chat:
        wanted = user if chat is None else chat
        if wanted not in self.state.chats:
            raise SimulationError(f"there is no chat {wanted}")
        return self.state.chats[wanted]
