"""Starts all processes under supervisord: trains when needed, waits for health, says where."""

from __future__ import annotations

import hashlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from bot.database import Database
from bot.settings import ROOT, Settings
from bot.web.console import first_account

RASA_PYTHON = ROOT / ".venv-rasa" / "bin" / "python"
MODEL = ROOT / "models" / "abc.tar.gz"
_FINGERPRINT = ROOT / "models" / "abc.fingerprint"
#: What a model is made from: when any of it changes, it is trained anew.
_MODEL_SOURCES = ("config.yml", "domain.yml", "data/nlu", "data/stories", "components")
#: These serve a model and are no part of it.
_NOT_IN_MODEL = {"channel.py", "tracker_store.py"}
_START_SECONDS = 120


class StartError(Exception):
    """Something could not be started; the message says what and what to do."""


def run(settings: Settings) -> int:
    """Prepare and start everything; return when it was stopped (SIGINT or SIGTERM)."""
    # Said explicitly: a shell that starts us in the background has SIGINT ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        train_if_needed(settings)
        for name, port in _ports(settings).items():
            _check_free(name, port)
    except StartError as error:
        print(error, file=sys.stderr)
        return 1
    database = Database(settings.bot_database_url)
    database.migrate()
    password = database.do(first_account)
    database.close()
    config = write_config(settings)
    started = time.monotonic()
    supervisor = subprocess.Popen(
        [sys.executable, "-m", "supervisor.supervisord", "-n", "-c", str(config)],
        env=environment(settings),
        stdout=subprocess.DEVNULL,
    )
    try:
        _await_health(settings, supervisor)
        _say_where(settings, password, time.monotonic() - started)
        return supervisor.wait()
    except KeyboardInterrupt:
        print("\nStopping ...")
        return 0
    except StartError as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        supervisor.terminate()
        supervisor.wait(timeout=30)


def train_if_needed(settings: Settings) -> None:
    """Train the model when it is missing or older than what it is made from.

    Raises:
        StartError: the environment is missing, or training failed.
    """
    if not RASA_PYTHON.exists():
        raise StartError("The environment .venv-rasa is missing. Run `make setup` first.")
    wanted = fingerprint()
    if MODEL.exists() and _FINGERPRINT.exists() and _FINGERPRINT.read_text() == wanted:
        return
    log_file = settings.var / "log" / "train.log"
    log_file.parent.mkdir(parents=True, exist_ok=True)
    command = [
        # Validation reads all sentences once more; scripts/validate does it in the tests.
        str(RASA_PYTHON), "-m", "rasa", "train", "--skip-validation",
        "--data", "data/nlu", "data/stories", "--config", "config.yml", "--domain", "domain.yml",
        "--out", "models", "--fixed-model-name", MODEL.name.removesuffix(".tar.gz"),
    ]  # fmt: skip
    started = time.monotonic()
    with log_file.open("w") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment(settings), stdout=log, stderr=subprocess.STDOUT
        )
        try:
            print("Training the model from data/nlu, about 3 minutes ...", flush=True)
            while process.poll() is None:
                _progress(f"{time.monotonic() - started:.0f} s")
                time.sleep(1)
        finally:
            process.terminate()
    print(f"Trained in {time.monotonic() - started:.0f} s.")
    if process.returncode:
        tail = "\n".join(log_file.read_text(errors="replace").splitlines()[-15:])
        raise StartError(f"Training failed. The end of {log_file}:\n{tail}")
    _FINGERPRINT.write_text(wanted)


def fingerprint() -> str:
    """Return a hash over everything a model is made from."""
    digest = hashlib.sha256()
    for source in _MODEL_SOURCES:
        path = ROOT / source
        files = [path] if path.is_file() else sorted(path.rglob("*"))
        for file in files:
            if file.suffix not in {".yml", ".py"} or file.name in _NOT_IN_MODEL:
                continue
            digest.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def environment(settings: Settings) -> dict[str, str]:
    """Return the environment of all processes; secrets travel here, never on a command line."""
    env = {
        name: value
        for name, value in os.environ.items()
        # Without compiled bytecode Rasa starts three times as slowly.
        if name != "PYTHONDONTWRITEBYTECODE"
    }
    env |= {
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "RASA_TELEMETRY_ENABLED": "false",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "RASA_TOKEN": settings.rasa_token.get_secret_value(),
        "RASA_DATABASE_URL": settings.tracker_url,
        "ACTION_URL": settings.action_url,
        "SANIC_HOST": "127.0.0.1",
    }
    return env


def write_config(settings: Settings) -> Path:
    """Write supervisord's configuration and return its path."""
    ports = _ports(settings)
    log = settings.var / "log"
    log.mkdir(parents=True, exist_ok=True)
    rasa = str(RASA_PYTHON)
    programs = {
        "actions": f"{rasa} -m rasa_sdk --actions actions.actions -p {ports['actions']}",
        "rasa": f"{rasa} -m rasa run -i 127.0.0.1 -p {ports['rasa']} --model {MODEL} --quiet",
        "bot": f"{sys.executable} -m bot serve",
    }
    lines = [
        "[supervisord]",
        "nodaemon=true",
        f"logfile={log / 'supervisord.log'}",
        f"pidfile={settings.var / 'supervisord.pid'}",
        f"childlogdir={log}",
        "user=root" if os.geteuid() == 0 else "",
    ]
    for name, command in programs.items():
        lines += [
            f"[program:{name}]",
            f"command={command.replace('%', '%%')}",
            f"directory={ROOT}",
            # A process that dies is started again at once and for ever: messages wait meanwhile.
            "autorestart=true",
            "startsecs=0",
            "startretries=1000000",
            "stopasgroup=true",
            "killasgroup=true",
            "stopwaitsecs=8",
            "redirect_stderr=true",
            f"stdout_logfile={log / name}.log",
            "stdout_logfile_maxbytes=5MB",
            "stdout_logfile_backups=3",
        ]
    path = settings.var / "supervisord.conf"
    path.write_text("\n".join(line for line in lines if line) + "\n")
    return path


def _ports(settings: Settings) -> dict[str, int]:
    return {
        "rasa": urlsplit(settings.rasa_url).port or 5005,
        "actions": urlsplit(settings.action_url).port or 5055,
        "web": settings.web_port,
    }


def _check_free(name: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            variable = {"rasa": "ABC_RASA_URL", "actions": "ABC_ACTION_URL"}.get(name)
            raise StartError(
                f"Port {port} ({name}) is in use. Is the bot already running? "
                f"Stop it, or choose another port with {variable or 'ABC_WEB_PORT'}."
            ) from None


def _await_health(settings: Settings, supervisor: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    url = f"http://127.0.0.1:{settings.web_port}/health"
    started = time.monotonic()
    with httpx.Client(timeout=3, trust_env=False) as client:
        while time.monotonic() < deadline:
            if supervisor.poll() is not None:
                raise StartError(f"The process runner ended. See {settings.var / 'log'}")
            _progress(f"Starting ... {time.monotonic() - started:.0f} s")
            try:
                state = client.get(url).json()
                if state["telegram"] == "token refused":
                    raise StartError("Telegram refuses ABC_BOT_TOKEN. Get one from @BotFather.")
                if state["database"] and state["rasa"] and state["telegram"] in {"on", "off"}:
                    print()
                    return
            except (httpx.HTTPError, ValueError):
                pass
            time.sleep(0.3)
    raise StartError(f"Not ready after {_START_SECONDS} s. See the logs in {settings.var / 'log'}")


def _say_where(settings: Settings, password: str, seconds: float) -> None:
    address = f"http://{settings.web_host}:{settings.web_port}"
    telegram = "on" if settings.bot_token.get_secret_value() else "off (set ABC_BOT_TOKEN)"
    print(f"Ready after {seconds:.0f} s.\n")
    print(f"  Chat for residents    {address}/")
    print(f"  Console for staff     {address}/console")
    if password:
        print(f"    first login         admin / {password}   (shown only this once)")
    print(f"  Telegram              {telegram}")
    print(f"  Logs                  {settings.var / 'log'}\n")
    print("Stop with Ctrl-C.", flush=True)


def _progress(line: str) -> None:
    if sys.stdout.isatty():
        print(f"\r{line}", end="", flush=True)
