"""Finds the things that somebody wants to throw away and names them by our keys, with spaCy.

The names stand in data/waste/items.yml. People write them without umlauts ("Kuehlschrank",
"kuhlschrank"), with letters doubled or not ("Zigarete"), in pieces ("auto batterie") and with
endings; all of that is folded away or listed before spaCy's PhraseMatcher looks. Only whole words
count: the Ei in "mein" and the Fahrrad in "Fahrradkeller" are not found.

spaCy gets to see words of our list only, never a resident's: what it has seen once it keeps in
memory as long as the process lives.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import spacy
import yaml
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message
from spacy.matcher import PhraseMatcher
from spacy.tokens import Doc

from components.normaliser import strip_marks

ENTITY = "waste_item"
GERMAN = "de"
ROOT = Path(__file__).resolve().parents[1]
# Shorter words get no endings: "Ei" would become "ein", "Putz" "putzen", "Reis" "Reise".
_INFLECTED_FROM = 6
# Shorter words are not looked for in other languages: "ei" is Romanian, "lack" English.
_FOREIGN_FROM = 6
# "deo spray dose": more pieces than three were never seen.
_PIECES = 3
# Stands for every word that is in no name.
_OTHER = "_"
# A word with its marks, also where a keyboard sends letter and mark apart.
_WORD = re.compile("[^\\W_][\\w\u0300-\u036f]*")
_DOUBLED_LETTER = re.compile(r"([^\W\d])\1+")
_SPELLINGS = (("ae", "a"), ("oe", "o"), ("ue", "u"), ("ck", "k"), ("tz", "z"), ("ie", "i"))
# Asks for the colour of a bin, not for paint.
_NO_ITEMS = (
    "welche Farbe",
    "welcher Farbe",
    "welchen Farbe",
    "was für Farbe",
    "was für eine Farbe",
)
_ADJECTIVE_ENDINGS = ("", "e", "er", "es", "en", "em")


@dataclass(frozen=True)
class Found:
    """A place in the text and the item meant there; several items may share one place."""

    key: str
    start: int
    end: int
    confidence: float


@dataclass(frozen=True)
class _Word:
    """A word of the message, perhaps put together from pieces, as it is folded."""

    folded: str
    start: int
    end: int


def fold(word: str) -> str:
    """Return a word in the one spelling that all its spellings share."""
    folded = word.lower() if word.isascii() else strip_marks(word)
    for written, kept in _SPELLINGS:
        folded = folded.replace(written, kept)
    return _DOUBLED_LETTER.sub(r"\1", folded)


def inflected(word: str) -> list[str]:
    """Return a word with the endings that a German may put to it."""
    if len(word) < _INFLECTED_FROM:
        return [word]
    if word.endswith("e"):  # Batterie, alte
        endings = ("n", "r", "s", "m") if word[0].islower() else ("n",)
    elif word.endswith(("el", "er", "en")):
        endings = ("n", "s")
    else:
        endings = ("e", "en", "n", "s", "es", "er", "ern")
    return [word, *(word + ending for ending in endings)]


def as_written(name: str) -> set[tuple[str, ...]]:
    """Return the folded words of a name; "E-Bike" also as one word."""
    return {tuple(map(fold, words)) for words in _words_of(name)}


def with_endings(name: str) -> set[tuple[str, ...]]:
    """Return the folded words of a name in all its forms: "elektrischen Zahnbürsten"."""
    forms = set()
    for words in _words_of(name):
        *first, last = words
        shapes = [inflected(word) if word[0].islower() else [word] for word in first]
        forms |= {tuple(map(fold, form)) for form in product(*shapes, inflected(last))}
    return forms


def _words_of(name: str) -> list[list[str]]:
    return [_WORD.findall(name), _WORD.findall(name.replace("-", ""))]


class WasteItems:
    """The list of items, ready to be looked for."""

    def __init__(self, items: Mapping[str, Mapping[str, Any]]) -> None:
        """Hand every form of every name to spaCy's PhraseMatcher."""
        self._items_of: dict[tuple[str, ...], list[str]] = {}
        self._told_by = {
            key: frozenset(
                fold(word + ending)
                for word in item.get("told_by") or ()
                for ending in _ADJECTIVE_ENDINGS
            )
            for key, item in items.items()
        }
        self._add(items, as_written)
        # "Tabletten" is written in the list, so it is no plural of "Tablet".
        self._add(items, with_endings, but=frozenset(self._items_of))
        self._items_of |= {form: [] for name in _NO_ITEMS for form in as_written(name)}
        self._known = frozenset(word for form in self._items_of for word in form)
        self._singles = frozenset(form[0] for form in self._items_of if len(form) == 1)
        self._beginnings = frozenset(word[:3] for word in self._singles)
        self._vocab = spacy.blank(GERMAN).vocab
        # Folded words have one spelling only, so they are compared as they are.
        self._matcher = PhraseMatcher(self._vocab, attr="ORTH")
        self._matcher.add(ENTITY, [Doc(self._vocab, words=list(form)) for form in self._items_of])

    def _add(
        self,
        items: Mapping[str, Mapping[str, Any]],
        forms_of: Callable[[str], set[tuple[str, ...]]],
        but: frozenset[tuple[str, ...]] = frozenset(),
    ) -> None:
        # In the order of the list, so that of a shared name its first item comes first.
        for key, item in items.items():
            for form in set().union(*map(forms_of, item["names"])) - but:
                self._items_of.setdefault(form, []).append(key)

    @classmethod
    def read(cls, path: Path) -> "WasteItems":
        """Read the list or refuse to start without it."""
        try:
            items = yaml.safe_load(path.read_text(encoding="utf-8"))
            return cls(items)
        except (
            OSError,
            yaml.YAMLError,
            AttributeError,
            LookupError,
            TypeError,
            ValueError,
        ) as error:
            raise InvalidConfigException(f"{path}: the list of waste items is unusable") from error

    def find(self, text: str, language: str = GERMAN) -> list[Found]:
        """Return the items named in a text, in its order; of overlapping names the longest."""
        words = self._words(text)
        if not any(word.folded in self._known for word in words):
            return []
        document = Doc(
            self._vocab,
            words=[word.folded if word.folded in self._known else _OTHER for word in words],
        )
        spans = sorted(
            ((start, end) for _, start, end in self._matcher(document)),
            key=lambda span: (span[0] - span[1], span[0]),
        )
        chosen: dict[int, tuple[int, list[str]]] = {}
        taken: set[int] = set()
        hints: set[str] = set()
        said = {word.folded for word in words}
        for start, end in spans:
            form = tuple(word.folded for word in words[start:end])
            if taken.intersection(range(start, end)):
                continue
            if language != GERMAN and len("".join(form)) < _FOREIGN_FROM:
                continue
            keys, used = self._meant(self._items_of[form], said)
            chosen[start] = end, keys
            taken.update(range(start, end))
            hints |= used
        return [
            Found(key, words[start].start, words[end - 1].end, round(1 / len(keys), 2))
            for start, (end, keys) in sorted(chosen.items())
            # The fat of "a pizza box with fat" told which box; nobody throws it away apart.
            if not (end - start == 1 and words[start].folded in hints)
            for key in keys
        ]

    def _meant(self, keys: list[str], said: set[str]) -> tuple[list[str], set[str]]:
        """Return which items of one name are meant, and the words that told so."""
        if len(keys) < 2:
            return keys, set()
        told = {key: self._told_by[key] & said for key in keys}
        meant = [key for key in keys if told[key]]
        return meant or keys, set().union(*told.values())

    def _words(self, text: str) -> list[_Word]:
        """Cut a text into words, putting together what a name of ours has as one word."""
        pieces = [
            (found.group(), fold(found.group()), *found.span()) for found in _WORD.finditer(text)
        ]
        words, place = [], 0
        while place < len(pieces):
            raw, folded, start, end = pieces[place]
            used = 1
            if folded[:3] in self._beginnings or len(folded) < 3:
                for other in range(place + 1, min(place + _PIECES, len(pieces))):
                    if text[pieces[other - 1][3] : pieces[other][2]].strip(" -"):
                        break  # a comma or a full stop stands between them
                    raw += pieces[other][0]
                    together = fold(raw)
                    if together in self._singles:
                        folded, end, used = together, pieces[other][3], other - place + 1
            words.append(_Word(folded, start, end))
            place += used
        return words


# Not trainable: a changed list needs no training, only a restart or a reload of the model.
@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class WasteMatcher(GraphComponent):
    """Rasa's view of the list: adds an entity for every item named in a message."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return the settings that config.yml may override."""
        return {"items": "data/waste/items.yml"}

    def __init__(self, items: WasteItems) -> None:
        """Keep the list."""
        self._items = items

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "WasteMatcher":
        """Read the list that `items` names, from the root of the project."""
        return cls(WasteItems.read(ROOT / config["items"]))

    def process(self, messages: list[Message]) -> list[Message]:
        """Add a `waste_item` to the entities of each message for every item in it."""
        for message in messages:
            # Written by the language detector, which runs before; "other" is what it says of
            # single words that it does not know, and these are often German ones.
            language = (message.get("language") or {}).get("code", "other")
            found = self._items.find(
                message.get(TEXT) or "", GERMAN if language == "other" else language
            )
            if found:
                entities = [*(message.get(ENTITIES) or []), *_entities(found)]
                message.set(ENTITIES, entities, add_to_output=True)
        return messages


def _entities(found: Iterable[Found]) -> list[dict[str, Any]]:
    return [
        {
            "entity": ENTITY,
            "value": item.key,
            "start": item.start,
            "end": item.end,
            "confidence": item.confidence,
            "extractor": WasteMatcher.__name__,
        }
        for item in found
    ]
