"""Checks that the German answers stay easy to read; the translations follow them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.data_check.contents import shown
from bot.data_check.material import Material, Problem, warning

#: First Wiener Sachtextformel: the school year that understands a text, from 4 (very easy) to 15.
#: The texts are for people with little schooling, so primary school (4) is the aim. Two years
#: are allowed on top since long office words such as "Krankenversicherung" must stay, because
#: they stand on the door and on the letter.
HARDEST = 6.0

_NOT_AN_END = re.compile(r"(?<=\d)[.,](?=\d)|(?<=\d)\.(?= )")
_LINE_END = re.compile(r"[ :]*$(?<![.!?])", re.MULTILINE)


def readability(material: Material) -> Iterator[Problem]:
    """An answer is not harder than the sixth school year."""
    # Here and not above: textstat brings nltk, which takes half a second.
    import textstat  # type: ignore[import-untyped]

    # English would download a dictionary; German counts syllables by a packaged list.
    textstat.set_lang("de_DE")
    for (language, topic), answer in material.knowledge.answers.items():
        if language != "de":
            continue
        text = sentences(shown(material, answer.body, "de"))
        level = float(textstat.wiener_sachtextformel(text, 1))
        if level > HARDEST:
            advice = f"reads like school year {level:.1f}, more than {HARDEST:.0f}"
            yield warning(
                "de",
                material.answer_path("de", topic),
                f"{advice}: use shorter sentences and words",
            )


def sentences(text: str) -> str:
    """Return a text in which only sentences end in a full stop, and every line does."""
    text = re.sub(r"^(\d+\.|-)\s+", "", text, flags=re.MULTILINE)
    text = _NOT_AN_END.sub("", text)
    return "\n".join(_LINE_END.sub(".", line, count=1) for line in text.splitlines() if line)
