"""Methods that put something new into a chat."""

from __future__ import annotations

from .entities import formatted, utf16_length
from .errors import bad_request
from .markup import reply_markup
from .media import media_content
from .messages import post_by_bot, quoted, text_content, thread_for_bot
from .parameters import JsonObject, Parameters
from .state import State, StoredMessage

LONGEST_TEXT = 4096
LONGEST_CAPTION = 1024
CHAT_ACTIONS = {
    "typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice",
    "upload_document", "choose_sticker", "find_location", "record_video_note",
    "upload_video_note",
}  # fmt: skip

ENVELOPE = {
    "message_id", "from", "chat", "date", "edit_date", "message_thread_id", "is_topic_message",
    "reply_to_message", "reply_markup", "forward_origin", "media_group_id",
}  # fmt: skip
"""Fields of a message that do not go along when it is copied or forwarded."""


def checked_text(parameters: Parameters) -> JsonObject:
    """Return the text of a message or refuse it (Bot API, "sendMessage": 1-4096 characters)."""
    text, entities = formatted(parameters, "text")
    if not text:
        raise bad_request("message text is empty")
    if utf16_length(text) > LONGEST_TEXT:
        raise bad_request("message is too long")
    return text_content(text, entities)


def send_message(state: State, parameters: Parameters) -> JsonObject:
    """Answer sendMessage."""
    chat = state.open_chat(parameters)
    content = checked_text(parameters)
    options = parameters.object("link_preview_options")
    if options:
        content["link_preview_options"] = options
    return post_by_bot(state, chat, parameters, content, reply_markup(parameters)).data


def _caption(parameters: Parameters) -> JsonObject:
    text, entities = formatted(parameters, "caption", "caption_entities")
    if utf16_length(text) > LONGEST_CAPTION:
        raise bad_request("message caption is too long")
    return text_content(text, entities, "caption")


def _send_media(state: State, parameters: Parameters, kind: str) -> JsonObject:
    chat = state.open_chat(parameters)
    caption, markup = _caption(parameters), reply_markup(parameters)
    thread_for_bot(state, chat, parameters)
    content = media_content(state, parameters, kind) | caption
    return post_by_bot(state, chat, parameters, content, markup).data


def send_photo(state: State, parameters: Parameters) -> JsonObject:
    """Answer sendPhoto."""
    return _send_media(state, parameters, "photo")


def send_voice(state: State, parameters: Parameters) -> JsonObject:
    """Answer sendVoice."""
    return _send_media(state, parameters, "voice")


def send_document(state: State, parameters: Parameters) -> JsonObject:
    """Answer sendDocument."""
    return _send_media(state, parameters, "document")


def send_media_group(state: State, parameters: Parameters) -> list[JsonObject]:
    """Answer sendMediaGroup with photos or documents."""
    chat = state.open_chat(parameters)
    items = parameters.json("media") or []
    if not 2 <= len(items) <= 10:
        raise bad_request("wrong number of items in the media group: expected 2-10")
    contents = []
    for item in items:
        part = Parameters(parameters.values | item, parameters.uploads)
        if item.get("type") not in {"photo", "document"}:
            raise bad_request("this server knows albums of photos and documents only")
        media = media_content(state, part, item["type"], str(item.get("media", "")))
        contents.append(media | _caption(part))
    album = {"media_group_id": str(13_000_000_000 + chat.last_message_id + state.now())}
    return [
        post_by_bot(state, chat, parameters, content | album, None).data for content in contents
    ]


def _source(state: State, parameters: Parameters, verb: str) -> StoredMessage:
    message = state.chat_of(parameters, "from_chat_id").message(parameters.integer("message_id"))
    if message is None:
        raise bad_request(f"message to {verb} not found")
    if message.service or "has_protected_content" in message.data:
        raise bad_request(f"message can't be {'copied' if verb == 'copy' else 'forwarded'}")
    return message


def copy_message(state: State, parameters: Parameters) -> JsonObject:
    """Answer copyMessage: a new message without a link to the original, keyboard dropped."""
    chat = state.open_chat(parameters)
    source = _source(state, parameters, "copy")
    content = {name: value for name, value in quoted(source).items() if name not in ENVELOPE}
    if "caption" in parameters.values and "text" not in content:
        content.pop("caption", None)
        content.pop("caption_entities", None)
        content |= _caption(parameters)
    sent = post_by_bot(state, chat, parameters, content, reply_markup(parameters))
    return {"message_id": sent.id}


def forward_message(state: State, parameters: Parameters) -> JsonObject:
    """Answer forwardMessage."""
    chat = state.open_chat(parameters)
    source = _source(state, parameters, "forward").data
    content = {name: value for name, value in source.items() if name not in ENVELOPE}
    origin = {"type": "user", "date": source["date"], "sender_user": source["from"]}
    content["forward_origin"] = source.get("forward_origin", origin)
    return post_by_bot(state, chat, parameters, content, None).data


def send_location(state: State, parameters: Parameters) -> JsonObject:
    """Answer sendLocation."""
    chat = state.open_chat(parameters)
    latitude, longitude = parameters.decimal("latitude"), parameters.decimal("longitude")
    if latitude is None or longitude is None:
        raise bad_request("latitude is empty" if latitude is None else "longitude is empty")
    if abs(latitude) > 90 or abs(longitude) > 180:
        raise bad_request("wrong location specified")
    content: JsonObject = {"location": {"latitude": latitude, "longitude": longitude}}
    return post_by_bot(state, chat, parameters, content, reply_markup(parameters)).data


def send_chat_action(state: State, parameters: Parameters) -> bool:
    """Answer sendChatAction."""
    chat = state.open_chat(parameters)
    thread_for_bot(state, chat, parameters)
    if parameters.text("action") not in CHAT_ACTIONS:
        raise bad_request("wrong parameter action in request")
    return True
