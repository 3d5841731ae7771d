"""The one door into Rasa: text or a command in, keys out, and an honest status when it fails.

Rasa's REST channel answers 200 and an empty list to nearly every internal error and lets a
message that starts with "/" run commands. This channel does neither.

Request:  POST /webhooks/bot/webhook, header X-Bot-Token, JSON body with `conversation` and one of
          {"text": "..."}, {"command": "session_start"} or {"intent": "minimum_wage"}.
Answer:   {"say": [...], "intent": {...}, "ranking": [...], "language": {...},
          "entities": [{"entity": "waste_item", "value": "windel"}]}.
Status:   400 unusable request, 401 wrong token, 503 Rasa has no answer.
"""

import hmac
import json
import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from rasa.core.channels.channel import CollectingOutputChannel, InputChannel, UserMessage
from rasa.shared.exceptions import RasaException
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

logger = logging.getLogger(__name__)

TOKEN_HEADER = "X-Bot-Token"  # noqa: S105 - the name of the header, not a token
# Telegram's own limit; Rasa blocks its event loop for seconds on longer texts.
LONGEST_TEXT = 4096
# 4,096 characters as \uXXXX escapes, doubled for astral signs, with room for the rest.
LARGEST_BODY = 64 * 1024
RANKED = 6
WASTE_ITEM = "waste_item"
# Commands that legitimately end without a bot message.
COMMANDS = frozenset({"session_start"})
_CONVERSATION = re.compile(r"[A-Za-z0-9_-]{8,64}")
_INTENT = re.compile(r"[a-z][a-z0-9_]{0,63}")
_UNKNOWN_LANGUAGE = {"code": "other", "confidence": 0.0}


class BadRequest(ValueError):
    """A request that cannot be used; the message is safe to show and to log."""


@dataclass(frozen=True)
class Incoming:
    """A checked request: what Rasa is given, and whether silence would be an error."""

    conversation: str
    text: str
    answer_expected: bool = True
    intent: str | None = None


def neutralise(text: str) -> str:
    """Take away the leading slashes by which Rasa recognises commands."""
    # Rasa strips before it looks, so blanks before and between the slashes go too.
    return re.sub(r"^[\s/]+", "", text).strip() or "?"


def check_request(body: bytes) -> Incoming:
    """Turn a request body into an Incoming or raise BadRequest with the reason."""
    if len(body) > LARGEST_BODY:
        raise BadRequest("body is too large")
    try:
        data = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise BadRequest("body is not JSON in UTF-8") from None
    if not isinstance(data, dict):
        raise BadRequest("body is not a JSON object")
    conversation = data.get("conversation")
    if not isinstance(conversation, str) or not _CONVERSATION.fullmatch(conversation):
        raise BadRequest("conversation must be 8 to 64 characters of A-Z a-z 0-9 _ -")
    given = [key for key in ("text", "command", "intent") if key in data]
    unknown = set(data) - {"conversation", "text", "command", "intent"}
    if len(given) != 1 or unknown:
        raise BadRequest("exactly one of text, command, intent is needed and nothing else")
    value = data[given[0]]
    if not isinstance(value, str):
        raise BadRequest(f"{given[0]} must be a string")
    if given[0] == "command":
        if value not in COMMANDS:
            raise BadRequest("unknown command")
        return Incoming(conversation, f"/{value}", answer_expected=False)
    if given[0] == "intent":
        if not _INTENT.fullmatch(value) or value in COMMANDS:
            raise BadRequest("not an intent name")
        return Incoming(conversation, f"/{value}", intent=value)
    return Incoming(conversation, neutralise(check_text(value)))


def check_text(text: str) -> str:
    """Return the text, cut at the limit, or raise BadRequest for what no keyboard sends."""
    if "\x00" in text:
        raise BadRequest("text contains a NUL character")
    if any("\ud800" <= sign <= "\udfff" for sign in text):
        raise BadRequest("text contains a lone surrogate")
    if not text.strip():
        raise BadRequest("text is empty")
    return text[:LONGEST_TEXT]


def answer_body(parse_data: dict[str, Any], say: list[dict[str, Any]]) -> dict[str, Any]:
    """Build the answer from what Rasa understood and what it said."""
    ranking = parse_data.get("intent_ranking") or []
    return {
        "say": say,
        "intent": _named(parse_data.get("intent") or {}),
        "ranking": [_named(entry) for entry in ranking[:RANKED]],
        "language": parse_data.get("language") or _UNKNOWN_LANGUAGE,
        "entities": _waste_items(parse_data.get("entities") or []),
    }


def _waste_items(entities: list[dict[str, Any]]) -> list[dict[str, Any]]:
    # Only what holds a key of ours: other entities would be words that people wrote.
    keys = dict.fromkeys(found["value"] for found in entities if found["entity"] == WASTE_ITEM)
    return [{"entity": WASTE_ITEM, "value": key} for key in keys]


def _named(entry: dict[str, Any]) -> dict[str, Any]:
    return {"name": entry.get("name"), "confidence": float(entry.get("confidence") or 0.0)}


class BotInput(InputChannel):
    """Sanic blueprint below /webhooks/bot/."""

    @classmethod
    def name(cls) -> str:
        """Return the path segment of the channel."""
        return "bot"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> "BotInput":
        """Build the channel from credentials.yml; refuse to start without a token."""
        token = str((credentials or {}).get("token") or "")
        if not token:
            raise RasaException("credentials.yml: components.channel.BotInput needs a token")
        return cls(token)

    def __init__(self, token: str) -> None:
        """Remember the token as bytes, for a comparison in constant time."""
        self._token = token.encode()

    def _authorised(self, request: Request) -> bool:
        sent = request.headers.get(TOKEN_HEADER) or ""
        return hmac.compare_digest(sent.encode("utf-8", "surrogateescape"), self._token)

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """Group the two routes: health and webhook."""
        routes = Blueprint("bot_channel", __name__)

        @routes.route("/health", methods=["GET"])
        async def health(request: Request) -> HTTPResponse:
            ready = _agent(request) is not None
            return response.json({"ready": ready}, status=200 if ready else 503)

        @routes.route("/webhook", methods=["POST"])
        async def receive(request: Request) -> HTTPResponse:
            if not self._authorised(request):
                return response.json({"error": "wrong token"}, status=401)
            try:
                incoming = check_request(request.body)
            except BadRequest as problem:
                return response.json({"error": str(problem)}, status=400)
            agent = _agent(request)
            if agent is None:
                return response.json({"error": "no model is loaded"}, status=503)
            if incoming.intent and incoming.intent not in agent.domain.intents:
                # Rasa would guess at "/unknown" as if a person had typed it.
                return response.json({"error": "unknown intent"}, status=400)
            try:
                body = await _answer(agent, incoming, on_new_message)
            except Exception as error:  # whatever it is, the bot must hear of it
                # Class and place only: the error's own words may quote the message.
                logger.error("no answer: %s", _where(error))
                return response.json({"error": type(error).__name__}, status=503)
            if incoming.answer_expected and not body["say"]:
                logger.error("no answer: Rasa said nothing to intent %s", body["intent"]["name"])
                return response.json({"error": "nothing to say"}, status=503)
            return response.json(body)

        return routes


async def _answer(
    agent: Any, incoming: Incoming, on_new_message: Callable[[UserMessage], Awaitable[Any]]
) -> dict[str, Any]:
    collector = CollectingOutputChannel()
    message = UserMessage(
        incoming.text, collector, incoming.conversation, input_channel=BotInput.name()
    )
    # Parsed here and handed on, so that ranking and language need no second look at the store.
    message.parse_data = await agent.processor.parse_message(message)
    await on_new_message(message)
    say = [entry["custom"] for entry in collector.messages if entry.get("custom")]
    return answer_body(message.parse_data, say)


def _agent(request: Request) -> Any | None:
    agent = getattr(request.app.ctx, "agent", None)
    return agent if agent is not None and agent.is_ready() else None


def _where(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" at {trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""
    return type(error).__name__ + place
