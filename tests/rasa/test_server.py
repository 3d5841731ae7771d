"""The real thing, small: train three intents, serve them, talk to them, look at the disk."""

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "token-of-the-test"
DOMAIN = """
version: "3.1"
intents: [greet, minimum_wage, deposit]
responses:
  utter_greet: [{custom: {say: greet}}]
  utter_minimum_wage: [{custom: {say: minimum_wage}}]
  utter_deposit: [{custom: {say: deposit}}]
actions: [action_clarify]
session_config: {session_expiration_time: 30, carry_over_slots_to_new_session: true}
"""
RULES = """
version: "3.1"
rules:
  - {rule: Hello, steps: [{intent: greet}, {action: utter_greet}]}
  - {rule: Wage, steps: [{intent: minimum_wage}, {action: utter_minimum_wage}]}
  - {rule: Deposit, steps: [{intent: deposit}, {action: utter_deposit}]}
  - {rule: Unclear, steps: [{intent: nlu_fallback}, {action: action_clarify}]}
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def write_project(folder: Path) -> None:
    """A project of three intents in three languages, cut from the real training data."""
    entries = []
    for language in ("de", "ro", "bg"):
        for file, intent in (
            ("_dialogue", "greet"),
            ("minimum_wage", "minimum_wage"),
            ("deposit", "deposit"),
        ):
            text = (ROOT / f"data/nlu/{language}/{file}.yml").read_text(encoding="utf-8")
            block = re.search(rf"^- intent: {intent}\n(?:[ ].*\n)+", text, re.M)
            entries.append(block.group())
    (folder / "nlu.yml").write_text('version: "3.1"\nnlu:\n' + "".join(entries), encoding="utf-8")
    (folder / "rules.yml").write_text(RULES)
    (folder / "domain.yml").write_text(DOMAIN)
    config = (ROOT / "config.yml").read_text(encoding="utf-8")
    config = re.sub(r"urgent_intents: \[.*\]", "urgent_intents: []", config)
    (folder / "config.yml").write_text(config, encoding="utf-8")
    for name in ("endpoints.yml", "credentials.yml"):
        (folder / name).write_text((ROOT / name).read_text())


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Yield (base url, folder) of a running `rasa run` and action server."""
    folder = tmp_path_factory.mktemp("rasa")
    write_project(folder)
    port, actions_port = free_port(), free_port()
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "RASA_TELEMETRY_ENABLED": "false",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "RASA_DATABASE_URL": f"sqlite:///{folder}/rasa.db",
        "ACTION_URL": f"http://127.0.0.1:{actions_port}/webhook",
        "RASA_TOKEN": TOKEN,
        "SANIC_HOST": "127.0.0.1",
    }
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    rasa = [sys.executable, "-m", "rasa"]
    with open(folder / "log.txt", "wb") as log:
        options = {"cwd": folder, "env": environment, "stdout": log, "stderr": log}
        subprocess.run(
            [*rasa, "train", "--data", "nlu.yml", "rules.yml", "--domain", "domain.yml",
             "--skip-validation", "--fixed-model-name", "abc"],
            check=True, timeout=80, **options,
        )  # fmt: skip
        processes = [
            subprocess.Popen(
                [*rasa, "run", "-i", "127.0.0.1", "-p", str(port), "--model", "models/abc.tar.gz"],
                **options,
            ),
            subprocess.Popen(
                [*rasa, "run", "actions", "--actions", "actions.actions", "-p", str(actions_port)],
                **options,
            ),
        ]
        base = f"http://127.0.0.1:{port}/webhooks/bot"
        try:
            wait_for(f"{base}/health")
            wait_for(f"http://127.0.0.1:{actions_port}/health")
            yield base, folder
        finally:
            for process in processes:
                process.terminate()
                process.wait(timeout=20)


def wait_for(url: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if urllib.request.urlopen(url, timeout=2).status == 200:
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"{url} did not become ready")


def post(base: str, **body) -> dict:
    request = urllib.request.Request(
        f"{base}/webhook",
        json.dumps({"conversation": "conversation-1", **body}).encode(),
        {"X-Bot-Token": TOKEN},
    )
    return json.load(urllib.request.urlopen(request, timeout=20))


def test_a_conversation_from_hello_to_a_button(server):
    base, _ = server
    assert post(base, command="session_start")["say"] == []
    wage = post(base, text="care este salariul minim?")
    assert wage["say"] == [{"say": "minimum_wage"}]
    assert wage["language"]["code"] == "ro"
    assert wage["ranking"][0]["name"] == "minimum_wage"
    assert post(base, text="/minimalna zaplata")["say"] == [{"say": "minimum_wage"}]
    assert post(base, intent="deposit")["say"] == [{"say": "deposit"}]


def test_nonsense_is_answered_with_a_question(server):
    base, _ = server
    answer = post(base, text="漢字")
    assert answer["intent"] == {"name": "nlu_fallback", "confidence": 0.0}
    assert answer["say"] == [{"say": "did_you_mean", "topics": []}]


def test_an_unknown_payload_is_refused(server):
    base, _ = server
    with pytest.raises(urllib.error.HTTPError) as refusal:
        post(base, intent="eviction")
    assert refusal.value.code == 400


def test_neither_database_nor_log_holds_what_was_written(server):
    base, folder = server
    post(base, text="Kaution für Zimmer bei Herrn Qwertzuiop")
    written = b"".join(path.read_bytes() for path in folder.glob("rasa.db*"))
    assert b"deposit" in written
    assert b"wertzuiop" not in written + (folder / "log.txt").read_bytes()
