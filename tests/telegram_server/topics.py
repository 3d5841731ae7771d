"""Methods about forum topics."""

from __future__ import annotations

from collections.abc import Callable

from .errors import bad_request
from .messages import place
from .parameters import JsonObject, Parameters
from .state import Chat, State, StoredMessage, Topic, User

ICON_COLORS = (0x6FB9F0, 0xFFD67E, 0xCB86DB, 0x8EEE98, 0xFF93B2, 0xFB6F5F)
LONGEST_NAME = 128
ICONS = {
    "5312536423851630001": "💡", "5312016608254762256": "⚡️", "5377544228505134960": "🎙",
    "5418085807791545980": "🔝", "5370870893004203704": "🗣", "5420216386448270341": "🆒",
    "5379748062124056162": "❗️", "5373251851074415873": "📝", "5237699328843200968": "✅",
    "5377316857231450742": "❓", "5350554349074391003": "💻", "5417915203100613993": "💬",
}  # fmt: skip
"""Ids of custom emoji that a topic may carry."""


def notice(state: State, chat: Chat, who: User, thread: int | None, content: JsonObject) -> int:
    """Place a service message about a topic, tell the bot of it, and return its id.

    The bot is told of its own changes too (Bot API, "ForumTopicCreated").
    """
    message: StoredMessage = place(state, chat, who, content, thread, service=True)
    if thread is None:
        message.data |= {"message_thread_id": message.id, "is_topic_message": True}
    state.emit("message", message.data)
    return message.id


def open_topic(
    state: State, chat: Chat, who: User, name: str, color: int = ICON_COLORS[0], icon: str = ""
) -> Topic:
    """Create a topic; its id is that of the notice about it."""
    topic = Topic(0, name, color, icon)
    created = {name: value for name, value in topic.as_json().items() if "thread" not in name}
    topic.message_thread_id = notice(state, chat, who, None, {"forum_topic_created": created})
    chat.topics[topic.message_thread_id] = topic
    return topic


def rename_topic(
    state: State, chat: Chat, who: User, topic: Topic, name: str, icon: str | None = None
) -> None:
    """Change name or icon of a topic."""
    edited: JsonObject = {}
    if name and name != topic.name:
        topic.name = edited["name"] = name
    if icon is not None and icon != topic.icon_custom_emoji_id:
        topic.icon_custom_emoji_id = edited["icon_custom_emoji_id"] = icon
    if not edited:
        raise bad_request("TOPIC_NOT_MODIFIED")
    notice(state, chat, who, topic.message_thread_id, {"forum_topic_edited": edited})


def set_closed(state: State, chat: Chat, who: User, topic: Topic, closed: bool) -> None:
    """Close or reopen a topic."""
    if topic.closed == closed:
        raise bad_request("TOPIC_NOT_MODIFIED")
    topic.closed = closed
    kind = "forum_topic_closed" if closed else "forum_topic_reopened"
    notice(state, chat, who, topic.message_thread_id, {kind: {}})


def remove_topic(chat: Chat, topic: Topic) -> None:
    """Delete a topic with all its messages; Telegram tells the bot nothing."""
    del chat.topics[topic.message_thread_id]
    for message in chat.messages.values():
        if message.thread == topic.message_thread_id:
            message.deleted = True


def _forum(state: State, parameters: Parameters, right: str, action: str) -> Chat:
    chat = state.open_chat(parameters)
    if not chat.is_forum:
        raise bad_request("the chat is not a forum")
    if not state.bot_may(chat, right):
        raise bad_request(f"not enough rights to {action}")
    return chat


def _topic(state: State, parameters: Parameters, action: str) -> tuple[Chat, Topic]:
    right = "can_delete_messages" if action == "delete" else "can_manage_topics"
    chat = _forum(state, parameters, right, f"{action} the topic")
    wanted = parameters.integer("message_thread_id")
    if not wanted:
        raise bad_request("invalid message thread identifier specified")
    if wanted not in chat.topics:
        raise bad_request("TOPIC_ID_INVALID")
    return chat, chat.topics[wanted]


def _checked_icon(parameters: Parameters) -> str:
    icon = parameters.text("icon_custom_emoji_id")
    if icon and icon not in ICONS:
        raise bad_request("DOCUMENT_INVALID")
    return icon


def create_forum_topic(state: State, parameters: Parameters) -> JsonObject:
    """Answer createForumTopic."""
    chat = _forum(state, parameters, "can_manage_topics", "create a topic")
    name = parameters.text("name").strip()
    if not name:
        raise bad_request("title must be non-empty")
    color = parameters.integer("icon_color") or ICON_COLORS[0]
    if color not in ICON_COLORS:
        raise bad_request("invalid icon color specified")
    icon = _checked_icon(parameters)
    return open_topic(state, chat, state.bot, name[:LONGEST_NAME], color, icon).as_json()


def edit_forum_topic(state: State, parameters: Parameters) -> bool:
    """Answer editForumTopic."""
    chat, topic = _topic(state, parameters, "edit")
    given = "icon_custom_emoji_id" in parameters.values
    icon = _checked_icon(parameters) if given else None
    rename_topic(state, chat, state.bot, topic, parameters.text("name").strip(), icon)
    return True


def _closing(closed: bool) -> Callable[[State, Parameters], bool]:
    def answer(state: State, parameters: Parameters) -> bool:
        chat, topic = _topic(state, parameters, "edit")
        set_closed(state, chat, state.bot, topic, closed)
        return True

    return answer


close_forum_topic = _closing(True)
reopen_forum_topic = _closing(False)


def delete_forum_topic(state: State, parameters: Parameters) -> bool:
    """Answer deleteForumTopic, which needs the right to delete messages."""
    chat, topic = _topic(state, parameters, "delete")
    remove_topic(chat, topic)
    return True


def get_forum_topic_icon_stickers(state: State, parameters: Parameters) -> list[JsonObject]:
    """Answer getForumTopicIconStickers."""
    return [
        {
            "file_id": f"CAACAgIAAxUAAWZ{emoji_id}",
            "file_unique_id": f"AgAD{emoji_id[:10]}",
            "type": "custom_emoji",
            "width": 512,
            "height": 512,
            "is_animated": False,
            "is_video": False,
            "emoji": emoji,
            "set_name": "Topics",
            "custom_emoji_id": emoji_id,
            "needs_repainting": True,
        }
        for emoji_id, emoji in ICONS.items()
    ]
