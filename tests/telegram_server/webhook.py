"""Delivers updates to the bot's webhook: in order, with the secret header, until accepted."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

import aiohttp

from .parameters import JsonObject
from .updates import UpdateQueue

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"


@dataclass
class Delivery:
    """One try to deliver an update."""

    update_id: int
    status: int
    error: str = ""


@dataclass
class Webhook:
    """The webhook that is set, with what getWebhookInfo tells about it.

    One update is under way at a time. Telegram itself delivers different chats side by side.
    """

    queue: UpdateQueue
    timeout: float = 60.0
    first_delay: float = 1.0
    longest_delay: float = 60.0
    url: str = ""
    secret_token: str = ""
    max_connections: int = 40
    last_error_date: int | None = None
    last_error_message: str = ""
    deliveries: list[Delivery] = field(default_factory=list)
    _task: asyncio.Task[None] | None = None

    async def set(self, url: str, secret_token: str, max_connections: int) -> None:
        """Start to deliver to a URL; an empty one stops it."""
        await self.stop()
        self.url, self.secret_token, self.max_connections = url, secret_token, max_connections
        self.last_error_date, self.last_error_message = None, ""
        await self.resume()

    async def resume(self) -> None:
        """Deliver (again) if a webhook is set."""
        if self.url and self._task is None:
            self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Stop delivering."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    def info(self) -> JsonObject:
        """Return the answer of getWebhookInfo (Bot API, "WebhookInfo")."""
        shown: JsonObject = {
            "url": self.url,
            "has_custom_certificate": False,
            "pending_update_count": len(self.queue.pending),
        }
        if self.url:
            shown |= {"max_connections": self.max_connections, "ip_address": "127.0.0.1"}
        if self.last_error_date:
            shown["last_error_date"] = self.last_error_date
            shown["last_error_message"] = self.last_error_message
        if self.queue.allowed:
            shown["allowed_updates"] = self.queue.allowed
        return shown

    async def _run(self) -> None:
        timeout = aiohttp.ClientTimeout(total=self.timeout)
        delay = self.first_delay
        async with aiohttp.ClientSession(timeout=timeout) as session:
            while True:
                self.queue.arrival.clear()
                if not self.queue.pending:
                    await self.queue.arrival.wait()
                    continue
                entry = self.queue.pending[0]
                if await self._deliver(session, entry.update):
                    self.queue.drop(entry)
                    delay = self.first_delay
                else:
                    await asyncio.sleep(delay)
                    delay = min(delay * 2, self.longest_delay)

    async def _deliver(self, session: aiohttp.ClientSession, update: JsonObject) -> bool:
        headers = {SECRET_HEADER: self.secret_token} if self.secret_token else {}
        delivery = Delivery(update["update_id"], 0)
        try:
            async with session.post(self.url, json=update, headers=headers) as response:
                await response.read()
                delivery.status = response.status
                if not response.ok:
                    delivery.error = (
                        f"Wrong response from the webhook: {response.status} {response.reason}"
                    )
        except TimeoutError:
            delivery.error = "Connection timed out"
        except aiohttp.ClientConnectorError:
            delivery.error = "Connection refused"
        except aiohttp.ClientError as problem:
            delivery.error = f"Connection closed: {type(problem).__name__}"
        self.deliveries.append(delivery)
        if delivery.error:
            self.last_error_date = int(time.time())
            self.last_error_message = delivery.error
        return not delivery.error
