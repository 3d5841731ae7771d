"""Opens the database, brings its tables up to date, and runs work on it off the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

P = ParamSpec("P")
T = TypeVar("T")


class DatabaseError(Exception):
    """The database cannot be used; the message is meant for the operator."""


class Database:
    """A database, and work on it: plain functions `work(session, ...)`, each one transaction.

    With a server the work waits for the network, so threads do it. With SQLite it is Python
    and a fraction of a millisecond of disk: done at once, it is half as long as with a hop to
    a thread and back (measured, benchmarks/latency.py), and two writers never meet.
    """

    def __init__(self, url: str) -> None:
        """Take an SQLAlchemy URL; nothing is opened yet."""
        self.is_sqlite = make_url(url).get_backend_name() == "sqlite"
        self.engine = _engine(url, self.is_sqlite, "NORMAL")
        self._durable = _engine(url, self.is_sqlite, "FULL") if self.is_sqlite else self.engine
        self._threads = ThreadPoolExecutor(8, "database")

    async def run_durably(
        self, work: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Do the same as `run`; when it returns, not even a power cut undoes it.

        What arrives is written so. What follows from it may be undone by a power cut (never by
        a crash): then it is worked off once more.
        """
        if not self.is_sqlite:
            return await self.run(work, *args, **kwargs)
        with Session(self._durable, expire_on_commit=False) as session, session.begin():
            return work(session, *args, **kwargs)

    async def run(
        self, work: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run `work` in a transaction and return what it returns."""
        if self.is_sqlite:
            return self.do(work, *args, **kwargs)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, lambda: self.do(work, *args, **kwargs))

    def do(
        self, work: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run `work` in a transaction in this thread."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            return work(session, *args, **kwargs)

    def migrate(self) -> None:
        """Bring the tables to the newest migration.

        Raises:
            DatabaseError: the server cannot be reached or refuses us.
        """
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        try:
            with self.engine.begin() as connection:
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
        except OperationalError as error:
            raise DatabaseError(
                f"The database {self.engine.url.render_as_string()} cannot be reached. Is the "
                f"server running, and is ABC_DATABASE_URL right? ({type(error.orig).__name__})"
            ) from None

    def wipe_traces(self) -> None:
        """Make deleted rows unreadable in SQLite's side file as well (they are zeroed in the main
        file by secure_delete)."""
        if self.is_sqlite:
            with self.engine.connect() as connection:
                connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))

    def close(self) -> None:
        """End the threads and close all connections."""
        self._threads.shutdown()
        self.engine.dispose()
        self._durable.dispose()


def _engine(url: str, is_sqlite: bool, synchronous: str) -> Engine:
    if not is_sqlite:
        # pre_ping: a server restart must cost a reconnect, not a resident's message.
        return create_engine(url, pool_size=8, max_overflow=0, pool_pre_ping=True)
    engine = create_engine(url)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        for pragma in (
            "journal_mode=WAL",
            f"synchronous={synchronous}",
            "foreign_keys=ON",
            "busy_timeout=10000",
            "secure_delete=ON",
        ):
            connection.execute(f"PRAGMA {pragma}")

    return engine
