"""What the checks look at: everything of `data/` and the test sentences, read once."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal

import yaml

from bot.data_files import read
from bot.knowledge import Answer, Knowledge

#: Letters that are no base letter with a mark, and the Arabic stretching sign.
_LETTERS = str.maketrans({"ı": "i", "ł": "l", "đ": "d", "ø": "o", "ـ": None})
_WORDS = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Problem:
    """One thing to put right; `language` is empty where it concerns all languages."""

    level: Literal["error", "warning"]
    language: str
    path: str
    text: str

    def __str__(self) -> str:
        """Return the line that people read."""
        return f"{self.path}: {self.text}"


def error(language: str, path: str, text: str) -> Problem:
    """Return a problem that must be solved before this goes to residents."""
    return Problem("error", language, path, text)


def warning(language: str, path: str, text: str) -> Problem:
    """Return a problem that an editor should know of."""
    return Problem("warning", language, path, text)


@dataclass(frozen=True)
class Sentence:
    """A training or test sentence; `folded` is equal for spellings that count as the same."""

    language: str
    intent: str
    text: str
    path: str
    folded: str


@dataclass
class Material:
    """Everything that was read, and the problems of reading it."""

    data: Path
    tests: Path
    today: date
    knowledge: Knowledge
    files: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    training: list[Sentence] = field(default_factory=list)
    held_out: list[Sentence] = field(default_factory=list)
    unreadable: list[Problem] = field(default_factory=list)

    def path(self, *parts: str) -> str:
        """Return the name of a file below `data/`, as an editor sees it."""
        return "/".join([self.data.name, *parts])

    def answer_path(self, language: str, topic: str) -> str:
        """Return the name of the file of an answer."""
        return self.path("answers", language, f"{topic}.md")

    def texts_path(self, language: str, name: str = "_interface") -> str:
        """Return the name of a file of short texts."""
        return self.path("answers", language, f"{name}.yml")

    def translations(self) -> Iterator[tuple[str, str, Answer, Answer]]:
        """Yield language, topic, German answer and translation wherever both are there."""
        for (language, topic), answer in self.knowledge.answers.items():
            german = self.knowledge.answers.get(("de", topic))
            if language != "de" and german:
                yield language, topic, german, answer

    def owing(self) -> list[str]:
        """Return the languages that owe every text."""
        return [lang.code for lang in self.knowledge.languages.values() if lang.owes == "all"]


Check = Callable[[Material], Iterator[Problem]]


def read_material(data: Path, tests: Path, today: date) -> Material:
    """Read everything; what cannot be read becomes a problem instead of an exception."""
    found = Material(data, tests, today, Knowledge())
    try:
        found.knowledge = read(data)
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        text = f"a file has another form than the comment at its top says ({problem!r}), mend it"
        found.unreadable.append(error("", data.name, text))
    _drop_unreadable(found)
    for path in sorted((data / "answers").glob("*/_*.yml")):
        raw = _yaml(found, path, f"{data.name}/{path.relative_to(data).as_posix()}", report=False)
        found.files[path.parent.name, path.stem] = raw
    for path in sorted((data / "nlu").glob("*/*.yml")):
        _read_training(found, path)
    for path in sorted((tests / "sentences").glob("*.yml")):
        _read_held_out(found, path)
    return found


def fold(text: str) -> str:
    """Return a sentence without case, marks and punctuation (emoji alone stay as they are)."""
    plain = unicodedata.normalize("NFKD", text.casefold()).translate(_LETTERS)
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return " ".join(_WORDS.findall(plain)) or text.strip()


def _drop_unreadable(found: Material) -> None:
    knowledge = found.knowledge
    tables: list[dict[str, Any]] = [
        knowledge.languages,
        knowledge.topics,
        knowledge.facts,
        knowledge.contacts,
    ]
    for table in tables:
        for key in [key for key, value in table.items() if value is None]:
            del table[key]


def _yaml(found: Material, path: Path, name: str, report: bool = True) -> dict[str, Any]:
    problem = "must be `key: value` lines, compare it with its neighbours"
    try:
        # CSafeLoader: 45,000 sentences in half a second.
        value = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        if isinstance(value, dict):
            return value
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as reason:
        problem = f"cannot be read, look at this place: {' '.join(str(reason).split())}"
    if report:
        found.unreadable.append(error(path.stem if "sentences" in name else "", name, problem))
    return {}


def _read_training(found: Material, path: Path) -> None:
    language = path.parent.name
    name = f"{found.data.name}/{path.relative_to(found.data).as_posix()}"
    blocks = _yaml(found, path, name).get("nlu")
    for block in blocks if isinstance(blocks, list) else []:
        intent, examples = block.get("intent"), block.get("examples")
        if not isinstance(intent, str) or not isinstance(examples, str):
            text = "a block lacks `intent:` or `examples: |`, compare it with its neighbours"
            found.unreadable.append(error(language, name, text))
            continue
        said = (block.get("metadata") or {}).get("language")
        if said != language:
            text = f"{intent} says `language: {said}`, write `language: {language}` or move it"
            found.unreadable.append(error(language, name, text))
        for line in examples.splitlines():
            text = line.strip().removeprefix("-").strip()
            if text:
                found.training.append(Sentence(language, intent, text, name, fold(text)))


def _read_held_out(found: Material, path: Path) -> None:
    language = path.stem
    name = f"{found.tests.name}/sentences/{path.name}"
    raw = _yaml(found, path, name)
    if raw and raw.get("language") != language:
        text = f"says `language: {raw.get('language')}`, write `language: {language}` or rename it"
        found.unreadable.append(error(language, name, text))
    sentences = raw.get("sentences")
    for intent, texts in (sentences if isinstance(sentences, dict) else {}).items():
        for text in map(str, texts or []):
            found.held_out.append(Sentence(language, str(intent), text, name, fold(text)))
