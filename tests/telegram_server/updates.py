"""The queue of updates: long polling, confirmation by offset and delivery twice on purpose."""

from __future__ import annotations

import asyncio
import copy
from dataclasses import dataclass

from .errors import OTHER_POLLER, conflict
from .parameters import JsonObject

FIRST_UPDATE_ID = 734_000_001
NOT_BY_DEFAULT = {"chat_member", "message_reaction", "message_reaction_count"}


@dataclass(frozen=True)
class Pending:
    """An update that waits; a replay is given out once even if it was confirmed before."""

    update: JsonObject
    replay: bool = False

    @property
    def id(self) -> int:
        """Return the update id."""
        return int(self.update["update_id"])


class UpdateQueue:
    """Keeps updates in order until the bot confirms them (Bot API, "getUpdates")."""

    def __init__(self) -> None:
        self.pending: list[Pending] = []
        self.past: dict[int, JsonObject] = {}
        self.allowed: list[str] = []
        self.arrival = asyncio.Event()
        self._next_id = FIRST_UPDATE_ID
        self._poller: asyncio.Future[str | None] | None = None

    def add(self, kind: str, payload: JsonObject) -> JsonObject | None:
        """Queue an update with the next id, unless allowed_updates excludes its kind."""
        wanted = kind in self.allowed if self.allowed else kind not in NOT_BY_DEFAULT
        if not wanted:
            return None
        update = {"update_id": self._next_id, kind: copy.deepcopy(payload)}
        self.put(update)
        return update

    def put(self, update: JsonObject) -> None:
        """Queue a finished update as it is; without an update_id it gets the next one."""
        update.setdefault("update_id", self._next_id)
        self._next_id = max(self._next_id, int(update["update_id"]) + 1)
        self.past[int(update["update_id"])] = update
        self.pending.append(Pending(update))
        self._wake()

    def replay(self, update_id: int) -> None:
        """Give out an update once more under its old id."""
        self.pending.append(Pending(self.past[update_id], replay=True))
        self._wake()

    def confirm(self, offset: int) -> None:
        """Drop what the offset confirms; a negative one keeps only the last updates."""
        if offset < 0:
            self.pending = self.pending[offset:]
        elif offset > 0:
            self.pending = [entry for entry in self.pending if entry.replay or entry.id >= offset]

    def drop(self, entry: Pending) -> None:
        """Take out one delivered update."""
        if self.pending and self.pending[0] is entry:
            self.pending.pop(0)
            return
        self.pending = [other for other in self.pending if other is not entry]

    def terminate(self, reason: str) -> None:
        """End a getUpdates call that is still waiting with 409 Conflict."""
        if self._poller is not None and not self._poller.done():
            self._poller.set_result(reason)

    async def poll(self, offset: int, limit: int, timeout: float) -> list[JsonObject]:
        """Return updates, waiting up to `timeout` seconds for the first one."""
        self.terminate(OTHER_POLLER)
        self.confirm(offset)
        if not self.pending and timeout > 0:
            await self._wait(timeout)
        batch = sorted(self.pending[:limit], key=lambda entry: entry.id)
        for entry in batch:
            if entry.replay:
                self.drop(entry)
        return [entry.update for entry in batch]

    async def _wait(self, timeout: float) -> None:
        poller: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        self._poller = poller
        try:
            async with asyncio.timeout(timeout):
                reason = await poller
        except TimeoutError:
            reason = None
        finally:
            if self._poller is poller:
                self._poller = None
        if reason is not None:
            raise conflict(reason)

    def _wake(self) -> None:
        self.arrival.set()
        if self._poller is not None and not self._poller.done():
            self._poller.set_result(None)
