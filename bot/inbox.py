"""Takes what arrives: saves it first, then works it off in order per chat."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bot import privacy
from bot.cases import CaseClosed, Cases, case_of_post
from bot.conversation import AskRasa, Conversation
from bot.database import Database
from bot.lanes import Lanes
from bot.messages import Incoming, StaffMessage, ToStaff, Turn
from bot.models import Case, InboxRow, Resident, now
from bot.outbox import Outbox, Parcel, drop_lane
from bot.rasa_client import RasaUnavailable, Understanding, Understood
from bot.vault import Vault

log = logging.getLogger(__name__)

#: Arguments of `Outbox.wake`: lane, channel, and the lane's first message where it is known.
Wake = tuple[str, str, Parcel | None]

STAFF_LANE = "staff"
#: A message that fails this often is answered with an apology, so that the next one gets its turn.
MAX_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Arrival:
    """Something that arrived; `key` is unique per delivery (Telegram's update_id)."""

    key: str
    channel: str
    address: str
    payload: Incoming | StaffMessage


@dataclass(frozen=True, slots=True)
class Thinking:
    """A row needs Rasa's reply first; nothing of it is written yet."""

    question: AskRasa
    channel: str
    address: str


@dataclass(frozen=True, slots=True)
class _Done:
    """A row is worked off; these lanes have something to deliver."""

    wake: tuple[Wake, ...] = ()
    forgot: bool = False
    more: bool = True


class Inbox:
    """The way in, for every channel."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        conversation: Conversation,
        cases: Cases,
        rasa: Understanding,
        outbox: Outbox,
        rasa_store: privacy.RasaStore,
    ) -> None:
        """Take everything a message can touch."""
        self._database, self._vault = database, vault
        self._conversation, self._cases = conversation, cases
        self._rasa, self._outbox, self._rasa_store = rasa, outbox, rasa_store
        self._lanes = Lanes("inbox", self._work_next)
        #: Shows the resident that an answer is coming; cancelled when it is there.
        self.while_thinking: Callable[[Thinking], Coroutine[Any, Any, None]] = _wait_silently

    async def save(self, arrivals: list[Arrival]) -> None:
        """Save what arrived, then let it be worked off. When this returns, nothing is lost."""
        if not arrivals:
            return
        rows: list[dict[str, object]] = [
            {
                "key": arrival.key,
                "channel": arrival.channel,
                "lane": self._lane(arrival),
                "address": self._vault.seal(arrival.address),
                "payload": self._vault.seal(arrival.payload.to_json()),
            }
            for arrival in arrivals
        ]
        await self._database.run_durably(_save, rows)
        for row in rows:
            self._lanes.wake(str(row["lane"]))

    async def resume(self) -> int:
        """Go on with what an earlier run left; return how many chats wait."""
        lanes = await self._database.run(_waiting)
        for lane in lanes:
            self._lanes.wake(lane)
        return len(lanes)

    async def idle(self) -> None:
        """Wait until everything is worked off."""
        await self._lanes.idle()

    async def close(self) -> None:
        """Stop working."""
        await self._lanes.close()

    async def gone(self, lane: str) -> None:
        """Note that a chat cannot be reached any more and tell the caseworkers of its case."""
        for wake in await self._database.run(self._gone, lane):
            self._outbox.wake(*wake)

    # --- One message

    async def _work_next(self, lane: str) -> bool:
        try:
            step = await self._database.run(self._step, lane, None)
            if isinstance(step, Thinking):
                step = await self._database.run(self._step, lane, await self._understand(step))
        except Exception as error:
            log.exception("a message of lane %s failed", lane[:6], exc_info=_silent(error))
            step = await self._database.run(self._failed, lane)
        if not isinstance(step, _Done):
            return False
        if step.forgot:
            self._outbox.forget_after(lane)
            await self._database.run(privacy.forget_in_rasa, self._rasa_store)
        for wake in step.wake:
            self._outbox.wake(*wake)
        await asyncio.sleep(0)  # the answer leaves before anything else is begun
        return step.more

    async def _understand(self, step: Thinking) -> Understood | RasaUnavailable:
        ask, thinking = step.question, asyncio.create_task(self.while_thinking(step))
        try:
            return await self._rasa.understand(ask.conversation, ask.text, ask.turn)
        except RasaUnavailable as error:
            return error
        finally:
            thinking.cancel()

    def _step(
        self, session: Session, lane: str, reply: Understood | RasaUnavailable | None
    ) -> _Done | Thinking | None:
        """Handle the lane's next row. Without Rasa's reply a row may need to ask first: then
        nothing is written, and the caller comes back with the reply."""
        row, resident, more = _first(session, lane)
        if row is None:
            return None
        payload = self._vault.open(row.payload or b"")
        if lane == STAFF_LANE:
            wake = self._from_staff(session, StaffMessage(**payload))
            return _finish(row, wake, more)
        incoming = Incoming(**payload)
        if resident is None:
            if incoming.kind == "blocked":
                return _finish(row, (), more)
            resident = _new_resident(session, row, lane)
        address, channel = row.address or b"", row.channel
        turn = self._conversation.handle(session, resident, incoming)
        if isinstance(turn, AskRasa):
            if reply is None:
                session.rollback()
                return Thinking(turn, channel, str(self._vault.open(address)))
            understood = reply if isinstance(reply, Understood) else None
            turn = self._conversation.answer(session, resident, turn.text, understood)
        wake = self._write(session, turn)
        if turn.forget:
            privacy.forget(session, resident)
        first = self._outbox.add(session, channel, lane, address, turn.out)
        done = _finish(row, (*wake, (lane, channel, first)), more, turn.forget)
        if turn.forget:
            row.lane, row.address = "", None
        return done

    def _write(self, session: Session, turn: Turn) -> tuple[Wake, ...]:
        """Put what goes to the caseworkers in the outbox."""
        if not turn.case:
            return ()
        lanes = {self._outbox.add_to_staff(session, turn.case, message) for message in turn.staff}
        return tuple((lane, "staff", None) for lane in lanes)

    def _from_staff(self, session: Session, message: StaffMessage) -> tuple[Wake, ...]:
        case = case_of_post(session, message)
        return self.staff_says(session, case, message) if case else ()

    def staff_says(self, session: Session, case: Case, message: StaffMessage) -> tuple[Wake, ...]:
        """Pass on what a caseworker wrote or ordered, from the group or the console; return the
        lanes to wake."""
        resident = session.get_one(Resident, case.resident_id)
        text = self._cases.answers.staff_text
        try:
            if message.kind == "edited":
                turn = Turn(staff=[ToStaff(text=text("no_edit"))])
            elif message.kind == "command" and message.value == "close":
                turn = self._cases.close(case, resident, "staff")
            elif message.kind == "command":
                return ()
            else:
                turn = self._cases.from_staff(session, case, resident, message)
        except CaseClosed:
            turn = Turn(staff=[ToStaff(text=text("closed_already", code=case.code))])
        turn.case = case
        wake = self._write(session, turn)
        lane, channel = resident.lane, resident.channel
        first = self._outbox.add(session, channel, lane, resident.address, turn.out)
        return (*wake, (lane, channel, first))

    async def console_says(self, code: str, message: StaffMessage) -> None:
        """Do what a caseworker did in the console."""
        for wake in await self._database.run(self._console_says, code, message):
            self._outbox.wake(*wake)

    def _console_says(
        self, session: Session, code: str, message: StaffMessage
    ) -> tuple[Wake, ...]:
        case = session.scalar(select(Case).where(Case.code == code))
        return self.staff_says(session, case, message) if case else ()

    def _failed(self, session: Session, lane: str) -> _Done | None:
        """Count a failure; after some, apologise and let the next message have its turn."""
        row, resident, more = _first(session, lane)
        if row is None:
            return None
        row.attempts += 1
        if row.attempts < MAX_ATTEMPTS:
            return _Done()
        log.error("inbox row %d is given up after %d attempts", row.id, row.attempts)
        if resident:
            sorry = self._conversation.answer(session, resident, "", None).out
            self._outbox.add(session, row.channel, lane, resident.address, sorry)
        return _finish(row, ((lane, row.channel, None),), more)

    def _gone(self, session: Session, lane: str) -> tuple[Wake, ...]:
        resident = drop_lane(session, lane)
        case = self._cases.current(session, resident) if resident else None
        return self._write(session, self._cases.notice(case, "not_delivered")) if case else ()

    def _lane(self, arrival: Arrival) -> str:
        if arrival.channel == "staff":
            return STAFF_LANE
        return self._vault.lane(arrival.channel, arrival.address)


_TABLE = InboxRow.metadata.tables[InboxRow.__tablename__]
_INSERT = {
    "sqlite": sqlite.insert(_TABLE).on_conflict_do_nothing(index_elements=["key"]),
    "postgresql": postgresql.insert(_TABLE).on_conflict_do_nothing(index_elements=["key"]),
}


async def _wait_silently(_step: Thinking) -> None:
    """Show nothing."""


def _save(session: Session, rows: list[dict[str, object]]) -> None:
    # update_id deduplicates: Telegram delivers again what it does not know to have arrived.
    connection = session.connection()
    connection.execute(_INSERT[connection.dialect.name], rows)


def _first(session: Session, lane: str) -> tuple[InboxRow | None, Resident | None, bool]:
    """Return a lane's next message, who sent it and whether more wait, in one query: this is
    the hot path."""
    found = session.execute(
        select(InboxRow, Resident)
        .outerjoin(Resident, Resident.lane == InboxRow.lane)
        .where(InboxRow.done.is_(False), InboxRow.lane == lane)
        .order_by(InboxRow.id)
        .limit(2)
    ).all()
    return (found[0][0], found[0][1], len(found) > 1) if found else (None, None, False)


def _waiting(session: Session) -> list[str]:
    query = select(InboxRow.lane).where(InboxRow.done.is_(False)).distinct()
    return list(session.scalars(query))


def _finish(row: InboxRow, wake: tuple[Wake, ...], more: bool, forgot: bool = False) -> _Done:
    row.done, row.payload = True, None
    return _Done(wake, forgot, more)


def _new_resident(session: Session, row: InboxRow, lane: str) -> Resident:
    resident = Resident(
        lane=lane,
        channel=row.channel,
        address=row.address or b"",
        conversation=uuid.uuid4().hex,
        language="",
        guess="",
        offered="",
        turns=0,
        step="",
        topic="",
        album="",
        blocked=False,
        created_at=now(),
        seen_at=now(),
    )
    session.add(resident)
    session.flush()
    return resident


def _silent(error: Exception) -> Exception:
    """Return the error without its message, which could hold what somebody wrote."""
    return (
        type(error)().with_traceback(error.__traceback__)
        if not error.args
        else RuntimeError(type(error).__name__).with_traceback(error.__traceback__)
    )
