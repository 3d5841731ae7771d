"""The residents' Telegram chat: updates in (by polling or webhook), messages out."""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections.abc import Awaitable, Callable
from functools import partial

from starlette.requests import Request
from telegram import (
    Bot,
    BotCommand,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    Message,
    Update,
)
from telegram.constants import ChatAction, ChatMemberStatus, ParseMode
from telegram.error import TelegramError

from bot import markup, telegram_group
from bot.answers import Answers
from bot.conversation import COMMANDS
from bot.inbox import Arrival
from bot.messages import Incoming, Kind, Outgoing
from bot.outbox import Parcel
from bot.telegram_api import called, persistently

log = logging.getLogger(__name__)

#: Long polling: Telegram answers at once when something arrives, else after this many seconds.
POLL_SECONDS = 30
#: Nobody should look at silence; a quick answer needs no sign, though.
TYPING_AFTER_SECONDS = 0.4
UPDATES = [
    Update.MESSAGE,
    Update.EDITED_MESSAGE,
    Update.CALLBACK_QUERY,
    Update.MY_CHAT_MEMBER,
]


# --- Receiving


def read(update: Update, staff_group: int) -> Arrival | None:
    """Return what an update means to us, or None for what we quietly ignore.

    Names, user names and phone numbers of the update are dropped here.
    """
    key = f"tg:{update.update_id}"
    if update.my_chat_member and update.my_chat_member.chat.type == "private":
        if update.my_chat_member.new_chat_member.status == ChatMemberStatus.BANNED:
            chat = str(update.my_chat_member.chat.id)
            return Arrival(key, "telegram", chat, Incoming("blocked"))
        return None
    if update.my_chat_member:
        # The operator needs this number for ABC_STAFF_GROUP; a group is not a resident.
        log.info("the bot is now in group %d", update.my_chat_member.chat.id)
        return None
    query = update.callback_query
    if query:
        if query.message is None or query.message.chat.type != "private":
            return None
        chat, code = str(query.message.chat.id), query.from_user.language_code or ""
        data = (query.data or "")[:64]
        return Arrival(key, "telegram", chat, Incoming("button", data, language_code=code))
    message = update.message or update.edited_message
    if message is None:
        return None
    edited = update.edited_message is not None
    if message.chat.id == staff_group and staff_group:
        staff = telegram_group.read(message, edited)
        return Arrival(key, "staff", "", staff) if staff else None
    if message.chat.type != "private":
        return None
    incoming = _incoming(message, edited)
    return Arrival(key, "telegram", str(message.chat.id), incoming) if incoming else None


def _incoming(message: Message, edited: bool) -> Incoming | None:
    code = (message.from_user.language_code if message.from_user else "") or ""
    text = message.text or ""
    if text.startswith("/"):
        name = text[1:].split()[0].split("@")[0].lower() if len(text) > 1 else ""
        if name in COMMANDS:
            return Incoming("command", name, message.message_id, code)
        text = text.lstrip("/")  # an unknown command is a question typed with a slash
    if message.text is not None:
        return Incoming("text", text, message.message_id, code, edited)
    if edited:
        return None
    album = message.media_group_id or ""
    return Incoming(_kind(message), message.caption or "", message.message_id, code, album=album)


def _kind(message: Message) -> Kind:
    if message.voice or message.audio or message.video_note:
        return "voice"
    if message.photo:
        return "photo"
    if message.document or message.video or message.animation:
        return "file"
    if message.location or message.venue:
        return "location"
    if message.sticker or message.dice:
        return "sticker"
    return "other"


async def poll(bot: Bot, take: Callable[[list[Update]], Awaitable[None]]) -> None:
    """Fetch updates for ever. They are confirmed to Telegram only by the next call, after `take`
    has saved them (Bot API, getUpdates, offset)."""
    await persistently(bot.delete_webhook)
    offset = 0
    while True:
        fetch = partial(
            bot.get_updates, offset=offset, timeout=POLL_SECONDS, allowed_updates=UPDATES
        )
        updates = await persistently(fetch)
        while updates:
            try:
                await take(list(updates))
                offset = updates[-1].update_id + 1
                # Answers that need no thinking leave before the next question to Telegram.
                await asyncio.sleep(0.001)
                break
            except Exception as error:
                # Not saved, so not confirmed: try again rather than lose a message.
                log.error("updates could not be saved: %s", type(error).__name__)
                await asyncio.sleep(1)


def same_secret(request: Request, secret: str) -> bool:
    """Tell whether a webhook call comes from Telegram (Bot API, setWebhook, secret_token)."""
    sent = request.headers.get("x-telegram-bot-api-secret-token", "")
    return hmac.compare_digest(sent.encode(), secret.encode())


# --- Sending


class TelegramSender:
    """Sends parcels to residents; one parcel is one Bot API call."""

    def __init__(self, bot: Bot, group: Callable[[], int]) -> None:
        """Take the client and where media of caseworkers are copied from."""
        self._bot = bot
        self._group = group

    async def send(self, parcel: Parcel) -> None:
        """Send a message to a resident.

        Raises:
            TryLater: Telegram is busy or away.
            Undeliverable: the chat is gone, or Telegram refuses this message for good.
        """
        message = Outgoing.from_json(parcel.payload)
        chat = int(parcel.address)
        if message.copy_from:
            await called(self._bot.copy_message(chat, self._group(), message.copy_from))
            return
        text = "\n\n".join(
            part
            for part in (markup.to_telegram(message.text), markup.escape(message.plain))
            if part
        )
        await called(
            self._bot.send_message(
                chat,
                text,
                parse_mode=ParseMode.HTML,
                reply_markup=keyboard(message),
                link_preview_options=LinkPreviewOptions(is_disabled=True),
            )
        )


def keyboard(message: Outgoing) -> InlineKeyboardMarkup | None:
    """Return the buttons of a message as Telegram wants them."""
    if not message.buttons:
        return None
    return InlineKeyboardMarkup(
        [
            [InlineKeyboardButton(button.label, callback_data=button.data) for button in row]
            for row in message.buttons
        ]
    )


async def show_typing(bot: Bot, chat: int) -> None:
    """Show that an answer is coming, if it is not there at once. Cancel when it is."""
    await asyncio.sleep(TYPING_AFTER_SECONDS)
    try:
        await bot.send_chat_action(chat, ChatAction.TYPING)
    except TelegramError:
        log.info("typing could not be shown")


async def register_commands(bot: Bot, answers: Answers) -> None:
    """Tell Telegram the commands in every language we speak (Bot API, setMyCommands)."""

    def commands(language: str) -> list[BotCommand]:
        return [BotCommand(name, answers.text(f"command_{name}", language)) for name in COMMANDS]

    default = "en" if "en" in answers.knowledge.texts else "de"
    try:
        await bot.set_my_commands(commands(default))
        for language in answers.knowledge.spoken:
            await bot.set_my_commands(commands(language.code), language_code=language.code)
    except TelegramError as error:
        log.warning("commands could not be registered: %s", type(error).__name__)
