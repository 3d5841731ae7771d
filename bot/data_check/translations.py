"""Checks that a translation says as much as the German text: values, steps, links, version."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.data_check.contents import link_targets, step_count
from bot.data_check.material import Material, Problem, error, warning
from bot.knowledge import PLACEHOLDER

#: /delete, but neither the slash of a path nor that of "und/oder".
_COMMAND = re.compile(r"(?<![\w/.:])/[a-z]+")


def placeholders(material: Material) -> Iterator[Problem]:
    """An answer uses the same values as the German one."""
    for language, topic, german, answer in material.translations():
        path = material.answer_path(language, topic)
        yield from _compare(language, path, "", german.body, answer.body)


def interface_placeholders(material: Material) -> Iterator[Problem]:
    """An interface text has the same {words} and /commands as the German one."""
    german = material.knowledge.texts.get("de", {})
    for language, texts in material.knowledge.texts.items():
        for key in sorted(german.keys() & texts.keys()):
            path = material.texts_path(language)
            yield from _compare(language, path, f"`{key}` ", german[key], texts[key])


def steps(material: Material) -> Iterator[Problem]:
    """An answer has as many steps as the German one."""
    for language, topic, german, answer in material.translations():
        here, there = step_count(answer), step_count(german)
        if here != there:
            text = f"has {here} steps, German has {there}, make them the same"
            yield error(language, material.answer_path(language, topic), text)


def links(material: Material) -> Iterator[Problem]:
    """An answer leads to the same pages as the German one."""
    for language, topic, german, answer in material.translations():
        here, there = set(link_targets(answer.body)), set(link_targets(german.body))
        path = material.answer_path(language, topic)
        for url in sorted(there - here):
            yield error(language, path, f"lacks the German link {url}, add it")
        for url in sorted(here - there):
            yield error(language, path, f"has the link {url}, which German lacks, remove it")


def outdated(material: Material) -> Iterator[Problem]:
    """A translation that names its German version is of the present one."""
    for language, topic, german, answer in material.translations():
        if answer.source_hash and answer.source_hash != german.hash:
            text = (
                "is outdated, the German text has changed: "
                f"compare, then set `source_hash: {german.hash}`"
            )
            yield warning(language, material.answer_path(language, topic), text)


def _compare(language: str, path: str, what: str, german: str, text: str) -> Iterator[Problem]:
    for sign in sorted(_marks(german) - _marks(text)):
        yield error(language, path, f"{what}lacks {sign}, which German has, add it")
    for sign in sorted(_marks(text) - _marks(german)):
        yield error(language, path, f"{what}has {sign}, which German lacks, remove it")


def _marks(text: str) -> set[str]:
    return {match[0] for match in PLACEHOLDER.finditer(text)} | set(_COMMAND.findall(text))
