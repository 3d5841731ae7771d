"""Takes out of a text what cannot be seen: control, direction and zero-width characters."""

from __future__ import annotations

import unicodedata

from bot.messages import Incoming


def cleaned(incoming: Incoming) -> Incoming:
    """Return a message whose text is empty if nothing in it can be seen."""
    if incoming.kind != "text":
        return incoming
    kept = "".join(
        character
        for character in unicodedata.normalize("NFC", incoming.value)
        # Cf holds direction overrides and zero-width floods; the joiners shape Arabic words.
        if character == "\n"
        or character in "\u200c\u200d"
        or unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co"}
    )
    if not kept.strip("\u200c\u200d \n\t"):
        kept = ""
    return Incoming(
        "text", kept.strip(), incoming.message_id, incoming.language_code, incoming.edited
    )
