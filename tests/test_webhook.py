"""Telegram brings updates by webhook: taken only with the secret, confirmed only when saved."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
import uvicorn
from sqlalchemy.exc import OperationalError

from bot import settings
from bot.app import App
from tests.conftest import ANA, House, Rasa
from tests.e2e.conftest import free_port
from tests.telegram_server import TelegramServer


@pytest_asyncio.fixture
async def hooked(telegram: TelegramServer, tmp_path: Path) -> AsyncIterator[House]:
    """Run the bot behind a webhook (plain http, which only the test server accepts)."""
    await telegram.create_user(ANA, "Ana", "ro")
    group = await telegram.create_group("Beratung", forum=True)
    port = free_port()
    chosen = settings.load(
        _env_file=None, var=tmp_path, bot_token=telegram.token, telegram_url=telegram.url,
        telegram_rate=1000, web_port=port,
    ).model_copy(update={"public_url": f"http://127.0.0.1:{port}"})  # fmt: skip
    rasa = Rasa()
    app = App(chosen, rasa)
    server = uvicorn.Server(
        uvicorn.Config(app.web, port=port, log_config=None, lifespan="off", ws="none")
    )
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    await app.start()
    yield House(app, telegram, rasa, group, chosen)
    server.should_exit = True
    await running
    await app.stop()


async def test_the_conversation_runs_by_webhook(hooked: House) -> None:
    await hooked.telegram.say(ANA, "/start")
    await hooked.telegram.wait_for_messages(ANA, 1, timeout=5)
    picker = hooked.telegram.chat(ANA)[-1]
    assert len(picker.button_texts()) == 11
    assert not hooked.telegram.calls("getUpdates"), "no polling beside the webhook"


async def test_strangers_without_the_secret_are_refused(hooked: House) -> None:
    update = {"update_id": 7, "message": {"message_id": 1, "date": 1, "text": "/start",
              "chat": {"id": ANA, "type": "private"}}}  # fmt: skip
    url = f"{hooked.settings.public_url}/telegram"
    async with httpx.AsyncClient() as stranger:
        assert (await stranger.post(url, json=update)).status_code == 403
        wrong = {"X-Telegram-Bot-Api-Secret-Token": "guessed"}
        assert (await stranger.post(url, json=update, headers=wrong)).status_code == 403
        secret = hooked.settings.webhook_secret.get_secret_value()
        right = {"X-Telegram-Bot-Api-Secret-Token": secret}
        assert (await stranger.post(url, content=b"{", headers=right)).status_code == 400
    assert not hooked.telegram.calls("sendMessage")


async def test_what_could_not_be_saved_is_delivered_again(
    hooked: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    save, failures = hooked.app.inbox.save, 2

    async def shaky(arrivals: list[object]) -> None:
        nonlocal failures
        if failures:
            failures -= 1
            raise OperationalError("insert", {}, Exception("disk full"))
        await save(arrivals)  # type: ignore[arg-type]

    monkeypatch.setattr(hooked.app.inbox, "save", shaky)
    await hooked.telegram.say(ANA, "/start")
    await hooked.telegram.wait_for_messages(ANA, 1, timeout=5)
    assert len([m for m in hooked.telegram.chat(ANA) if m.by_bot]) == 1
