"""Bad days of the wire: Telegram refuses, breaks off, answers late; the bot restarts."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest
from sqlalchemy.orm import Session

from bot import settings
from bot.app import App
from bot.models import InboxRow
from tests.conftest import ANA, WORKER, House, Rasa
from tests.telegram_server import TelegramServer


async def commands_in_order(house: House) -> list[str]:
    """Let Ana send four commands and return how the bot's answers begin."""
    before = len(await house.sees())
    for command in ("/help", "/privacy", "/menu", "/delete"):
        await house.telegram.say(ANA, command)
    return [message.text[:12].strip() for message in (await house.sees())[before:]]


IN_ORDER = ["Schreiben Si", "So gehe ich", "Worum geht e", "🗑️ Soll ich"]


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("too_many_requests", {"retry_after": 1}),
        ("server_error", {"status": 502, "times": 3}),
        ("drop_before", {"times": 2}),
    ],
)
async def test_refused_messages_arrive_later_once_and_in_order(
    house: House, kind: str, options: dict[str, int]
) -> None:
    await house.at_home()
    house.telegram.fault("sendMessage", kind, **options)
    assert await commands_in_order(house) == IN_ORDER


async def test_where_telegram_took_it_but_the_answer_got_lost_one_repeat_is_the_worst(
    house: House,
) -> None:
    await house.at_home()
    house.telegram.fault("sendMessage", "drop_after")
    texts = await commands_in_order(house)
    assert list(dict.fromkeys(texts)) == IN_ORDER
    assert len(texts) <= 5


async def test_updates_that_could_not_be_fetched_come_with_the_next_call(house: House) -> None:
    await house.at_home()
    house.telegram.fault("getUpdates", "server_error", status=502, times=2)
    house.telegram.fault("getUpdates", "drop_after", times=1)
    assert "/menu" in (await house.say("/help")).text


async def test_a_message_the_bot_stumbles_over_does_not_block_the_next_one(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.at_home()
    real = house.rasa.understand

    async def broken(conversation: str, text: str, turn: int) -> object:
        if text == "stein":
            raise KeyError("a bug nobody foresaw")
        return await real(conversation, text, turn)

    monkeypatch.setattr(house.rasa, "understand", broken)
    house.rasa.teach("kaution", "deposit")
    await house.telegram.say(ANA, "stein")
    answer = await house.say("kaution")
    assert "Kaution" in answer.text
    assert "gerade nicht lesen" in (await house.sees())[-2].text


async def test_what_arrived_before_a_stop_is_answered_after_the_start(house: House) -> None:
    await house.at_home()
    await house.app.stop()
    await house.telegram.say(ANA, "/help")
    again = App(house.settings, house.rasa)
    await again.start()
    try:
        house.app = again
        assert "/menu" in (await house.last()).text
    finally:
        await again.stop()


async def test_saved_but_not_worked_off_is_worked_off_at_the_start(house: House) -> None:
    await house.at_home()
    before = len(await house.sees())
    await house.app.stop()
    again = App(house.settings, house.rasa)

    def undo(session: Session) -> None:
        row = session.query(InboxRow).order_by(InboxRow.id.desc()).first()
        assert row
        row.done = False
        row.payload = again.vault.seal({"kind": "command", "value": "help"})

    again.database.do(undo)
    await again.start()
    try:
        house.app = again
        assert "/menu" in (await house.last()).text
        assert len(await house.sees()) == before + 1
    finally:
        await again.stop()


async def test_a_broken_staff_group_does_not_keep_the_resident_waiting(house: House) -> None:
    await house.at_home()
    house.telegram.fault("createForumTopic", "server_error", status=502, times=2)
    await house.telegram.say(ANA, "/person")
    await house.telegram.say(ANA, "Der Strom ist weg")
    assert "Ihre Nachricht ist bei der Beratung" in (await house.last()).text
    topics = house.telegram.topics(house.group.id)
    assert len(topics) == 1
    thread = (await house.group_sees())[-1]
    assert "Der Strom ist weg" in thread.text
    await house.telegram.delete_topic(WORKER, house.group.id, thread.thread)
    await house.say("Noch etwas")
    assert "Noch etwas" in (await house.group_sees())[-1].text, "a new topic takes over"


async def test_while_telegram_is_away_the_web_chat_works(
    telegram: TelegramServer, tmp_path: Path
) -> None:
    telegram.fault("*", "server_error", status=502, times=None)
    chosen = settings.load(
        _env_file=None, var=tmp_path, bot_token=telegram.token, telegram_url=telegram.url
    )
    app = App(chosen, Rasa())
    await app.start()
    try:
        assert (await app.health())["telegram"] == "starting"
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app.web), base_url="http://bot.test"
        ) as browser:
            assert (await browser.get("/")).status_code == 200
        telegram.heal()
        for _ in range(500):
            await asyncio.sleep(0.01)
            if (await app.health())["telegram"] == "on":
                break
        assert (await app.health())["telegram"] == "on"
    finally:
        await app.stop()


async def test_a_refused_token_is_said_and_the_web_chat_works(
    telegram: TelegramServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    chosen = settings.load(
        _env_file=None, var=tmp_path, bot_token="1:wrong", telegram_url=telegram.url
    )
    app = App(chosen, Rasa())
    await app.start()
    try:
        for _ in range(300):
            await asyncio.sleep(0.01)
            if (await app.health())["telegram"] == "token refused":
                break
        assert "Get a new one from @BotFather" in caplog.text
        assert "1:wrong" not in caplog.text
    finally:
        await app.stop()
