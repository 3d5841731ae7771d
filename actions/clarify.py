"""Asks what was meant when a message was not understood well enough to answer."""

from collections.abc import Sequence
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

# A button per topic: three fit on a small phone without scrolling, and the right topic is
# among the first three for more than 98 % of the messages.
TOPICS_OFFERED = 3

# In need nobody should have to read through other topics first. As in components/intents.py: the
# action server imports nothing of the classifier, a test compares the two.
URGENT = frozenset({"domestic_violence", "emergency", "eviction", "homelessness"})

# Intents that are about the conversation, not about a topic: nobody "means" one of these.
NOT_A_TOPIC = frozenset(
    {
        "greet", "goodbye", "thank", "affirm", "deny", "menu", "change_language",
        "talk_to_human", "bot_challenge", "privacy", "delete_data", "feedback_positive",
        "feedback_negative", "simpler", "read_aloud", "cancel", "out_of_scope",
        "nlu_fallback", "session_start", "restart", "back",
    }
)  # fmt: skip


def likely_topics(ranking: Sequence[dict[str, Any]], limit: int = TOPICS_OFFERED) -> list[str]:
    """Pick the likeliest FAQ topics from an intent ranking: urgent ones, then best first."""
    by_confidence = sorted(ranking, key=lambda entry: -(entry.get("confidence") or 0.0))
    names = (entry.get("name") for entry in by_confidence)
    topics = dict.fromkeys(name for name in names if name and name not in NOT_A_TOPIC)
    return sorted(list(topics)[:limit], key=lambda name: name not in URGENT)


class ActionClarify(Action):
    """Says `did_you_mean` with the three likeliest topics."""

    def name(self) -> str:
        """Return the name that the domain uses."""
        return "action_clarify"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """Dispatch the question; the conversation itself does not change."""
        ranking = (tracker.latest_message or {}).get("intent_ranking") or []
        topics = likely_topics(ranking)
        dispatcher.utter_message(json_message={"say": "did_you_mean", "topics": topics})
        return []
