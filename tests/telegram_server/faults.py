"""Faults to inject: flood control, server errors, delays and broken connections."""

from __future__ import annotations

import random
from dataclasses import dataclass

KINDS = {
    "too_many_requests", "server_error", "delay_before", "delay_after", "drop_before",
    "drop_after",
}  # fmt: skip
BEFORE_HANDLING = {"too_many_requests", "server_error", "drop_before"}
EVERY_METHOD = "*"


@dataclass
class Fault:
    """A fault for one method (or every one, "*") and, where given, one chat only.

    It strikes `times` calls (None: without end), each with `probability`.
    """

    method: str
    kind: str
    times: int | None = 1
    probability: float = 1.0
    seed: int = 0
    chat: int | None = None
    retry_after: int = 1
    status: int = 502
    seconds: float = 0.0
    struck: int = 0

    def __post_init__(self) -> None:
        """Refuse an unknown kind, which would never strike."""
        if self.kind not in KINDS:
            raise ValueError(f"unknown fault {self.kind!r}, choose from {sorted(KINDS)}")
        self._random = random.Random(self.seed)

    def strikes(self, method: str, chat: str) -> bool:
        """Decide whether this call is hit, and count it."""
        if self.method.lower() not in {EVERY_METHOD, method.lower()}:
            return False
        if self.chat is not None and str(self.chat) != chat:
            return False
        if self.times is not None and self.struck >= self.times:
            return False
        if self._random.random() >= self.probability:
            return False
        self.struck += 1
        return True


class Faults:
    """The faults that are set; the first one that strikes a call wins."""

    def __init__(self) -> None:
        self.active: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        """Set a fault."""
        self.active.append(fault)
        return fault

    def clear(self) -> None:
        """Heal everything."""
        self.active.clear()

    def take(self, method: str, chat: str) -> Fault | None:
        """Return the fault that hits this call, if any."""
        return next((fault for fault in self.active if fault.strikes(method, chat)), None)
