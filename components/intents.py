"""Which intents are special: need, talk, and what is not ours."""

# In need nobody should have to read through other topics first. As in data/topics.yml.
URGENT = frozenset({"domestic_violence", "emergency", "eviction", "homelessness"})

OUT_OF_SCOPE = "out_of_scope"

# Intents that are about the conversation, not about a topic: nobody "means" one of these.
DIALOGUE = frozenset(
    {
        "greet", "goodbye", "thank", "affirm", "deny", "menu", "change_language",
        "talk_to_human", "bot_challenge", "privacy", "delete_data", "feedback_positive",
        "feedback_negative", "simpler", "read_aloud", "cancel", OUT_OF_SCOPE,
    }
)  # fmt: skip
