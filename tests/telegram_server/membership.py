"""People join, leave and block; staff manage topics; updates arrive twice or malformed."""

from __future__ import annotations

from .chats import membership_change
from .errors import SimulationError
from .messages import place
from .parameters import JsonObject
from .simulation import Simulation
from .state import ADMIN_RIGHTS, Chat, Member, Topic
from .topics import open_topic, remove_topic, rename_topic, set_closed


class Membership(Simulation):
    """Who is where with which rights, and what is wrong with the line itself."""

    async def block(self, user: int) -> None:
        """Block the bot: it can no longer write to this person."""
        await self._private_change(user, "kicked", "blocked")

    async def unblock(self, user: int) -> None:
        """Unblock the bot."""
        await self._private_change(user, "member", "open")

    async def deactivate(self, user: int) -> None:
        """Delete the person's account, of which the bot learns only when it writes."""
        self._chat(user, None).bot_state = "deactivated"

    async def _private_change(self, user: int, status: str, bot_state: str) -> None:
        there = self._chat(user, None)
        own = there.members.setdefault(self.state.bot.id, Member(self.state.bot))
        there.bot_state = bot_state
        self._emit("my_chat_member", membership_change(self.state, user, user, own, status))

    async def join(self, user: int, chat: int, added_by: int | None = None) -> None:
        """Bring a person into a group; the bot sees the notice and, if allowed, the change."""
        there = self._group(chat)
        member = there.members.setdefault(user, Member(self._user(user), "left"))
        actor = user if added_by is None else added_by
        change = membership_change(self.state, chat, actor, member, "member")
        person = self._user(user).as_json()
        self._service(there, actor, {"new_chat_members": [person]})
        self._emit("chat_member", change)

    async def leave(self, user: int, chat: int) -> None:
        """Let a person leave a group."""
        there = self._group(chat)
        change = membership_change(self.state, chat, user, there.members[user], "left")
        self._service(there, user, {"left_chat_member": self._user(user).as_json()})
        self._emit("chat_member", change)

    async def add_bot(
        self,
        user: int,
        chat: int,
        status: str = "member",
        rights: dict[str, bool] | None = None,
    ) -> None:
        """Let a person add the bot to a group, or change its status or rights there."""
        there = self._group(chat)
        there.bot_state = "open"
        own = there.members.setdefault(self.state.bot.id, Member(self.state.bot, "left"))
        new = own.status in {"left", "kicked"}
        change = membership_change(self.state, chat, user, own, status)
        own.rights = dict.fromkeys(ADMIN_RIGHTS, True) | (rights or {})
        change["new_chat_member"] = own.as_json()
        self._emit("my_chat_member", change)
        if new:
            self._service(there, user, {"new_chat_members": [self.state.bot.as_json()]})

    async def remove_bot(self, user: int, chat: int) -> None:
        """Let a person remove the bot from a group."""
        there = self._group(chat)
        own = there.members[self.state.bot.id]
        self._emit("my_chat_member", membership_change(self.state, chat, user, own, "kicked"))
        there.bot_state = "kicked"

    async def open_topic(self, user: int, chat: int, name: str) -> Topic:
        """Let a person open a forum topic."""
        there = self._group(chat)
        if not there.is_forum:
            raise SimulationError(f"{there.title} has no topics")
        topic = open_topic(self.state, there, self._user(user), name)
        self.log.changed()
        return topic

    async def rename_topic(self, user: int, chat: int, thread: int, name: str) -> None:
        """Let a person rename a topic."""
        there = self._group(chat)
        rename_topic(self.state, there, self._user(user), there.topics[thread], name)
        self.log.changed()

    async def close_topic(self, user: int, chat: int, thread: int, closed: bool = True) -> None:
        """Let a person close or (closed=False) reopen a topic."""
        there = self._group(chat)
        set_closed(self.state, there, self._user(user), there.topics[thread], closed)
        self.log.changed()

    async def delete_topic(self, user: int, chat: int, thread: int) -> None:
        """Let a person delete a topic, of which Telegram tells the bot nothing."""
        there = self._group(chat)
        remove_topic(there, there.topics[thread])
        self.log.changed()

    def topics(self, chat: int) -> list[Topic]:
        """Return the topics of a forum."""
        return list(self._group(chat).topics.values())

    async def redeliver(self, update_id: int | None = None) -> int:
        """Deliver an update once more with its old id, by default the latest one."""
        if not self.queue.past:
            raise SimulationError("there was no update yet")
        wanted = max(self.queue.past) if update_id is None else update_id
        if wanted not in self.queue.past:
            raise SimulationError(f"there was no update {wanted}")
        self.queue.replay(wanted)
        return wanted

    async def raw(self, update: JsonObject) -> JsonObject:
        """Deliver any update as it is; without an update_id it gets the next one."""
        self.queue.put(update)
        return update

    def _group(self, chat: int) -> Chat:
        there = self.state.chats.get(chat)
        if there is None or there.type == "private":
            raise SimulationError(f"there is no group {chat}")
        return there

    def _service(self, there: Chat, actor: int, content: JsonObject) -> None:
        message = place(self.state, there, self._user(actor), content, service=True)
        self._emit("message", message.data)
