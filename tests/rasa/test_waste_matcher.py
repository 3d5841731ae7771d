"""What people want to throw away is found however they write it, and nothing else is."""

import re

import pytest
import yaml
from rasa.shared.core.domain import Domain
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from components.channel import answer_body
from components.waste_matcher import ROOT, WasteItems, WasteMatcher

LIST = ROOT / "data/waste/items.yml"


@pytest.fixture(scope="module")
def listed() -> dict:
    return yaml.safe_load(LIST.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def items(listed) -> WasteItems:
    return WasteItems(listed)


def keys(items: WasteItems, text: str, language: str = "de") -> list[str]:
    return [found.key for found in items.find(text, language)]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("In welche Tonne kommen Windeln?", "windel"),
        ("wohin mit zwei alten Kühlschränken", "kuehlschrank"),
        ("kuehlschrank kaputt wer holt", "kuehlschrank"),
        ("kuhlschrank", "kuehlschrank"),
        ("Ku\u0308hlschrank", "kuehlschrank"),
        ("KÜHLSCHRANK!!!", "kuehlschrank"),
        ("matrazen wohin", "matratze"),
        ("wo baterien werfen", "batterie"),
        ("Autobatterie", "autobatterie"),
        ("auto batterie alt wohin bringen", "autobatterie"),
        ("joghurt becher leer", "joghurtbecher"),
        ("deo spray dose leer", "spraydose_leer"),
        ("Akku vom E-Bike", "e_bike_akku"),
        ("ebike akku", "e_bike_akku"),
        ("E-Bike-Akkus", "e_bike_akku"),
        ("die elektrischen Zahnbürsten", "elektrische_zahnbuerste"),
        ("alte tabletten", "tabletten"),
        ("zwei alte Tablets", "tablet"),
        ("Glasscherben", "glasscherben"),
        ("Wohin mit tetra pak", "milchkarton"),
    ],
)
def test_one_thing_in_any_spelling(items, text, key):
    assert keys(items, text) == [key]


def test_several_things_in_the_order_of_the_message(items):
    text = "Hab Zeitungen, eine kaputte Matratze und leere shampoo flaschen"
    found = items.find(text)
    assert [item.key for item in found] == ["zeitung", "matratze", "shampooflasche"]
    assert [text[item.start : item.end] for item in found] == [
        "Zeitungen", "Matratze", "shampoo flaschen",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("wohin mit Spiegel", ["spiegel_klein", "spiegel_gross"]),
        ("großer Spiegel", ["spiegel_gross"]),
        ("Der Spiegel ist klein", ["spiegel_klein"]),
        ("pizzakarton mit fett wo rein", ["pizzakarton_fettig"]),
        ("sauberer Pizzakarton", ["pizzakarton_sauber"]),
        ("Schuhe kaputt", ["schuhe_kaputt"]),
        ("wein flasche grün wo", ["weinflasche_gruen"]),
        ("spielzeug mit batterie", ["spielzeug_batterie"]),
    ],
)
def test_things_of_one_name_are_told_apart_by_the_other_words(items, text, expected):
    assert keys(items, text) == expected


def test_who_could_mean_two_things_is_half_sure_of_each(items):
    assert [found.confidence for found in items.find("Spiegel")] == [0.5, 0.5]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "😀 ?!",
        "Wie hoch ist der Mindestlohn?",
        "Welche Farbe hat die Tonne?",
        "um 8 Uhr",
        "Ich habe ein Problem mit meiner Reise",
        "Wann kann ich einen Termin buchen?",
        "das Fahrradgeschäft und der Tischler",
        "Handwerkskammer, Kammer, putzen, wachsen",
        "die Bettlerin liest im Buchladen",
    ],
)
def test_a_thing_inside_another_word_is_no_thing(items, text):
    assert keys(items, text) == []


def test_pieces_on_both_sides_of_a_comma_are_two_things(items):
    assert keys(items, "ein Auto, Batterie") == ["batterie"]


def test_german_words_count_in_other_languages_unless_they_are_short(items):
    assert keys(items, "unde arunc Windel si Matratze?", "ro") == ["windel", "matratze"]
    assert keys(items, "ce fac ei cu gunoiul", "ro") == []
    assert keys(items, "lack of money", "en") == []


def test_every_key_is_a_plain_word_and_every_row_is_complete(listed):
    assert len(listed) >= 409
    for key, item in listed.items():
        assert re.fullmatch(r"[a-z][a-z0-9_]*", key)
        assert set(item) - {"told_by"} == {"de", "names", "category", "bin", "note"}, key
        assert item["names"] and item["bin"] and item["category"], key
        words = [*item["names"], *item.get("told_by", [])]
        assert all(isinstance(word, str) for word in words), key


def test_every_item_is_found_by_each_of_its_names(listed, items):
    for key, item in listed.items():
        for name in item["names"]:
            assert key in keys(items, name), (key, name)


def test_every_item_can_be_found_alone(listed, items):
    for key, item in listed.items():
        said = [f"{n} {h}" for n in item["names"] for h in item.get("told_by") or [""]]
        assert [key] in [keys(items, text) for text in said], key


def test_residents_words_never_reach_spacys_memory(items):
    items.find("Windel von Herrn Qwertzuiop")
    assert "Qwertzuiop" not in items._vocab.strings
    assert "qwertzuiop" not in items._vocab.strings


def message(text: str, code: str) -> Message:
    return Message({TEXT: text, "language": {"code": code, "confidence": 0.9}})


@pytest.fixture(scope="module")
def matcher() -> WasteMatcher:
    return WasteMatcher.create(WasteMatcher.get_default_config(), None, None, None)


def test_rasa_gets_entities_with_our_key_and_their_place(matcher):
    processed = matcher.process([message("alte Windeln wohin", "de")])[0]
    assert processed.as_dict(only_output_properties=True)[ENTITIES] == [
        {
            "entity": "waste_item",
            "value": "windel",
            "start": 5,
            "end": 12,
            "confidence": 1.0,
            "extractor": "WasteMatcher",
        }
    ]


def test_a_single_word_that_the_detector_does_not_know_is_taken_for_german(matcher):
    processed = matcher.process([message("Reis", "other")])[0]
    assert [entity["value"] for entity in processed.get(ENTITIES)] == ["nudeln_reis"]


def test_a_message_without_a_thing_is_left_as_it_was(matcher):
    assert matcher.process([message("hallo", "de")])[0].get(ENTITIES) is None


@pytest.mark.parametrize("content", [None, "a: [", "windel:\n  de: Windel\n", "- Windel\n", "7"])
def test_without_a_usable_list_rasa_does_not_start(tmp_path, content):
    if content is not None:
        (tmp_path / "items.yml").write_text(content)
    with pytest.raises(InvalidConfigException):
        WasteMatcher.create({"items": tmp_path / "items.yml"}, None, None, None)


def test_the_channel_hands_on_our_keys_once_and_no_other_entity():
    said = [
        {"entity": "waste_item", "value": "windel", "start": 0, "end": 6},
        {"entity": "name", "value": "Georgi", "start": 7, "end": 13},
        {"entity": "waste_item", "value": "windel", "start": 14, "end": 20},
    ]
    body = answer_body({"entities": said}, [])
    assert body["entities"] == [{"entity": "waste_item", "value": "windel"}]
    assert answer_body({}, [])["entities"] == []


def test_the_things_do_not_change_what_is_decided():
    domain = Domain.from_path(str(ROOT / "domain.yml"))
    assert domain.entities == ["waste_item"]
    for intent in domain.intents:
        assert domain.intent_properties[intent]["used_entities"] == [], intent
