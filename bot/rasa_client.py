"""Asks Rasa what a text means; Rasa gets a random conversation id and the text, nothing else."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Any, Protocol

import httpx
from tenacity import (
    AsyncRetrying,
    retry_if_exception_type,
    stop_after_delay,
    wait_random_exponential,
)

log = logging.getLogger(__name__)

#: A resident waits at most this long for an answer before we say that we cannot read it now.
PATIENCE_SECONDS = 4.0
#: Rasa's cost grows with the length of a conversation; a new session keeps it in milliseconds.
TURNS_PER_SESSION = 40


class RasaUnavailable(Exception):
    """Rasa did not answer with keys in time."""


@dataclass(frozen=True, slots=True)
class Understood:
    """Rasa's reply: what to say (keys with values), and what language the text is in."""

    say: tuple[dict[str, Any], ...]
    intent: str = ""
    ranking: tuple[str, ...] = field(default=())
    language: str = ""
    language_confidence: float = 0.0


class Understanding(Protocol):
    """Whatever can tell what a text means: Rasa, or five lines in a test."""

    async def understand(self, conversation: str, text: str, turn: int) -> Understood:
        """Return what a text means, or raise RasaUnavailable."""

    async def ready(self) -> bool:
        """Tell whether it can."""

    async def close(self) -> None:
        """Let go of its connections."""


class RasaClient:
    """Speaks with our own input channel (components/channel.py)."""

    def __init__(self, url: str, token: str) -> None:
        """Take Rasa's address and the secret both sides share."""
        self._client = httpx.AsyncClient(
            base_url=f"{url}/webhooks/bot",
            headers={"X-Bot-Token": token},
            timeout=httpx.Timeout(PATIENCE_SECONDS, connect=0.5),
            trust_env=False,  # a proxy of the machine must never see what residents write
        )

    async def understand(self, conversation: str, text: str, turn: int) -> Understood:
        """Return what a text means.

        Raises:
            RasaUnavailable: no usable answer within `PATIENCE_SECONDS`.
        """
        retrying = AsyncRetrying(
            stop=stop_after_delay(PATIENCE_SECONDS),
            wait=wait_random_exponential(multiplier=0.1, max=0.8),
            retry=retry_if_exception_type((httpx.TransportError, httpx.HTTPStatusError)),
            reraise=True,
        )
        try:
            async for attempt in retrying:
                with attempt:
                    if turn and turn % TURNS_PER_SESSION == 0:
                        await self._post(
                            {"conversation": conversation, "command": "session_start"}
                        )
                    return _read(await self._post({"conversation": conversation, "text": text}))
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            log.warning("rasa did not answer: %s", type(error).__name__)
        raise RasaUnavailable

    async def ready(self) -> bool:
        """Tell whether Rasa serves with a model."""
        try:
            return (await self._client.get("/health", timeout=2)).status_code == 200
        except httpx.HTTPError:
            return False

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _post(self, body: dict[str, str]) -> Any:
        response = await self._client.post("/webhook", json=body)
        response.raise_for_status()
        return response.json()


def _read(body: Any) -> Understood:
    language = body.get("language") or {}
    say = tuple(item for item in body["say"] if isinstance(item.get("say"), str))
    if not say:
        raise ValueError("Rasa said nothing")
    return Understood(
        say=say,
        intent=str((body.get("intent") or {}).get("name", "")),
        ranking=tuple(str(entry["name"]) for entry in body.get("ranking", ())),
        language=str(language.get("code") or ""),
        language_confidence=float(language.get("confidence") or 0),
    )
