"""Checks everything in `data/` and the test sentences, and reports all problems in one run."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from bot.data_check import completeness, contents, facts, reading, topics, training, translations
from bot.data_check.material import Check, Material, Problem, error, read_material
from bot.settings import ROOT

__all__ = ["CHECKS", "Problem", "check", "problems"]


def unreadable(material: Material) -> Iterator[Problem]:
    """Whatever the reading itself met."""
    for line in material.knowledge.problems:
        path, _colon, text = line.partition(": ")
        folders = path.split("/")
        language = folders[1] if folders[0] == "answers" and len(folders) > 2 else ""
        yield error(language, material.path(path), text)
    yield from material.unreadable


#: Every check; a new one is a function of one idea, added here.
CHECKS: tuple[Check, ...] = (
    unreadable,
    completeness.registered_languages,
    completeness.all_topics,
    completeness.interface_keys,
    completeness.contact_lines,
    completeness.text_values,
    contents.unknown_placeholders,
    contents.stray_braces,
    contents.short_answers,
    contents.number_of_steps,
    contents.titles,
    contents.buttons,
    contents.commands,
    contents.links,
    contents.typed_amounts,
    contents.states,
    translations.placeholders,
    translations.interface_placeholders,
    translations.steps,
    translations.links,
    translations.outdated,
    facts.value_today,
    facts.expiring,
    facts.overlaps_and_gaps,
    facts.unused,
    topics.references,
    topics.group_names,
    topics.emoji,
    topics.review_dates,
    topics.unused_contacts,
    reading.readability,
    training.known_intents,
    training.same_sentence,
    training.near_duplicates,
    training.two_intents,
    training.held_out,
    training.counts,
)


def problems(data: Path, tests: Path, today: date | None = None) -> list[Problem]:
    """Return every problem of `data/` and `tests/sentences/`, in the order of the checks."""
    material = read_material(data, tests, today or date.today())
    return [problem for find in CHECKS for problem in find(material)]


def check(data: Path, tests: Path = ROOT / "tests") -> int:
    """Print every problem under the heading of its language; return 1 if there are errors."""
    found = problems(data, tests)
    for language in sorted({problem.language for problem in found}):
        print(f"== {language or 'all languages'}")
        for level, heading in (("error", "Errors"), ("warning", "Warnings")):
            of_level = [p for p in found if (p.level, p.language) == (level, language)]
            if of_level:
                print(f"{heading}:", *of_level, sep="\n  ")
        print()
    errors = sum(problem.level == "error" for problem in found)
    print(f"{errors} errors, {len(found) - errors} warnings" if found else "All good!")
    return 1 if errors else 0
