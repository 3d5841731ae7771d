"""Decides what the bot answers: one incoming message in, messages to resident and staff out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from bot.answers import Answers
from bot.cases import MEDIA, Cases
from bot.cleaning import cleaned
from bot.messages import Button, Incoming, Outgoing, Turn
from bot.models import Resident, now
from bot.rasa_client import Understood
from bot.vault import Vault

#: Telegram's own limit of one message; longer texts only come in through the web.
MAX_TEXT = 4096
#: Detection offers a language only when it is nearly sure and has some words to judge by.
OFFER_CONFIDENCE, OFFER_WORDS = 0.9, 3
#: Retention counts days, so an hour's precision saves a write with nearly every message.
SEEN_PRECISION = timedelta(hours=1)
COMMANDS = ("start", "menu", "language", "person", "privacy", "delete", "help")
#: What Rasa's dialogue intents say with one text and the menu's button under it.
_PLAIN_SAYS = {
    "greet", "goodbye", "thank", "affirm", "deny", "bot_challenge", "privacy",
    "feedback_positive", "feedback_negative", "read_aloud",
}  # fmt: skip
_WITH_PERSON = {"feedback_negative", "read_aloud", "bot_challenge"}
_WITH_MENU = {"greet", "affirm", "deny"}


@dataclass(frozen=True, slots=True)
class AskRasa:
    """The message needs understanding first: the caller asks Rasa and comes back with `answer`."""

    conversation: str
    text: str
    turn: int


class Conversation:
    """The bot's side of the talk. Methods are plain functions on a session: no network here."""

    def __init__(self, answers: Answers, cases: Cases, vault: Vault, retention_days: int) -> None:
        """Take what it speaks with and how long texts are kept (for the consent screen)."""
        self.answers = answers
        self.cases = cases
        self._vault = vault
        self._days = retention_days

    def handle(self, session: Session, resident: Resident, incoming: Incoming) -> Turn | AskRasa:
        """Return what one message leads to, or the question to Rasa that it needs."""
        resident.blocked = incoming.kind == "blocked"
        if now() - resident.seen_at > SEEN_PRECISION:
            resident.seen_at = now()
        if incoming.language_code:
            resident.guess = incoming.language_code[:2].lower()
        if incoming.kind == "blocked":
            return self._blocked(session, resident)
        if incoming.kind == "command":
            return self._command(session, resident, incoming.value)
        if incoming.kind == "button":
            return self._button(session, resident, incoming.value)
        return self._message(session, resident, incoming)

    def answer(
        self, session: Session, resident: Resident, text: str, understood: Understood | None
    ) -> Turn:
        """Return what to say to Rasa's reply about a text; None: Rasa was not there."""
        language = resident.language
        if understood is None:
            menu = self.answers.menu(language, "not_available")
            numbers = self.answers.emergency_numbers(language)
            return Turn(out=[Outgoing(f"{menu.text}\n\n{numbers}", menu.buttons)])
        resident.turns += 1
        turn = Turn()
        for item in understood.say:
            self._say(session, resident, item, turn)
        if len(text.split()) >= OFFER_WORDS:
            self._offer_language(resident, understood, turn)
        return turn

    # --- What arrived

    def _blocked(self, session: Session, resident: Resident) -> Turn:
        case = self.cases.current(session, resident)
        return self.cases.notice(case, "not_delivered") if case else Turn()

    def _command(self, session: Session, resident: Resident, name: str) -> Turn:
        language = resident.language
        if name == "start" or not language:
            resident.step = ""
            return Turn(out=[self.answers.language_picker(resident.guess)])
        if name == "privacy":
            return self._text(resident, "privacy")
        if name == "delete":
            yes = self.answers.button("delete_yes", language, "delete", "🗑️")
            no = self.answers.button("delete_no", language, "keep", "↩️")
            text = f"🗑️ {self.answers.text('delete_ask', language)}"
            return Turn(out=[Outgoing(text, ((yes,), (no,)))])
        if name == "language":
            return Turn(out=[self.answers.language_picker(language)])
        if not resident.consented_at:
            return Turn(out=[self._consent(language)])
        if name == "person":
            return self._person(session, resident, "")
        if name == "help":
            return self._text(resident, "help")
        resident.step = ""
        return Turn(out=[self.answers.menu(language)])

    def _button(self, session: Session, resident: Resident, data: str) -> Turn | AskRasa:
        kind, _, value = data.partition(":")
        knowledge = self.answers.knowledge
        language = resident.language
        if kind == "l" and value in knowledge.texts:
            return self._set_language(resident, value)
        if not language:
            return Turn(out=[self.answers.language_picker(resident.guess)])
        if data == "consent":
            return self._consented(session, resident)
        if data == "privacy":
            agree = self.answers.button("consent_agree", language, "consent", "✅")
            rows = () if resident.consented_at else ((agree,),)
            return Turn(out=[Outgoing(self._fill_days("privacy", language), rows)])
        if data == "delete":
            return self._delete(session, resident)
        if data == "keep":
            return self._text(resident, "not_deleted")
        # Urgent help needs no consent: it takes nothing but a tap.
        topic = knowledge.topics.get(value)
        if kind == "t" and topic and (topic.urgent or resident.consented_at):
            resident.topic = value
            return Turn(out=[self.answers.topic(value, language)])
        if data == "g:urgent":
            return Turn(out=[self.answers.group("urgent", language)])
        if not resident.consented_at:
            return Turn(out=[self._consent(language)])
        if kind == "m" and topic:
            resident.topic = value
            return Turn(out=[self.answers.more(value, language)])
        if kind == "d" and ("de", value) in knowledge.answers:
            return Turn(out=[self.answers.german(value, language)])
        if kind == "p" and topic:
            return self._person(session, resident, value)
        if kind == "g" and value in knowledge.groups:
            return Turn(out=[self.answers.group(value, language)])
        if data in {"menu", "language", "person"}:
            return self._command(session, resident, data)
        if data == "none":
            return self._text(resident, "deny", person=True)
        if data == "cancel":
            resident.step = ""
            return self._text(resident, "cancel")
        if data == "end":
            return self._end_case(session, resident)
        return Turn(out=[self.answers.menu(language, "old_button")])

    def _message(self, session: Session, resident: Resident, incoming: Incoming) -> Turn | AskRasa:
        language = resident.language
        incoming = cleaned(incoming)
        if not resident.consented_at:
            if incoming.kind == "text" and incoming.value:
                resident.pending = self._vault.seal(incoming.value)
            if not language:
                return Turn(out=[self.answers.language_picker(resident.guess)])
            note = self.answers.text("consent_needed", language)
            return Turn(out=[Outgoing(note), self._consent(language)])
        empty = incoming.kind == "text" and not incoming.value
        case = self.cases.current(session, resident)
        if case and not empty:
            return self.cases.from_resident(session, case, resident, incoming)
        passes_on = incoming.kind == "text" or (
            incoming.kind in MEDIA and resident.channel == "telegram"
        )
        if resident.step == "case_about" and passes_on and not empty:
            return self.cases.open(session, resident, incoming)
        if empty:
            return Turn(out=[self.answers.menu(language, "empty")])
        if incoming.kind == "text":
            if len(incoming.value) > MAX_TEXT:
                return self._text(resident, "too_long")
            return AskRasa(resident.conversation, incoming.value, resident.turns)
        return self._media(resident, incoming)

    def _media(self, resident: Resident, incoming: Incoming) -> Turn:
        if incoming.kind == "sticker":
            return Turn()  # a sticker says hello or thanks; an answer to each would be noise
        if incoming.album and incoming.album == resident.album:
            return Turn()
        resident.album = incoming.album
        key = {"voice": "voice", "photo": "photo", "file": "photo", "location": "location"}.get(
            incoming.kind, "other_media"
        )
        return self._text(resident, key, person=True)

    # --- What to say

    def _say(self, session: Session, resident: Resident, item: dict[str, Any], turn: Turn) -> None:
        key, language = item["say"], resident.language
        topics = self.answers.knowledge.topics
        if key in topics:
            resident.topic = key
            turn.out.append(self.answers.topic(key, language))
        elif key == "did_you_mean" and any(t in topics for t in item.get("topics", ())):
            known = [topic for topic in item["topics"] if topic in topics][:3]
            turn.out.append(self.answers.did_you_mean(known, language))
        elif key == "talk_to_human":
            turn.out += self._person(session, resident, "").out
        elif key in {"change_language", "delete_data"}:
            name = {"change_language": "language", "delete_data": "delete"}[key]
            turn.out += self._command(session, resident, name).out
        elif key == "simpler":
            turn.out += self._simpler(resident).out
        elif key == "menu":
            turn.out.append(self.answers.menu(language))
        elif key == "cancel":
            resident.step = ""
            turn.out += self._text(resident, "cancel").out
        elif key in _PLAIN_SAYS:
            turn.out += self._text(resident, key, person=key in _WITH_PERSON).out
        else:
            turn.out.append(self.answers.menu(language, "out_of_scope"))

    def _text(self, resident: Resident, key: str, person: bool = False) -> Turn:
        language = resident.language
        if key in _WITH_MENU:
            return Turn(out=[self.answers.menu(language, key)])
        rows: list[tuple[Button, ...]] = []
        if person:
            rows.append((self.answers.button("button_person", language, "person", "👤"),))
        rows.append((self.answers.button("button_menu", language, "menu", "☰"),))
        return Turn(out=[Outgoing(self._fill_days(key, language), tuple(rows))])

    def _simpler(self, resident: Resident) -> Turn:
        language = resident.language
        steps = self.answers.steps(resident.topic, language) if resident.topic else ""
        if not steps:
            return self._text(resident, "simpler_nothing", person=True)
        person = self.answers.button("button_person", language, f"p:{resident.topic}", "👤")
        text = f"{self.answers.text('simpler', language)}\n\n{steps}"
        return Turn(out=[Outgoing(text, ((person,),))])

    def _fill_days(self, key: str, language: str) -> str:
        return self.answers.text(key, language, retention_days=self._days)

    def _offer_language(self, resident: Resident, understood: Understood, turn: Turn) -> None:
        code = understood.language
        if (
            code in self.answers.knowledge.texts
            and code not in {resident.language, resident.offered}
            and understood.language_confidence >= OFFER_CONFIDENCE
        ):
            resident.offered = code
            flag = self.answers.knowledge.languages[code].flag
            yes = self.answers.button("offer_language_yes", code, f"l:{code}", flag)
            turn.out.append(Outgoing(self.answers.text("offer_language", code), ((yes,),)))

    # --- Language and consent

    def _set_language(self, resident: Resident, code: str) -> Turn:
        resident.language = code
        if not resident.consented_at:
            return Turn(out=[self._consent(code)])
        menu = self.answers.menu(code)
        return Turn(
            out=[
                Outgoing(f"{self.answers.text('language_set', code)}\n\n{menu.text}", menu.buttons)
            ]
        )

    def _consent(self, language: str) -> Outgoing:
        button = self.answers.button
        return Outgoing(
            self._fill_days("consent", language),
            (
                (button("consent_agree", language, "consent", "✅"),),
                (button("consent_privacy", language, "privacy", "🔒"),),
                (button("consent_emergency", language, "g:urgent", "🆘"),),
                (button("button_language", language, "language", "🌍"),),
            ),
        )

    def _consented(self, session: Session, resident: Resident) -> Turn | AskRasa:
        resident.consented_at = resident.consented_at or now()
        if not resident.pending:
            return Turn(out=[self.answers.menu(resident.language)])
        text = str(self._vault.open(resident.pending))
        resident.pending = None
        return self._message(session, resident, Incoming("text", text))

    # --- A person

    def _person(self, session: Session, resident: Resident, topic: str) -> Turn:
        case = self.cases.current(session, resident)
        if not case:
            return self.cases.ask(resident, topic)
        language = resident.language
        end = self.answers.button("case_end", language, "end", "✖️")
        text = self.answers.text("case_already_open", language, code=case.code)
        return Turn(out=[Outgoing(f"👤 {text}", ((end,),))])

    def _end_case(self, session: Session, resident: Resident) -> Turn:
        case = self.cases.current(session, resident)
        if not case:
            return Turn(out=[self.answers.menu(resident.language)])
        return self.cases.close(case, resident, "resident")

    # --- Deleting

    def _delete(self, session: Session, resident: Resident) -> Turn:
        case = self.cases.current(session, resident)
        turn = self.cases.close(case, resident, "deleted") if case else Turn()
        turn.out = [Outgoing(self.answers.text("deleted", resident.language))]
        turn.forget = True
        return turn
