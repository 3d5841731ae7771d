"""Delivers what was decided: every message is a row until its channel has taken it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

from sqlalchemy import Row, bindparam, delete, insert, select, update
from sqlalchemy.orm import Session
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception_type,
    wait_random_exponential,
)

from bot import markup
from bot.database import Database
from bot.lanes import Lanes
from bot.messages import Outgoing, ToStaff
from bot.models import Case, OutboxRow, Resident
from bot.vault import Vault

log = logging.getLogger(__name__)


class TryLater(Exception):
    """The channel cannot take messages now; `seconds` is its wish (0: none)."""

    def __init__(self, seconds: float = 0) -> None:
        """Take how long the channel asks us to wait."""
        super().__init__(f"try again in {seconds} s")
        self.seconds = seconds


class Undeliverable(Exception):
    """The channel will never take this message; `gone`: nor any other to this chat."""

    def __init__(self, gone: bool) -> None:
        """Take whether the chat itself is gone (blocked, deleted)."""
        super().__init__("chat is gone" if gone else "message was refused")
        self.gone = gone


@dataclass(frozen=True, slots=True)
class Parcel:
    """A row of the outbox, opened."""

    id: int
    channel: str
    lane: str
    address: str
    payload: dict[str, Any]
    case_id: int | None = None


class Sender(Protocol):
    """A channel's sending half: one parcel is one call."""

    async def send(self, parcel: Parcel) -> None:
        """Deliver; raise TryLater or Undeliverable."""


class Outbox:
    """Sends rows in order per lane. Web chats fetch theirs instead (`bot/web/chat.py`)."""

    def __init__(self, database: Database, vault: Vault) -> None:
        """Take the database; channels join with `connect`."""
        self._database = database
        self._vault = vault
        self._senders: dict[str, Sender] = {}
        self._web: dict[str, asyncio.Event] = {}
        self._lanes = Lanes("outbox", self._deliver_all)
        self._handed: dict[str, Parcel] = {}
        self._farewells: set[str] = set()
        self.on_gone: Callable[[str], Any] = lambda lane: None

    def connect(self, channel: str, sender: Sender) -> None:
        """Let a channel send."""
        self._senders[channel] = sender

    def has(self, channel: str) -> bool:
        """Tell whether a channel is connected."""
        return channel in self._senders

    def add(
        self, session: Session, channel: str, lane: str, address: bytes, messages: list[Outgoing]
    ) -> Parcel | None:
        """Put messages to a resident in the outbox, cut into pieces the channel can take.

        Returns: the first of them, which may be handed to `wake`.
        """
        pieces = [piece.to_json() for message in messages for piece in _pieces(message)]
        if not pieces:
            return None
        rows = [
            {"channel": channel, "lane": lane, "address": address, "payload": self._vault.seal(p)}
            for p in pieces
        ]
        ids = [session.connection().execute(_INSERT, row).scalar_one() for row in rows]
        return Parcel(ids[0], channel, lane, str(self._vault.open(address)), pieces[0])

    def add_to_staff(self, session: Session, case: Case, message: ToStaff) -> str:
        """Put a message to the caseworkers' group in the outbox; return its lane."""
        lane = f"case:{case.id}"
        if self.has("staff"):
            for text in markup.split(message.text) or [""]:
                payload = replace(
                    message, text=text, thread=case.thread, header=case.header
                ).to_json()
                session.add(
                    OutboxRow(
                        channel="staff",
                        lane=lane,
                        payload=self._vault.seal(payload),
                        # A case that is being deleted cannot be referred to any more.
                        case_id=None if message.closes and not message.keeps_case else case.id,
                    )
                )
        return lane

    def wake(self, lane: str, channel: str = "", first: Parcel | None = None) -> None:
        """Say that a lane has something to deliver; `first` saves fetching the first of it."""
        if channel == "web":
            self.web_event(lane).set()
            return
        # A lane without a worker has nothing older waiting, so the handed one is its first.
        if first and not self._lanes.busy(lane):
            self._handed[lane] = first
        self._lanes.wake(lane)

    def forget_after(self, lane: str) -> None:
        """Leave no trace of a lane once its last message, the farewell, is delivered."""
        self._farewells.add(lane)

    async def resume(self) -> int:
        """Go on with what an earlier run left; return how many messages may be sent a second
        time, because we cannot know whether the channel took them before we stopped."""
        rows = await self._database.run(_waiting)
        for lane, channel in rows:
            self.wake(lane, channel)
        return sum(1 for _lane, channel in rows if channel != "web")

    async def idle(self) -> None:
        """Wait until everything is delivered."""
        await self._lanes.idle()

    async def close(self) -> None:
        """Stop delivering."""
        await self._lanes.close()

    # --- Web chats fetch their messages

    def web_event(self, lane: str) -> asyncio.Event:
        """Return the event that says that a web chat has something to fetch."""
        return self._web.setdefault(lane, asyncio.Event())

    async def fetch(self, lane: str, after: int) -> list[Parcel]:
        """Return a web chat's messages after an id and delete the ones up to it: the page has
        them."""
        parcels = await self._database.run(self._fetch, lane, after)
        if not parcels:
            await self._wipe(lane)
        return parcels

    def _fetch(self, session: Session, lane: str, after: int) -> list[Parcel]:
        session.execute(delete(OutboxRow).where(OutboxRow.lane == lane, OutboxRow.id <= after))
        query = select(OutboxRow).where(OutboxRow.lane == lane).order_by(OutboxRow.id)
        return [self._open(row) for row in session.scalars(query)]

    # --- Delivering

    async def _deliver_all(self, lane: str) -> bool:
        """Send what waits in a lane; every row is deleted in the transaction that fetches the
        next one, so that the time in which a kill leaves a doubt is as short as can be."""
        parcel = self._handed.pop(lane, None) or await self._database.run(self._next, lane, 0)
        while parcel is not None:
            sender = self._senders.get(parcel.channel)
            if sender is None:
                return False  # its channel is switched off; the row waits
            await self._deliver(sender, parcel)
            parcel = await self._database.run(self._next, lane, parcel.id)
        await self._wipe(lane)
        return False

    async def _deliver(self, sender: Sender, parcel: Parcel) -> None:
        retrying = AsyncRetrying(retry=retry_if_exception_type(TryLater), wait=_wait, reraise=True)
        try:
            async for attempt in retrying:
                with attempt:
                    await sender.send(parcel)
        except Undeliverable as error:
            log.info("outbox row %d undeliverable, chat gone: %s", parcel.id, error.gone)
            if error.gone:
                await self.on_gone(parcel.lane)

    async def _wipe(self, lane: str) -> None:
        if lane in self._farewells:
            self._farewells.discard(lane)
            await self._database.run(lambda _session: self._database.wipe_traces())

    def _next(self, session: Session, lane: str, sent: int) -> Parcel | None:
        connection = session.connection()
        if sent:
            connection.execute(_DELETE, {"sent": sent})
        row = connection.execute(_NEXT, {"lane": lane}).first()
        return self._open(row) if row else None

    def _open(self, row: OutboxRow | Row[Any]) -> Parcel:
        address = str(self._vault.open(row.address)) if row.address else ""
        payload = self._vault.open(row.payload)
        return Parcel(row.id, row.channel, row.lane, address, payload, row.case_id)


_TABLE = OutboxRow.metadata.tables[OutboxRow.__tablename__]
# Made once: the hot path should not build statements.
_INSERT = insert(_TABLE).returning(_TABLE.c.id)
_DELETE = delete(_TABLE).where(_TABLE.c.id == bindparam("sent"))
_NEXT = select(_TABLE).where(_TABLE.c.lane == bindparam("lane")).order_by(_TABLE.c.id).limit(1)

_backoff = wait_random_exponential(multiplier=0.2, max=30)


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked = error.seconds if isinstance(error, TryLater) else 0
    return max(asked, _backoff(state))


def _pieces(message: Outgoing) -> list[Outgoing]:
    """Cut a message; the buttons stay under the last piece, where the eye is."""
    if message.copy_from:
        return [message]
    texts = [Outgoing(text) for text in markup.split(message.text)]
    plains = [Outgoing(plain=text) for text in markup.split(message.plain)]
    if texts and plains:
        first, last = plains[0], texts.pop()
        together = replace(first, text=last.text)
        if len(last.text) + len(first.plain) <= markup.LIMIT:
            plains[0] = together
        else:
            texts.append(last)
    pieces = texts + plains
    return [*pieces[:-1], replace(pieces[-1], buttons=message.buttons)] if pieces else []


def _waiting(session: Session) -> list[tuple[str, str]]:
    query = select(OutboxRow.lane, OutboxRow.channel).distinct()
    return [(row.lane, row.channel) for row in session.execute(query)]


def drop_lane(session: Session, lane: str) -> Resident | None:
    """Delete everything that waits for a chat that is gone; return whose chat it was."""
    session.execute(delete(OutboxRow).where(OutboxRow.lane == lane))
    session.execute(update(Resident).where(Resident.lane == lane).values(blocked=True))
    return session.scalar(select(Resident).where(Resident.lane == lane))
