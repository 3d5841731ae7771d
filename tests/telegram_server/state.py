"""What the server remembers: people, chats, topics, messages, files and pressed buttons."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from .errors import bad_request, forbidden
from .parameters import JsonObject, Parameters

FIRST_GROUP_ID = -1001500000001
ADMIN_RIGHTS = (
    "can_manage_chat", "can_delete_messages", "can_manage_video_chats", "can_restrict_members",
    "can_promote_members", "can_change_info", "can_invite_users", "can_post_stories",
    "can_edit_stories", "can_delete_stories", "can_pin_messages", "can_manage_topics",
)  # fmt: skip


@dataclass
class User:
    """A person or the bot (Bot API, "User")."""

    id: int
    first_name: str
    language_code: str | None = None
    last_name: str | None = None
    username: str | None = None
    is_bot: bool = False

    def as_json(self) -> JsonObject:
        """Return the user as Telegram sends it: absent fields are left out."""
        shown: JsonObject = {"id": self.id, "is_bot": self.is_bot, "first_name": self.first_name}
        for name in ("last_name", "username", "language_code"):
            if getattr(self, name):
                shown[name] = getattr(self, name)
        return shown


@dataclass
class Member:
    """Standing of one user in one chat (Bot API, "ChatMember")."""

    user: User
    status: str = "member"
    rights: dict[str, bool] = field(default_factory=dict)

    def may(self, right: str) -> bool:
        """Tell whether this member holds an administrator's right."""
        if self.status == "creator":
            return True
        return self.status == "administrator" and self.rights.get(right, False)

    def as_json(self) -> JsonObject:
        """Return the member with the fields that belong to the status."""
        shown: JsonObject = {"user": self.user.as_json(), "status": self.status}
        if self.status == "creator":
            shown["is_anonymous"] = False
        elif self.status == "administrator":
            shown |= {"can_be_edited": False, "is_anonymous": False}
            shown |= {right: self.rights.get(right, False) for right in ADMIN_RIGHTS}
        elif self.status == "kicked":
            shown["until_date"] = 0
        return shown


@dataclass
class Topic:
    """A forum topic (Bot API, "ForumTopic"); its id is that of the message that created it."""

    message_thread_id: int
    name: str
    icon_color: int
    icon_custom_emoji_id: str = ""
    closed: bool = False

    def as_json(self) -> JsonObject:
        """Return the topic as createForumTopic answers."""
        shown: JsonObject = {
            "message_thread_id": self.message_thread_id,
            "name": self.name,
            "icon_color": self.icon_color,
        }
        if self.icon_custom_emoji_id:
            shown["icon_custom_emoji_id"] = self.icon_custom_emoji_id
        return shown


@dataclass
class StoredMessage:
    """A message as it stands now, with what Telegram does not repeat in `Message`."""

    data: JsonObject
    by_bot: bool
    keyboard: JsonObject | None = None
    reactions: dict[int, list[JsonObject]] = field(default_factory=dict)
    deleted: bool = False
    service: bool = False

    @property
    def id(self) -> int:
        """Return the message id."""
        return int(self.data["message_id"])

    @property
    def thread(self) -> int | None:
        """Return the forum topic, None in General and outside forums."""
        return self.data["message_thread_id"] if self.data.get("is_topic_message") else None


@dataclass
class Chat:
    """A private chat, group or forum (Bot API, "Chat")."""

    id: int
    type: str
    title: str = ""
    user: User | None = None
    is_forum: bool = False
    members: dict[int, Member] = field(default_factory=dict)
    topics: dict[int, Topic] = field(default_factory=dict)
    messages: dict[int, StoredMessage] = field(default_factory=dict)
    last_message_id: int = 0
    bot_state: str = "open"
    """open, unstarted, blocked or deactivated (private); open, kicked or left (group)."""

    def as_json(self) -> JsonObject:
        """Return the short form that stands in every message."""
        if self.user is not None:
            person = self.user.as_json()
            shown: JsonObject = {"id": self.id, "first_name": person["first_name"]}
            shown |= {name: person[name] for name in ("last_name", "username") if name in person}
            return shown | {"type": "private"}
        shown = {"id": self.id, "title": self.title}
        if self.is_forum:
            shown["is_forum"] = True
        return shown | {"type": self.type}

    def message(self, message_id: int | None) -> StoredMessage | None:
        """Return a message that still stands in the chat."""
        found = self.messages.get(message_id or 0)
        return None if found is None or found.deleted else found


@dataclass
class StoredFile:
    """A file with both of its names (Bot API, "File")."""

    file_id: str
    file_unique_id: str
    path: str
    content: bytes
    kind: str
    details: JsonObject = field(default_factory=dict)


@dataclass
class PressedButton:
    """One press on an inline button and the answers that the bot gave to it."""

    id: str
    user_id: int
    data: str
    pressed_at: float
    stale: bool = False
    answers: list[JsonObject] = field(default_factory=list)


@dataclass
class State:
    """Everything that outlives a call; it lives as long as the server process."""

    bot: User
    clock: Callable[[], float] = time.time
    callback_lifetime: float = 900.0
    users: dict[int, User] = field(default_factory=dict)
    chats: dict[int, Chat] = field(default_factory=dict)
    files: dict[str, StoredFile] = field(default_factory=dict)
    presses: dict[str, PressedButton] = field(default_factory=dict)
    commands: dict[tuple[str, str], list[JsonObject]] = field(default_factory=dict)
    profile: dict[tuple[str, str], str] = field(default_factory=dict)
    emit: Callable[[str, JsonObject], object] = lambda kind, payload: None
    last_private_message_id: int = 0
    reads_all_group_messages: bool = False

    def now(self) -> int:
        """Return the time in whole seconds, as every date of the Bot API."""
        return int(self.clock())

    def next_message_id(self, chat: Chat) -> int:
        """Count per chat in supergroups and per bot in private chats and basic groups."""
        if chat.type == "supergroup":
            chat.last_message_id += 1
            return chat.last_message_id
        self.last_private_message_id += 1
        return self.last_private_message_id

    def chat_of(self, parameters: Parameters, name: str = "chat_id") -> Chat:
        """Find the chat that a call names."""
        given = parameters.text(name).strip()
        if not given:
            raise bad_request(f"{name} is empty")
        for chat in [self.chats.get(int(given))] if _is_number(given) else self.chats.values():
            if chat is None:
                break
            if _is_number(given) or (chat.user and f"@{chat.user.username}" == given):
                return chat
        raise bad_request("chat not found")

    def open_chat(self, parameters: Parameters) -> Chat:
        """Find the chat that a call names and make sure that the bot may act in it."""
        chat = self.chat_of(parameters)
        if chat.bot_state == "blocked":
            raise forbidden("bot was blocked by the user")
        if chat.bot_state == "deactivated":
            raise forbidden("user is deactivated")
        if chat.bot_state == "unstarted":
            raise forbidden("bot can't initiate conversation with a user")
        if chat.bot_state == "kicked":
            raise forbidden(f"bot was kicked from the {chat.type} chat")
        if chat.bot_state == "left":
            raise forbidden(f"bot is not a member of the {chat.type} chat")
        return chat

    def bot_may(self, chat: Chat, right: str) -> bool:
        """Tell whether the bot holds an administrator's right in a group."""
        member = chat.members.get(self.bot.id)
        return member is not None and member.may(right)


def _is_number(text: str) -> bool:
    return text.removeprefix("-").isdigit()
