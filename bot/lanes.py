"""Works things off in order within a chat and in parallel across chats."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

log = logging.getLogger(__name__)

#: After a failure nobody foresaw (such as a lost database) a lane rests before it goes on.
REST_SECONDS = 1.0


class Lanes:
    """One worker per lane while there is work. `work(lane)` does the lane's next thing and
    returns False when nothing is left."""

    def __init__(self, name: str, work: Callable[[str], Awaitable[bool]]) -> None:
        """Take a name for the log and the work."""
        self._name = name
        self._work = work
        self._again: set[str] = set()
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._closing = False

    def wake(self, lane: str) -> None:
        """Say that a lane has work."""
        self._again.add(lane)
        if lane not in self._tasks and not self._closing:
            task = asyncio.create_task(self._run(lane), name=f"{self._name}:{lane}")
            self._tasks[lane] = task

    def busy(self, lane: str) -> bool:
        """Tell whether a worker is on a lane."""
        return lane in self._tasks

    async def idle(self) -> None:
        """Wait until no lane has work (tests and shutting down)."""
        while self._tasks:
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def close(self) -> None:
        """Stop all workers; what they did not finish is still in the database."""
        self._closing = True
        for task in self._tasks.values():
            task.cancel()
        await self.idle()

    async def _run(self, lane: str) -> None:
        try:
            while lane in self._again:
                self._again.discard(lane)
                try:
                    while await self._work(lane):
                        pass
                except Exception as error:
                    # Only the kind of error: its text could hold what somebody wrote.
                    log.error("%s lane rests after %s", self._name, type(error).__name__)
                    self._again.add(lane)
                    await asyncio.sleep(REST_SECONDS)
        finally:
            del self._tasks[lane]
