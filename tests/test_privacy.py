"""Privacy: what is on disk, what is in logs, and that /delete leaves nothing of a person."""

from __future__ import annotations

import logging
import sqlite3
import stat
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import inspect, text
from sqlalchemy.orm import Session

from bot import privacy
from bot.models import Resident, now
from bot.settings import SettingsError, load
from tests.conftest import ANA, GEORGI, WORKER, House

SECRET = "Mein Chef heißt Ramsauer und schlägt mich"


def everything(session: Session) -> str:
    """Return every value of every row of every table."""
    connection = session.connection()
    rows = []
    for table in inspect(connection).get_table_names():
        for row in connection.execute(text(f"SELECT * FROM {table}")):
            rows.append(f"{table}: {tuple(row)}")
    return "\n".join(rows)


async def test_what_people_write_is_never_readable_on_disk_or_in_logs(
    house: House, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level(logging.DEBUG, "bot")
    await house.say(SECRET)
    await house.tap("l:de")
    await house.tap("consent")
    await house.say("/person")
    await house.say(SECRET)
    await house.say("Ramsauer wartet draußen")
    rows = house.app.database.do(everything)
    assert "cases: " in rows
    for trace in ("Ramsauer", str(ANA), "Ana"):
        assert trace not in rows
        assert trace not in caplog.text
    assert house.telegram.token not in caplog.text
    for file in tmp_path.rglob("*"):
        if file.is_file():
            assert b"Ramsauer" not in file.read_bytes(), file


async def test_delete_removes_every_row_about_the_person(house: House, tmp_path: Path) -> None:
    await house.at_home(GEORGI, "bg")
    await house.at_home()
    house.rasa.teach("lohn", "minimum_wage")
    await house.say("lohn")
    await house.say("/person")
    await house.say(SECRET)
    with sqlite3.connect(tmp_path / "rasa.db") as rasa:
        rasa.execute("CREATE TABLE events (sender_id TEXT, data TEXT)")
        mine, other = house.rasa.asked[0][0], "somebody-else"
        rasa.executemany("INSERT INTO events VALUES (?, 'x')", [(mine,), (other,)])
    lane = house.app.vault.lane("telegram", str(ANA))
    rows = house.app.database.do(everything)
    assert lane in rows
    assert mine in rows
    ask = await house.say("/delete")
    assert "Soll ich alles löschen" in ask.text
    gone = await house.tap("Ja, alles löschen")
    assert "Ich habe alles gelöscht" in gone.text
    rows = house.app.database.do(everything)
    assert lane not in rows
    assert mine not in rows
    assert "cases: " not in rows
    assert "case_messages: " not in rows
    assert rows.count("residents: ") == 1, "Georgi stays"
    with sqlite3.connect(tmp_path / "rasa.db") as rasa:
        assert rasa.execute("SELECT sender_id FROM events").fetchall() == [(other,)]
    assert "gelöscht" in (await house.group_sees())[-1].text
    for file in tmp_path.glob("bot.db*"):
        assert lane.encode() not in file.read_bytes(), "not even in the free pages of the file"


async def test_delete_can_be_declined(house: House) -> None:
    await house.at_home()
    await house.say("/delete")
    kept = await house.tap("Nein, behalten")
    assert "Ich lösche nichts" in kept.text
    assert "Worum geht es?" in (await house.say("/menu")).text


async def test_a_redelivered_delete_does_not_create_the_person_again(house: House) -> None:
    await house.at_home()
    await house.say("/delete")
    await house.tap("Ja, alles löschen")
    await house.telegram.redeliver()
    await house.settled()
    assert "residents: " not in house.app.database.do(everything)


async def test_retention_forgets_who_has_not_written_for_long(house: House) -> None:
    await house.at_home()
    await house.at_home(GEORGI, "bg")

    def age(session: Session) -> None:
        lane = house.app.vault.lane("telegram", str(ANA))
        session.query(Resident).filter_by(lane=lane).one().seen_at = now() - timedelta(days=31)

    house.app.database.do(age)
    gone = house.app.database.do(privacy.sweep, 30)
    assert gone == [house.app.vault.lane("telegram", str(ANA))]
    assert house.app.database.do(everything).count("residents: ") == 1


async def test_caseworkers_names_are_not_stored(house: House) -> None:
    await house.at_home()
    await house.say("/person")
    await house.say("Hilfe")
    topic = next(m.thread for m in await house.group_sees() if m.thread)
    await house.telegram.say(WORKER, "Guten Tag", chat=house.group.id, thread=topic)
    await house.settled()
    rows = house.app.database.do(everything)
    assert "Beraterin" not in rows
    assert str(WORKER) not in rows


def test_the_first_start_makes_a_key_only_the_owner_can_read(tmp_path: Path) -> None:
    first = load(_env_file=None, var=tmp_path)
    key = tmp_path / "key.secret"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert load(_env_file=None, var=tmp_path).key == first.key


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"mode": "production"}, "ABC_RASA_TOKEN is missing, short or a default"),
        ({"mode": "production", "rasa_token": "changethis", "key": "x" * 44}, "ABC_RASA_TOKEN"),
        ({"mode": "production", "rasa_token": "a" * 32, "key": "changethis"}, "ABC_KEY"),
        ({"key": "not a key but long enough to pass"}, "not a Fernet key"),
        ({"rasa_url": "http://10.0.0.5:5005"}, "must be on this machine"),
        ({"public_url": "http://example.org"}, "https://"),
    ],
)
def test_unsafe_settings_are_refused_with_a_reason(
    tmp_path: Path, wrong: dict[str, str], says: str
) -> None:
    with pytest.raises(SettingsError, match=says):
        load(_env_file=None, var=tmp_path, **wrong)
