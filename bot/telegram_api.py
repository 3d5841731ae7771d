"""The Bot API client, and what its failures mean to the outbox."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)
from telegram.ext import AIORateLimiter, ExtBot
from telegram.request import HTTPXRequest
from tenacity import AsyncRetrying, retry_if_exception_type, wait_random_exponential

from bot.outbox import TryLater, Undeliverable
from bot.settings import Settings

log = logging.getLogger(__name__)


def make_bot(settings: Settings) -> ExtBot[int]:
    """Return the client of the Bot API, within Telegram's limits (Bots FAQ: 30 messages a second
    over all chats, 20 a minute to a group)."""
    request = {"connection_pool_size": 64, "read_timeout": 15.0, "connect_timeout": 5.0}
    return ExtBot(
        settings.bot_token.get_secret_value(),
        base_url=f"{settings.telegram_url}/bot",
        base_file_url=f"{settings.telegram_url}/file/bot",
        request=HTTPXRequest(**request),  # type: ignore[arg-type]
        get_updates_request=HTTPXRequest(connection_pool_size=2, read_timeout=15.0),
        rate_limiter=AIORateLimiter(
            overall_max_rate=settings.telegram_rate,
            group_max_rate=settings.telegram_group_rate,
            max_retries=0,  # the outbox tries again, also after a restart
        ),
    )


async def persistently(call: Callable[[], Awaitable[Any]]) -> Any:
    """Call Telegram until it answers."""
    retrying = AsyncRetrying(
        retry=retry_if_exception_type((NetworkError, RetryAfter, Conflict)),
        wait=wait_random_exponential(multiplier=0.3, max=20),
        before_sleep=lambda state: log.warning(
            "telegram did not answer: %s",
            type(state.outcome.exception()).__name__ if state.outcome else "",
        ),
    )
    async for attempt in retrying:
        with attempt:
            return await call()
    raise AssertionError("tenacity ends only by returning or raising")


async def called(call: Awaitable[Any]) -> Any:
    """Await a Bot API call and sort its failure into the outbox's two kinds."""
    try:
        return await call
    except ChatMigrated:
        raise
    except RetryAfter as error:
        wait = error.retry_after
        raise TryLater(wait if isinstance(wait, int) else wait.total_seconds()) from None
    except Forbidden:
        raise Undeliverable(gone=True) from None
    except BadRequest as error:
        gone = "chat not found" in error.message.lower()
        log.error("telegram refused a message: %s", error.message[:80])
        raise Undeliverable(gone=gone) from None
    except InvalidToken:
        raise TryLater(30) from None
    except NetworkError:
        raise TryLater from None
    except TelegramError as error:
        log.error("telegram refused a message: %s", type(error).__name__)
        raise Undeliverable(gone=False) from None
