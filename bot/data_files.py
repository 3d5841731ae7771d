"""Reads `data/` into what the bot knows, with every problem it meets."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from bot.knowledge import (
    Answer,
    Contact,
    Fact,
    FactValue,
    Hours,
    Knowledge,
    Language,
    Topic,
)

_FRONT = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
_PARTS = re.compile(r"^## (steps|more)[ \t]*$", re.MULTILINE)


class KnowledgeError(Exception):
    """Files in `data/` cannot be used; `problems` has all of them: `path: what, what to do`."""

    def __init__(self, problems: list[str]) -> None:
        """Take every problem that was met."""
        super().__init__("\n".join(problems))
        self.problems = problems


def load(data: Path) -> Knowledge:
    """Read all of `data/` and return it.

    Raises:
        KnowledgeError: anything cannot be read; all problems of all files at once.
    """
    found = read(data)
    if found.problems:
        raise KnowledgeError(found.problems)
    return found


def read(data: Path) -> Knowledge:
    """Read what can be read of `data/`; the rest is in `problems`, unreadable entries are None."""
    found = Knowledge()
    reader = _Reader(data, found.problems)
    for code, raw in reader.mapping("languages.yml").items():
        found.languages[code] = reader.build(
            "languages.yml", code, lambda c=code, r=raw: Language(code=c, **r)
        )
    topics = reader.mapping("topics.yml")
    found.groups = {k: str(v["emoji"]) for k, v in topics.get("groups", {}).items()}
    for key, raw in topics.get("topics", {}).items():
        found.topics[key] = reader.build("topics.yml", key, lambda k=key, r=raw: _topic(k, r))
    for key, raw in reader.mapping("facts.yml").items():
        found.facts[key] = reader.build("facts.yml", key, lambda k=key, r=raw: _fact(k, r))
    for key, raw in reader.mapping("contacts.yml").items():
        found.contacts[key] = reader.build(
            "contacts.yml", key, lambda k=key, r=raw: _contact(k, r)
        )
    for code in list(found.languages):
        folder = data / "answers" / code
        for path in sorted(folder.glob("*.md")):
            answer = reader.answer(path, code)
            if answer:
                found.answers[code, path.stem] = answer
        if (folder / "_interface.yml").exists():
            found.texts[code] = reader.texts(f"answers/{code}/_interface.yml", code)
        if (folder / "_contacts.yml").exists():
            found.contact_lines[code] = reader.texts(f"answers/{code}/_contacts.yml", code)
    found.staff_texts = reader.texts("answers/de/_staff.yml", "de")
    return found


class _Reader:
    """Reads files below `data/` and notes problems instead of stopping at the first."""

    def __init__(self, data: Path, problems: list[str]) -> None:
        self.data, self.problems = data, problems

    def mapping(self, name: str) -> dict[str, Any]:
        try:
            text = (self.data / name).read_text(encoding="utf-8")
            value = yaml.load(text, Loader=_Loader)  # noqa: S506 (it is a safe loader)
        except (OSError, UnicodeDecodeError) as error:
            self.problems.append(f"{name}: cannot be read ({error}); put the file back")
            return {}
        except yaml.YAMLError as error:
            where = " ".join(str(error).split())
            self.problems.append(f"{name}: is not valid YAML, look at this place: {where}")
            return {}
        if not isinstance(value, dict):
            self.problems.append(f"{name}: must be `key: value` lines")
            return {}
        return value

    def build(self, name: str, key: str, make: Any) -> Any:
        try:
            return make()
        except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
            self.problems.append(f"{name}: entry `{key}` is incomplete or wrong: {error!r}")
            return None

    def texts(self, name: str, language: str) -> dict[str, str]:
        raw = self.mapping(name)
        if raw.get("language") != language:
            self.problems.append(f"{name}: must say `language: {language}`; copied by mistake?")
        texts = raw.get("texts")
        if not isinstance(texts, dict):
            self.problems.append(f"{name}: needs `texts:` with one line a key")
            return {}
        return {str(k): str(v).strip() for k, v in texts.items()}

    def answer(self, path: Path, language: str) -> Answer | None:
        name = path.relative_to(self.data).as_posix()
        try:
            text = path.read_text(encoding="utf-8").replace("\r\n", "\n")
            match = _FRONT.match(text)
            front = yaml.load(match[1], Loader=_Loader) if match else None  # noqa: S506
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            self.problems.append(f"{name}: cannot be read: {' '.join(str(error).split())}")
            return None
        if match is None or not isinstance(front, dict):
            self.problems.append(f"{name}: must begin with `---`, title and state, `---`")
            return None
        if front.get("language") != language:
            self.problems.append(f"{name}: must say `language: {language}`; copied by mistake?")
        pieces = _PARTS.split(text[match.end() :])
        if pieces[1::2] != ["steps", "more"]:
            self.problems.append(f"{name}: needs `## steps` and then `## more`, each once")
            return None
        short, steps, more = (piece.strip() for piece in pieces[::2])
        return Answer(
            title=str(front.get("title", "")),
            state=str(front.get("state", "")),
            short=short,
            steps=steps,
            more=more,
            source_hash=str(front.get("source_hash", "")),
            reviewed_by=str(front.get("reviewed_by") or ""),
            reviewed_on=str(front.get("reviewed_on") or ""),
        )


class _Loader(yaml.CSafeLoader):
    """YAML that refuses a key written twice instead of silently keeping the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key_node, _value in node.value:
            if key_node.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key `{key_node.value}` stands twice", key_node.start_mark
                )
            seen.add(key_node.value)
        return super().construct_mapping(node, deep)


def _topic(key: str, raw: dict[str, Any]) -> Topic:
    return Topic(
        key=key,
        group=raw["group"],
        emoji=raw["emoji"],
        urgent=bool(raw["urgent"]),
        contacts=tuple(raw["contacts"]),
        related=tuple(raw["related"]),
        sources=tuple(raw["sources"]),
        certainty=raw["certainty"],
        checked_on=_day(raw["checked_on"]),
        review_by=_day(raw["review_by"]),
    )


def _fact(key: str, raw: dict[str, Any]) -> Fact:
    values = tuple(
        FactValue(
            value=Decimal(str(v["value"])),
            valid_from=_day(v["valid_from"]),
            valid_to=_day(v["valid_to"]) if v["valid_to"] else None,
            source=v["source"],
            certainty=v["certainty"],
        )
        for v in raw["values"]
    )
    if raw["unit"] not in {"EUR", "percent", "number"}:
        raise ValueError("unit must be EUR, percent or number")
    return Fact(key, raw["what"], raw["unit"], tuple(sorted(values, key=lambda v: v.valid_from)))


def _contact(key: str, raw: dict[str, Any]) -> Contact:
    hours = raw["hours"]
    return Contact(
        key=key,
        name=raw["name"],
        what=raw["what"],
        phone=raw["phone"] or "",
        email=raw["email"] or "",
        web=raw["web"] or "",
        address=raw["address"] or "",
        always=hours == "always",
        hours=tuple(
            Hours(tuple(h["days"]), str(h["from"]), str(h["to"]))
            for h in (hours if isinstance(hours, list) else ())
        ),
        languages=tuple(raw["languages"]),
        free=raw["free"],
        certainty=raw["certainty"],
        checked_on=_day(raw["checked_on"]),
        source=raw["source"],
    )


def _day(value: object) -> date:
    if not isinstance(value, date):
        raise ValueError(f"{value!r} is not a date such as 2026-12-31")
    return value
