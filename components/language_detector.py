"""Recognises the language of a message: one of ours, or "other"."""

from collections.abc import Sequence
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from components import ngram_model, normaliser
from components.intent_classifier import OTHER_LANGUAGE, language_of, source_hash
from components.ngram_model import NgramModel, char_ngrams

LANGUAGE = "language"
_FILE = "languages.npz"
# Short n-grams carry languages; single signs are enough to tell scripts apart.
BLOCKS = (char_ngrams(1, 4),)


def letters(text: str) -> str:
    """Return the text as the detector sees it: lower case letters with their marks, no digits.

    4 and 6 stay inside words: they are letters in Bulgarian chat spelling, as 3 and 7 are in
    Arabizi.
    """
    kept = (sign if sign.isalnum() else " " for sign in text.casefold())
    return " ".join(word for word in "".join(kept).split() if not word.isdigit())


def variants(text: str, language: str) -> list[str]:
    """Return the spellings in which a sentence of this language is also typed."""
    spellings = {letters(text), letters(normaliser.strip_marks(text))}
    if language == "bg":
        spellings.add(letters(normaliser.romanise(text)))
    return sorted(spelling for spelling in spellings if spelling)


def train(texts: Sequence[str], languages: Sequence[str], keep: int) -> NgramModel:
    """Train the detector on raw texts, balanced: "other" has far fewer sentences."""
    seen: dict[tuple[str, str], None] = {}
    for text, language in zip(texts, languages, strict=True):
        seen.update(dict.fromkeys((spelling, language) for spelling in variants(text, language)))
    spellings = [spelling for spelling, _ in seen]
    labels = [language for _, language in seen]
    return NgramModel(BLOCKS).fit(spellings, labels, keep, balanced=True)


def detect(model: NgramModel, text: str) -> dict[str, Any]:
    """Return {"code", "confidence"}; what has no known letter is other with confidence 0."""
    ranking, known = model.rank(letters(text), 1)
    if not known:
        return {"code": OTHER_LANGUAGE, "confidence": 0.0}
    return {"code": ranking[0][0], "confidence": round(ranking[0][1], 4)}


# Registered as an extractor: Rasa has no type for languages and this one runs every time.
@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class LanguageDetector(GraphComponent):
    """Rasa's view of the detector: writes `language` to every message."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return the settings that config.yml may override."""
        return {"keep_ngrams": 40_000}

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

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "LanguageDetector":
        """Create the untrained component."""
        return cls(config, model_storage, resource)

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Make Rasa retrain when the spellings or the model code changed."""
        return source_hash(normaliser, ngram_model)

    def train(self, training_data: TrainingData) -> Resource:
        """Train on every example whose file names its language."""
        examples = [
            (example.get(TEXT), language_of(example))
            for example in training_data.intent_examples
            if example.get(TEXT) and language_of(example)
        ]
        texts = [text for text, _ in examples]
        self._model = train(texts, [code for _, code in examples], self._config["keep_ngrams"])
        with self._model_storage.write_to(self._resource) as folder:
            step = max(1, len(texts) // 12)
            self._model.save(folder / _FILE, [letters(text) for text in texts[::step]])
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "LanguageDetector":
        """Load the trained model or fail."""
        with model_storage.read_from(resource) as folder:
            return cls(config, model_storage, resource, NgramModel.load(folder / _FILE, BLOCKS))

    def process(self, messages: list[Message]) -> list[Message]:
        """Set `language` of each message."""
        if self._model is None:
            raise RuntimeError("the language detector is not trained")
        for message in messages:
            message.set(LANGUAGE, detect(self._model, message.get(TEXT) or ""), add_to_output=True)
        return messages
