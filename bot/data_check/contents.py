"""Checks each text by itself: lengths, values, links, titles, states."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from urllib.parse import parse_qsl, urlsplit

from bot.data_check.material import Material, Problem, error, warning
from bot.formats import format_fact
from bot.knowledge import PLACEHOLDER, Answer

#: What fits on the screen of an old phone without scrolling, together with the steps.
LONGEST_SHORT = 450
LONGEST_TITLE = 40
#: Longer labels are cut off on narrow phones.
LONGEST_BUTTON = 32
#: Ours; Telegram itself takes up to 256 characters (Bot API, BotCommand) but cuts what it shows.
LONGEST_COMMAND = 60
STATES = ("draft", "machine", "reviewed", "outdated")
#: Interface texts that are labels of buttons, besides button_* and group_*.
BUTTONS = (
    "case_cancel",
    "case_end",
    "consent_agree",
    "consent_emergency",
    "consent_privacy",
    "delete_no",
    "delete_yes",
    "offer_language_yes",
)

_STEP = re.compile(r"^\d+\.\s", re.MULTILINE)
_LINK = re.compile(r"\[([^\]]*)\]\(([^)]*)\)")
_BARE = re.compile(r"(?:https?://|www\.)[^\s)\]]+")
_TRACKING = re.compile(r"utm_.*|fbclid|gclid|dclid|msclkid|yclid|igshid|mc_[ce]id|_hsenc|_hsmi")
_UNIT = (
    r"(?:€|%|٪|(?:euros?|eur|prozent|percent|per cent|per cento|por ciento|procent\w*|"
    r"евро|процент\w*|ευρώ|τοις εκατό|avro|يورو|بالمئة|بالمائة|في المئة|في المائة)\b)"
)
_AMOUNT = re.compile(rf"\d[\d.,]*\s*{_UNIT}|(?:[€%٪]|\byüzde)\s*\d[\d.,]*", re.IGNORECASE)


def step_count(answer: Answer) -> int:
    """Return how many numbered steps an answer has."""
    return len(_STEP.findall(answer.steps))


def link_targets(text: str) -> list[str]:
    """Return the addresses that a text leads to, in Markdown links and bare."""
    targets = [match[2] for match in _LINK.finditer(text)]
    return targets + _BARE.findall(_LINK.sub("", text))


def shown(material: Material, text: str, language: str) -> str:
    """Return a text as residents read it, each value as long as it ever is."""
    knowledge = material.knowledge

    def longest(match: re.Match[str]) -> str:
        name = match[1]
        contact = knowledge.contacts.get(name.removeprefix("phone."))
        if name.startswith("phone.") and contact:
            return contact.phone
        fact = knowledge.facts.get(name)
        locale = knowledge.languages[language].locale
        values = [format_fact(fact.unit, value, locale) for value in fact.values] if fact else []
        return max(values, key=len, default="")

    return PLACEHOLDER.sub(longest, _LINK.sub(r"\1", text).replace("**", ""))


def unknown_placeholders(material: Material) -> Iterator[Problem]:
    """Every {word} of an answer is a fact or the phone number of a contact that has one."""
    knowledge = material.knowledge
    phones = {f"phone.{key}" for key, contact in knowledge.contacts.items() if contact.phone}
    for (language, topic), answer in knowledge.answers.items():
        for name in sorted({*PLACEHOLDER.findall(answer.body)} - knowledge.facts.keys() - phones):
            where = "a contact with a phone number" if name.startswith("phone.") else "a fact"
            text = f"{{{name}}} is not {where}, add or correct it"
            yield error(language, material.answer_path(language, topic), text)


def stray_braces(material: Material) -> Iterator[Problem]:
    """A misspelt placeholder would be shown with its braces."""
    for (language, topic), answer in material.knowledge.answers.items():
        rest = PLACEHOLDER.sub("", answer.body)
        if PLACEHOLDER.search(answer.title) or {"{", "}"} & set(answer.title + rest):
            text = "has a brace that is no {placeholder}, correct or remove it"
            yield error(language, material.answer_path(language, topic), text)


def short_answers(material: Material) -> Iterator[Problem]:
    """The short answer is there and short, whatever values it gets."""
    for (language, topic), answer in material.knowledge.answers.items():
        path = material.answer_path(language, topic)
        length = len(shown(material, answer.short, language))
        if not length:
            yield error(language, path, "has no short answer, write it above `## steps`")
        if length > LONGEST_SHORT:
            text = f"short answer has {length} characters, cut it to {LONGEST_SHORT}"
            yield error(language, path, text)


def number_of_steps(material: Material) -> Iterator[Problem]:
    """Two to four steps can be kept in mind."""
    for (language, topic), answer in material.knowledge.answers.items():
        if not 2 <= step_count(answer) <= 4:
            text = f"has {step_count(answer)} numbered steps, write 2 to 4"
            yield error(language, material.answer_path(language, topic), text)


def titles(material: Material) -> Iterator[Problem]:
    """Titles are there, fit on a button and are unlike each other within a language."""
    seen: dict[tuple[str, str], str] = {}
    for (language, topic), answer in material.knowledge.answers.items():
        path, title = material.answer_path(language, topic), answer.title.strip()
        if not title or title == "None":
            yield error(language, path, "has no title, write `title:` at the top")
            continue
        if len(title) > LONGEST_TITLE:
            text = f"title has {len(title)} characters, cut it to {LONGEST_TITLE}"
            yield error(language, path, text)
        first = seen.setdefault((language, title.casefold()), topic)
        if first != topic:
            yield error(language, path, f"has the title of {first}.md, choose another")


def buttons(material: Material) -> Iterator[Problem]:
    """Labels of buttons are short."""
    for language, texts in material.knowledge.texts.items():
        for key, text in texts.items():
            is_button = key.startswith(("button_", "group_")) or key in BUTTONS
            if is_button and len(text) > LONGEST_BUTTON:
                problem = f"`{key}` has {len(text)} characters, cut it to {LONGEST_BUTTON}"
                yield warning(language, material.texts_path(language), problem)


def commands(material: Material) -> Iterator[Problem]:
    """Lines of Telegram's list of commands are short."""
    for language, texts in material.knowledge.texts.items():
        for key, text in texts.items():
            if key.startswith("command_") and len(text) > LONGEST_COMMAND:
                problem = f"`{key}` has {len(text)} characters, cut it to {LONGEST_COMMAND}"
                yield error(language, material.texts_path(language), problem)


def links(material: Material) -> Iterator[Problem]:
    """Links are complete, encrypted and tell nobody who sent the reader."""
    for language, path, text in _all_texts(material):
        if "](" in _LINK.sub("", text) or re.search(r"\[[^\]]*\]\s+\(", text):
            yield error(language, path, "has an incomplete link, write [text](https://...)")
        for url in link_targets(text):
            wrong = _wrong_link(url)
            if wrong:
                yield error(language, path, f"link {url or '()'} {wrong}")


def typed_amounts(material: Material) -> Iterator[Problem]:
    """Money and percent come from facts.yml, so that they change in one place."""
    for (language, topic), answer in material.knowledge.answers.items():
        text = _LINK.sub(r"\1", f"{answer.title}\n{answer.body}")
        for match in _AMOUNT.finditer(PLACEHOLDER.sub("_", text)):
            problem = f"«{match[0]}» is typed, use a {{placeholder}} from facts.yml"
            yield error(language, material.answer_path(language, topic), problem)


def states(material: Material) -> Iterator[Problem]:
    """Every text says who has seen it; a reviewed one by whom and when."""
    entries = [
        (
            language,
            material.answer_path(language, topic),
            answer.state,
            answer.reviewed_by,
            answer.reviewed_on,
        )
        for (language, topic), answer in material.knowledge.answers.items()
    ]
    for (language, name), raw in material.files.items():
        by, on = str(raw.get("reviewed_by") or ""), str(raw.get("reviewed_on") or "")
        path = material.texts_path(language, name)
        entries.append((language, path, str(raw.get("state", "")), by, on))
    for language, path, state, by, on in entries:
        if state not in STATES:
            text = f"has the state «{state}», choose one of {', '.join(STATES)}"
            yield error(language, path, text)
        elif state == "reviewed" and not by.strip():
            yield error(language, path, "is reviewed by nobody, add `reviewed_by: name`")
        if state == "reviewed" and not _is_past_day(on, material.today):
            text = f"is reviewed on «{on}», write a past day as `reviewed_on: 2026-12-31`"
            yield error(language, path, text)


def _all_texts(material: Material) -> Iterator[tuple[str, str, str]]:
    knowledge = material.knowledge
    for (language, topic), answer in knowledge.answers.items():
        yield language, material.answer_path(language, topic), answer.body
    for name, table in (("_interface", knowledge.texts), ("_contacts", knowledge.contact_lines)):
        for language, texts in table.items():
            for text in texts.values():
                yield language, material.texts_path(language, name), text
    for contact in knowledge.contacts.values():
        if contact.web:
            yield "", material.path("contacts.yml"), f"[{contact.key}]({contact.web})"


def _wrong_link(url: str) -> str:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return "is no address, correct it"
    if parts.scheme != "https":
        return "does not begin with https://, correct it"
    if not re.fullmatch(r"(?:[\w-]+\.)+[a-z-]{2,}", host) or re.search(r"[\s<>\"{}]", url):
        return "is no address, correct it"
    tracking = [key for key, _ in parse_qsl(parts.query, True) if _TRACKING.fullmatch(key)]
    return f"tells who sent the reader, remove {', '.join(tracking)}" if tracking else ""


def _is_past_day(text: str, today: date) -> bool:
    try:
        return date.fromisoformat(text) <= today
    except ValueError:
        return False
