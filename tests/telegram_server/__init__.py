"""A Telegram Bot API server for tests: strict as Telegram, with people who can be simulated."""

from .errors import ApiError, SimulationError
from .faults import Fault
from .seen import Button, SeenMessage
from .server import TOKEN, TelegramServer

__all__ = [
    "TOKEN", "ApiError", "Button", "Fault", "SeenMessage", "SimulationError", "TelegramServer",
]  # fmt: skip
