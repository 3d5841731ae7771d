"""Checks that every language has the texts that it owes, and none that nobody knows."""

from __future__ import annotations

from collections.abc import Iterator

from bot.data_check.material import Material, Problem, error, warning


def registered_languages(material: Material) -> Iterator[Problem]:
    """Folders of languages that the register does not know are never read."""
    for folder in ("answers", "nlu"):
        for path in sorted((material.data / folder).glob("*")):
            known = path.name in material.knowledge.languages or path.name == "other"
            if path.is_dir() and not known:
                name = material.path(folder, path.name)
                text = f"{path.name} is no language of languages.yml, add it there or rename this"
                yield error(path.name, name, text)


def all_topics(material: Material) -> Iterator[Problem]:
    """A language that owes everything has an answer to every topic, and to nothing else."""
    topics = material.knowledge.topics
    for language in material.owing():
        for topic in topics:
            name = f"answers/{language}/{topic}.md"
            if not (material.data / name).exists():
                source = "write it" if language == "de" else f"translate answers/de/{topic}.md"
                yield error(language, material.path(name), f"is missing, {source}")
    for language, topic in material.knowledge.answers:
        if topic not in topics:
            text = "is no topic of topics.yml, add it there or correct the file name"
            yield error(language, material.answer_path(language, topic), text)


def interface_keys(material: Material) -> Iterator[Problem]:
    """A language that owes everything has the German keys, and no language has others."""
    german = material.knowledge.texts.get("de", {})
    for language in material.owing():
        path = material.texts_path(language)
        if language not in material.knowledge.texts:
            yield error(language, path, "is missing, translate answers/de/_interface.yml")
            continue
        for key in sorted(german.keys() - material.knowledge.texts[language].keys()):
            yield error(language, path, f"`{key}` is missing, translate it from German")
    for language, texts in material.knowledge.texts.items():
        for key in sorted(texts.keys() - german.keys()):
            text = f"`{key}` is no key of the German file, remove or correct it"
            yield error(language, material.texts_path(language), text)


def contact_lines(material: Material) -> Iterator[Problem]:
    """Every contact is described in every language; German stands in contacts.yml itself."""
    contacts, lines = material.knowledge.contacts, material.knowledge.contact_lines
    for language in material.owing():
        path = material.texts_path(language, "_contacts")
        if language == "de":
            continue
        if language not in lines:
            yield warning(language, path, "is missing, translate every `what` of contacts.yml")
            continue
        for key in sorted(contacts.keys() - lines[language].keys()):
            yield warning(language, path, f"`{key}` is missing, translate its `what`")
    for language, texts in lines.items():
        for key in sorted(texts.keys() - contacts.keys()):
            text = f"`{key}` is no contact of contacts.yml, remove or correct it"
            yield error(language, material.texts_path(language, "_contacts"), text)


def text_values(material: Material) -> Iterator[Problem]:
    """YAML reads an unquoted No as false and an empty line as nothing."""
    for (language, name), raw in material.files.items():
        texts = raw.get("texts")
        for key, value in (texts if isinstance(texts, dict) else {}).items():
            path = material.texts_path(language, name)
            if value is None or value == "":
                yield error(language, path, f"`{key}` is empty, write its text")
            elif not isinstance(value, str):
                text = f"`{key}` is read as {value!r} instead of text, put it in quotes"
                yield error(language, path, text)
