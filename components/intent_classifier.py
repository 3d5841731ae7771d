"""Recognises what a message is about, in all languages with one model, and when to ask back."""

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, METADATA, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from components import ngram_model, normaliser, sentence_vectors
from components.intents import DIALOGUE, OUT_OF_SCOPE
from components.ngram_model import NgramModel, Ranking, char_ngrams, word_ngrams

logger = logging.getLogger(__name__)

FALLBACK = "nlu_fallback"
# Sentences of this language teach the language detector only.
OTHER_LANGUAGE = "other"
_FILE = "intents.npz"
# 2-5 and 3-6 are the same within noise; 2-5 is smaller. Words carry single telling terms.
BLOCKS = (char_ngrams(2, 5), word_ngrams)


@dataclass(frozen=True)
class Thresholds:
    """When an answer is given and when a question is asked; the reasons are in config.yml."""

    unsure_below: float
    margin_below: float
    ours_ratio: float
    urgent_floor: float
    urgent: frozenset[str]


def train(
    texts: Sequence[str], intents: Sequence[str], languages: Sequence[str], keep: int
) -> NgramModel:
    """Train the intent model on raw texts; the language is empty where nobody knows it."""
    skeletons = [normaliser.skeleton(*pair) for pair in zip(texts, languages, strict=True)]
    vectors = sentence_vectors.vectors(texts, languages)
    return NgramModel(BLOCKS).fit(skeletons, intents, keep, vectors=vectors)


def rank(
    model: NgramModel, text: str, language: str = "", limit: int = 10
) -> "tuple[Ranking, int]":
    """Rank the intents of a raw text; the second value counts its known n-grams."""
    vector = sentence_vectors.vectors([text], [language])[0]
    return model.rank(normaliser.skeleton(text, language), limit, vector)


def decide(ranking: Ranking, thresholds: Thresholds) -> str:
    """Return the intent to act on: the first, an urgent one near the top, or the fallback."""
    if not ranking:
        return FALLBACK
    name, confidence = ranking[0]
    second, next_confidence = ranking[1] if len(ranking) > 1 else ("", 0.0)
    margin = confidence - next_confidence
    if {name, second} <= DIALOGUE - {OUT_OF_SCOPE}:
        # Surely talk, be it thanks or praise: a question that offers topics would miss the point.
        confidence = margin = confidence + next_confidence
    not_ours = 0.0 if name == OUT_OF_SCOPE else dict(ranking).get(OUT_OF_SCOPE, 0.0)
    if (
        confidence >= thresholds.unsure_below
        and margin >= thresholds.margin_below
        and confidence >= thresholds.ours_ratio * not_ours
    ):
        return name
    # Unsure. Somebody in need must not be asked to choose from a list first.
    for name, confidence in ranking[:3]:
        if name in thresholds.urgent and confidence >= thresholds.urgent_floor:
            return name
    return FALLBACK


def language_of(example: Message) -> str | None:
    """Return the language that the training file of an example names."""
    return ((example.get(METADATA) or {}).get(INTENT) or {}).get("language")


def source_hash(*modules: Any) -> str:
    """Hash the source of modules: Rasa's cache only watches the component's own class."""
    digest = hashlib.sha256()
    for module in modules:
        digest.update(Path(module.__file__).read_bytes())
    return digest.hexdigest()


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class SkeletonIntentClassifier(IntentClassifier, GraphComponent):
    """Rasa's view of the intent model: trains, stores, ranks and decides."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return the settings that config.yml may override."""
        return {
            "ranking_length": 10,
            "keep_ngrams": 450_000,
            "unsure_below": 0.4,
            "margin_below": 0.1,
            "ours_ratio": 12,
            "urgent_intents": [],
            "urgent_floor": 0.15,
        }

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        model: NgramModel | None = None,
    ) -> None:
        """Keep the settings; `model` is None until trained or loaded."""
        self._config = config
        self._model_storage = model_storage
        self._resource = resource
        self._model = model
        self._thresholds = Thresholds(
            float(config["unsure_below"]),
            float(config["margin_below"]),
            float(config["ours_ratio"]),
            float(config["urgent_floor"]),
            frozenset(config["urgent_intents"]),
        )

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "SkeletonIntentClassifier":
        """Create the untrained component."""
        return cls(config, model_storage, resource)

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Make Rasa retrain when the folding or the model code changed."""
        return source_hash(normaliser, ngram_model, sentence_vectors)

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Refuse thresholds that are no probabilities."""
        for key in ("unsure_below", "margin_below", "urgent_floor"):
            if key in config and not 0 <= float(config[key]) <= 1:
                raise InvalidConfigException(f"config.yml: {key} must lie between 0 and 1")

    def train(self, training_data: TrainingData) -> Resource:
        """Train on every example except those of languages that are not ours."""
        examples = [
            example
            for example in training_data.intent_examples
            if example.get(TEXT) and language_of(example) != OTHER_LANGUAGE
        ]
        texts = [example.get(TEXT) for example in examples]
        unknown = set(self._config["urgent_intents"]) - {e.get(INTENT) for e in examples}
        if unknown:
            logger.warning("urgent_intents without training examples: %s", sorted(unknown))
        intents = [example.get(INTENT) for example in examples]
        languages = [language_of(example) or "" for example in examples]
        self._model = train(texts, intents, languages, self._config["keep_ngrams"])
        with self._model_storage.write_to(self._resource) as folder:
            step = max(1, len(texts) // 12)
            self._model.save(folder / _FILE, [normaliser.skeleton(t) for t in texts[::step]])
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "SkeletonIntentClassifier":
        """Load the trained model or fail: an untrained classifier must never serve."""
        sentence_vectors.warm_up()
        with model_storage.read_from(resource) as folder:
            return cls(config, model_storage, resource, NgramModel.load(folder / _FILE, BLOCKS))

    def process(self, messages: list[Message]) -> list[Message]:
        """Set `intent` and `intent_ranking` of each message."""
        if self._model is None:
            raise RuntimeError("the intent classifier is not trained")
        for message in messages:
            # Written by the language detector, which runs before.
            language = (message.get("language") or {}).get("code", "")
            ranking, known = rank(
                self._model, message.get(TEXT) or "", language, self._config["ranking_length"]
            )
            if not known:  # nothing was read, so there is nothing to rank
                ranking = []
            chosen = decide(ranking, self._thresholds)
            first = ranking[0][1] if ranking else 0.0
            intent = {"name": chosen, "confidence": round(dict(ranking).get(chosen, first), 4)}
            entries = [{"name": name, "confidence": round(value, 4)} for name, value in ranking]
            message.set(INTENT, intent, add_to_output=True)
            message.set(INTENT_RANKING_KEY, entries, add_to_output=True)
        return messages
