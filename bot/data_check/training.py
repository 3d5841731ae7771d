"""Checks the training sentences and that the test sentences are really unseen.

All languages train one classifier, so a sentence may have only one meaning in all of them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from rapidfuzz import fuzz, process

from bot.data_check.material import Material, Problem, Sentence, error, warning

#: Sentences of `other` teach the language detector only.
OTHER = "other"
FEWEST_TOPIC, FEWEST_DIALOGUE, FEWEST_OUT_OF_SCOPE = 45, 25, 220
#: From 90 % of equal letters on, the pairs found differed in an article or an ending only; below,
#: misspellings come in that are wanted ("kauzion" beside "kaution").
ALIKE = 90
#: In shorter ones a single letter is already another word.
SHORTEST_ALIKE = 20


def known_intents(material: Material) -> Iterator[Problem]:
    """Every sentence belongs to a topic or to a kind of talk."""
    known = material.knowledge.topics.keys() | _dialogue(material)
    found = {(s.language, s.path, s.intent) for s in material.training + material.held_out}
    for language, path, intent in sorted(found):
        if intent not in known:
            text = f"`{intent}` is neither a topic nor in _dialogue.yml, correct the name"
            yield error(language, path, text)


def same_sentence(material: Material) -> Iterator[Problem]:
    """A sentence stands only once in an intent."""
    for (language, _intent), sentences in _by_intent(material.training).items():
        seen: dict[str, Sentence] = {}
        for sentence in sentences:
            first = seen.setdefault(sentence.folded, sentence)
            if first is not sentence:
                text = f"«{sentence.text}» repeats «{first.text}», replace one"
                yield warning(language, sentence.path, text)


def near_duplicates(material: Material) -> Iterator[Problem]:
    """Sentences that differ in a letter or two teach nothing new."""
    for (language, _intent), sentences in _by_intent(material.training).items():
        long = {s.folded: s for s in sentences if len(s.folded) >= SHORTEST_ALIKE}
        folded = list(long)
        for index, text in enumerate(folded):
            rest = folded[index + 1 :]
            for other, _score, _index in process.extract(
                text, rest, scorer=fuzz.ratio, score_cutoff=ALIKE, limit=None
            ):
                pair = f"«{long[other].text}» is nearly «{long[text].text}»"
                yield warning(language, long[other].path, f"{pair}, replace one")


def two_intents(material: Material) -> Iterator[Problem]:
    """A sentence has one meaning only."""
    seen: dict[str, Sentence] = {}
    for sentence in material.training:
        first = seen.setdefault(sentence.folded, sentence)
        if first.intent != sentence.intent and OTHER not in {first.language, sentence.language}:
            text = f"«{sentence.text}» of {sentence.intent} is also in {first.intent}"
            where = f" ({first.path})" if first.path != sentence.path else ""
            yield error(sentence.language, sentence.path, f"{text}{where}, keep it in one")


def held_out(material: Material) -> Iterator[Problem]:
    """A test sentence that was trained on proves nothing."""
    trained: dict[str, Sentence] = {}
    for sentence in material.training:
        trained.setdefault(sentence.folded, sentence)
    for sentence in material.held_out:
        twin = trained.get(sentence.folded)
        if twin:
            text = f"«{sentence.text}» stands in {twin.path} too, write another here"
            yield error(sentence.language, sentence.path, text)


def counts(material: Material) -> Iterator[Problem]:
    """Every intent has enough sentences to be learned in every language."""
    number = Counter((sentence.language, sentence.intent) for sentence in material.training)
    fewest = dict.fromkeys(material.knowledge.topics, FEWEST_TOPIC)
    fewest |= dict.fromkeys(sorted(_dialogue(material)), FEWEST_DIALOGUE)
    fewest["out_of_scope"] = FEWEST_OUT_OF_SCOPE
    for language in material.knowledge.languages:
        for intent, least in fewest.items():
            if number[language, intent] < least:
                name = intent if intent in material.knowledge.topics else "_dialogue"
                path = material.path("nlu", language, f"{name}.yml")
                text = f"`{intent}` has {number[language, intent]} sentences, write {least}"
                yield warning(language, path, text)


def _by_intent(sentences: Iterable[Sentence]) -> dict[tuple[str, str], list[Sentence]]:
    groups: dict[tuple[str, str], list[Sentence]] = defaultdict(list)
    for sentence in sentences:
        groups[sentence.language, sentence.intent].append(sentence)
    return groups


def _dialogue(material: Material) -> set[str]:
    """Return the intents of German talk, which are those of every language."""
    path = material.path("nlu", "de", "_dialogue.yml")
    return {sentence.intent for sentence in material.training if sentence.path == path}
