"""Deletes people: all of one on request, and everything whose retention has ended."""

from __future__ import annotations

import logging
from datetime import timedelta

from sqlalchemy import create_engine, delete, event, inspect, select, text, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.models import (
    Case,
    CaseMessage,
    InboxRow,
    Note,
    OutboxRow,
    Resident,
    StaffPost,
    now,
)

log = logging.getLogger(__name__)

_FORGET = "forget:"


def forget(session: Session, resident: Resident) -> None:
    """Delete every row about a resident. Of the inbox only the keys stay, which name nobody: a
    second delivery of the same update must not create the person again.

    Rasa's events are in another database; `forget_in_rasa` works off the note left here.
    """
    cases = select(Case.id).where(Case.resident_id == resident.id)
    for table in (OutboxRow, CaseMessage, StaffPost):
        session.execute(delete(table).where(table.case_id.in_(cases)))
    session.execute(delete(OutboxRow).where(OutboxRow.lane == resident.lane))
    session.execute(delete(Case).where(Case.resident_id == resident.id))
    session.execute(
        update(InboxRow)
        .where(InboxRow.lane == resident.lane)
        .values(lane="", address=None, payload=None, done=True)
    )
    session.merge(Note(name=f"{_FORGET}{resident.conversation}", value=""))
    session.delete(resident)
    session.flush()


def sweep(session: Session, retention_days: int) -> list[str]:
    """Delete texts and residents whose retention has ended; return the lanes that are gone."""
    limit = now() - timedelta(days=retention_days)
    session.execute(delete(InboxRow).where(InboxRow.done, InboxRow.received_at < limit))
    session.execute(delete(OutboxRow).where(OutboxRow.created_at < limit))
    session.execute(delete(CaseMessage).where(CaseMessage.at < limit))
    idle = session.scalars(select(Resident).where(Resident.seen_at < limit)).all()
    for resident in idle:
        forget(session, resident)
    return [resident.lane for resident in idle]


class RasaStore:
    """The tracker store of Rasa, opened only to delete from it."""

    def __init__(self, url: str) -> None:
        """Take the tracker store's URL (as Rasa gets it)."""
        self._engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1))
        if self._engine.dialect.name == "sqlite":
            event.listen(
                self._engine, "connect", lambda c, _r: c.execute("PRAGMA busy_timeout=10000")
            )

    def delete(self, conversation: str) -> None:
        """Delete all events of a conversation."""
        with self._engine.begin() as connection:
            if inspect(connection).has_table("events"):
                connection.execute(
                    text("DELETE FROM events WHERE sender_id = :id"), {"id": conversation}
                )

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()


def forget_in_rasa(session: Session, store: RasaStore) -> int:
    """Delete Rasa's events of everybody who was forgotten; what fails is tried again later.

    Returns: how many conversations still wait.
    """
    waiting = 0
    for note in session.scalars(select(Note).where(Note.name.startswith(_FORGET))).all():
        try:
            store.delete(note.name.removeprefix(_FORGET))
        except SQLAlchemyError as error:
            log.warning("rasa's events could not be deleted yet: %s", type(error).__name__)
            waiting += 1
        else:
            session.delete(note)
    return waiting
