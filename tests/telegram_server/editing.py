"""Methods that change what is already in a chat: edits, deletion, reactions."""

from __future__ import annotations

from .entities import formatted, utf16_length
from .errors import NOT_MODIFIED, bad_request
from .markup import reply_markup
from .messages import text_content
from .parameters import JsonObject, Parameters
from .sending import LONGEST_CAPTION, checked_text
from .state import Chat, State, StoredMessage

DELETABLE_SECONDS = 48 * 3600
EMOJI = """
👍 👎 ❤ 🔥 🥰 👏 😁 🤔 🤯 😱 🤬 😢 🎉 🤩 🤮 💩 🙏 👌 🕊 🤡 🥱 🥴 😍 🐳 ❤‍🔥 🌚 🌭 💯 🤣 ⚡ 🍌 🏆 💔
🤨 😐 🍓 🍾 💋 🖕 😈 😴 😭 🤓 👻 👨‍💻 👀 🎃 🙈 😇 😨 🤝 ✍ 🤗 🫡 🎅 🎄 ☃ 💅 🤪 🗿 🆒 💘 🙉 🦄 😘 💊
🙊 😎 👾 🤷‍♂ 🤷 🤷‍♀ 😡
"""
REACTIONS = frozenset(EMOJI.split())
"""Bot API, "ReactionTypeEmoji"; without the sign that asks for the coloured form."""
COLOURED_FORM = "\ufe0f"


def _editable(state: State, parameters: Parameters) -> tuple[Chat, StoredMessage]:
    chat = state.open_chat(parameters)
    message = chat.message(parameters.integer("message_id"))
    if message is None:
        raise bad_request("message to edit not found")
    if not message.by_bot or message.service or "forward_origin" in message.data:
        raise bad_request("message can't be edited")
    return chat, message


def _change(state: State, message: StoredMessage, old: set[str], new: JsonObject) -> JsonObject:
    before = {name: message.data[name] for name in old if name in message.data}
    if before == new:
        raise bad_request(NOT_MODIFIED)
    for name in before:
        del message.data[name]
    message.data |= new
    message.data["edit_date"] = state.now()
    return message.data


def _inline_markup(parameters: Parameters) -> JsonObject:
    markup = reply_markup(parameters, inline_only=True)
    return {"reply_markup": markup} if markup else {}


def edit_message_text(state: State, parameters: Parameters) -> JsonObject:
    """Answer editMessageText; a keyboard that is not sent again is taken away."""
    _, message = _editable(state, parameters)
    content = checked_text(parameters)
    if "text" not in message.data:
        raise bad_request("there is no text in the message to edit")
    new = content | _inline_markup(parameters)
    return _change(state, message, {"text", "entities", "reply_markup"}, new)


def edit_message_caption(state: State, parameters: Parameters) -> JsonObject:
    """Answer editMessageCaption."""
    _, message = _editable(state, parameters)
    text, entities = formatted(parameters, "caption", "caption_entities")
    if "text" in message.data:
        raise bad_request("there is no caption in the message to edit")
    if utf16_length(text) > LONGEST_CAPTION:
        raise bad_request("message caption is too long")
    new = text_content(text, entities, "caption") | _inline_markup(parameters)
    return _change(state, message, {"caption", "caption_entities", "reply_markup"}, new)


def edit_message_reply_markup(state: State, parameters: Parameters) -> JsonObject:
    """Answer editMessageReplyMarkup."""
    _, message = _editable(state, parameters)
    return _change(state, message, {"reply_markup"}, _inline_markup(parameters))


def _delete(state: State, chat: Chat, message: StoredMessage | None) -> None:
    if message is None:
        raise bad_request("message to delete not found")
    may = message.by_bot or chat.type == "private" or state.bot_may(chat, "can_delete_messages")
    too_old = state.now() - message.data["date"] > DELETABLE_SECONDS
    if too_old and not state.bot_may(chat, "can_delete_messages"):
        raise bad_request("message can't be deleted for everyone")
    if not may:
        raise bad_request("message can't be deleted")
    message.deleted = True


def delete_message(state: State, parameters: Parameters) -> bool:
    """Answer deleteMessage."""
    chat = state.open_chat(parameters)
    _delete(state, chat, chat.message(parameters.integer("message_id")))
    return True


def delete_messages(state: State, parameters: Parameters) -> bool:
    """Answer deleteMessages; messages that are not found are skipped."""
    chat = state.open_chat(parameters)
    for message_id in parameters.json("message_ids") or []:
        if message := chat.message(int(message_id)):
            _delete(state, chat, message)
    return True


def pin_chat_message(state: State, parameters: Parameters) -> bool:
    """Answer pinChatMessage; the notice about it is left out."""
    chat = state.open_chat(parameters)
    if chat.message(parameters.integer("message_id")) is None:
        raise bad_request("message to pin not found")
    if chat.type != "private" and not state.bot_may(chat, "can_pin_messages"):
        raise bad_request("not enough rights to manage pinned messages in the chat")
    return True


def unpin_chat_message(state: State, parameters: Parameters) -> bool:
    """Answer unpinChatMessage."""
    chat = state.open_chat(parameters)
    if chat.type != "private" and not state.bot_may(chat, "can_pin_messages"):
        raise bad_request("not enough rights to manage pinned messages in the chat")
    return True


def set_message_reaction(state: State, parameters: Parameters) -> bool:
    """Answer setMessageReaction; a bot may set one emoji per message."""
    chat = state.open_chat(parameters)
    message = chat.message(parameters.integer("message_id"))
    if message is None:
        raise bad_request("message to react not found")
    reactions = parameters.json("reaction") or []
    if len(reactions) > 1:
        raise bad_request("REACTIONS_TOO_MANY")
    for reaction in reactions:
        emoji = str(reaction.get("emoji", "")).replace(COLOURED_FORM, "")
        custom = str(reaction.get("custom_emoji_id", ""))
        if emoji not in REACTIONS and not custom.isdigit():
            raise bad_request("REACTION_INVALID")
    message.reactions[state.bot.id] = reactions
    return True
