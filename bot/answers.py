"""Renders keys into what a resident reads: topic answers, menus, contacts and notices."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

from babel import Locale

from bot.formats import format_fact, isolated, opening_hours, rows_of
from bot.knowledge import PLACEHOLDER, Answer, Contact, Knowledge, Topic
from bot.messages import Button, Outgoing

_MARKS = {"draft": "draft_mark", "machine": "machine_mark", "outdated": "outdated_mark"}
#: /delete and its like inside a text from right to left.
_COMMAND = re.compile(r"(?<![\w<])/[a-z]+")


class Answers:
    """Speaks from one state of the knowledge; `today` is asked anew for every text, so that an
    amount changes at midnight by itself."""

    def __init__(self, knowledge: Knowledge, today: Callable[[], date] = date.today) -> None:
        """Take the knowledge and a clock."""
        self.knowledge = knowledge
        self._today = today

    def text(self, key: str, language: str, **values: object) -> str:
        """Return an interface text; a language that lacks the key speaks German, never nothing."""
        texts = self.knowledge.texts
        text = texts.get(language, {}).get(key) or texts["de"][key]
        if self._is_rtl(language):
            text = _COMMAND.sub(lambda match: isolated(match[0]), text)
        for name, value in values.items():
            text = text.replace(f"{{{name}}}", str(value))
        return text

    def staff_text(self, key: str, **values: object) -> str:
        """Return a German text for caseworkers."""
        text = self.knowledge.staff_texts[key]
        for name, value in values.items():
            text = text.replace(f"{{{name}}}", str(value))
        return text

    def button(self, key: str, language: str, data: str, emoji: str = "") -> Button:
        """Return a button with an interface text as its label."""
        return Button(f"{emoji} {self.text(key, language)}".strip(), data)

    # --- Screens

    def language_picker(self, guess: str) -> Outgoing:
        """Return the first screen: a question in the likeliest languages, all names and flags."""
        spoken = [lang.code for lang in self.knowledge.spoken]
        first = [guess] if guess in spoken else []
        asked = dict.fromkeys([*first, *(c for c in ("de", "ro", "bg", "en") if c in spoken)])
        lines = [
            f"{self.knowledge.languages[code].flag} {self.text('choose_language', code)}"
            for code in asked
        ]
        buttons = [
            Button(f"{lang.flag} {lang.name}", f"l:{lang.code}") for lang in self.knowledge.spoken
        ]
        return Outgoing("\n".join(lines), rows_of(buttons))

    def menu(self, language: str, intro: str = "menu") -> Outgoing:
        """Return the groups of topics, urgent help first."""
        keys = sorted(self.knowledge.groups, key=lambda key: key != "urgent")
        buttons = [
            Button(
                f"{self.knowledge.groups[key]} {self.text(f'group_{key}', language)}", f"g:{key}"
            )
            for key in keys
        ]
        return Outgoing(
            self.text(intro, language),
            (
                *rows_of(buttons),
                (self.button("button_person", language, "person", "👤"),),
                (self.button("button_language", language, "language", "🌍"),),
            ),
        )

    def group(self, group: str, language: str) -> Outgoing:
        """Return the topics of a group."""
        buttons = [
            self.topic_button(topic.key, language)
            for topic in self.knowledge.topics.values()
            if topic.group == group
        ]
        title = f"**{self.knowledge.groups[group]} {self.text(f'group_{group}', language)}**"
        back = self.button("button_menu", language, "menu", "☰")
        return Outgoing(
            f"{title}\n{self.text('choose_topic', language)}", (*rows_of(buttons), (back,))
        )

    def topic_button(self, key: str, language: str) -> Button:
        """Return the button that opens a topic."""
        return Button(
            f"{self.knowledge.topics[key].emoji} {self.title(key, language)}", f"t:{key}"
        )

    def title(self, topic: str, language: str) -> str:
        """Return a topic's title in a language, else in German, else its key."""
        answers = self.knowledge.answers
        answer = answers.get((language, topic)) or answers.get(("de", topic))
        return answer.title if answer else topic.replace("_", " ")

    def did_you_mean(self, topics: list[str], language: str) -> Outgoing:
        """Return the question which of some topics is meant."""
        buttons = [(self.topic_button(key, language),) for key in topics]
        none = self.button("button_none", language, "none", "✖️")
        person = self.button("button_person", language, "person", "👤")
        return Outgoing(self.text("did_you_mean", language), (*buttons, (none,), (person,)))

    # --- Topic answers

    def topic(self, key: str, language: str) -> Outgoing:
        """Return a topic's short answer, steps and buttons; urgent topics open with numbers."""
        topic = self.knowledge.topics[key]
        answer, note = self._answer(key, language)
        heading = f"**{topic.emoji} {self.title(key, language)}**"
        parts = [heading]
        if topic.urgent:
            parts.append(self.call_now(topic, language))
        if note:
            parts.append(note)
        buttons: list[tuple[Button, ...]] = []
        if answer:
            spoken = language if (language, key) in self.knowledge.answers else "de"
            body, checked = self._fill(f"{answer.short}\n\n{{_steps}}", answer, spoken)
            parts.append(body)
            if checked:
                parts.append(f"⚠️ {self.text('value_checked_notice', language)}")
            parts += self._marks(answer, language)
            buttons.append((self.button("button_more", language, f"m:{key}", "➕"),))
            if spoken != "de":
                buttons[0] += (self.button("button_german", language, f"d:{key}", "🇩🇪"),)
        else:
            parts.append(self.contact_list(topic, language))
        person = self.button("button_person", language, f"p:{key}", "👤")
        menu = self.button("button_menu", language, "menu", "☰")
        return Outgoing("\n\n".join(p for p in parts if p), (*buttons, (person,), (menu,)))

    def more(self, key: str, language: str) -> Outgoing:
        """Return the longer text of a topic and who helps."""
        topic = self.knowledge.topics[key]
        answer, _note = self._answer(key, language)
        parts = [f"**{topic.emoji} {self.title(key, language)}**"]
        if answer:
            spoken = language if (language, key) in self.knowledge.answers else "de"
            body, checked = self._fill(answer.more, answer, spoken)
            parts.append(body)
            if checked:
                parts.append(f"⚠️ {self.text('value_checked_notice', language)}")
            parts += self._marks(answer, language)
        parts.append(self.contact_list(topic, language))
        related = [self.topic_button(k, language) for k in topic.related[:4]]
        person = self.button("button_person", language, f"p:{key}", "👤")
        menu = self.button("button_menu", language, "menu", "☰")
        return Outgoing(
            "\n\n".join(p for p in parts if p), (*rows_of(related), (person,), (menu,))
        )

    def german(self, key: str, language: str) -> Outgoing:
        """Return the German text of a topic, to be shown at a desk."""
        topic = self.knowledge.topics[key]
        answer = self.knowledge.answers[("de", key)]
        body, _checked = self._fill(f"{answer.short}\n\n{{_steps}}", answer, "de")
        parts = [
            f"_{self.text('german_for_desk', language)}_",
            f"**{topic.emoji} {answer.title}**",
            body,
            *self._marks(answer, "de"),
        ]
        return Outgoing(
            "\n\n".join(parts), ((self.button("button_menu", language, "menu", "☰"),),)
        )

    def steps(self, key: str, language: str) -> str:
        """Return only the steps of a topic, for those who asked for something simpler."""
        answer, _note = self._answer(key, language)
        if not answer:
            return ""
        spoken = language if (language, key) in self.knowledge.answers else "de"
        return self._fill("{_steps}", answer, spoken)[0]

    def call_now(self, topic: Topic, language: str) -> str:
        """Return the numbers to call, one a line, before anything else."""
        lines = [
            f"📞 **{self.phone(contact, language)}** – {self._contact_line(contact, language)}"
            for contact in map(self.knowledge.contacts.__getitem__, topic.contacts)
            if contact.phone
        ]
        return "\n".join([f"**{self.text('call_now', language)}:**", *lines[:4]]) if lines else ""

    def emergency_numbers(self, language: str) -> str:
        """Return the numbers of the topic `emergency`."""
        return self.call_now(self.knowledge.topics["emergency"], language)

    def contact_list(self, topic: Topic, language: str) -> str:
        """Return who helps with a topic: those that speak the language first."""
        # A helpline that speaks neither the resident's language nor German is of no use here.
        contacts = [
            contact
            for contact in map(self.knowledge.contacts.__getitem__, topic.contacts)
            if {language, "de"} & set(contact.languages)
        ]
        contacts.sort(key=lambda contact: language not in contact.languages)
        if not contacts:
            return ""
        blocks = [f"**{self.text('contacts', language)}**"]
        blocks += [self._contact_block(contact, language) for contact in contacts]
        return "\n\n".join(blocks)

    def phone(self, contact: Contact, language: str) -> str:
        """Return a phone number; in Arabic its groups of digits must not change places."""
        return isolated(contact.phone) if self._is_rtl(language) else contact.phone

    # --- Pieces

    def _is_rtl(self, language: str) -> bool:
        known = self.knowledge.languages.get(language)
        return known is not None and known.direction == "rtl"

    def _answer(self, key: str, language: str) -> tuple[Answer | None, str]:
        answers = self.knowledge.answers
        if (language, key) in answers:
            return answers[language, key], ""
        if ("de", key) in answers:
            return answers["de", key], f"_{self.text('only_german', language)}_"
        return None, self.text("being_written", language)

    def _marks(self, answer: Answer, language: str) -> list[str]:
        mark = _MARKS.get(answer.state)
        return [f"✏️ _{self.text(mark, language)}_"] if mark else []

    def _fill(self, text: str, answer: Answer, language: str) -> tuple[str, bool]:
        """Put steps and values in; tell whether a value is not known to hold today."""
        steps = f"**{self.text('steps', language)}**\n\n{answer.steps}" if answer.steps else ""
        text = text.replace("{_steps}", steps)
        unsure = False

        def value(match: object) -> str:
            nonlocal unsure
            name: str = match[1]  # type: ignore[index]
            if name.startswith("phone."):
                contact = self.knowledge.contacts.get(name.removeprefix("phone."))
                if contact and contact.phone:
                    return self.phone(contact, language)
            fact = self.knowledge.facts.get(name)
            current = fact.on(self._today()) if fact else None
            if fact is None or current is None:
                unsure = True
                return self.text("value_checked", language)
            return format_fact(fact.unit, current, self.knowledge.languages[language].locale)

        return PLACEHOLDER.sub(value, text).strip(), unsure

    def _contact_line(self, contact: Contact, language: str) -> str:
        line = self.knowledge.contact_lines.get(language, {}).get(contact.key)
        return f"{contact.name}: {line or contact.what}"

    def _contact_block(self, contact: Contact, language: str) -> str:
        what = self.knowledge.contact_lines.get(language, {}).get(contact.key) or contact.what
        lines = [f"**{contact.name}**", what]
        if contact.phone:
            free = f" ({self.text('contact_free', language)})" if contact.free else ""
            lines.append(f"📞 {self.phone(contact, language)}{free}")
        if contact.email:
            lines.append(f"✉️ {contact.email}")
        if contact.address:
            lines.append(f"📍 {contact.address}")
        if contact.always:
            lines.append(f"🕐 {self.text('contact_always', language)}")
        elif contact.hours:
            locale = self.knowledge.languages[language].locale
            lines += [f"🕐 {hours}" for hours in opening_hours(contact, locale)]
        elif contact.address:
            lines.append(f"🕐 {self.text('contact_ask_hours', language)}")
        if set(contact.languages) - {"de"}:
            names = Locale.parse(self.knowledge.languages[language].locale).languages
            spoken = ", ".join(names.get(code, code) for code in contact.languages)
            lines.append(f"💬 {self.text('contact_languages', language)}: {spoken}")
        if contact.web:
            label = contact.web.removeprefix("https://").removeprefix("www.").strip("/")
            lines.append(f"🔗 [{label}]({contact.web})")
        if contact.certainty != "verified":
            lines.append(f"_{self.text('contact_unverified', language)}_")
        return "\n".join(lines)
