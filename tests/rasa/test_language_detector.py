"""The detector tells our languages apart, in every spelling, and knows what is none of them."""

from pathlib import Path

import pytest
import yaml

from components.language_detector import detect, letters, train, variants

NLU = Path(__file__).resolve().parents[2] / "data" / "nlu"
# Enough for a small detector, and quick: four topics of every language.
FILES = ("deposit.yml", "see_doctor.yml", "unpaid_wages.yml", "school.yml")


@pytest.fixture(scope="module")
def model():
    texts, languages = [], []
    for folder in sorted(path for path in NLU.iterdir() if path.is_dir()):
        names = ("out_of_scope.yml",) if folder.name == "other" else FILES
        for name in names:
            for entry in yaml.safe_load((folder / name).read_text(encoding="utf-8"))["nlu"]:
                for line in entry["examples"].splitlines():
                    texts.append(line[2:])
                    languages.append(entry["metadata"]["language"])
    return train(texts, languages, keep=40_000)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("ich habe kein Geld bekommen und brauche Hilfe", "de"),
        ("nu am primit banii de la șef", "ro"),
        ("nu am primit banii de la sef", "ro"),
        ("не са ми платили заплатата", "bg"),
        ("ne sa mi platili zaplatata i ne znam kakvo da pravq", "bg"),
        ("patron paramı vermedi ne yapacağım", "tr"),
        ("my boss did not give me the money", "en"),
        ("szef nie zapłacił mi za nadgodziny", "pl"),
        ("il padrone non mi ha pagato questo mese", "it"),
        ("το αφεντικό δεν με πλήρωσε", "el"),
        ("mi jefe no me ha pagado este mes", "es"),
        ("начальник не заплатил мне зарплату", "ru"),
        ("صاحب العمل ما دفع لي الراتب", "ar"),
        ("mijn baas heeft mij deze maand niet betaald", "other"),
    ],
)
def test_a_plain_sentence_is_recognised(model, text, code):
    assert detect(model, text)["code"] == code


@pytest.mark.parametrize("text", ["", "12345", "👍", "漢字"])
def test_what_has_no_letters_we_know_is_other_without_confidence(model, text):
    assert detect(model, text) == {"code": "other", "confidence": 0.0}


def test_a_single_loan_word_is_no_strong_evidence(model):
    assert detect(model, "Kaution")["confidence"] < 0.8


def test_bulgarian_is_also_learned_in_latin_letters():
    assert variants("Къща", "bg") == sorted({"къща", "ka6ta"})
    assert variants("Straße à 3", "de") == sorted({"strasse à", "strasse a"})


def test_digits_inside_words_are_letters():
    assert letters("4ovek, 12 leva!") == "4ovek leva"
