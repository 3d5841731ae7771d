"""The residents' web chat: the same conversation as on Telegram, in a browser."""

from __future__ import annotations

import asyncio
import json
import re
import secrets
from collections.abc import AsyncIterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from bot import markup
from bot.answers import Answers
from bot.conversation import COMMANDS, MAX_TEXT
from bot.database import Database
from bot.inbox import Arrival, Inbox
from bot.messages import Incoming, Outgoing
from bot.models import Resident
from bot.outbox import Outbox, Parcel
from bot.vault import Vault
from bot.web.pages import templates

_COOKIE = "abc_chat"
_COOKIE_SECONDS = 90 * 24 * 3600
_MAX_BODY = 256 * 1024
_HEARTBEAT_SECONDS = 20.0
_ID = re.compile(r"[A-Za-z0-9-]{8,40}")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


class WebChat:
    """Pages and calls of the web chat. A chat is known by a random cookie and nothing else."""

    def __init__(
        self,
        answers: Answers,
        inbox: Inbox,
        outbox: Outbox,
        database: Database,
        vault: Vault,
        secure: bool,
    ) -> None:
        """Take the way in, the way out, and whether cookies travel by https only."""
        self._answers, self._inbox, self._outbox = answers, inbox, outbox
        self._database, self._vault, self._secure = database, vault, secure
        self._templates = templates()
        self.closing = asyncio.Event()

    def routes(self) -> list[Route]:
        """Return the chat's routes."""
        return [
            Route("/", self.page),
            Route("/chat/send", self.send, methods=["POST"]),
            Route("/chat/events", self.events),
        ]

    async def page(self, request: Request) -> Response:
        """Show the chat; a first visit gets its cookie."""
        texts = {
            lang.code: {
                key: self._answers.text(f"web_{key}", lang.code)
                for key in ("title", "write", "send", "offline", "you", "bot")
            }
            | {"dir": lang.direction}
            for lang in self._answers.knowledge.spoken
        }
        guess = _guess(request, list(texts))
        response = self._templates.TemplateResponse(
            request, "chat.html", {"texts": texts, "language": guess, "t": texts[guess]}
        )
        if not _token(request):
            response.set_cookie(
                _COOKIE,
                secrets.token_urlsafe(32),
                max_age=_COOKIE_SECONDS,
                httponly=True,
                secure=self._secure,
                samesite="strict",
            )
        return response

    async def send(self, request: Request) -> Response:
        """Take a text, a button or a command: saved when the answer is 202."""
        token = _token(request)
        if not token:
            return _refuse(401, "No chat cookie. Load the page again.")
        if int(request.headers.get("content-length") or 0) > _MAX_BODY:
            return _refuse(413, "The message is too large.")
        body = await request.body()
        incoming = _read(body[:_MAX_BODY], _guess(request, list(self._answers.knowledge.texts)))
        if incoming is None:
            return _refuse(400, "Expected JSON with an id and one of text, button, command.")
        message_id, message = incoming
        lane = self._vault.lane("web", token)
        key = f"web:{lane}:{message_id}"
        await self._inbox.save([Arrival(key, "web", token, message)])
        return JSONResponse({"saved": message_id}, status_code=202)

    async def events(self, request: Request) -> Response:
        """Stream messages to the page (server-sent events). `after` is the last one it has; what
        it has is deleted here."""
        token = _token(request)
        if not token:
            return _refuse(401, "No chat cookie. Load the page again.")
        after = request.headers.get("last-event-id") or request.query_params.get("after", "0")
        lane = self._vault.lane("web", token)
        return StreamingResponse(
            self._stream(lane, int(after) if after.isdecimal() else 0),
            media_type="text/event-stream",
            headers={"X-Accel-Buffering": "no"},
        )

    async def _stream(self, lane: str, after: int) -> AsyncIterator[str]:
        event = self._outbox.web_event(lane)
        shown = after
        while not self.closing.is_set():
            event.clear()
            parcels = await self._outbox.fetch(lane, after)
            language = await self._database.run(_language, lane)
            for parcel in parcels:
                if parcel.id > shown:
                    yield f"id: {parcel.id}\ndata: {json.dumps(self._shown(parcel, language))}\n\n"
                    shown = parcel.id
            try:
                await asyncio.wait_for(event.wait(), _HEARTBEAT_SECONDS)
            except TimeoutError:
                yield ": still here\n\n"

    def _shown(self, parcel: Parcel, language: str) -> dict[str, Any]:
        message = Outgoing.from_json(parcel.payload)
        plain = markup.escape(message.plain).replace("\n", "<br>")
        return {
            "html": markup.to_html(message.text) + (f"<p>{plain}</p>" if plain else ""),
            "buttons": [[{"label": b.label, "data": b.data} for b in r] for r in message.buttons],
            "language": language,
        }


def _token(request: Request) -> str:
    token = request.cookies.get(_COOKIE, "")
    return token if _TOKEN.fullmatch(token) else ""


def _guess(request: Request, spoken: list[str]) -> str:
    """Return the first language of the browser that we speak, else German."""
    for part in request.headers.get("accept-language", "").split(","):
        code = part.split(";")[0].strip()[:2].lower()
        if code in spoken:
            return code
    return "de"


def _read(body: bytes, language: str) -> tuple[str, Incoming] | None:
    try:
        data = json.loads(body)
        message_id = data["id"]
    except (ValueError, KeyError, TypeError):
        return None
    if not isinstance(message_id, str) or not _ID.fullmatch(message_id):
        return None
    for kind in ("text", "button", "command"):
        value = data.get(kind)
        if isinstance(value, str):
            break
    else:
        return None
    value = value.encode(errors="replace").decode()  # lone surrogates cannot be stored
    if kind == "text" and value.startswith("/"):
        name = value[1:].split()[0].lower() if len(value) > 1 else ""
        if name in COMMANDS:
            return message_id, Incoming("command", name, language_code=language)
    if kind == "command" and value not in COMMANDS:
        return None
    # One character more than a message may have, so that the answer says it is too long.
    value = value[: MAX_TEXT + 1] if kind == "text" else value[:64]
    return message_id, Incoming(kind, value, language_code=language)


def _refuse(status: int, error: str) -> JSONResponse:
    return JSONResponse({"error": error}, status_code=status)


def _language(session: Session, lane: str) -> str:
    return session.scalar(select(Resident.language).where(Resident.lane == lane)) or ""
