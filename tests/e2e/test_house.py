"""From a message on Telegram to an answer and to a person, with everything real."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing

import httpx
import psycopg
import pytest

from tests.e2e.conftest import Sim, System, start, stop

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def at_home(sim: Sim, user: int, language: str) -> None:
    """Make a person and bring them through language and consent."""
    sim.create_user(id=user, first_name=f"Ramsauer{user}", language_code=language)
    sim.do(user, say="/start")
    sim.do(user, tap=f"l:{language}")
    sim.do(user, tap="consent")


@pytest.mark.parametrize(
    ("user", "language", "question", "topic"),
    [
        (11, "de", "Wie viel Geld bekomme ich mindestens in der Stunde?", "minimum_wage"),
        (12, "ro", "sotul ma bate, ce fac", "domestic_violence"),
        (13, "bg", "kade da hvurlq bateriite", "waste_item"),
        (14, "en", "my landlord does not give me the deposit back", "deposit"),
        (15, "tr", "cocugum icin kindergeld nasil alirim", "child_benefit"),
    ],
)
def test_a_question_gets_the_right_topic(
    system: System, user: int, language: str, question: str, topic: str
) -> None:
    at_home(system.sim, user, language)
    answer = system.sim.do(user, say=question)
    buttons = [button["data"] for row in answer["buttons"] for button in row]
    assert f"m:{topic}" in buttons, answer["text"]


def test_unsure_asks_back_and_out_of_scope_says_so(system: System) -> None:
    at_home(system.sim, 21, "de")
    nonsense = system.sim.do(21, say="qqxv zzkw pplk")
    assert "Dazu weiß ich nichts" in nonsense["text"] or "Meinen Sie" in nonsense["text"]
    football = system.sim.do(21, say="Wer hat gestern beim Fußball gewonnen?")
    assert "Dazu weiß ich nichts" in football["text"]


def test_a_caseworker_answers_and_closes(system: System) -> None:
    sim = system.sim
    at_home(sim, 31, "de")
    sim.do(31, say="Ich möchte mit einem Menschen sprechen")
    sim.do(31, say="Mein Chef hat mir den Ausweis weggenommen")
    deadline = time.monotonic() + 10
    while not (posts := [m for m in sim.bot_said(system.group) if "Ausweis" in m["text"]]):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    thread = posts[0]["thread"]
    before = len(sim.bot_said(31))
    sim.say(
        user=2001, text="Das darf er nicht. Kommen Sie morgen.", chat=system.group, thread=thread
    )
    sim.say(user=2001, text="/close", chat=system.group, thread=thread)
    said = sim.wait_for(31, before + 2)[before:]
    assert "Das darf er nicht." in said[0]["text"]
    assert "beendet" in said[1]["text"]


def test_logs_and_rasas_events_hold_no_text_name_or_token(system: System) -> None:
    at_home(system.sim, 41, "de")
    system.sim.do(41, say="Meine Nachbarin Quastenflosser macht nachts Lärm")
    logs = system.log_text()
    for trace in ("Quastenflosser", "Ramsauer41", system.sim.bot()["token"]):
        assert trace not in logs
    for file in system.var.glob("*.db*"):
        assert b"Quastenflosser" not in file.read_bytes(), file


def test_delete_reaches_rasas_events(system: System) -> None:
    def conversations() -> set[str]:
        with closing(sqlite3.connect(system.var / "rasa.db")) as rasa:
            return {row[0] for row in rasa.execute("SELECT DISTINCT sender_id FROM events")}

    at_home(system.sim, 51, "de")
    before = conversations()
    system.sim.do(51, say="Wann kommt die Müllabfuhr?")
    mine = conversations() - before
    assert len(mine) == 1
    system.sim.do(51, say="/delete")
    system.sim.do(51, tap="delete")
    deadline = time.monotonic() + 5
    while mine & conversations():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_rasa_is_closed_to_strangers(system: System) -> None:
    connections = system.processes()["rasa"].net_connections()
    addresses = {c.laddr.ip for c in connections if c.status == "LISTEN"}
    assert addresses == {"127.0.0.1"}
    actions = system.processes()["actions"].net_connections()
    assert {c.laddr.ip for c in actions if c.status == "LISTEN"} == {"127.0.0.1"}
    port = next(c.laddr.port for c in connections if c.status == "LISTEN")
    url = f"http://127.0.0.1:{port}/webhooks"
    body = {"conversation": "stranger1", "text": "hallo"}
    assert httpx.post(f"{url}/bot/webhook", json=body).status_code == 401
    assert httpx.post(f"{url}/rest/webhook", json={"message": "x"}).status_code == 404


@pytest.mark.parametrize("file", ["key.secret", "rasa_token.secret", "webhook_secret.secret"])
def test_secrets_are_for_the_owner_only(system: System, file: str) -> None:
    assert (system.var / file).stat().st_mode & 0o077 == 0


def test_a_second_start_is_quick_and_shows_no_password(
    telegram_process: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
    sim: Sim,
    group: int,
) -> None:
    var = tmp_path_factory.mktemp("second")
    arguments = (var, sim, group, "1:unknown-token-that-telegram-refuses", telegram_process["url"])
    stop(start(*arguments, ABC_BOT_TOKEN=""))
    again = start(*arguments, ABC_BOT_TOKEN="")
    stop(again)
    assert again.seconds_to_ready < 20
    assert "admin /" not in "".join(again.printed)


def test_everything_on_postgresql(
    telegram_process: dict[str, str],
    sim: Sim,
    group: int,
    postgresql: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with psycopg.connect(f"{postgresql}/postgres", autocommit=True) as connection:
        for name in ("house", "rasa"):
            connection.execute(f"DROP DATABASE IF EXISTS {name}")
            connection.execute(f"CREATE DATABASE {name}")
    system = start(
        tmp_path_factory.mktemp("pg"), sim, group,
        "", telegram_process["url"],
        ABC_BOT_TOKEN="",
        ABC_DATABASE_URL=f"{postgresql}/house",
        ABC_RASA_DATABASE_URL=f"{postgresql}/rasa",
    )  # fmt: skip
    try:
        with httpx.Client(base_url=system.web) as web:
            web.get("/")
            for number, what in enumerate(
                [{"button": "l:de"}, {"button": "consent"}, {"text": "Was ist der Mindestlohn?"}]
            ):
                assert web.post("/chat/send", json={"id": f"message-{number}", **what}).is_success
            events = ""
            with web.stream("GET", "/chat/events?after=0", timeout=15) as stream:
                for line in stream.iter_lines():
                    events += line
                    if "m:minimum_wage" in events:
                        break
        with psycopg.connect(f"{postgresql}/rasa") as connection:
            rows = connection.execute("SELECT data FROM events").fetchall()
        assert rows
        assert "Was ist der Mindestlohn" not in str(rows)
    finally:
        stop(system)
