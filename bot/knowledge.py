"""What the bot knows: topics, facts, contacts, languages and answers, as `data/` says them."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

#: {fact} or {phone.contact} in an answer.
PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_.]*)\}")


@dataclass(frozen=True)
class Language:
    """A language of `data/languages.yml`; `locale` is Babel's name of it."""

    code: str
    name: str
    flag: str
    direction: str
    locale: str
    owes: str
    leader: str


@dataclass(frozen=True)
class Topic:
    """A topic of `data/topics.yml`."""

    key: str
    group: str
    emoji: str
    urgent: bool
    contacts: tuple[str, ...]
    related: tuple[str, ...]
    sources: tuple[str, ...]
    certainty: str
    checked_on: date
    review_by: date


@dataclass(frozen=True)
class FactValue:
    """What a fact is worth between two days (both included; None: no end known)."""

    value: Decimal
    valid_from: date
    valid_to: date | None
    source: str
    certainty: str


@dataclass(frozen=True)
class Fact:
    """A number that law or an office sets; unit is EUR, percent or number."""

    key: str
    what: str
    unit: str
    values: tuple[FactValue, ...]

    def on(self, day: date) -> FactValue | None:
        """Return the value that holds on a day, or None where none is known to hold."""
        for value in self.values:
            if value.valid_from <= day and (value.valid_to is None or day <= value.valid_to):
                return value
        return None


@dataclass(frozen=True)
class Hours:
    """Opening hours on some days of the week (mon ... sun)."""

    days: tuple[str, ...]
    opens: str
    closes: str


@dataclass(frozen=True)
class Contact:
    """An office, helpline or group of `data/contacts.yml`."""

    key: str
    name: str
    what: str
    phone: str
    email: str
    web: str
    address: str
    always: bool
    hours: tuple[Hours, ...]
    languages: tuple[str, ...]
    free: bool | None
    certainty: str
    checked_on: date
    source: str


@dataclass(frozen=True)
class Answer:
    """A topic's text in one language: Markdown with placeholders."""

    title: str
    state: str
    short: str
    steps: str
    more: str
    source_hash: str = ""
    reviewed_by: str = ""
    reviewed_on: str = ""

    @property
    def body(self) -> str:
        """Return the whole text, for placeholders and hashes."""
        return f"{self.short}\n{self.steps}\n{self.more}"

    @property
    def hash(self) -> str:
        """Return a short fingerprint that translations carry as their `source_hash`."""
        return hashlib.sha256(f"{self.title}\n{self.body}".encode()).hexdigest()[:12]


@dataclass
class Knowledge:
    """Everything in `data/` that the bot speaks from."""

    languages: dict[str, Language] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)  # key -> emoji, in menu order
    topics: dict[str, Topic] = field(default_factory=dict)
    facts: dict[str, Fact] = field(default_factory=dict)
    contacts: dict[str, Contact] = field(default_factory=dict)
    answers: dict[tuple[str, str], Answer] = field(default_factory=dict)  # (language, topic)
    texts: dict[str, dict[str, str]] = field(default_factory=dict)  # language -> key -> text
    contact_lines: dict[str, dict[str, str]] = field(default_factory=dict)
    staff_texts: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    @property
    def spoken(self) -> list[Language]:
        """Return the languages the bot can hold a conversation in, in the picker's order."""
        return [lang for lang in self.languages.values() if lang.code in self.texts]
