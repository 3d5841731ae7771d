"""The record of every call that reached the server: accepted, answered, or hit by a fault."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from .parameters import JsonObject

Found = TypeVar("Found")


@dataclass
class Call:
    """One call: `accepted` means it took effect, `answered` that the client got the answer."""

    number: int
    method: str
    time: float
    parameters: JsonObject = field(default_factory=dict)
    finished: float | None = None
    status: int = 0
    description: str = ""
    accepted: bool = False
    answered: bool = False
    fault: str | None = None


class CallLog:
    """Keeps all calls and wakes whoever waits for a change of any kind."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self._waiters: set[asyncio.Future[None]] = set()

    def begin(self, method: str) -> Call:
        """Record that a call arrived."""
        call = Call(len(self.calls) + 1, method, time.time())
        self.calls.append(call)
        return call

    def changed(self) -> None:
        """Wake everyone in `wait_for`."""
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)
        self._waiters.clear()

    async def wait_for(self, predicate: Callable[[], Found], timeout: float) -> Found:
        """Wait until the predicate returns something true, and return that."""
        async with asyncio.timeout(timeout):
            while not (found := predicate()):
                waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                self._waiters.add(waiter)
                try:
                    await waiter
                finally:
                    self._waiters.discard(waiter)
            return found
