"""Composes messages as Telegram sends them and places them in a chat."""

from __future__ import annotations

import copy

from .errors import bad_request, forbidden
from .parameters import JsonObject, Parameters
from .state import Chat, State, StoredMessage, Topic, User


def place(
    state: State,
    chat: Chat,
    sender: User,
    content: JsonObject,
    thread: int | None = None,
    reply_to: StoredMessage | None = None,
    service: bool = False,
) -> StoredMessage:
    """Add a message to a chat and return it (Bot API, "Message")."""
    message_id = state.next_message_id(chat)
    data: JsonObject = {
        "message_id": message_id,
        "from": sender.as_json(),
        "chat": chat.as_json(),
        "date": state.now(),
    }
    if thread is not None:
        data["message_thread_id"] = thread
        data["is_topic_message"] = True
        if reply_to is None:
            # Telegram quotes the message that opened the topic when nothing else is quoted.
            reply_to = chat.messages.get(thread)
    elif reply_to is not None and chat.type == "supergroup":
        # Outside topics Telegram names the first message of the replies, which is no topic.
        data["message_thread_id"] = reply_to.data.get("message_thread_id", reply_to.id)
    if reply_to is not None:
        data["reply_to_message"] = quoted(reply_to)
    data |= content
    message = StoredMessage(data, by_bot=sender.id == state.bot.id, service=service)
    chat.messages[message_id] = message
    return message


def quoted(message: StoredMessage) -> JsonObject:
    """Return a message as it stands in a reply: without its own reply_to_message."""
    shown = copy.deepcopy(message.data)
    shown.pop("reply_to_message", None)
    return shown


def text_content(text: str, entities: list[JsonObject], name: str = "text") -> JsonObject:
    """Return text or caption with its entities; absent ones are left out."""
    content: JsonObject = {name: text} if text else {}
    if text and entities:
        content["entities" if name == "text" else f"{name}_entities"] = entities
    return content


def thread_for_bot(state: State, chat: Chat, parameters: Parameters) -> int | None:
    """Return the topic that a call writes to; General takes no message_thread_id."""
    wanted = parameters.integer("message_thread_id")
    if not wanted:
        return None
    topic = chat.topics.get(wanted)
    if topic is None:
        raise bad_request("message thread not found")
    check_topic_open(state, chat, topic)
    return wanted


def check_topic_open(state: State, chat: Chat, topic: Topic) -> None:
    """Refuse to write to a closed topic without the right to manage topics."""
    if topic.closed and not state.bot_may(chat, "can_manage_topics"):
        raise bad_request("TOPIC_CLOSED")


def check_may_write(state: State, chat: Chat) -> None:
    """Refuse where the bot is a member that may not write."""
    member = chat.members.get(state.bot.id)
    if member is not None and member.status == "restricted":
        raise bad_request("not enough rights to send text messages to the chat")
    if chat.type != "private" and member is None:
        raise forbidden(f"bot is not a member of the {chat.type} chat")


def replied_message(chat: Chat, parameters: Parameters) -> StoredMessage | None:
    """Return the message that a call answers to (Bot API, "ReplyParameters")."""
    reply = parameters.object("reply_parameters") or {}
    wanted = reply.get("message_id") or parameters.integer("reply_to_message_id")
    if not wanted:
        return None
    found = chat.message(int(wanted))
    optional = reply.get("allow_sending_without_reply") or parameters.flag(
        "allow_sending_without_reply"
    )
    if found is None and not optional:
        raise bad_request("message to be replied not found")
    return found


def post_by_bot(
    state: State,
    chat: Chat,
    parameters: Parameters,
    content: JsonObject,
    markup: JsonObject | None,
) -> StoredMessage:
    """Place a checked message of the bot with its reply, topic and keyboard."""
    check_may_write(state, chat)
    thread = thread_for_bot(state, chat, parameters)
    reply_to = replied_message(chat, parameters)
    if thread is None and reply_to is not None:
        thread = reply_to.thread
    if parameters.flag("protect_content"):
        content = content | {"has_protected_content": True}
    if markup and "inline_keyboard" in markup:
        content = content | {"reply_markup": markup}
    message = place(state, chat, state.bot, content, thread, reply_to)
    if markup and "inline_keyboard" not in markup:
        message.keyboard = markup
    return message
