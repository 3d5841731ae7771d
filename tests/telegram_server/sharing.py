"""People share pictures, voice, places and the like, edit, react and use the reply keyboard."""

from __future__ import annotations

from typing import Any

from .entities import automatic_entities
from .errors import SimulationError
from .media import names, store, store_document, store_photo
from .messages import text_content
from .parameters import JsonObject, Upload
from .seen import SeenMessage, seen
from .simulation import Simulation

PICTURE = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x03\x20\x00\x00\x02\x58\x08\x02\x00\x00\x00"
)
"""The start of an 800 x 600 PNG, enough wherever nobody looks at the picture."""
SPEECH = b"OggS\x00\x02" + bytes(200)
"""The start of an OGG file, enough wherever nobody listens."""


def _caption(text: str) -> JsonObject:
    return text_content(text, automatic_entities(text), "caption")


class Sharing(Simulation):
    """Everything beyond plain text; `where` takes chat, thread and reply_to as `say` does."""

    async def send_photo(
        self, user: int, content: bytes = PICTURE, caption: str = "", **where: Any
    ) -> SeenMessage:
        """Send a picture."""
        sizes = store_photo(self.state, Upload("photo.jpg", content, "image/jpeg"))
        return self._send(user, {"photo": sizes} | _caption(caption), **where)

    async def send_album(
        self, user: int, contents: list[bytes] | int = 2, caption: str = "", **where: Any
    ) -> list[SeenMessage]:
        """Send several pictures at once: one message each, with one media_group_id."""
        pictures = [PICTURE] * contents if isinstance(contents, int) else contents
        group = {"media_group_id": str(13_500_000_000 + len(self.state.files))}
        sent = []
        for number, content in enumerate(pictures):
            sizes = store_photo(self.state, Upload("photo.jpg", content, "image/jpeg"))
            words = _caption(caption) if number == 0 else {}
            sent.append(self._send(user, {"photo": sizes} | group | words, **where))
        return sent

    async def send_voice(
        self, user: int, content: bytes = SPEECH, duration: int = 3, **where: Any
    ) -> SeenMessage:
        """Send a voice message."""
        details = {"duration": duration, "mime_type": "audio/ogg"}
        file = store(self.state, "voice", Upload("voice.oga", content, "audio/ogg"), details)
        return self._send(user, {"voice": names(file) | details}, **where)

    async def send_document(
        self,
        user: int,
        content: bytes = b"%PDF-1.4 test",
        file_name: str = "letter.pdf",
        mime_type: str = "application/pdf",
        caption: str = "",
        **where: Any,
    ) -> SeenMessage:
        """Send a file."""
        document = store_document(self.state, Upload(file_name, content, mime_type))
        return self._send(user, {"document": document} | _caption(caption), **where)

    async def send_sticker(self, user: int, emoji: str = "👍", **where: Any) -> SeenMessage:
        """Send a sticker."""
        details = {
            "type": "regular",
            "width": 512,
            "height": 512,
            "is_animated": False,
            "is_video": False,
            "emoji": emoji,
        }
        upload = Upload("sticker.webp", b"RIFF" + emoji.encode(), "image/webp")
        file = store(self.state, "sticker", upload, details)
        return self._send(user, {"sticker": names(file) | details}, **where)

    async def send_location(
        self, user: int, latitude: float = 51.2562, longitude: float = 7.1508, **where: Any
    ) -> SeenMessage:
        """Send a place."""
        place = {"latitude": latitude, "longitude": longitude}
        return self._send(user, {"location": place}, **where)

    async def send_contact(
        self,
        user: int,
        phone_number: str = "+4920212345",
        first_name: str = "",
        contact_of: int | None = None,
        **where: Any,
    ) -> SeenMessage:
        """Send a telephone number; `contact_of` is the user whose number it is."""
        name = first_name or self._user(user).first_name
        contact: JsonObject = {"phone_number": phone_number, "first_name": name}
        if contact_of is not None:
            contact["user_id"] = contact_of
        return self._send(user, {"contact": contact}, **where)

    async def send_poll(
        self, user: int, question: str = "?", options: list[str] | None = None, **where: Any
    ) -> SeenMessage:
        """Send a poll."""
        choices = [
            {"persistent_id": str(number), "text": text, "voter_count": 0}
            for number, text in enumerate(options or ["1", "2"])
        ]
        poll = {
            "id": str(5_400_000_000 + len(self.state.presses)),
            "question": question,
            "options": choices,
            "total_voter_count": 0,
            "is_closed": False,
            "is_anonymous": True,
            "type": "regular",
            "allows_multiple_answers": False,
            "allows_revoting": True,
            "members_only": False,
        }
        return self._send(user, {"poll": poll}, **where)

    async def edit(
        self, user: int, message: int, text: str, chat: int | None = None
    ) -> SeenMessage:
        """Edit an own message; with media the text becomes the caption."""
        stored = self._chat(user, chat).message(message)
        if stored is None or stored.data["from"]["id"] != user:
            raise SimulationError(f"message {message} is not one that user {user} may edit")
        name = "text" if "text" in stored.data else "caption"
        stored.data.pop("entities" if name == "text" else "caption_entities", None)
        stored.data |= text_content(text, automatic_entities(text), name)
        stored.data["edit_date"] = self.state.now()
        self._tell_bot(stored, "edited_message")
        return seen(stored)

    async def delete(self, user: int, message: int, chat: int | None = None) -> None:
        """Delete a message for everyone, of which Telegram tells the bot nothing."""
        stored = self._chat(user, chat).message(message)
        if stored is None:
            raise SimulationError(f"message {message} is not on the screen")
        stored.deleted = True
        self.log.changed()

    async def react(
        self, user: int, message: int, emoji: str | None, chat: int | None = None
    ) -> None:
        """Set or (None) take back a reaction."""
        there = self._chat(user, chat)
        stored = there.message(message)
        if stored is None:
            raise SimulationError(f"message {message} is not on the screen")
        before = stored.reactions.get(user, [])
        after = [] if emoji is None else [{"type": "emoji", "emoji": emoji}]
        stored.reactions[user] = after
        change = {
            "chat": there.as_json(),
            "message_id": message,
            "user": self._user(user).as_json(),
            "date": self.state.now(),
            "old_reaction": before,
            "new_reaction": after,
        }
        self._emit("message_reaction", change)

    def keyboard(self, chat: int) -> list[list[JsonObject]]:
        """Return the reply keyboard that stands below the chat now."""
        for message in reversed(self.state.chats[chat].messages.values()):
            if message.keyboard and not message.deleted:
                rows: list[list[JsonObject]] = message.keyboard.get("keyboard", [])
                return rows
        return []

    async def tap_keyboard(self, user: int, button: str, chat: int | None = None) -> SeenMessage:
        """Press a button of the reply keyboard: its words are sent, or contact or place."""
        rows = self.keyboard(self._chat(user, chat).id)
        texts = [entry["text"] for row in rows for entry in row]
        if button not in texts:
            raise SimulationError(f"the keyboard has no button {button!r}, only {texts}")
        pressed = next(entry for row in rows for entry in row if entry["text"] == button)
        if pressed.get("request_contact"):
            return await self.send_contact(user, contact_of=user, chat=chat)
        if pressed.get("request_location"):
            return await self.send_location(user, chat=chat)
        return await self.say(user, button, chat=chat)
