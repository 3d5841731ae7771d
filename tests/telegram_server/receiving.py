"""Methods about updates: getUpdates, setWebhook, deleteWebhook, getWebhookInfo."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlparse

from .errors import WEBHOOK_ACTIVE, WEBHOOK_SET, bad_request, conflict
from .parameters import JsonObject, Parameters
from .updates import UpdateQueue
from .webhook import Webhook

LONGEST_POLL = 50
MOST_UPDATES = 100
SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
RECEIVING = {
    name.lower(): name for name in ("getUpdates", "setWebhook", "deleteWebhook", "getWebhookInfo")
}


class Receiving:
    """The two ways in which a bot gets updates; only one works at a time."""

    def __init__(self, queue: UpdateQueue, webhook: Webhook) -> None:
        self.queue = queue
        self.webhook = webhook

    async def call(self, method: str, parameters: Parameters) -> tuple[Any, str]:
        """Run one of the four methods and return its result and description."""
        if method == "getUpdates":
            return await self.get_updates(parameters), ""
        if method == "getWebhookInfo":
            return self.webhook.info(), ""
        url = parameters.text("url") if method == "setWebhook" else ""
        return True, await self.set_webhook(url, parameters)

    async def get_updates(self, parameters: Parameters) -> list[JsonObject]:
        """Answer getUpdates."""
        if self.webhook.url:
            raise conflict(WEBHOOK_ACTIVE)
        self._allow(parameters)
        limit = parameters.integer("limit") or MOST_UPDATES
        if not 1 <= limit <= MOST_UPDATES:
            limit = MOST_UPDATES
        timeout = min(max(parameters.integer("timeout") or 0, 0), LONGEST_POLL)
        return await self.queue.poll(parameters.integer("offset") or 0, limit, timeout)

    async def set_webhook(self, url: str, parameters: Parameters) -> str:
        """Answer setWebhook and deleteWebhook; http is allowed, as on a local Bot API server."""
        if url:
            parts = urlparse(url)
            if parts.scheme not in {"http", "https"} or not parts.hostname:
                raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
            secret = parameters.text("secret_token")
            if secret and not SECRET.fullmatch(secret):
                raise bad_request("secret token contains unallowed characters")
            self._allow(parameters)
            self.queue.terminate(WEBHOOK_SET)
        if parameters.flag("drop_pending_updates"):
            self.queue.pending.clear()
        before = self.webhook.url
        await self.webhook.set(
            url, parameters.text("secret_token"), parameters.integer("max_connections") or 40
        )
        if not url:
            return "Webhook was deleted" if before else "Webhook is already deleted"
        return "Webhook is already set" if before == url else "Webhook was set"

    def _allow(self, parameters: Parameters) -> None:
        allowed = parameters.json("allowed_updates")
        if isinstance(allowed, list):
            self.queue.allowed = [str(kind) for kind in allowed]
