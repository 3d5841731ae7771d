"""Who was not understood is offered the three likeliest topics, never a dialogue intent."""

from pathlib import Path

import pytest
import yaml
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import actions
from actions.clarify import NOT_A_TOPIC, URGENT, ActionClarify, likely_topics
from components import intents

ROOT = Path(__file__).resolve().parents[2]


def ranking(*names: str) -> list:
    return [{"name": name, "confidence": 1 / (place + 2)} for place, name in enumerate(names)]


def test_the_three_likeliest_topics_with_the_urgent_one_first():
    mixed = ranking("nlu_fallback", "deposit", "greet", "eviction", "debts", "school")
    assert likely_topics(mixed) == ["eviction", "deposit", "debts"]


def test_order_is_by_confidence_and_nothing_twice():
    mixed = [{"name": "debts", "confidence": 0.1}, {"name": "deposit", "confidence": 0.5}]
    assert likely_topics(mixed + mixed) == ["deposit", "debts"]


@pytest.mark.parametrize("useless", [[], [{}], [{"name": None}], ranking("greet", "out_of_scope")])
def test_nothing_to_offer_is_an_empty_list(useless):
    assert likely_topics(useless) == []


def test_the_action_says_one_key_and_changes_nothing():
    latest = {"intent_ranking": ranking("deposit", "cancel", "eviction")}
    tracker = Tracker("c", {}, latest, [], False, None, {}, "action_listen")
    dispatcher = CollectingDispatcher()
    assert ActionClarify().run(dispatcher, tracker, {}) == []
    said = [message["custom"] for message in dispatcher.messages]
    assert said == [{"say": "did_you_mean", "topics": ["eviction", "deposit"]}]


def test_every_registered_action_is_in_the_domain():
    domain = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
    assert {getattr(actions, name)().name() for name in actions.__all__} <= set(domain["actions"])


def test_dialogue_intents_are_those_of_the_dialogue_files():
    written = yaml.safe_load((ROOT / "data/nlu/de/_dialogue.yml").read_text(encoding="utf-8"))
    assert {entry["intent"] for entry in written["nlu"]} == intents.DIALOGUE
    assert intents.DIALOGUE < NOT_A_TOPIC


def test_urgent_topics_are_the_same_everywhere():
    topics = yaml.safe_load((ROOT / "data/topics.yml").read_text(encoding="utf-8"))["topics"]
    config = yaml.safe_load((ROOT / "config.yml").read_text(encoding="utf-8"))
    settings = next(part for part in config["pipeline"] if "urgent_intents" in part)
    assert {name for name, topic in topics.items() if topic["urgent"]} == URGENT
    assert set(settings["urgent_intents"]) == intents.URGENT == URGENT
