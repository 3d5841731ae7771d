"""The HTTP side: takes calls of a bot, applies faults, runs methods, serves files."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from aiohttp import web

from .calls import Call, CallLog
from .errors import ApiError
from .faults import BEFORE_HANDLING, Fault, Faults
from .membership import Membership
from .methods import BY_LOWER_NAME, METHODS
from .parameters import JsonObject, Parameters, read_parameters
from .receiving import RECEIVING, Receiving
from .sharing import Sharing
from .simulation_http import add_simulation_routes
from .state import State, User
from .updates import UpdateQueue
from .webhook import Webhook

TOKEN = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw4"
LARGEST_UPLOAD = 50 * 1024 * 1024


class TelegramServer(Sharing, Membership):
    """An emulated Telegram for one bot; `async with TelegramServer() as telegram:` runs it."""

    def __init__(
        self,
        port: int = 0,
        host: str = "127.0.0.1",
        token: str = TOKEN,
        username: str = "abc_test_bot",
        clock: Callable[[], float] = time.time,
        webhook_timeout: float = 60.0,
        webhook_retry_delay: float = 1.0,
    ) -> None:
        bot = User(int(token.split(":")[0]), "ABC", username=username, is_bot=True)
        self.queue = UpdateQueue()
        self.log = CallLog()
        self.faults: Faults = Faults()
        self.webhook: Webhook = Webhook(self.queue, webhook_timeout, webhook_retry_delay)
        self.receiving = Receiving(self.queue, self.webhook)
        super().__init__(State(bot, clock=clock, emit=self.queue.add), self.queue, self.log)
        self.token: str = token
        self.host: str = host
        self.port: int = port
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """Return the address without a path."""
        return f"http://{self.host}:{self.port}"

    @property
    def base_url(self) -> str:
        """Return what python-telegram-bot wants as `base_url`."""
        return f"{self.url}/bot"

    @property
    def base_file_url(self) -> str:
        """Return what python-telegram-bot wants as `base_file_url`."""
        return f"{self.url}/file/bot"

    async def start(self) -> None:
        """Listen; a port of 0 is replaced by the one that the system chose."""
        app = web.Application(client_max_size=LARGEST_UPLOAD)
        app.router.add_route("*", "/bot{token:[^/]+}/{method}", self._bot_call)
        app.router.add_get("/file/bot{token:[^/]+}/{path:.+}", self._download)
        add_simulation_routes(app, self)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self.host, self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]
        await self.webhook.resume()

    async def stop(self) -> None:
        """Stop listening and drop all connections; the state stays and `start` resumes it."""
        await self.webhook.stop()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def fault(self, method: str, kind: str, **details: Any) -> Fault:
        """Inject a fault; `details` are the further fields of `Fault`."""
        return self.faults.add(Fault(method, kind, **details))

    def heal(self) -> None:
        """End all faults."""
        self.faults.clear()

    async def reset(self) -> None:
        """Forget people, chats, calls, updates and faults; update ids go on rising."""
        await self.webhook.set("", "", 0)
        state = self.state
        stores: list[dict[Any, Any]] = [
            state.users, state.chats, state.files, state.presses, state.commands, state.profile,
            self.queue.past,
        ]  # fmt: skip
        for store in stores:
            store.clear()
        self.queue.pending.clear()
        self.queue.allowed.clear()
        self.webhook.deliveries.clear()
        self.log.calls.clear()
        self.heal()

    async def __aenter__(self) -> TelegramServer:
        """Start the server."""
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop the server."""
        await self.stop()

    async def _bot_call(self, request: web.Request) -> web.Response:
        call = self.log.begin(request.match_info["method"])
        try:
            response = await self._handle(request, call)
            if request.transport is None or request.transport.is_closing():
                call.answered = False
            return response
        finally:
            call.finished = time.time()
            self.log.changed()

    async def _handle(self, request: web.Request, call: Call) -> web.Response:
        try:
            parameters = await read_parameters(request)
        except ApiError as refusal:
            return _answer(call, _refusal(refusal), refusal.code)
        call.parameters = parameters.recorded()
        if request.match_info["token"] != self.token:
            return _answer(call, _refusal(ApiError(401, "Unauthorized")), 401)
        name = call.method.lower()
        call.method = BY_LOWER_NAME.get(name) or RECEIVING.get(name) or call.method
        fault = self.faults.take(call.method, parameters.text("chat_id"))
        if fault is not None:
            call.fault = fault.kind
            if fault.kind in BEFORE_HANDLING:
                return _struck(request, call, fault)
            if fault.kind == "delay_before":
                await asyncio.sleep(fault.seconds)
        body, status = await self._run(call, parameters)
        if fault is not None and fault.kind == "delay_after":
            self.log.changed()
            await asyncio.sleep(fault.seconds)
        if fault is not None and fault.kind == "drop_after":
            return _dropped(request, call)
        return _answer(call, body, status)

    async def _run(self, call: Call, parameters: Parameters) -> tuple[JsonObject, int]:
        description = ""
        try:
            if call.method in METHODS:
                result: Any = METHODS[call.method](self.state, parameters)
            elif call.method.lower() in RECEIVING:
                result, description = await self.receiving.call(call.method, parameters)
            else:
                raise ApiError(404, "Not Found: method not found")
        except ApiError as refusal:
            call.description = refusal.description
            return _refusal(refusal), refusal.code
        call.accepted = True
        return {"ok": True, "result": result} | (
            {"description": description} if description else {}
        ), 200

    async def _download(self, request: web.Request) -> web.Response:
        if request.match_info["token"] != self.token:
            return web.json_response(_refusal(ApiError(401, "Unauthorized")), status=401)
        for file in self.state.files.values():
            if file.path == request.match_info["path"]:
                return web.Response(body=file.content, content_type="application/octet-stream")
        return web.json_response(_refusal(ApiError(404, "Not Found")), status=404)


def _refusal(refusal: ApiError) -> JsonObject:
    body: JsonObject = {
        "ok": False,
        "error_code": refusal.code,
        "description": refusal.description,
    }
    if refusal.retry_after is not None:
        body["parameters"] = {"retry_after": refusal.retry_after}
    return body


def _answer(call: Call, body: JsonObject, status: int) -> web.Response:
    call.status, call.answered = status, True
    call.description = str(body.get("description", ""))
    return web.json_response(body, status=status)


def _struck(request: web.Request, call: Call, fault: Fault) -> web.Response:
    if fault.kind == "drop_before":
        return _dropped(request, call)
    if fault.kind == "too_many_requests":
        text = f"Too Many Requests: retry after {fault.retry_after}"
        return _answer(call, _refusal(ApiError(429, text, fault.retry_after)), 429)
    call.status, call.answered = fault.status, True
    page = f"<html><head><title>{fault.status}</title></head><body>nginx</body></html>"
    return web.Response(text=page, status=fault.status, content_type="text/html")


def _dropped(request: web.Request, call: Call) -> web.Response:
    call.status, call.answered = 0, False
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
