"""Keeps a resident's matter with the caseworkers: opening, passing messages on, closing."""

from __future__ import annotations

import secrets

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.answers import Answers
from bot.messages import Incoming, Outgoing, StaffMessage, ToStaff, Turn
from bot.models import Case, CaseMessage, Resident, StaffPost, now
from bot.vault import Vault

#: No letters and digits that look alike when read out at a desk.
_CODE_LETTERS = "ABCDEFGHKLMNPRSTUVWXYZ23456789"
MEDIA = {"voice", "photo", "file", "location", "sticker"}


class CaseClosed(Exception):
    """The case was closed before; nothing was passed on."""


class Cases:
    """The rules of a case. Every method works in the caller's transaction."""

    def __init__(self, answers: Answers, vault: Vault) -> None:
        """Take the texts and the vault that seals what is said."""
        self.answers = answers
        self._vault = vault

    def current(self, session: Session, resident: Resident) -> Case | None:
        """Return the resident's open case: while there is one, a person has the chat."""
        return session.scalar(
            select(Case).where(Case.resident_id == resident.id, Case.state == "open")
        )

    def ask(self, resident: Resident, topic: str) -> Turn:
        """Ask what it is about; the answer opens the case."""
        resident.step = "case_about"
        resident.topic = topic or resident.topic
        language = resident.language
        cancel = self.answers.button("case_cancel", language, "cancel", "✖️")
        parts = [f"👤 {self.answers.text('case_ask', language)}"]
        known = self.answers.knowledge.topics.get(topic)
        if known and known.urgent:
            call = self.answers.call_now(known, language)
            parts = [f"⚠️ {self.answers.text('case_urgent', language)}", call, *parts]
        return Turn(out=[Outgoing("\n\n".join(parts), ((cancel,),))])

    def open(self, session: Session, resident: Resident, about: Incoming) -> Turn:
        """Open a case with what the resident answered."""
        resident.step = ""
        case = Case(
            code=_new_code(session),
            resident_id=resident.id,
            topic=resident.topic,
            language=resident.language,
        )
        session.add(case)
        session.flush()
        turn = Turn(staff=[ToStaff(opens=True)], case=case)
        self._pass_on(session, case, resident, about, turn)
        text = self.answers.text("case_opened", resident.language, code=case.code)
        numbers = self.answers.emergency_numbers(resident.language)
        urgent = f"⚠️ {self.answers.text('case_urgent', resident.language)}\n{numbers}"
        end = self.answers.button("case_end", resident.language, "end", "✖️")
        turn.out.append(Outgoing(f"👤 {text}\n\n{urgent}", ((end,),)))
        return turn

    def from_resident(
        self, session: Session, case: Case, resident: Resident, incoming: Incoming
    ) -> Turn:
        """Pass what the resident sent on to the caseworkers."""
        turn = Turn(case=case)
        self._pass_on(session, case, resident, incoming, turn)
        return turn

    def notice(self, case: Case, key: str) -> Turn:
        """Tell the caseworkers something about a case."""
        return Turn(staff=[ToStaff(text=self.answers.staff_text(key))], case=case)

    def from_staff(
        self, session: Session, case: Case, resident: Resident, message: StaffMessage
    ) -> Turn:
        """Pass what a caseworker wrote on to the resident.

        Raises:
            CaseClosed: the case was closed before.
        """
        if case.state != "open":
            raise CaseClosed
        language = resident.language
        who = f"👤 **{self.answers.text('staff_says', language)}:**"
        if message.kind == "media":
            if resident.channel == "telegram":
                out = [Outgoing(who), Outgoing(copy_from=message.message_id)]
                ack = ToStaff(reaction_to=message.message_id)
            else:
                out = [Outgoing(f"{who}\n\n{self.answers.text('case_web_no_media', language)}")]
                ack = ToStaff(text=self.answers.staff_text("media_to_web"))
            text = self.answers.staff_text("media_telegram")
        else:
            out = [Outgoing(who, plain=message.value)]
            ack = ToStaff(reaction_to=message.message_id)
            text = message.value
        session.add(CaseMessage(case_id=case.id, sender="staff", text=self._vault.seal(text)))
        return Turn(out=out, staff=[ack] if message.message_id else [], case=case)

    def close(self, case: Case, resident: Resident, by: str) -> Turn:
        """Close a case; `by` is `staff`, `resident` or `deleted`.

        Raises:
            CaseClosed: it was closed before.
        """
        if case.state != "open":
            raise CaseClosed
        case.state, case.closed_at = "closed", now()
        key = {"staff": "case_closed", "resident": "case_ended"}.get(by)
        text = self.answers.staff_text(_CLOSINGS[by], code=case.code)
        said = ToStaff(text=text, closes=True, keeps_case=by != "deleted")
        turn = Turn(staff=[said], case=case)
        if key:
            menu = self.answers.menu(resident.language)
            text = f"🤖 {self.answers.text(key, resident.language)}"
            turn.out.append(Outgoing(f"{text}\n\n{menu.text}", menu.buttons))
        return turn

    def header(self, case: Case, channel: str, in_topic: bool) -> str:
        """Return the caseworkers' first message about a case."""
        language = self.answers.knowledge.languages[case.language]
        topic = self.answers.knowledge.topics.get(case.topic)
        text = self.answers.staff_text
        return text(
            "header" if in_topic else "header_reply",
            mark=text("urgent_mark" if topic and topic.urgent else "normal_mark"),
            code=case.code,
            flag=language.flag,
            language=language.name,
            title=self.topic_title(case),
            channel={"telegram": "Telegram", "web": "Browser"}[channel],
        )

    def thread_title(self, case: Case) -> str:
        """Return the name of a case's forum topic (Bot API: 1-128 characters)."""
        flag = self.answers.knowledge.languages[case.language].flag
        title = self.topic_title(case)
        return self.answers.staff_text("thread_title", flag=flag, code=case.code, title=title)[
            :128
        ]

    def transcript(self, session: Session, case: Case) -> list[tuple[CaseMessage, str]]:
        """Return the messages of a case with their texts."""
        rows = session.scalars(
            select(CaseMessage).where(CaseMessage.case_id == case.id).order_by(CaseMessage.id)
        )
        return [(row, str(self._vault.open(row.text))) for row in rows]

    def open_address(self, resident: Resident) -> str:
        """Return where a resident is reached (Telegram chat id or web session)."""
        return str(self._vault.open(resident.address))

    def topic_title(self, case: Case) -> str:
        """Return the German title of what a case is about."""
        if not case.topic:
            return self.answers.staff_text("no_topic")
        return self.answers.title(case.topic, "de")

    def _pass_on(
        self, session: Session, case: Case, resident: Resident, incoming: Incoming, turn: Turn
    ) -> None:
        text = self.answers.staff_text
        if incoming.kind in MEDIA:
            said = text("media_telegram")
            turn.staff.append(ToStaff(text=text("media_follows", code=case.code)))
            turn.staff.append(ToStaff(copy_message=incoming.message_id))
        else:
            said = incoming.value
            if incoming.edited:
                said = text("edited", text=said)
            turn.staff.append(ToStaff(text=text("from_resident", code=case.code, text=said)))
        session.add(CaseMessage(case_id=case.id, sender="resident", text=self._vault.seal(said)))


_CLOSINGS = {
    "staff": "closed_by_staff",
    "resident": "closed_by_resident",
    "deleted": "closed_deleted",
}


def access_case(session: Session, code: str) -> Case | None:
    """Return a case by its code, for a caseworker who is logged in. This is the only door; what
    a caseworker may see will be decided here."""
    return session.scalar(select(Case).where(Case.code == code.upper()))


def case_of_post(session: Session, message: StaffMessage) -> Case | None:
    """Return the case that a message of the staff group belongs to: by its forum topic, else by
    the message it replies to."""
    if message.thread:
        case = session.scalar(select(Case).where(Case.thread == message.thread))
        if case:
            return case
    post = session.get(StaffPost, message.reply_to) if message.reply_to else None
    return session.get(Case, post.case_id) if post else None


def _new_code(session: Session) -> str:
    while True:
        code = "".join(secrets.choice(_CODE_LETTERS) for _ in range(5))
        if not session.scalar(select(Case.id).where(Case.code == code)):
            return code
