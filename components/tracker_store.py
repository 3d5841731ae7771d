"""Keeps conversations in SQL without a single word that people wrote.

Rasa stores every message text several times (text, parse_data.text, tokens, entities). What a
resident writes belongs to the bot's own encrypted tables; Rasa only needs intents, slots and
actions to go on, so everything else is taken out before it is written.
"""

import json
import logging
from collections import OrderedDict
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
import sqlalchemy.exc
from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import SQLTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event, SessionStarted
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.exceptions import RasaException
from sqlalchemy.pool import StaticPool

logger = logging.getLogger(__name__)

# Of what was understood only this is kept. An allow list: a component that adds a new
# attribute with words in it cannot leak them by accident.
_KEPT_OF_PARSE_DATA = ("intent", "intent_ranking", "language", "message_id")
_KEPT_OF_ENTITY = ("entity", "role", "group", "extractor", "confidence_entity")


#: A conversation takes about 60 KB; this many are talking at the same time on a very busy day.
REMEMBERED_CONVERSATIONS = 1000


class TrackerStoreUnreachable(RasaException):
    """The database of the tracker store does not answer."""


def scrub_event(event: dict[str, Any]) -> dict[str, Any]:
    """Return a copy of a serialised event without anything a person wrote."""
    kind = event.get("event")
    if kind in ("user", "user_featurization"):
        clean = dict(event)
        if kind == "user":
            clean["text"] = ""
            clean["parse_data"] = _scrub_parse_data(event.get("parse_data") or {})
            clean.pop("metadata", None)
        return clean
    if kind == "entities":
        return {**event, "entities": [_scrub_entity(entity) for entity in event["entities"]]}
    if kind == "action" and event.get("action_text"):
        return {**event, "action_text": ""}
    return dict(event)


def _scrub_parse_data(parse_data: dict[str, Any]) -> dict[str, Any]:
    clean = {key: parse_data[key] for key in _KEPT_OF_PARSE_DATA if key in parse_data}
    clean["text"] = ""
    clean["entities"] = [_scrub_entity(entity) for entity in parse_data.get("entities") or []]
    return clean


def _scrub_entity(entity: dict[str, Any]) -> dict[str, Any]:
    return {**{key: entity[key] for key in _KEPT_OF_ENTITY if key in entity}, "value": ""}


class ScrubbedTrackerStore(SQLTrackerStore):
    """Rasa's SQL tracker store that forgets texts and refuses to start without its database."""

    def __init__(
        self,
        domain: Domain | None = None,
        host: str | None = None,
        event_broker: EventBroker | None = None,
        **kwargs: Any,
    ) -> None:
        """Connect to the URL in `host` (Rasa passes `url` of endpoints.yml under that name)."""
        if not host or "://" not in host:
            raise TrackerStoreUnreachable(
                "endpoints.yml: tracker_store.url must be a full database URL, "
                "sqlite:///... or postgresql://..."
            )
        # Rasa logs a failed CREATE TABLE and goes on without tables, and turns some errors
        # into an in-memory store: so look first.
        _probe(host)
        # Reading a conversation looks every event's class up among all subclasses, half of the
        # time of a long one; the answer never changes.
        if not hasattr(Event.resolve_by_type, "cache_info"):
            Event.resolve_by_type = staticmethod(lru_cache(Event.resolve_by_type))
        self._recent: OrderedDict[str, list[Event]] = OrderedDict()
        super().__init__(domain=domain, host=host, event_broker=event_broker, **kwargs)
        if not sa.inspect(self.engine).has_table(self.SQLEvent.__tablename__):
            raise TrackerStoreUnreachable("the tracker store's tables could not be created")
        if self.engine.dialect.name == "sqlite":
            # SQLAlchemy 1.4 opens and closes the file for every turn, a third of a turn's time.
            self.engine.dispose()
            self.engine = sa.create_engine(
                host, poolclass=StaticPool, connect_args={"check_same_thread": False}
            )
            sa.event.listen(self.engine, "connect", _prepare_sqlite)
            self.sessionmaker = sa.orm.session.sessionmaker(bind=self.engine)

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """Return a conversation, from memory where this process stored its last turn.

        One process serves a conversation, and the bot sends one message of it at a time, so
        nobody else can have written since. The memory holds what the database holds: no texts.
        """
        events = self._recent.get(sender_id)
        if events is None:
            tracker = await super().retrieve(sender_id)
            if tracker is None:
                return None
            events = list(tracker.events)
        else:
            tracker = DialogueStateTracker.from_events(
                sender_id, list(events), self.domain.slots if self.domain else ()
            )
        self._remember(sender_id, events)
        tracker.stored_events = len(tracker.events)
        return tracker

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Write the events that are new since the last save, without texts."""
        await self.stream_events(tracker)
        self._recent.pop(tracker.sender_id, None)
        with self.session_scope() as session:
            new = [scrub_event(e.as_dict()) for e in self._new_events(session, tracker)]
            rows = [
                {
                    "sender_id": tracker.sender_id,
                    "type_name": data["event"],
                    "timestamp": data.get("timestamp"),
                    "intent_name": data.get("parse_data", {}).get("intent", {}).get("name"),
                    "action_name": data.get("name"),
                    "data": json.dumps(data),
                }
                for data in new
            ]
            if rows:
                session.execute(sa.insert(self.SQLEvent.__table__), rows)
            session.commit()
        stored = list(tracker.events)
        if new:
            stored = stored[: -len(new)] + [Event.from_parameters(data) for data in new]
        self._remember(tracker.sender_id, _of_last_session(stored))
        tracker.stored_events = len(tracker.events)

    def _new_events(self, session: Any, tracker: DialogueStateTracker) -> list[Event]:
        """Return the events since the last save without asking the database for their number."""
        stored = getattr(tracker, "stored_events", None)
        if stored is None or stored > len(tracker.events):
            return list(self._additional_events(session, tracker))
        return list(tracker.events)[stored:]

    def _remember(self, sender_id: str, events: list[Event]) -> None:
        self._recent[sender_id] = events
        self._recent.move_to_end(sender_id)
        while len(self._recent) > REMEMBERED_CONVERSATIONS:
            self._recent.popitem(last=False)


def _of_last_session(events: list[Event]) -> list[Event]:
    """Return what Rasa itself would read: the events from the last session's start on."""
    for index in range(len(events) - 1, -1, -1):
        if isinstance(events[index], SessionStarted):
            return events[index:]
    return events


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    """Write without waiting for the disk: a power cut may cost Rasa the last turn of a talk, never
    a message, since those are in the bot's own database."""
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA busy_timeout=10000")


def _probe(url: str) -> None:
    """Raise TrackerStoreUnreachable unless the database answers within five seconds."""
    arguments = {"connect_timeout": 5} if url.startswith("postgres") else {}
    try:
        engine = sa.create_engine(url, connect_args=arguments)
        try:
            with engine.connect() as connection:
                connection.execute(sa.text("SELECT 1"))
        finally:
            engine.dispose()
    except (sqlalchemy.exc.SQLAlchemyError, ImportError) as error:
        # The URL holds a password: name the kind of database, not the address.
        kind = url.split(":", 1)[0]
        raise TrackerStoreUnreachable(
            f"the tracker store's database ({kind}) cannot be reached: {type(error).__name__}. "
            "Check RASA_DATABASE_URL and that the database runs."
        ) from None
