"""Checks that every number has one value for every day, and is used."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise

from bot.data_check.material import Material, Problem, error, warning
from bot.knowledge import PLACEHOLDER

#: New amounts are usually published in October and November for January: two months to enter them.
NOTICE = timedelta(days=60)


def value_today(material: Material) -> Iterator[Problem]:
    """Without a value residents read "is being checked"."""
    for key, fact in material.knowledge.facts.items():
        if fact.on(material.today) is None:
            text = f"`{key}` has no value for today, add the value that holds now"
            yield error("", material.path("facts.yml"), text)


def expiring(material: Material) -> Iterator[Problem]:
    """A value that ends soon has a successor."""
    for key, fact in material.knowledge.facts.items():
        current = fact.on(material.today)
        end = current.valid_to if current else None
        successor = current and any(v.valid_from > current.valid_from for v in fact.values)
        if end and not successor and end - material.today <= NOTICE:
            text = f"`{key}` ends on {end} without a successor, add the value that follows"
            yield warning("", material.path("facts.yml"), text)


def overlaps_and_gaps(material: Material) -> Iterator[Problem]:
    """The values of a fact follow each other day on day."""
    path = material.path("facts.yml")
    for key, fact in material.knowledge.facts.items():
        for value in fact.values:
            if value.valid_to and value.valid_to < value.valid_from:
                text = f"`{key}` ends on {value.valid_to} before it begins, correct the days"
                yield error("", path, text)
        for first, second in pairwise(fact.values):
            end = first.valid_to or date.max
            if end >= second.valid_from:
                text = f"`{key}` has two values on {second.valid_from}, end the first one before"
                yield error("", path, text)
            elif end + timedelta(days=1) < second.valid_from:
                text = f"`{key}` has no value between {end} and {second.valid_from}, fill the gap"
                yield error("", path, text)


def unused(material: Material) -> Iterator[Problem]:
    """A fact that nobody reads costs work every year."""
    bodies = [answer.body for answer in material.knowledge.answers.values()]
    used = {name for body in bodies for name in PLACEHOLDER.findall(body)}
    for key in sorted(material.knowledge.facts.keys() - used):
        text = f"no text uses `{key}`, use it or remove it"
        yield warning("", material.path("facts.yml"), text)
