"""The people's side over HTTP, for tests in other processes: /sim/<verb> with JSON."""

from __future__ import annotations

import base64
import dataclasses
import inspect
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from aiohttp import web

from .errors import ApiError, SimulationError

if TYPE_CHECKING:
    from .server import TelegramServer

ACTIONS = {
    "create_user", "create_group", "say", "edit", "delete", "react", "tap", "press",
    "tap_keyboard", "keyboard", "send_photo", "send_album", "send_voice", "send_document",
    "send_sticker", "send_location", "send_contact", "send_poll", "block", "unblock",
    "deactivate", "join", "leave", "add_bot", "remove_bot", "open_topic", "rename_topic",
    "close_topic", "delete_topic", "topics", "redeliver", "raw", "chat", "calls", "fault",
    "heal", "reset", "wait_for_messages", "wait_for_calls",
}  # fmt: skip
"""Verbs that are methods of TelegramServer with the same name and parameters."""


def plain(value: Any) -> Any:
    """Turn results into JSON: dataclasses by field, bytes as base64."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)
        }
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


class SimulationPages:
    """Answers /sim/ requests with `{"ok": true, "result": ...}` or `{"ok": false, "error"}`."""

    def __init__(self, server: TelegramServer) -> None:
        self.server = server

    async def handle(self, request: web.Request) -> web.Response:
        """Run one verb with the parameters from the query and the JSON body."""
        try:
            given = {name: _from_query(value) for name, value in request.query.items()}
            if request.can_read_body:
                given |= await request.json()
            result = await self._run(request.match_info["verb"], given)
        except TimeoutError as problem:
            return _failure(408, problem)
        except (ApiError, SimulationError, TypeError, ValueError, KeyError) as problem:
            return _failure(400, problem)
        return web.json_response({"ok": True, "result": plain(result)})

    async def _run(self, verb: str, given: dict[str, Any]) -> Any:
        if verb in ACTIONS:
            result = getattr(self.server, verb)(**_decoded(given))
            return await result if inspect.isawaitable(result) else result
        if verb == "callback":
            return self.server.state.presses[str(given["id"])]
        if verb in READINGS:
            return READINGS[verb](self.server)
        raise SimulationError(f"unknown verb {verb!r}")


READINGS: dict[str, Callable[[TelegramServer], Any]] = {
    "faults": lambda server: server.faults.active,
    "updates": lambda server: [entry.update for entry in server.queue.pending],
    "deliveries": lambda server: server.webhook.deliveries,
    "bot": lambda server: {
        "base_url": server.base_url,
        "base_file_url": server.base_file_url,
        "token": server.token,
        "id": server.state.bot.id,
    },
}
"""Verbs that take no parameters: active faults, unconfirmed updates, webhook tries, addresses."""


def _decoded(given: dict[str, Any]) -> dict[str, Any]:
    """Turn file contents back into bytes."""
    if "content" in given:
        given["content"] = base64.b64decode(given["content"])
    if isinstance(given.get("contents"), list):
        given["contents"] = [base64.b64decode(content) for content in given["contents"]]
    return given


def _from_query(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value


def _failure(status: int, problem: BaseException) -> web.Response:
    text = f"{type(problem).__name__}: {problem}"
    return web.json_response({"ok": False, "error": text}, status=status)


def add_simulation_routes(app: web.Application, server: TelegramServer) -> None:
    """Put the verbs below /sim/; reading ones answer GET as well as POST."""
    app.router.add_route("*", "/sim/{verb}", SimulationPages(server).handle)
