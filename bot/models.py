"""The bot's tables: residents, inbox, outbox, cases, caseworkers."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    TypeDecorator,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


def now() -> datetime:
    """Return this moment in UTC."""
    return datetime.now(UTC)


class Moment(TypeDecorator[datetime]):
    """A time in UTC; SQLite forgets the zone, so it is put back when a row is read."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the value with its zone."""
        return value.replace(tzinfo=UTC) if value and value.tzinfo is None else value


#: SQLite only numbers rows by itself in an INTEGER column.
Id = BigInteger().with_variant(Integer, "sqlite")


class Base(DeclarativeBase):
    """What all tables share; constraint names so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_name)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Resident(Base):
    """One chat with one person; `lane` finds it, `address` (sealed) reaches it."""

    __tablename__ = "residents"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    lane: Mapped[str] = mapped_column(String(32), unique=True)
    channel: Mapped[str] = mapped_column(String(16))
    address: Mapped[bytes] = mapped_column(LargeBinary)
    language: Mapped[str] = mapped_column(String(8), default="")
    guess: Mapped[str] = mapped_column(String(8), default="")  # Telegram's language_code
    offered: Mapped[str] = mapped_column(String(8), default="")  # offer a language only once
    consented_at: Mapped[datetime | None] = mapped_column(Moment)
    conversation: Mapped[str] = mapped_column(String(64), unique=True)  # Rasa knows only this
    turns: Mapped[int] = mapped_column(default=0)
    step: Mapped[str] = mapped_column(String(32), default="")  # the question that is open
    topic: Mapped[str] = mapped_column(String(64), default="")  # the topic talked about last
    album: Mapped[str] = mapped_column(String(32), default="")  # answer an album only once
    pending: Mapped[bytes | None] = mapped_column(LargeBinary)  # written before consent
    blocked: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)
    seen_at: Mapped[datetime] = mapped_column(Moment, default=now, index=True)


class InboxRow(Base):
    """A message that arrived. Once worked off only its key stays, against second deliveries."""

    __tablename__ = "inbox"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    key: Mapped[str] = mapped_column(String(80), unique=True)
    lane: Mapped[str] = mapped_column(String(32), default="")
    channel: Mapped[str] = mapped_column(String(16))
    address: Mapped[bytes | None] = mapped_column(LargeBinary)
    payload: Mapped[bytes | None] = mapped_column(LargeBinary)
    attempts: Mapped[int] = mapped_column(default=0)
    received_at: Mapped[datetime] = mapped_column(Moment, default=now)
    done: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        Index("ix_inbox_waiting", "done", "lane", "id"),
        {"sqlite_autoincrement": True},
    )


class OutboxRow(Base):
    """A message that still has to be delivered; the row goes when it is."""

    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    channel: Mapped[str] = mapped_column(String(16))
    lane: Mapped[str] = mapped_column(String(32))
    address: Mapped[bytes | None] = mapped_column(LargeBinary)
    payload: Mapped[bytes] = mapped_column(LargeBinary)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)

    # A page says which row it has seen last, so SQLite must never give a number twice.
    __table_args__ = (Index("ix_outbox_lane", "lane", "id"), {"sqlite_autoincrement": True})


class Case(Base):
    """A resident's matter with the caseworkers, from opening to closing."""

    __tablename__ = "cases"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    code: Mapped[str] = mapped_column(String(12), unique=True)
    resident_id: Mapped[int] = mapped_column(
        ForeignKey("residents.id", ondelete="CASCADE"), index=True
    )
    state: Mapped[str] = mapped_column(String(16), default="open", index=True)
    topic: Mapped[str] = mapped_column(String(64), default="")
    language: Mapped[str] = mapped_column(String(8))
    thread: Mapped[int] = mapped_column(BigInteger, default=0, index=True)  # forum topic
    header: Mapped[int] = mapped_column(BigInteger, default=0)  # first message in a plain group
    opened_at: Mapped[datetime] = mapped_column(Moment, default=now)
    closed_at: Mapped[datetime | None] = mapped_column(Moment)


class CaseMessage(Base):
    """What was said in a case; `text` is sealed."""

    __tablename__ = "case_messages"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"), index=True)
    sender: Mapped[str] = mapped_column(String(16))  # resident | staff
    text: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime] = mapped_column(Moment, default=now)


class StaffPost(Base):
    """Which message of the staff group belongs to which case: a reply to it goes to the case."""

    __tablename__ = "staff_posts"

    message_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"), index=True)


class StaffAccount(Base):
    """A caseworker's way into the console."""

    __tablename__ = "staff_accounts"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    password_hash: Mapped[str] = mapped_column(String(256))
    failures: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None] = mapped_column(Moment)


class Note(Base):
    """A value the program must remember over a restart, such as the staff group's new id."""

    __tablename__ = "notes"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[str] = mapped_column(String(255))
