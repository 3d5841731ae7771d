"""Nothing that people write is ever on disk in Rasa's store, and a missing database is noticed."""

import asyncio

import pytest
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    BotUttered,
    EntitiesAdded,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

from components.tracker_store import ScrubbedTrackerStore, TrackerStoreUnreachable, scrub_event

DOMAIN = Domain.from_yaml(
    """
    version: "3.1"
    intents: [unpaid_wages]
    slots:
      hours: {type: float, influence_conversation: false, mappings: [{type: custom}]}
    """
)
TEXT = "Georgi schuldet mir 850 Euro für März"
RANKING = [{"name": "unpaid_wages", "confidence": 0.9}, {"name": "debts", "confidence": 0.05}]
ENTITY = {"entity": "amount", "value": "850 Euro", "start": 20, "end": 28, "extractor": "X"}


def said(text: str = TEXT) -> UserUttered:
    parse_data = {
        "text": text,
        "intent": RANKING[0],
        "intent_ranking": RANKING,
        "entities": [dict(ENTITY)],
        "text_tokens": [(0, 6)],
        "language": {"code": "de", "confidence": 0.9},
        "something_new": text,
    }
    return UserUttered(text, RANKING[0], [dict(ENTITY)], parse_data, metadata={"raw": text})


def conversation(*events) -> DialogueStateTracker:
    return DialogueStateTracker.from_events("conv_1234", list(events), DOMAIN.slots)


def saved(tmp_path, *events):
    store = ScrubbedTrackerStore(DOMAIN, host=f"sqlite:///{tmp_path}/rasa.db")
    asyncio.run(store.save(conversation(*events)))
    return store


def test_the_file_holds_no_word_of_the_message(tmp_path):
    saved(
        tmp_path,
        ActionExecuted("action_session_start"),
        SessionStarted(),
        ActionExecuted("action_listen"),
        said(),
        EntitiesAdded([dict(ENTITY)]),
        ActionExecuted(action_text=TEXT),
    )
    on_disk = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"unpaid_wages" in on_disk
    for word in ("Georgi", "schuldet", "850 Euro", "M\\u00e4rz", "März"):
        assert word.encode() not in on_disk


def test_the_live_conversation_keeps_its_text(tmp_path):
    message = said()
    saved(tmp_path, message)
    assert message.text == message.parse_data["text"] == TEXT


def test_what_rules_and_clarify_need_survives(tmp_path):
    store = saved(
        tmp_path,
        ActionExecuted("action_listen"),
        said(),
        SlotSet("hours", 38.5),
        ActionExecuted("utter_unpaid_wages"),
        BotUttered(data={"custom": {"say": "unpaid_wages"}}),
        ActionExecuted("action_listen"),
    )
    back = asyncio.run(store.retrieve("conv_1234"))
    assert back.latest_message.intent["name"] == "unpaid_wages"
    assert back.latest_message.parse_data["intent_ranking"] == RANKING
    assert back.latest_message.parse_data["language"]["code"] == "de"
    assert back.get_slot("hours") == 38.5
    assert back.latest_action_name == "action_listen"
    assert len(back.events) == 6


def test_only_new_events_are_written(tmp_path):
    store = saved(tmp_path, said())
    asyncio.run(store.save(conversation(said(), ActionExecuted("action_listen"))))
    assert len(asyncio.run(store.retrieve("conv_1234")).events) == 2


def test_scrubbing_does_not_touch_the_event_it_was_given():
    event = said().as_dict()
    scrub_event(event)
    assert event["text"] == TEXT and event["parse_data"]["entities"][0]["value"] == "850 Euro"


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:////nowhere/at/all/rasa.db",
        "postgresql://rasa:secret-word@127.0.0.1:1/rasa",
        "nonsense://x",
        "rasa.db",
        "",
        None,
    ],
)
def test_a_database_that_cannot_be_reached_stops_the_start(url):
    with pytest.raises(TrackerStoreUnreachable) as problem:
        ScrubbedTrackerStore(DOMAIN, host=url)
    assert "secret-word" not in str(problem.value)


def test_memory_and_database_tell_the_same_conversation_without_its_words(tmp_path):
    start = [ActionExecuted("action_session_start"), SessionStarted()]
    store = saved(tmp_path, *start, ActionExecuted("action_listen"), said("alt"))
    tracker = asyncio.run(store.retrieve("conv_1234"))
    for event in (
        SlotSet("hours", 40.0),
        ActionExecuted("action_session_start"),
        SessionStarted(),
    ):
        tracker.update(event)
    tracker.update(SlotSet("hours", 40.0))
    tracker.update(said())
    asyncio.run(store.save(tracker))

    remembered = asyncio.run(store.retrieve("conv_1234"))
    read = asyncio.run(
        ScrubbedTrackerStore(DOMAIN, host=f"sqlite:///{tmp_path}/rasa.db").retrieve("conv_1234")
    )
    assert [e.as_dict() for e in remembered.events] == [e.as_dict() for e in read.events]
    assert remembered.get_slot("hours") == read.get_slot("hours") == 40.0
    assert TEXT not in str([e.as_dict() for e in remembered.events])


def test_what_is_remembered_is_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr("components.tracker_store.REMEMBERED_CONVERSATIONS", 2)
    store = ScrubbedTrackerStore(DOMAIN, host=f"sqlite:///{tmp_path}/rasa.db")
    for number in range(5):
        tracker = DialogueStateTracker.from_events(f"conv_{number}", [said()], DOMAIN.slots)
        asyncio.run(store.save(tracker))
    assert len(store._recent) == 2
    assert len(asyncio.run(store.retrieve("conv_0")).events) == 1, "the others are read again"
