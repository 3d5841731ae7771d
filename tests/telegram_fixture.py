"""Fixtures with a running Telegram test server and a bot that talks to it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from telegram import Bot

from tests.telegram_server import TelegramServer


@pytest_asyncio.fixture
async def telegram() -> AsyncIterator[TelegramServer]:
    """Run a fresh Telegram; webhook retries are fast."""
    async with TelegramServer(webhook_timeout=0.5, webhook_retry_delay=0.02) as server:
        yield server


@pytest_asyncio.fixture
async def telegram_bot(telegram: TelegramServer) -> AsyncIterator[Bot]:
    """Give a real python-telegram-bot client of that Telegram."""
    bot = Bot(telegram.token, base_url=telegram.base_url, base_file_url=telegram.base_file_url)
    async with bot:
        yield bot
