"""The house that the tests live in: a bot on a test Telegram, on both kinds of database."""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from glob import glob
from pathlib import Path

import psycopg
import pytest
import pytest_asyncio

from bot import settings
from bot.app import App
from bot.rasa_client import RasaUnavailable, Understood
from tests.telegram_fixture import telegram, telegram_bot  # noqa: F401
from tests.telegram_server import TelegramServer
from tests.telegram_server.seen import SeenMessage
from tests.telegram_server.state import Chat

ANA, GEORGI, WORKER = 1001, 1002, 2001


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the developer's own settings out of the tests."""
    for name in [name for name in os.environ if name.startswith("ABC_")]:
        monkeypatch.delenv(name)
    # Else python-telegram-bot warns at every 429 that a future version will return timedelta.
    monkeypatch.setenv("PTB_TIMEDELTA", "1")


class Rasa:
    """Understands what a test taught it; everything else is out of scope."""

    def __init__(self) -> None:
        self.knows: dict[str, Understood] = {}
        self.asked: list[tuple[str, str]] = []
        self.down = False

    def teach(self, text: str, key: str, language: str = "", **values: object) -> None:
        self.knows[text] = Understood(({"say": key, **values},), key, (), language, 0.99)

    async def understand(self, conversation: str, text: str, turn: int) -> Understood:
        self.asked.append((conversation, text))
        if self.down:
            raise RasaUnavailable
        return self.knows.get(text, Understood(({"say": "out_of_scope"},), "out_of_scope"))

    async def ready(self) -> bool:
        return not self.down

    async def close(self) -> None:
        pass


@dataclass
class House:
    """A running bot, its Telegram, and shorthand for what people do and see."""

    app: App
    telegram: TelegramServer
    rasa: Rasa
    group: Chat
    settings: settings.Settings
    people: set[int] = field(default_factory=set)

    async def settled(self) -> None:
        """Wait until the bot has taken, worked off and delivered everything."""
        for _ in range(600):
            await asyncio.sleep(0.01)
            if not self.telegram.queue.pending:
                await self.app.inbox.idle()
                await self.app.outbox.idle()
                if not self.telegram.queue.pending:
                    return
        raise AssertionError("the bot did not settle")

    async def sees(self, person: int = ANA) -> list[SeenMessage]:
        """Return what the bot wrote to a person."""
        await self.settled()
        return [m for m in self.telegram.chat(person) if m.by_bot]

    async def last(self, person: int = ANA) -> SeenMessage:
        """Return the bot's newest message to a person."""
        return (await self.sees(person))[-1]

    async def say(self, text: str, person: int = ANA) -> SeenMessage:
        """Write to the bot and return its newest message."""
        await self.telegram.say(person, text)
        return await self.last(person)

    async def tap(self, button: str, person: int = ANA) -> SeenMessage:
        """Tap a button under the newest message that has it; return the bot's answer."""
        for message in reversed(await self.sees(person)):
            for row in message.buttons:
                for known in row:
                    if button in (known.text, known.data) or button in known.text:
                        await self.telegram.tap(person, message.message_id, known.data)
                        return await self.last(person)
        raise AssertionError(f"no button {button!r}")

    async def at_home(self, person: int = ANA, language: str = "de") -> None:
        """Bring a person through language and consent."""
        await self.say("/start", person)
        await self.tap(f"l:{language}", person)
        await self.tap("consent", person)

    async def group_sees(self) -> list[SeenMessage]:
        """Return the bot's messages in the staff group."""
        await self.settled()
        return [m for m in self.telegram.chat(self.group.id) if m.by_bot and m.text]


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """Run a real PostgreSQL server for the session; return its URL without a database."""
    found = sorted(glob("/usr/lib/postgresql/*/bin"))
    assert found, "PostgreSQL is missing: run `make setup-test`"
    tools = Path(found[-1])
    # The server refuses to run as root; Debian's package has made a user for it.
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    folder = Path(subprocess.check_output([*as_user, "mktemp", "-d"], text=True).strip())
    user = "postgres" if as_user else pwd.getpwuid(os.geteuid()).pw_name
    run = [*as_user, str(tools / "pg_ctl"), "-D", str(folder / "data"), "-w"]
    subprocess.run(
        [*as_user, str(tools / "initdb"), "-D", str(folder / "data"), "-A", "trust", "-N"],
        check=True, stdout=subprocess.DEVNULL, cwd="/",
    )  # fmt: skip
    port = "54871"
    options = f"-k {folder} -p {port} -c listen_addresses=127.0.0.1 -c fsync=off"
    subprocess.run(
        [*run, "-o", options, "-l", str(folder / "log"), "start"],
        check=True, stdout=subprocess.DEVNULL, cwd="/",
    )  # fmt: skip
    try:
        yield f"postgresql://{user}@127.0.0.1:{port}"
    finally:
        subprocess.run([*run, "-m", "immediate", "stop"], stdout=subprocess.DEVNULL, cwd="/")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def new_postgresql_database(postgresql: str, request: pytest.FixtureRequest) -> str:
    """Make an empty database and return its URL."""
    name = f"test_{abs(hash(request.node.nodeid))}"
    with psycopg.connect(f"{postgresql}/postgres", autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name}")
        connection.execute(f"CREATE DATABASE {name}")
    return f"{postgresql}/{name}"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give every story that uses it both kinds of database."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("new_postgresql_database"))
    return f"sqlite:///{tmp_path / 'bot.db'}"


@pytest_asyncio.fixture
async def house(
    telegram: TelegramServer,  # noqa: F811
    tmp_path: Path,
    database_url: str,
    request: pytest.FixtureRequest,
) -> AsyncIterator[House]:
    """Run the bot by polling, with a staff group that has topics (marker `group` changes it)."""
    await telegram.create_user(ANA, "Ana", "ro")
    await telegram.create_user(GEORGI, "Georgi", "bg")
    await telegram.create_user(WORKER, "Frau Beraterin", "de")
    marker = request.node.get_closest_marker("group")
    group = await telegram.create_group(
        "Beratung", **({"forum": True, "members": [WORKER]} | (marker.kwargs if marker else {}))
    )
    chosen = settings.load(
        _env_file=None,
        var=tmp_path,
        database_url=database_url,
        bot_token=telegram.token,
        telegram_url=telegram.url,
        staff_group=group.id,
        telegram_rate=1000,
        telegram_group_rate=1000,
    )
    rasa = Rasa()
    app = App(chosen, rasa)
    await app.start()
    try:
        yield House(app, telegram, rasa, group, chosen)
    finally:
        await app.stop()
