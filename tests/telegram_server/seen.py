"""Messages as a person sees them in the app: after edits, without what was deleted."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field

from .parameters import JsonObject
from .state import StoredMessage

MEDIA_KINDS = (
    "photo", "voice", "audio", "video", "animation", "document", "sticker", "location",
    "contact", "poll",
)  # fmt: skip


@dataclass(frozen=True)
class Button:
    """A button below a message."""

    text: str
    data: str | None = None
    url: str | None = None


@dataclass(frozen=True)
class SeenMessage:
    """One message on the screen; `text` is the caption where there is media."""

    message_id: int
    sender_id: int
    sender_name: str
    by_bot: bool
    kind: str
    text: str
    buttons: list[list[Button]] = field(default_factory=list)
    keyboard: list[list[str]] = field(default_factory=list)
    thread: int | None = None
    reply_to: int | None = None
    file_id: str | None = None
    edited: bool = False
    reactions: list[str] = field(default_factory=list)
    data: JsonObject = field(default_factory=dict)

    def button_texts(self) -> list[str]:
        """Return the words on all inline buttons."""
        return [button.text for row in self.buttons for button in row]


def seen(message: StoredMessage) -> SeenMessage:
    """Turn a stored message into what the screen shows."""
    data = message.data
    rows = data.get("reply_markup", {}).get("inline_keyboard", [])
    keyboard = (message.keyboard or {}).get("keyboard", [])
    return SeenMessage(
        message_id=message.id,
        sender_id=data["from"]["id"],
        sender_name=data["from"]["first_name"],
        by_bot=message.by_bot,
        kind=_kind(message),
        text=str(data.get("text", data.get("caption", ""))),
        buttons=[
            [Button(b["text"], b.get("callback_data"), b.get("url")) for b in row] for row in rows
        ],
        keyboard=[[button["text"] for button in row] for row in keyboard],
        thread=message.thread,
        reply_to=data.get("reply_to_message", {}).get("message_id"),
        file_id=_file_id(data),
        edited="edit_date" in data,
        reactions=[
            str(reaction.get("emoji", reaction.get("custom_emoji_id")))
            for given in message.reactions.values()
            for reaction in given
        ],
        data=copy.deepcopy(data),
    )


def _kind(message: StoredMessage) -> str:
    if message.service:
        return "service"
    return next((kind for kind in MEDIA_KINDS if kind in message.data), "text")


def _file_id(data: JsonObject) -> str | None:
    for kind in MEDIA_KINDS:
        media = data.get(kind)
        if isinstance(media, list):
            media = media[-1]
        if isinstance(media, dict) and "file_id" in media:
            return str(media["file_id"])
    return None
