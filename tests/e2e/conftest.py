"""The whole system as `make run` starts it, beside a Telegram test server of its own."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from bot.settings import ROOT

START_SECONDS = 60


class Sim:
    """The people's side of the Telegram test server, over HTTP."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=f"{url}/sim", timeout=30, trust_env=False)

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def __getattr__(self, verb: str) -> Callable[..., Any]:
        def call(**values: Any) -> Any:
            answer = self._http.post(f"/{verb}", json=values).json()
            assert answer["ok"], answer
            return answer["result"]

        return call

    def bot_said(self, chat: int) -> list[dict[str, Any]]:
        """Return what the bot wrote into a chat."""
        return [m for m in self.chat(chat_id=chat) if m["by_bot"]]

    def wait_for(self, chat: int, count: int, seconds: float = 20) -> list[dict[str, Any]]:
        """Wait until the bot wrote so many messages into a chat."""
        deadline = time.monotonic() + seconds
        while len(said := self.bot_said(chat)) < count:
            assert time.monotonic() < deadline, f"{len(said)} of {count} messages"
            time.sleep(0.05)
        return said

    def do(self, chat: int, **what: str) -> dict[str, Any]:
        """Say a text or tap the newest message's button and return the bot's next message."""
        before = len(self.bot_said(chat))
        if "say" in what:
            self.say(user=chat, text=what["say"])
        else:
            newest = self.bot_said(chat)[-1]
            self.tap(user=chat, message=newest["message_id"], button=what["tap"])
        return self.wait_for(chat, before + 1)[before]


@dataclass
class System:
    """A running `bot run` and what it printed."""

    process: subprocess.Popen[str]
    sim: Sim
    group: int
    web: str
    var: Path
    printed: list[str] = field(default_factory=list)
    seconds_to_ready: float = 0

    @property
    def password(self) -> str:
        """Return the console password of the first start."""
        return re.findall(r"admin / (\S+)", "".join(self.printed))[0]

    def processes(self) -> dict[str, psutil.Process]:
        """Return the running processes below the process runner."""
        marks = {"rasa run": "rasa", "rasa_sdk": "actions", "bot serve": "bot"}
        found = {}
        for child in psutil.Process(self.process.pid).children(recursive=True):
            try:
                line = " ".join(child.cmdline())
            except psutil.Error:
                continue
            for mark, name in marks.items():
                if mark in line:
                    found.setdefault(name, child)
        return found

    def log_text(self) -> str:
        """Return everything all processes wrote to their logs."""
        files = (self.var / "log").glob("*.log*")
        return "\n".join(file.read_text(errors="replace") for file in files)


def free_port() -> int:
    """Return a port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(var: Path, sim: Sim, group: int, token: str, telegram: str, **more: str) -> System:
    """Start everything with the command of the README and wait until it says that it is ready."""
    web = free_port()
    env = os.environ | {
        "ABC_VAR": str(var),
        "ABC_BOT_TOKEN": token,
        "ABC_TELEGRAM_URL": telegram,
        "ABC_STAFF_GROUP": str(group),
        "ABC_TELEGRAM_RATE": "1000",
        "ABC_TELEGRAM_GROUP_RATE": "1000",
        "ABC_WEB_PORT": str(web),
        "ABC_RASA_URL": f"http://127.0.0.1:{free_port()}",
        "ABC_ACTION_URL": f"http://127.0.0.1:{free_port()}/webhook",
        **more,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "run"],
        cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    system = System(process, sim, group, f"http://127.0.0.1:{web}", var)
    ready = threading.Event()

    def listen() -> None:
        for line in process.stdout or ():
            system.printed.append(line)
            if "Stop with Ctrl-C" in line:
                ready.set()

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    began = time.monotonic()
    if not ready.wait(START_SECONDS):
        stop(system)
        pytest.fail(f"not ready: {''.join(system.printed)}\n{system.log_text()[-3000:]}")
    system.seconds_to_ready = time.monotonic() - began
    return system


def stop(system: System) -> None:
    """Press Ctrl-C and see that nothing is left running."""
    children = psutil.Process(system.process.pid).children(recursive=True)
    system.process.send_signal(signal.SIGINT)
    system.process.wait(timeout=40)
    if system.process.stdout:
        system.process.stdout.close()
    _gone, alive = psutil.wait_procs(children, timeout=10)
    for process in alive:
        process.kill()
    assert not alive, "Ctrl-C ends everything"


@pytest.fixture(scope="session")
def telegram_process() -> Iterator[dict[str, str]]:
    """Run the Telegram test server as a process: it must survive the bot."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.telegram_server", "--port", str(port)],
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout
    process.stdout.readline()
    token = process.stdout.readline().partition("token=")[2].strip()
    try:
        yield {"url": f"http://127.0.0.1:{port}", "token": token}
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


@pytest.fixture(scope="session")
def sim(telegram_process: dict[str, str]) -> Iterator[Sim]:
    """Give the people's side of Telegram."""
    people = Sim(telegram_process["url"])
    yield people
    people.close()


@pytest.fixture(scope="session")
def group(sim: Sim) -> int:
    """Make the caseworkers' group, with topics and one caseworker (user 2001)."""
    sim.create_user(id=2001, first_name="Beraterin", language_code="de")
    return int(sim.create_group(title="Beratung", forum=True, members=[2001])["id"])


@pytest.fixture(scope="session")
def system(
    telegram_process: dict[str, str],
    sim: Sim,
    group: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[System]:
    """Run everything on SQLite, as a first start."""
    var = tmp_path_factory.mktemp("var")
    running = start(var, sim, group, telegram_process["token"], telegram_process["url"])
    try:
        yield running
    finally:
        stop(running)
