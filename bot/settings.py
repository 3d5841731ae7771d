"""Reads every setting from the environment and refuses what would be unsafe."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent

#: What example files and lazy fingers put where a secret belongs.
DEFAULT_SECRETS = {"", "changethis", "changeme", "secret", "token", "password", "test"}


class SettingsError(Exception):
    """The environment cannot be used; the message says which setting and what to do."""


class Settings(BaseSettings):
    """Settings of the bot; each is read from ABC_<NAME> or from the file `.env`."""

    model_config = SettingsConfigDict(env_prefix="ABC_", env_file=".env", extra="ignore")

    mode: Literal["development", "production"] = Field(
        "development", description="`production` refuses generated and default secrets."
    )
    var: Path = Field(ROOT / "var", description="Folder for databases, keys and logs.")
    data: Path = Field(ROOT / "data", description="Folder with answers, facts and contacts.")
    database_url: str = Field(
        "",
        description="SQLAlchemy URL of the bot's tables; empty: SQLite file in `var`. "
        "PostgreSQL: postgresql://user:password@host/name",
    )
    rasa_database_url: str = Field(
        "", description="URL of Rasa's tracker store; empty: SQLite file in `var`."
    )
    rasa_url: str = Field("http://127.0.0.1:5005", description="Where Rasa listens (loopback).")
    action_url: str = Field(
        "http://127.0.0.1:5055/webhook", description="Where the action server listens (loopback)."
    )
    rasa_token: SecretStr = Field(
        SecretStr(""), description="Shared secret of bot and Rasa; empty: made at first start."
    )
    key: SecretStr = Field(
        SecretStr(""), description="Fernet key for texts at rest; empty: key file in `var`."
    )
    bot_token: SecretStr = Field(
        SecretStr(""), description="Token from @BotFather; empty: web chat only."
    )
    staff_group: int = Field(
        0, description="Chat id of the caseworkers' Telegram group; 0: console only."
    )
    public_url: str = Field(
        "", description="https address of this bot for Telegram's webhook; empty: polling."
    )
    webhook_secret: SecretStr = Field(
        SecretStr(""), description="Secret that Telegram sends with each webhook call."
    )
    telegram_url: str = Field(
        "https://api.telegram.org", description="Bot API server; own servers and tests change it."
    )
    telegram_rate: float = Field(30, description="Messages a second to Telegram, over all chats.")
    telegram_group_rate: float = Field(20, description="Messages a minute to the staff group.")
    web_host: str = Field("127.0.0.1", description="Address the web pages listen on.")
    web_port: int = Field(8000, description="Port of the web pages.")
    retention_days: int = Field(
        30, ge=1, le=365, description="Days after which texts and idle residents are deleted."
    )

    @model_validator(mode="after")
    def _check(self) -> Settings:
        for name, url in (("ABC_RASA_URL", self.rasa_url), ("ABC_ACTION_URL", self.action_url)):
            if urlsplit(url).hostname not in {"127.0.0.1", "localhost", "::1"}:
                raise ValueError(f"{name} must be on this machine (127.0.0.1), not {url}")
        if self.public_url and not self.public_url.startswith("https://"):
            raise ValueError("ABC_PUBLIC_URL must begin with https:// (Telegram demands it)")
        if self.mode == "production":
            for name in ("rasa_token", "key"):
                value = getattr(self, name).get_secret_value()
                if value.lower() in DEFAULT_SECRETS or len(value) < 24:
                    raise ValueError(
                        f"ABC_{name.upper()} is missing, short or a default. Production needs a "
                        "secret of at least 24 characters; make one with `python -m bot new-key`"
                    )
            if self.public_url and len(self.webhook_secret.get_secret_value()) < 24:
                raise ValueError("ABC_WEBHOOK_SECRET needs at least 24 characters in production")
        return self

    @property
    def bot_database_url(self) -> str:
        """Return the URL of the bot's own tables with the driver we install."""
        url = self.database_url or f"sqlite:///{self.var / 'bot.db'}"
        return url.replace("postgresql://", "postgresql+psycopg://", 1)

    @property
    def tracker_url(self) -> str:
        """Return the URL that Rasa's tracker store uses (Rasa's side has psycopg2)."""
        return self.rasa_database_url or f"sqlite:///{self.var / 'rasa.db'}"


def load(**overrides: object) -> Settings:
    """Read the settings, make missing secrets at first start, and return them.

    Raises:
        SettingsError: a value is unusable; the message is meant for the operator.
    """
    try:
        settings = Settings(**overrides)  # type: ignore[arg-type]
        settings.var.mkdir(parents=True, exist_ok=True, mode=0o700)
        changes = {
            "key": SecretStr(_secret(settings, "key", lambda: Fernet.generate_key().decode())),
            "rasa_token": SecretStr(_secret(settings, "rasa_token", new_secret)),
            "webhook_secret": SecretStr(_secret(settings, "webhook_secret", new_secret)),
        }
        Fernet(changes["key"].get_secret_value())
    except ValidationError as error:
        problems = [f"- {e['msg'].removeprefix('Value error, ')}" for e in error.errors()]
        raise SettingsError("These settings cannot be used:\n" + "\n".join(problems)) from None
    except OSError as error:
        raise SettingsError(f"The folder ABC_VAR cannot be used: {error}") from error
    except ValueError:
        raise SettingsError(
            "ABC_KEY is not a Fernet key; make one with `python -m bot new-key`"
        ) from None
    return settings.model_copy(update=changes)


def new_secret() -> str:
    """Return a random secret of 43 URL-safe characters (256 bits)."""
    return secrets.token_urlsafe(32)


def _secret(settings: Settings, name: str, make: object) -> str:
    """Return a secret from the environment, else from its file, which the first start makes."""
    value: str = getattr(settings, name).get_secret_value()
    if value:
        return value
    path = settings.var / f"{name}.secret"
    try:
        # O_EXCL: two processes at their first start cannot both write a key.
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(handle, "w") as file:
        file.write(made := make())  # type: ignore[operator]
    return str(made)
