"""The few types that travel between the doors (Telegram, web) and the conversation."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from bot.models import Case

Kind = Literal[
    "text",
    "button",
    "command",
    "voice",
    "photo",
    "file",
    "location",
    "sticker",
    "other",
    "blocked",
]


@dataclass(frozen=True, slots=True)
class Incoming:
    """What a resident did, without anything that names them.

    `value` is the text, the callback data of a button or the name of a command. `message_id`
    is Telegram's, so that photos and voice messages can be passed on without being stored.
    """

    kind: Kind
    value: str = ""
    message_id: int = 0
    language_code: str = ""
    edited: bool = False
    album: str = ""  # Telegram's media_group_id: photos that were sent together

    def to_json(self) -> dict[str, Any]:
        """Return plain data for the inbox."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class StaffMessage:
    """What a caseworker wrote in the staff group.

    `thread` is the forum topic, `reply_to` the message replied to (0: none); `kind` is `text`,
    `command` (value without slash), `media`, `edited` or `moved` (value: the group's new id).
    """

    kind: Literal["text", "command", "media", "edited", "moved"]
    value: str
    message_id: int
    thread: int = 0
    reply_to: int = 0

    def to_json(self) -> dict[str, Any]:
        """Return plain data for the inbox."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Button:
    """A button under a message; `data` is at most 64 bytes (Bot API, InlineKeyboardButton)."""

    label: str
    data: str


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to a resident: Markdown text with **bold** and [links](https://...), and buttons.

    `plain` follows the text and is shown as typed: what a person wrote is never obeyed as markup.
    `copy_from` names a message of the staff group that is passed on instead of a text.
    """

    text: str = ""
    buttons: tuple[tuple[Button, ...], ...] = ()
    plain: str = ""
    copy_from: int = 0

    def to_json(self) -> dict[str, Any]:
        """Return plain data for the outbox."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Outgoing:
        """Build the message again from what `to_json` gave."""
        rows = tuple(tuple(Button(**b) for b in row) for row in data["buttons"])
        return cls(data["text"], rows, data["plain"], data["copy_from"])


@dataclass(frozen=True, slots=True)
class ToStaff:
    """A message about a case to the caseworkers: a text, or a message of the resident to copy.

    `reaction_to` puts a thumb on the caseworker's message instead (it has been passed on);
    `opens` posts the case's header, `closes` closes the forum topic after it; `keeps_case` is
    False when the case's row is being deleted. `thread` and `header` say where it goes then.
    """

    text: str = ""
    copy_message: int = 0
    reaction_to: int = 0
    opens: bool = False
    closes: bool = False
    keeps_case: bool = True
    thread: int = 0
    header: int = 0

    def to_json(self) -> dict[str, Any]:
        """Return plain data for the outbox."""
        return asdict(self)


@dataclass(slots=True)
class Turn:
    """What handling one incoming message leads to; written in one transaction."""

    out: list[Outgoing] = field(default_factory=list)
    staff: list[ToStaff] = field(default_factory=list)
    case: Case | None = None  # whom `staff` is about
    forget: bool = False  # delete everything about the resident with it
