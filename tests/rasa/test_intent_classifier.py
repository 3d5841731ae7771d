"""The classifier learns, ranks, decides when to ask, and refuses to load broken."""

import socket

import numpy as np
import pytest

from components import sentence_vectors
from components.intent_classifier import BLOCKS, FALLBACK, Thresholds, decide, rank, train
from components.ngram_model import BrokenModel, NgramModel, fit_sharpness, softmax

WAGE = [
    "minimum wage per hour", "what is the minimum wage", "salariu minim", "salariul minim pe ora",
    "минимална заплата", "minimalna zaplata na chas", "mindestlohn",
    "wie hoch ist der mindestlohn",
    "asgari ucret", "saat ucreti ne kadar", "legal hourly pay", "mindestlohn pro stunde",
]  # fmt: skip
DEPOSIT = [
    "kaution zurück", "kaution nicht bekommen", "deposit back", "landlord keeps my deposit",
    "garanția înapoi", "proprietarul nu da garantia", "депозит обратно",
    "hazqinat ne vryshta depozita",
    "depozito geri", "ev sahibi depozitoyu vermiyor", "how much deposit", "drei mieten kaution",
]  # fmt: skip
VIOLENCE = [
    "mein mann schlägt mich", "he hits me", "mă bate soțul", "мъжът ми ме бие",
    "kocam beni dovuyor",
    "frauenhaus", "i am afraid of my husband", "soțul mă amenință", "women's shelter", "бие ме",
    "er schlägt die kinder", "my partner threatens me",
]  # fmt: skip
RULES = Thresholds(0.4, 0.1, 12, 0.15, frozenset({"domestic_violence"}))
NAMES = ["minimum_wage"] * 12 + ["deposit"] * 12 + ["domestic_violence"] * 12
TEXTS = WAGE + DEPOSIT + VIOLENCE


@pytest.fixture(scope="module")
def model() -> NgramModel:
    return train(TEXTS, NAMES, [""] * 36, keep=100_000)


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("Mindestlohn?", "minimum_wage"),
        ("МИНИМАЛНАТА ЗАПЛАТА", "minimum_wage"),
        ("minimalnata zaplata", "minimum_wage"),
        ("Kaution", "deposit"),
        ("my husband hits me", "domestic_violence"),
    ],
)
def test_short_messages_in_any_spelling_are_recognised(model, text, intent):
    ranking, known = rank(model, text)
    assert (ranking[0][0], known > 0) == (intent, True)


def test_confidences_sum_to_one_and_are_sorted(model):
    ranking, _ = rank(model, "kaution")
    values = [value for _, value in ranking]
    assert values == sorted(values, reverse=True)
    assert sum(values) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize("text", ["", "   ", "🦄", "漢字"])
def test_what_was_never_seen_has_no_known_ngram(model, text):
    assert rank(model, text)[1] == 0


def test_training_twice_gives_the_same_model(model):
    assert np.array_equal(train(TEXTS, NAMES, [""] * 36, keep=100_000).weights, model.weights)


def test_pruning_keeps_the_telling_ngrams(model):
    small = train(TEXTS, NAMES, [""] * 36, keep=300)
    assert len(small.vocabulary) == len(small.weights) == 300
    assert rank(small, "mindestlohn")[0][0][0] == "minimum_wage"


def test_a_sure_answer_is_given():
    assert decide([("deposit", 0.8), ("eviction", 0.1)], RULES) == "deposit"


def test_an_unsure_or_close_answer_becomes_a_question():
    assert decide([("deposit", 0.3), ("eviction", 0.1)], RULES) == FALLBACK
    assert decide([("deposit", 0.45), ("eviction", 0.4)], RULES) == FALLBACK
    assert decide([], RULES) == FALLBACK


def test_what_may_be_somebody_elses_business_is_asked_about():
    assert decide([("deposit", 0.6), ("out_of_scope", 0.06)], RULES) == FALLBACK
    assert decide([("deposit", 0.6), ("out_of_scope", 0.04)], RULES) == "deposit"
    assert decide([("out_of_scope", 0.6), ("deposit", 0.06)], RULES) == "out_of_scope"


def test_between_two_kinds_of_talk_no_topics_are_offered():
    assert decide([("cancel", 0.48), ("delete_data", 0.46)], RULES) == "cancel"
    assert decide([("cancel", 0.15), ("delete_data", 0.1)], RULES) == FALLBACK


def test_need_is_never_hidden_behind_a_question():
    near = [("deposit", 0.3), ("greet", 0.2), ("domestic_violence", 0.16), ("thank", 0.1)]
    assert decide(near, RULES) == "domestic_violence"
    assert decide([("domestic_violence", 0.2), ("deposit", 0.19)], RULES) == "domestic_violence"


def test_a_trace_of_need_does_not_outvote_everything():
    faint = [("deposit", 0.3), ("greet", 0.2), ("domestic_violence", 0.1)]
    fourth = [("deposit", 0.3), ("greet", 0.2), ("thank", 0.18), ("domestic_violence", 0.17)]
    assert decide(faint, RULES) == decide(fourth, RULES) == FALLBACK


def test_the_meaning_counts_beside_the_letters():
    # Not one n-gram in common with the training: only the vector can tell.
    model = train(TEXTS, NAMES, ["en"] * 36, keep=100_000)
    blind = model.rank("", 1, None)[0][0]
    seeing = model.rank("", 1, sentence_vectors.vectors(["my spouse beats me"], ["en"])[0])[0][0]
    assert seeing[0] == "domestic_violence"
    assert seeing[1] > blind[1]


@pytest.mark.parametrize("language", ["", "bg", "el", "ro", "other"])
def test_languages_unknown_to_the_encoder_have_no_vector(language):
    assert not sentence_vectors.vectors(["hello"], [language]).any()


def test_the_encoder_needs_no_network(monkeypatch):
    def refuse(*_args, **_more):
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket, "socket", refuse)
    sentence_vectors._encoder.cache_clear()
    assert np.linalg.norm(sentence_vectors.vectors(["hello"], ["en"])) > 0.5


def test_a_stored_model_answers_as_before(model, tmp_path):
    model.save(tmp_path / "m.npz", ["mindestlohn", "kaution"])
    loaded = NgramModel.load(tmp_path / "m.npz", BLOCKS)
    assert rank(loaded, "deposit please")[0][0] == rank(model, "deposit please")[0][0]


def test_a_broken_model_is_refused(model, tmp_path):
    path = tmp_path / "m.npz"
    model.save(path, ["mindestlohn", "kaution"])
    parts = dict(np.load(path))
    parts["weights"] = -parts["weights"]
    np.savez(path, **parts)
    with pytest.raises(BrokenModel):
        NgramModel.load(path, BLOCKS)


def test_sharpness_makes_confidence_honest():
    generator = np.random.default_rng(0)
    target = generator.integers(0, 3, 3000)
    scores = generator.normal(0, 1, (3000, 3))
    scores[np.arange(3000), target] += 1.0
    confidences = softmax(scores, fit_sharpness(scores, target))
    right = confidences.argmax(1) == target
    assert confidences.max(1).mean() == pytest.approx(right.mean(), abs=0.04)
