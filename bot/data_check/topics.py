"""Checks what topics.yml points to: contacts, related topics, groups, dates."""

from __future__ import annotations

from collections.abc import Iterator

from bot.data_check.material import Material, Problem, error, warning
from bot.knowledge import PLACEHOLDER


def references(material: Material) -> Iterator[Problem]:
    """A topic names only groups, contacts and topics that exist."""
    knowledge = material.knowledge
    for key, topic in knowledge.topics.items():
        wrong = [("group", topic.group)] if topic.group not in knowledge.groups else []
        wrong += [("contact", name) for name in topic.contacts if name not in knowledge.contacts]
        wrong += [
            ("related topic", name) for name in topic.related if name not in knowledge.topics
        ]
        for what, name in wrong:
            text = f"`{key}` names the {what} `{name}`, which is unknown, add or correct it"
            yield error("", material.path("topics.yml"), text)


def group_names(material: Material) -> Iterator[Problem]:
    """Every group has a name to show in the menu."""
    german = material.knowledge.texts.get("de", {})
    for group in material.knowledge.groups:
        if german and f"group_{group}" not in german:
            text = f"`group_{group}` is missing, name the group of topics.yml"
            yield error("de", material.texts_path("de"), text)


def emoji(material: Material) -> Iterator[Problem]:
    """People who do not read find a topic again by its picture."""
    seen: dict[str, str] = {}
    for key, topic in material.knowledge.topics.items():
        # U+FE0F only asks for colour; with and without it the picture is the same.
        first = seen.setdefault(topic.emoji.replace("\ufe0f", ""), key)
        if first != key:
            text = f"`{key}` has the emoji {topic.emoji} of `{first}`, choose another"
            yield error("", material.path("topics.yml"), text)


def review_dates(material: Material) -> Iterator[Problem]:
    """A topic is looked at again when it is due."""
    for key, topic in material.knowledge.topics.items():
        if topic.review_by < material.today:
            text = f"`{key}` was due for review on {topic.review_by}, check it and set a new day"
            yield warning("", material.path("topics.yml"), text)


def unused_contacts(material: Material) -> Iterator[Problem]:
    """A contact is listed with a topic, or its number stands in an answer."""
    knowledge = material.knowledge
    used = {name for topic in knowledge.topics.values() for name in topic.contacts}
    for answer in knowledge.answers.values():
        used |= {name.removeprefix("phone.") for name in PLACEHOLDER.findall(answer.body)}
    for key in sorted(knowledge.contacts.keys() - used):
        text = f"no topic uses `{key}`, list it with a topic or remove it"
        yield warning("", material.path("contacts.yml"), text)
