"""Proves the Telegram test server through the real python-telegram-bot client."""

from __future__ import annotations

import asyncio
import base64
import sys
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from telegram import (
    Bot,
    BotCommandScopeChat,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    KeyboardButton,
    Message,
    ReplyKeyboardMarkup,
    Update,
)
from telegram.constants import MessageEntityType, ReactionEmoji
from telegram.error import (
    BadRequest,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TimedOut,
)
from telegram.ext import Application, CallbackQueryHandler, ContextTypes, MessageHandler, filters
from telegram.request import HTTPXRequest

from tests.telegram_fixture import telegram, telegram_bot
from tests.telegram_server import TOKEN, SimulationError, TelegramServer
from tests.telegram_server.sharing import PICTURE, SPEECH
from tests.telegram_server.simulation_http import ACTIONS, READINGS

__all__ = ["telegram", "telegram_bot"]

pytestmark = pytest.mark.asyncio

ANA = 7001
OLGA = 7002
ROOT = Path(__file__).resolve().parents[1]


def buttons(*data: str) -> InlineKeyboardMarkup:
    """Build a keyboard with a button per row."""
    return InlineKeyboardMarkup([[InlineKeyboardButton(d.upper(), callback_data=d)] for d in data])


@pytest.fixture(autouse=True)
def durations_as_timedelta(monkeypatch: pytest.MonkeyPatch) -> None:
    """Choose the coming behaviour of python-telegram-bot, whose old one warns."""
    monkeypatch.setenv("PTB_TIMEDELTA", "1")


@pytest_asyncio.fixture
async def ana(telegram: TelegramServer) -> AsyncIterator[int]:
    """Give a resident who has a chat with the bot."""
    await telegram.create_user(ANA, "Ana", "ro")
    yield ANA


@pytest_asyncio.fixture
async def forum(telegram: TelegramServer, ana: int) -> AsyncIterator[int]:
    """Give a forum of the staff, with Olga as its owner."""
    await telegram.create_user(OLGA, "Olga", "de")
    yield (await telegram.create_group("Team", forum=True, admins=[OLGA])).id


# --- updates ---------------------------------------------------------------------------------


async def test_get_me_and_one_text(telegram: TelegramServer, telegram_bot: Bot, ana: int) -> None:
    assert (await telegram_bot.get_me()).username == "abc_test_bot"
    said = await telegram.say(ana, "/start wohnen")
    (update,) = await telegram_bot.get_updates(timeout=5)
    assert isinstance(update.message, Message) and update.message.from_user is not None
    assert update.message.message_id == said.message_id
    assert update.message.from_user.language_code == "ro"
    assert abs(update.message.date.timestamp() - time.time()) < 5
    assert update.message.entities[0].type == "bot_command"
    assert update.message.entities[0].length == len("/start")


async def test_long_poll_waits_for_the_next_update(
    telegram: TelegramServer, telegram_bot: Bot, ana: int
) -> None:
    poll = asyncio.create_task(telegram_bot.get_updates(timeout=10))
    await asyncio.sleep(0.1)
    assert not poll.done()
    await telegram.say(ana, "buna")
    assert len(await asyncio.wait_for(poll, 1)) == 1
    started = time.monotonic()
    assert await telegram_bot.get_updates(offset=2**31 - 1, timeout=1) == ()
    assert 0.9 < time.monotonic() - started < 2
    assert len(telegram.calls("getUpdates")) == 2


async def test_offset_confirms_and_limit_cuts(
    telegram: TelegramServer, telegram_bot: Bot, ana: int
) -> None:
    for number in range(4):
        await telegram.say(ana, str(number))
    first = await telegram_bot.get_updates(limit=2)
    assert [u.message.text for u in first if u.message] == ["0", "1"]
    assert await telegram_bot.get_updates(limit=2) == first
    rest = await telegram_bot.get_updates(offset=first[-1].update_id + 1)
    assert [u.message.text for u in rest if u.message] == ["2", "3"]
    assert rest[0].update_id == first[-1].update_id + 1
    last = await telegram_bot.get_updates(offset=-1)
    assert [u.message.text for u in last if u.message] == ["3"]
    assert len(telegram.queue.pending) == 1


async def test_second_poller_ends_the_first(
    telegram: TelegramServer, telegram_bot: Bot, ana: int
) -> None:
    first = asyncio.create_task(telegram_bot.get_updates(timeout=10))
    await asyncio.sleep(0.1)
    async with Bot(telegram.token, telegram.base_url) as other_process:
        second = asyncio.create_task(other_process.get_updates(timeout=10))
        with pytest.raises(Conflict, match="terminated by other getUpdates request"):
            await first
        await telegram.say(ana, "salut")
        assert len(await second) == 1


async def test_set_webhook_ends_a_poll(telegram: TelegramServer, telegram_bot: Bot) -> None:
    poll = asyncio.create_task(telegram_bot.get_updates(timeout=10))
    await asyncio.sleep(0.1)
    await telegram_bot.set_webhook("http://127.0.0.1:1/hook")
    with pytest.raises(Conflict, match=r"(?i)terminated by setWebhook request"):
        await poll


async def test_an_update_can_arrive_twice_and_raw(
    telegram: TelegramServer, telegram_bot: Bot, ana: int
) -> None:
    await telegram.say(ana, "o data")
    (update,) = await telegram_bot.get_updates()
    assert await telegram_bot.get_updates(offset=update.update_id + 1) == ()
    assert await telegram.redeliver() == update.update_id
    assert await telegram_bot.get_updates(offset=update.update_id + 1) == (update,)
    assert await telegram_bot.get_updates(offset=update.update_id + 1) == ()
    await telegram.raw({"something_new": {"a": 1}})
    (unknown,) = await telegram_bot.get_updates(offset=update.update_id + 1)
    assert unknown.update_id == update.update_id + 1 and unknown.message is None


class Hook:
    """A bot's webhook that fails as often as told."""

    def __init__(self) -> None:
        self.bodies: list[str] = []
        self.secrets: list[str | None] = []
        self.failures = 0
        self.slow = False

    async def handle(self, request: web.Request) -> web.Response:
        """Take an update."""
        self.secrets.append(request.headers.get("X-Telegram-Bot-Api-Secret-Token"))
        body = await request.json()
        if self.slow:
            self.slow = False
            await asyncio.sleep(1)
        if self.failures:
            self.failures -= 1
            return web.Response(status=500)
        self.bodies.append(body["message"]["text"])
        return web.Response()


async def test_webhook_keeps_order_and_retries(
    telegram: TelegramServer, telegram_bot: Bot, ana: int
) -> None:
    hook = Hook()
    app = web.Application()
    app.router.add_post("/hook", hook.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    try:
        await telegram.say(ana, "vechi")
        await telegram_bot.set_webhook(url, secret_token="s3cret", drop_pending_updates=True)
        with pytest.raises(Conflict, match="while webhook is active"):
            await telegram_bot.get_updates()
        hook.failures, hook.slow = 2, True
        for number in range(5):
            await telegram.say(ana, str(number))
        async with asyncio.timeout(5):
            while len(hook.bodies) < 5 or telegram.queue.pending:
                await asyncio.sleep(0.02)
        assert hook.bodies[-5:] == ["0", "1", "2", "3", "4"]
        assert set(hook.secrets) == {"s3cret"}
        assert [d.status for d in telegram.webhook.deliveries[:3]] == [0, 500, 500]
        info = await telegram_bot.get_webhook_info()
        assert info.url == url and info.last_error_message and info.pending_update_count == 0
        await telegram_bot.delete_webhook()
        assert await telegram_bot.get_updates() == ()
    finally:
        await runner.cleanup()


async def test_allowed_updates(telegram: TelegramServer, telegram_bot: Bot, ana: int) -> None:
    sent = await telegram_bot.send_message(ana, "?", reply_markup=buttons("da"))
    await telegram.react(ana, sent.message_id, "👍")
    assert await telegram_bot.get_updates(allowed_updates=["message_reaction"]) == ()
    await telegram.say(ana, "nu se vede")
    await telegram.react(ana, sent.message_id, "👎")
    (update,) = await telegram_bot.get_updates()
    assert update.message_reaction is not None
    assert telegram.chat(ana)[0].reactions == ["👎"]


# --- sending and editing ---------------------------------------------------------------------


async def test_tap_edit_and_delete(telegram: TelegramServer, telegram_bot: Bot, ana: int) -> None:
    sent = await telegram_bot.send_message(ana, "Alege", reply_markup=buttons("a", "b"))
    assert telegram.chat(ana)[0].button_texts() == ["A", "B"]
    press = await telegram.tap(ana, sent.message_id, "B")
    (update,) = await telegram_bot.get_updates()
    assert update.callback_query is not None and update.callback_query.data == "b"
    assert update.callback_query.chat_instance
    await update.callback_query.answer("Bine", show_alert=True)
    assert press.answers == [{"text": "Bine", "show_alert": True, "url": ""}]
    edited = await update.callback_query.edit_message_text("Gata", reply_markup=buttons("c"))
    assert isinstance(edited, Message) and edited.edit_date is not None
    with pytest.raises(BadRequest, match="Message is not modified: specified new message"):
        await sent.edit_text("Gata", reply_markup=buttons("c"))
    await sent.edit_reply_markup(None)
    seen = telegram.chat(ana)[0]
    assert (seen.text, seen.buttons, seen.edited) == ("Gata", [], True)
    with pytest.raises(SimulationError, match="no button 'B'"):
        await telegram.tap(ana, sent.message_id, "B")
    await sent.delete()
    assert telegram.chat(ana) == []
    with pytest.raises(BadRequest, match="Message to delete not found"):
        await sent.delete()
    with pytest.raises(BadRequest, match="Message to edit not found"):
        await sent.edit_text("x")


async def test_stale_and_forged_presses(
    telegram: TelegramServer, telegram_bot: Bot, ana: int
) -> None:
    await telegram.press(ana, 99, "topic:forged")
    await telegram.press(ana, 99, "a", stale=True)
    forged, stale = await telegram_bot.get_updates()
    assert forged.callback_query and stale.callback_query
    assert forged.callback_query.message and not forged.callback_query.message.is_accessible
    assert await forged.callback_query.answer()
    with pytest.raises(BadRequest, match="Query is too old and response timeout expired"):
        await stale.callback_query.answer()
    with pytest.raises(BadRequest, match=r"(?i)query ID is invalid"):
        await telegram_bot.answer_callback_query("12345")


@pytest.mark.parametrize(
    ("text", "mode", "refusal"),
    [
        (" ", None, "Message text is empty"),
        ("<b> </b>", "HTML", "Message text is empty"),
        ("x" * 4097, None, "Message is too long"),
        ("😀" * 2049, None, "Message is too long"),
        ("<div>x</div>", "HTML", 'Unsupported start tag "div" at byte offset 0'),
        ("ä <b>x", "HTML", 'Can\'t find end tag corresponding to start tag "b"'),
        ("<b>x</i>", "HTML", 'byte offset 4, expected "</b>", found "</i>"'),
        ("ä </b>", "HTML", "Unexpected end tag at byte offset 3"),
        ("1 < 2", "HTML", 'Unsupported start tag "" at byte offset 2'),
        ("a <b", "HTML", "Unclosed start tag at byte offset 2"),
        ("<br/>", "HTML", 'Unsupported start tag "br/"'),
        ("<span>x</span>", "HTML", 'Tag "span" must have class "tg-spoiler"'),
    ],
)
async def test_texts_that_telegram_refuses(
    telegram_bot: Bot, ana: int, text: str, mode: str | None, refusal: str
) -> None:
    with pytest.raises(BadRequest, match=f"(?i){refusal}"):
        await telegram_bot.send_message(ana, text, parse_mode=mode)


async def test_html_becomes_text_and_entities(
    telegram: TelegramServer, telegram_bot: Bot, ana: int
) -> None:
    source = '😀 <b>a &lt;<i>b</i></b> <a href="https://wuppertal.de">link</a> &euro; /hilfe'
    sent = await telegram_bot.send_message(ana, "<b>" + "x" * 4096 + "</b>", parse_mode="HTML")
    assert sent.text is not None and len(sent.text) == 4096
    sent = await telegram_bot.send_message(ana, source, parse_mode="HTML")
    assert sent.text == "😀 a <b link &euro; /hilfe"
    found = {
        str(e.type.value if isinstance(e.type, MessageEntityType) else e.type): t
        for e, t in sent.parse_entities().items()
    }
    assert found == {"bold": "a <b", "italic": "b", "text_link": "link", "bot_command": "/hilfe"}
    assert telegram.chat(ana)[1].text == sent.text


async def test_buttons_and_chats_that_telegram_refuses(
    telegram: TelegramServer, telegram_bot: Bot, ana: int
) -> None:
    with pytest.raises(BadRequest, match="Button_data_invalid"):
        await telegram_bot.send_message(ana, "x", reply_markup=buttons("ä" * 33))
    await telegram_bot.send_message(ana, "x", reply_markup=buttons("a" * 64))
    link = InlineKeyboardMarkup([[InlineKeyboardButton("x", url="http://nowhere")]])
    with pytest.raises(BadRequest, match=r"(?i)wrong HTTP URL"):
        await telegram_bot.send_message(ana, "x", reply_markup=link)
    with pytest.raises(BadRequest, match="Chat not found"):
        await telegram_bot.send_message(1, "x")
    await telegram.create_user(8, "Neu", started=False)
    with pytest.raises(Forbidden, match="bot can't initiate conversation with a user"):
        await telegram_bot.send_message(8, "x")
    await telegram.block(ana)
    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        await telegram_bot.send_message(ana, "x")
    (update,) = await telegram_bot.get_updates()
    assert update.my_chat_member and update.my_chat_member.new_chat_member.status == "kicked"
    await telegram.unblock(ana)
    await telegram_bot.send_message(ana, "x")


async def test_replies(telegram: TelegramServer, telegram_bot: Bot, ana: int) -> None:
    said = await telegram.say(ana, "intrebare")
    sent = await telegram_bot.send_message(ana, "x", reply_to_message_id=said.message_id)
    assert sent.reply_to_message and sent.reply_to_message.text == "intrebare"
    with pytest.raises(BadRequest, match="Message to be replied not found"):
        await telegram_bot.send_message(ana, "x", reply_to_message_id=99)
    await telegram_bot.send_message(
        ana, "x", reply_to_message_id=99, allow_sending_without_reply=True
    )
    await telegram.say(ana, "da", reply_to=sent.message_id)
    assert telegram.chat(ana)[-1].reply_to == sent.message_id


async def test_media_both_ways(telegram: TelegramServer, telegram_bot: Bot, ana: int) -> None:
    photo = await telegram_bot.send_photo(ana, PICTURE, caption="<b>Poza</b>", parse_mode="HTML")
    assert [size.width for size in photo.photo] == [90, 320, 800]
    assert photo.caption_entities[0].type == "bold"
    again = await telegram_bot.send_photo(ana, photo.photo[-1].file_id)
    assert again.photo[-1].file_unique_id == photo.photo[-1].file_unique_id
    voice = await telegram_bot.send_voice(ana, SPEECH, duration=2, reply_markup=buttons("a"))
    assert voice.voice and voice.voice.duration == timedelta(seconds=2) and voice.reply_markup
    document = await telegram_bot.send_document(ana, b"%PDF", filename="brief.pdf")
    assert document.document and document.document.file_name == "brief.pdf"
    place = await telegram_bot.send_location(ana, 51.25, 7.15)
    assert place.location and place.location.latitude == 51.25
    album = await telegram_bot.send_media_group(ana, [InputMediaPhoto(PICTURE)] * 2)
    assert len({message.media_group_id for message in album}) == 1
    with pytest.raises(BadRequest, match="Message caption is too long"):
        await telegram_bot.send_photo(ana, PICTURE, caption="x" * 1025)
    with pytest.raises(BadRequest, match="Image_process_failed"):
        await telegram_bot.send_photo(ana, b"no picture")
    with pytest.raises(BadRequest, match="Wrong file identifier"):
        await telegram_bot.send_voice(ana, "unknown")
    spoken = await telegram.send_voice(ana, b"OggS hello", duration=4)
    (update,) = await telegram_bot.get_updates()
    assert update.message and update.message.voice
    file = await update.message.voice.get_file()
    assert bytes(await file.download_as_bytearray()) == b"OggS hello"
    assert telegram.chat(ana)[-1] == spoken and spoken.kind == "voice"
    with pytest.raises(BadRequest, match="Invalid file_id"):
        await telegram_bot.get_file("unknown")


async def test_all_that_residents_send(
    telegram: TelegramServer, telegram_bot: Bot, ana: int
) -> None:
    await telegram.send_photo(ana, caption="scrisoare")
    await telegram.send_album(ana, 3, caption="trei")
    await telegram.send_document(ana)
    await telegram.send_sticker(ana)
    await telegram.send_location(ana)
    await telegram.send_contact(ana, contact_of=ana)
    await telegram.send_poll(ana)
    said = await telegram.say(ana, "greseala")
    await telegram.edit(ana, said.message_id, "corect")
    messages = [u.effective_message for u in await telegram_bot.get_updates()]
    assert [m.effective_attachment is not None for m in messages if m] == [True] * 9 + [False] * 2
    edited = messages[-1]
    assert edited and edited.text == "corect" and edited.edit_date
    assert len({m.media_group_id for m in messages[1:4] if m}) == 1


async def test_copy_forward_react(telegram: TelegramServer, telegram_bot: Bot, ana: int) -> None:
    said = await telegram.send_photo(ana, caption="foaie")
    copied = await telegram_bot.copy_message(ana, ana, said.message_id, caption="nou")
    forwarded = await telegram_bot.forward_message(ana, ana, said.message_id)
    assert forwarded.forward_origin is not None and forwarded.caption == "foaie"
    assert [m.text for m in telegram.chat(ana)] == ["foaie", "nou", "foaie"]
    assert copied.message_id == said.message_id + 1
    with pytest.raises(BadRequest, match="Message to copy not found"):
        await telegram_bot.copy_message(ana, ana, 99)
    for emoji in ReactionEmoji:
        await telegram_bot.set_message_reaction(ana, said.message_id, emoji)
    with pytest.raises(BadRequest, match="Reaction_invalid"):
        await telegram_bot.set_message_reaction(ana, said.message_id, "🚲")
    assert len(telegram.chat(ana)[0].reactions) == 1


async def test_caption_pin_and_deleting_several(
    telegram: TelegramServer, telegram_bot: Bot, ana: int
) -> None:
    photo = await telegram_bot.send_photo(ana, PICTURE, caption="a")
    with pytest.raises(BadRequest, match="There is no text in the message to edit"):
        await photo.edit_text("b")
    await photo.edit_caption("b", reply_markup=buttons("x"))
    assert (telegram.chat(ana)[0].text, telegram.chat(ana)[0].button_texts()) == ("b", ["X"])
    assert await photo.pin()
    said = await telegram.say(ana, "x")
    with pytest.raises(BadRequest, match="Message can't be edited"):
        await telegram_bot.edit_message_text("y", ana, said.message_id)
    await telegram_bot.delete_messages(ana, [photo.message_id, said.message_id])
    assert telegram.chat(ana) == []
    await telegram.deactivate(ana)
    with pytest.raises(Forbidden, match="user is deactivated"):
        await telegram_bot.send_message(ana, "x")


async def test_reply_keyboard(telegram: TelegramServer, telegram_bot: Bot, ana: int) -> None:
    keyboard = ReplyKeyboardMarkup([["Acasa", KeyboardButton("Numar", request_contact=True)]])
    await telegram_bot.send_message(ana, "x", reply_markup=keyboard)
    assert telegram.chat(ana)[0].keyboard == [["Acasa", "Numar"]]
    assert (await telegram.tap_keyboard(ana, "Acasa")).text == "Acasa"
    assert (await telegram.tap_keyboard(ana, "Numar")).kind == "contact"


# --- the bot itself --------------------------------------------------------------------------


async def test_commands_per_language_and_scope(telegram_bot: Bot, ana: int) -> None:
    await telegram_bot.set_my_commands([("hilfe", "Hilfe")], language_code="de")
    await telegram_bot.set_my_commands([("x", "y")], scope=BotCommandScopeChat(ana))
    assert (await telegram_bot.get_my_commands(language_code="de"))[0].command == "hilfe"
    assert await telegram_bot.get_my_commands() == ()
    assert len(await telegram_bot.get_my_commands(scope=BotCommandScopeChat(ana))) == 1
    await telegram_bot.delete_my_commands(language_code="de")
    assert await telegram_bot.get_my_commands(language_code="de") == ()
    with pytest.raises(BadRequest, match="Bot_command_invalid"):
        await telegram_bot.set_my_commands([("Hilfe!", "x")])
    await telegram_bot.set_my_name("ABC", language_code="ro")
    await telegram_bot.set_my_description("Ajutor", language_code="ro")
    await telegram_bot.set_my_short_description("Scurt")
    assert (await telegram_bot.get_my_description(language_code="ro")).description == "Ajutor"
    assert await telegram_bot.send_chat_action(ana, "typing")


async def test_wrong_token_and_unknown_method(telegram: TelegramServer, ana: int) -> None:
    bot = Bot("1:wrong", base_url=telegram.base_url)
    with pytest.raises(InvalidToken):
        await bot.initialize()
    await bot.shutdown()
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{telegram.base_url}{TOKEN}/getRich") as response:
            assert response.status == 404
            assert (await response.json())["description"] == "Not Found: method not found"
        url = f"{telegram.base_url}{TOKEN}/sendmessage"
        for body in ({"json": {"chat_id": ana, "text": "x"}}, {"data": {"chat_id": ana}}):
            async with session.post(url, **body) as response:
                assert response.status == (200 if "json" in body else 400)


# --- groups and topics -----------------------------------------------------------------------


async def test_topics(telegram: TelegramServer, telegram_bot: Bot, forum: int) -> None:
    chat = await telegram_bot.get_chat(forum)
    assert chat.is_forum and chat.type == "supergroup"
    icons = await telegram_bot.get_forum_topic_icon_stickers()
    topic = await telegram_bot.create_forum_topic(
        forum, "Ana, Wohnen", icon_custom_emoji_id=icons[0].custom_emoji_id
    )
    thread = topic.message_thread_id
    sent = await telegram_bot.send_message(forum, "Fall 1", message_thread_id=thread)
    assert sent.is_topic_message and sent.message_thread_id == thread
    await telegram.say(OLGA, "Guten Tag", forum, thread=thread)
    await telegram.say(OLGA, "Antwort", forum, thread=thread, reply_to=sent.message_id)
    created, said, answer = [u.message for u in await telegram_bot.get_updates()]
    assert created and created.forum_topic_created
    assert said and said.is_topic_message and said.from_user
    assert said.from_user.first_name == "Olga"
    assert said.reply_to_message and said.reply_to_message.forum_topic_created
    assert answer and answer.reply_to_message
    assert answer.reply_to_message.message_id == sent.message_id
    await telegram_bot.edit_forum_topic(forum, thread, name="Erledigt")
    with pytest.raises(BadRequest, match="Topic_not_modified"):
        await telegram_bot.edit_forum_topic(forum, thread, name="Erledigt")
    await telegram_bot.close_forum_topic(forum, thread)
    assert telegram.topics(forum)[0].closed
    await telegram_bot.reopen_forum_topic(forum, thread)
    await telegram_bot.delete_forum_topic(forum, thread)
    for wrong in (thread, 1):
        with pytest.raises(BadRequest, match="Message thread not found"):
            await telegram_bot.send_message(forum, "x", message_thread_id=wrong)


async def test_rights_in_topics(telegram: TelegramServer, telegram_bot: Bot, forum: int) -> None:
    thread = (await telegram.open_topic(OLGA, forum, "Miete")).message_thread_id
    await telegram.add_bot(OLGA, forum, "administrator", {"can_manage_topics": False})
    with pytest.raises(BadRequest, match="Not enough rights to create a topic"):
        await telegram_bot.create_forum_topic(forum, "x")
    await telegram.close_topic(OLGA, forum, thread)
    with pytest.raises(BadRequest, match="Topic_closed"):
        await telegram_bot.send_message(forum, "x", message_thread_id=thread)
    await telegram.remove_bot(OLGA, forum)
    with pytest.raises(Forbidden, match="bot was kicked from the supergroup chat"):
        await telegram_bot.send_message(forum, "x")
    plain = await telegram.create_group("Ohne Themen", admins=[OLGA])
    with pytest.raises(BadRequest, match="The chat is not a forum"):
        await telegram_bot.create_forum_topic(plain.id, "x")


async def test_anonymous_administrator_and_reply_in_general(
    telegram: TelegramServer, telegram_bot: Bot, forum: int
) -> None:
    sent = await telegram_bot.send_message(forum, "Neuer Fall")
    await telegram.say(OLGA, "ich", forum, anonymous=True)
    await telegram.say(OLGA, "du", forum, reply_to=sent.message_id)
    hidden, reply = [u.message for u in await telegram_bot.get_updates()]
    assert hidden and hidden.from_user and hidden.from_user.username == "GroupAnonymousBot"
    assert hidden.sender_chat and hidden.sender_chat.id == forum
    assert reply and reply.message_thread_id == sent.message_id and not reply.is_topic_message


async def test_members(telegram: TelegramServer, telegram_bot: Bot, forum: int, ana: int) -> None:
    assert (await telegram_bot.get_chat_member(forum, OLGA)).status == "creator"
    assert (await telegram_bot.get_chat_member(forum, ana)).status == "left"
    with pytest.raises(SimulationError, match="no member"):
        await telegram.say(ana, "hallo", forum)
    await telegram.join(ana, forum)
    (update,) = await telegram_bot.get_updates()
    assert update.message and update.message.new_chat_members[0].id == ana
    own = await telegram_bot.get_chat_member(forum, telegram_bot.id)
    assert own.status == "administrator" and getattr(own, "can_manage_topics", False)
    assert len(await telegram_bot.get_chat_administrators(forum)) == 2
    await telegram_bot.leave_chat(forum)
    with pytest.raises(Forbidden, match="bot is not a member of the supergroup chat"):
        await telegram_bot.send_message(forum, "x")


async def test_privacy_mode_and_message_ids(
    telegram: TelegramServer, telegram_bot: Bot, ana: int
) -> None:
    await telegram.create_user(OLGA, "Olga")
    group = (await telegram.create_group("Chat", members=[ana], bot_status="member")).id
    first = await telegram.say(ana, "unter uns", group)
    await telegram.say(ana, "/hilfe", group)
    assert [u.message.text for u in await telegram_bot.get_updates() if u.message] == ["/hilfe"]
    ids = [(await telegram.say(user, "x")).message_id for user in (ana, OLGA, ana)]
    assert ids == [1, 2, 3] and first.message_id == 1


# --- faults ----------------------------------------------------------------------------------


async def test_faults_before_handling(
    telegram: TelegramServer, telegram_bot: Bot, ana: int
) -> None:
    telegram.fault("sendMessage", "too_many_requests", retry_after=7)
    with pytest.raises(RetryAfter) as flood:
        await telegram_bot.send_message(ana, "x")
    assert flood.value.retry_after == timedelta(seconds=7)
    telegram.fault("*", "server_error", status=502)
    with pytest.raises(NetworkError, match="Bad Gateway"):
        await telegram_bot.send_message(ana, "x")
    telegram.fault("sendMessage", "drop_before", times=2)
    for _ in range(2):
        with pytest.raises(NetworkError):
            await telegram_bot.send_message(ana, "x")
    await telegram_bot.send_message(ana, "da")
    assert [m.text for m in telegram.chat(ana)] == ["da"]
    shown = [(c.fault, c.accepted, c.answered) for c in telegram.calls("sendMessage")]
    assert shown == [
        ("too_many_requests", False, True),
        ("server_error", False, True),
        ("drop_before", False, False),
        ("drop_before", False, False),
        (None, True, True),
    ]


async def test_accepted_but_not_answered(telegram: TelegramServer, ana: int) -> None:
    request = HTTPXRequest(read_timeout=0.2)
    async with Bot(telegram.token, telegram.base_url, request=request) as bot:
        telegram.fault("sendMessage", "drop_after", chat=ana)
        with pytest.raises(NetworkError):
            await bot.send_message(ana, "eins")
        telegram.fault("sendMessage", "delay_after", seconds=0.4)
        with pytest.raises(TimedOut):
            await bot.send_message(ana, "zwei")
        telegram.fault("sendMessage", "delay_before", seconds=0.05)
        await bot.send_message(ana, "drei")
    await telegram.wait_for(lambda: all(c.finished for c in telegram.calls("sendMessage")), 2)
    assert [m.text for m in telegram.chat(ana)] == ["eins", "zwei", "drei"]
    shown = [(c.accepted, c.answered) for c in telegram.calls("sendMessage")]
    assert shown == [(True, False), (True, False), (True, True)]


async def test_faults_by_seeded_chance(
    telegram: TelegramServer, telegram_bot: Bot, ana: int
) -> None:
    outcomes = []
    for _ in range(2):
        telegram.fault("sendMessage", "server_error", times=None, probability=0.5, seed=3)
        before = len(telegram.calls())
        for _ in range(20):
            try:
                await telegram_bot.send_message(ana, "x")
            except NetworkError:
                continue
        outcomes.append([call.fault for call in telegram.calls()[before:]])
        telegram.heal()
    assert outcomes[0] == outcomes[1] and set(outcomes[0]) == {None, "server_error"}


# --- whole programs --------------------------------------------------------------------------


async def test_an_application_polls_answers_and_survives_an_outage(
    telegram: TelegramServer, ana: int
) -> None:
    async def echo(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        assert update.effective_message is not None
        await update.effective_message.reply_text("eco", reply_markup=buttons("mai mult"))

    async def more(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        assert update.callback_query is not None
        await update.callback_query.answer()
        await update.callback_query.edit_message_text("mult")

    builder = Application.builder().token(telegram.token)
    app = builder.base_url(telegram.base_url).base_file_url(telegram.base_file_url).build()
    app.add_handler(MessageHandler(filters.TEXT, echo))
    app.add_handler(CallbackQueryHandler(more))
    async with app:
        assert app.updater is not None
        await app.updater.start_polling(poll_interval=0, timeout=5)
        await app.start()
        said = await telegram.say(ana, "salut")
        (answer,) = await telegram.wait_for_messages(ana, after=said.message_id)
        await telegram.tap(ana, answer.message_id, "MAI MULT")
        await telegram.wait_for(lambda: telegram.chat(ana)[-1].text == "mult")
        telegram.fault("getUpdates", "server_error", times=1)
        for number in range(50):
            await telegram.say(ana, str(number))
        await telegram.wait_for_messages(ana, 51, timeout=15)
        await app.updater.stop()
        await app.stop()
    assert len(telegram.calls("getUpdates")) < 60


async def test_the_server_can_be_down_for_a_while(
    telegram: TelegramServer, telegram_bot: Bot, ana: int
) -> None:
    await telegram.say(ana, "inainte")
    await telegram.stop()
    with pytest.raises(NetworkError):
        await telegram_bot.send_message(ana, "x")
    await telegram.start()
    assert len(await telegram_bot.get_updates()) == 1
    await telegram.reset()
    with pytest.raises(BadRequest, match="Chat not found"):
        await telegram_bot.send_message(ana, "x")


async def test_fast_enough(telegram: TelegramServer, ana: int) -> None:
    url = f"{telegram.base_url}{telegram.token}/sendMessage"
    started = time.perf_counter()
    async with aiohttp.ClientSession() as session:
        for number in range(500):
            async with session.post(url, json={"chat_id": ana, "text": str(number)}) as response:
                assert response.status == 200
    assert time.perf_counter() - started < 2.5
    with pytest.raises(TimeoutError, match="no 501 messages"):
        await telegram.wait_for_messages(ana, 501, timeout=0.05)


async def test_every_verb_over_http_exists(telegram: TelegramServer) -> None:
    assert [verb for verb in ACTIONS if not hasattr(telegram, verb)] == []
    async with aiohttp.ClientSession() as session:
        for verb in READINGS:
            async with session.get(f"{telegram.url}/sim/{verb}") as response:
                assert (await response.json())["ok"] is True
        async with session.get(f"{telegram.url}/sim/dance") as response:
            assert response.status == 400
        for verb in ("create_user", "create_group"):
            body = {"id": 5} if verb == "create_user" else {"forum": True, "admins": [5]}
            async with session.post(f"{telegram.url}/sim/{verb}", json=body) as response:
                assert response.status == 200
                group = (await response.json())["result"]["id"]
        body = {"user": 5, "chat": group, "name": "Thema"}
        async with session.post(f"{telegram.url}/sim/open_topic", json=body) as response:
            assert (await response.json())["result"]["message_thread_id"] == 1


async def test_stand_alone_server_keeps_updates_between_bots() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.telegram_server", "--port", "0",
        cwd=ROOT, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        line = (await asyncio.wait_for(process.stdout.readline(), 20)).decode()
        base_url = line.split()[0].removeprefix("base_url=")
        sim = base_url.removesuffix("/bot") + "/sim"
        async with aiohttp.ClientSession() as session:

            async def post(verb: str, **body: object) -> dict[str, object]:
                async with session.post(f"{sim}/{verb}", json=body) as response:
                    answer: dict[str, object] = await response.json()
                    return answer

            assert (await post("create_user", id=ANA, first_name="Ana"))["ok"] is True
            await post("say", user=ANA, text="una")
            voice = base64.b64encode(SPEECH).decode()
            await post("send_voice", user=ANA, content=voice)
            for _ in range(2):
                async with Bot(TOKEN, base_url, base_url.replace("/bot", "/file/bot")) as bot:
                    updates = await bot.get_updates()
                    assert [bool(u.message and u.message.voice) for u in updates] == [False, True]
            async with Bot(TOKEN, base_url) as bot:
                sent = await bot.send_message(ANA, "x", reply_markup=buttons("da"))
            press = await post("tap", user=ANA, message=sent.message_id, button="da")
            assert isinstance(press["result"], dict) and press["result"]["data"] == "da"
            async with session.get(f"{sim}/chat?chat_id={ANA}") as response:
                shown = (await response.json())["result"]
            assert [message["kind"] for message in shown] == ["text", "voice", "text"]
            assert (await post("tap", user=ANA, message=1, button="nu"))["ok"] is False
            assert (await post("wait_for_messages", chat=ANA, count=9, timeout=0.05))[
                "ok"
            ] is False
            assert (await post("fault", method="sendMessage", kind="server_error"))["ok"] is True
            assert isinstance((await post("calls", method="sendMessage"))["result"], list)
    finally:
        process.kill()
        await process.wait()
