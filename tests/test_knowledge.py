"""Answers and facts: values change at midnight, expired ones are not shown as true."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from bot import knowledge, markup
from bot.answers import Answers
from bot.data_files import KnowledgeError, load
from bot.formats import format_fact
from bot.knowledge import FactValue
from bot.settings import ROOT


@pytest.fixture(scope="module")
def data() -> knowledge.Knowledge:
    return load(ROOT / "data")


def on(data: knowledge.Knowledge, day: str) -> Answers:
    return Answers(data, lambda: date.fromisoformat(day))


@pytest.mark.parametrize("language", ["de", "ro", "bg", "en"])
def test_the_minimum_wage_changes_on_new_years_day_in_every_text(
    data: knowledge.Knowledge, language: str
) -> None:
    old = on(data, "2026-12-31").topic("minimum_wage", language).text
    new = on(data, "2027-01-01").topic("minimum_wage", language).text
    sign = "." if language == "en" else ","
    assert f"13{sign}90" in old
    assert f"14{sign}60" in new
    assert f"13{sign}90" not in new


def test_a_value_that_has_expired_is_not_shown_as_true(data: knowledge.Knowledge) -> None:
    assert "259" in on(data, "2026-12-31").topic("child_benefit", "de").text
    later = on(data, "2031-01-01").topic("child_benefit", "de").text
    assert "259" not in later
    assert "(wird gerade geprüft)" in later
    assert "fragen Sie bei der Beratung nach" in later


@pytest.mark.parametrize(
    ("unit", "value", "locale", "text"),
    [
        ("EUR", "13.90", "de_DE", "13,90\u00a0€"),
        ("EUR", "603", "ro_RO", "603\u00a0EUR"),
        ("EUR", "13.90", "en_GB", "€13.90"),
        ("EUR", "1587.40", "bg_BG", "1\u00a0587,40\u00a0€"),
        ("percent", "20", "de_DE", "20\u00a0%"),
        ("percent", "20", "tr_TR", "%20"),
        ("number", "8.5", "de_DE", "8,5"),
        ("number", "3", "ar", "3"),
    ],
)
def test_numbers_are_written_as_each_language_writes_them(
    unit: str, value: str, locale: str, text: str
) -> None:
    fact = FactValue(Decimal(value), date(2026, 1, 1), None, "", "")
    assert format_fact(unit, fact, locale) == text


def test_who_speaks_the_language_comes_first_and_strangers_are_left_out(
    data: knowledge.Knowledge,
) -> None:
    blocks = on(data, "2026-11-25").contact_list(data.topics["minimum_wage"], "ro")
    assert blocks.index("0800 0005602") < blocks.index("0211 9380016")
    assert "0800 1014341" not in blocks, "the Bulgarian line does not help a Romanian"


def test_phone_numbers_keep_their_order_in_arabic(data: knowledge.Knowledge) -> None:
    answers = on(data, "2026-11-25")
    assert "\u20660202 711426\u2069" in answers.topic("domestic_violence", "ar").text
    assert "\u2066/delete\u2069" in answers.text("privacy", "ar", retention_days=30)
    assert "\u2066" not in answers.topic("domestic_violence", "de").text


def test_a_language_without_the_text_gets_the_german_one_and_is_told(
    data: knowledge.Knowledge,
) -> None:
    kept = {key: a for key, a in data.answers.items() if key != ("pl", "deposit")}
    missing = knowledge.Knowledge(**{**vars(data), "answers": kept})
    text = on(missing, "2026-11-25").topic("deposit", "pl").text
    assert data.texts["pl"]["only_german"] in text
    assert "Kaltmieten" in text


def test_a_topic_nobody_has_written_gives_contacts_and_a_person(
    data: knowledge.Knowledge,
) -> None:
    kept = {key: a for key, a in data.answers.items() if key[1] != "deposit"}
    missing = knowledge.Knowledge(**{**vars(data), "answers": kept})
    answer = on(missing, "2026-11-25").topic("deposit", "de")
    assert "Diesen Text schreiben wir gerade" in answer.text
    assert "Mieterverein" in answer.text
    assert answer.buttons[0][0].data == "p:deposit"


def test_every_answer_in_every_language_fits_telegram(data: knowledge.Knowledge) -> None:
    answers = on(data, "2026-11-25")
    for language, topic in data.answers:
        for message in (answers.topic(topic, language), answers.more(topic, language)):
            for piece in markup.split(message.text):
                assert len(markup.to_telegram(piece)) <= 4096, (language, topic)
            for row in message.buttons:
                for button in row:
                    assert len(button.data.encode()) <= 64
                    assert button.label


@pytest.mark.parametrize(
    ("markdown", "telegram"),
    [
        ("**fett** & <b>", "<b>fett</b> &amp; &lt;b&gt;"),
        ("[Seite](https://a.de/?x=1&y=2)", '<a href="https://a.de/?x=1&amp;y=2">Seite</a>'),
        ("[x](javascript:alert(1))", "[x](javascript:alert(1))"),
        ("1. eins\n2. zwei", "1. eins\n2. zwei"),
        ("- a\n- b\n\nEnde", "• a\n• b\n\nEnde"),
    ],
)
def test_markdown_becomes_what_telegram_understands(markdown: str, telegram: str) -> None:
    assert markup.to_telegram(markdown) == telegram


def test_long_texts_are_cut_where_it_hurts_least() -> None:
    text = "Erster Absatz. " * 100 + "\n\n" + "Zweiter Absatz. " * 100
    pieces = markup.split(text, 1700)
    assert [piece[:7] for piece in pieces] == ["Erster ", "Zweiter"]
    flags = "🇷🇴" * 3000
    assert all(len(p.encode("utf-16-le")) // 2 <= 3800 for p in markup.split(flags))
    assert "".join(markup.split(flags)) == flags


def test_all_problems_of_broken_files_come_in_one_run(tmp_path: Path) -> None:
    (tmp_path / "answers" / "de").mkdir(parents=True)
    (tmp_path / "languages.yml").write_text("de: {name: Deutsch}\n")
    (tmp_path / "topics.yml").write_text("groups: {\n")
    (tmp_path / "facts.yml").write_text("a: 1\na: 2\n")
    (tmp_path / "answers" / "de" / "deposit.md").write_text("no front matter")
    with pytest.raises(KnowledgeError) as error:
        load(tmp_path)
    text = str(error.value)
    for part in ("languages.yml", "topics.yml", "stands twice", "contacts.yml", "deposit.md"):
        assert part in text
