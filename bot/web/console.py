"""The caseworkers' console: log in, see the open cases, answer, close."""

from __future__ import annotations

import secrets
from datetime import timedelta

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.cases import Cases, access_case
from bot.database import Database
from bot.inbox import Inbox
from bot.messages import StaffMessage
from bot.models import Case, StaffAccount, now
from bot.web.pages import templates

_FAILURES = 5
_LOCK = timedelta(minutes=5)
_MAX_REPLY = 4000
_hasher = PasswordHasher()
#: Checked when a name is unknown, so that the answer takes as long as for a known one.
_NOBODY = (
    "$argon2id$v=19$m=65536,t=3,p=4$bm9ib2R5bm9ib2R5bm8$"
    "0Jm2S0k3dWJv0a3p5v9n0YVbUeG2c2xXo0m6G0h0b1E"
)


class Console:
    """Pages for caseworkers; every page but the login needs a session."""

    def __init__(self, database: Database, cases: Cases, inbox: Inbox) -> None:
        """Take the cases and the way to answer them."""
        self._database, self._cases, self._inbox = database, cases, inbox
        self._templates = templates()

    def routes(self) -> list[Route]:
        """Return the console's routes."""
        return [
            Route("/console", self.queue),
            Route("/console/login", self.login, methods=["GET", "POST"]),
            Route("/console/logout", self.logout, methods=["POST"]),
            Route("/console/case/{code}", self.case, methods=["GET", "POST"]),
        ]

    async def login(self, request: Request) -> Response:
        """Show the form, or check name and password."""
        error = ""
        if request.method == "POST":
            form = await request.form()
            name, password = str(form.get("name", "")), str(form.get("password", ""))
            error = await self._database.run(check_password, name[:64], password[:256])
            if not error:
                # A fresh session: an id planted before the login is worth nothing.
                request.session.clear()
                request.session.update(name=name, csrf=secrets.token_urlsafe(16))
                return RedirectResponse("/console", status_code=303)
        page = {"error": error}
        status = 401 if error else 200
        return self._templates.TemplateResponse(request, "login.html", page, status_code=status)

    async def logout(self, request: Request) -> Response:
        """End the session."""
        request.session.clear()
        return RedirectResponse("/console/login", status_code=303)

    async def queue(self, request: Request) -> Response:
        """Show the open cases, urgent and oldest first."""
        if not _name(request):
            return RedirectResponse("/console/login", status_code=303)
        cases = await self._database.run(self._open_cases)
        return self._templates.TemplateResponse(
            request, "queue.html", {"cases": cases, "name": _name(request)}
        )

    async def case(self, request: Request) -> Response:
        """Show a case, or do what the caseworker ordered: answer or close."""
        if not _name(request):
            return RedirectResponse("/console/login", status_code=303)
        code = str(request.path_params["code"])
        page = await self._database.run(self._page, code)
        if page is None:
            return self._templates.TemplateResponse(
                request, "missing.html", {"name": _name(request)}, status_code=404
            )
        if request.method == "POST":
            form = await request.form()
            if not secrets.compare_digest(
                str(form.get("csrf", "")), str(request.session.get("csrf", "-"))
            ):
                return Response("The form is too old. Load the page again.", status_code=403)
            text = str(form.get("text", "")).strip()[:_MAX_REPLY]
            if form.get("close"):
                await self._inbox.console_says(code, StaffMessage("command", "close", 0))
            elif text:
                await self._inbox.console_says(code, StaffMessage("text", text, 0))
            return RedirectResponse(f"/console/case/{code}", status_code=303)
        page |= {"name": _name(request), "csrf": request.session["csrf"]}
        return self._templates.TemplateResponse(request, "case.html", page)

    def _open_cases(self, session: Session) -> list[dict[str, object]]:
        rows = session.scalars(select(Case).where(Case.state == "open").order_by(Case.id)).all()
        shown = [self._summary(case) for case in rows]
        return sorted(shown, key=lambda case: not case["urgent"])

    def _summary(self, case: Case) -> dict[str, object]:
        knowledge = self._cases.answers.knowledge
        topic = knowledge.topics.get(case.topic)
        language = knowledge.languages[case.language]
        return {
            "code": case.code,
            "state": case.state,
            "flag": language.flag,
            "language": language.name,
            "code_of_language": language.code,
            "title": self._cases.topic_title(case),
            "urgent": bool(topic and topic.urgent),
            "opened": case.opened_at.isoformat(),
        }

    def _page(self, session: Session, code: str) -> dict[str, object] | None:
        case = access_case(session, code)
        if case is None:
            return None
        messages = [
            {"sender": row.sender, "text": text, "at": row.at.isoformat()}
            for row, text in self._cases.transcript(session, case)
        ]
        return {"case": self._summary(case), "messages": messages}


def _name(request: Request) -> str:
    return str(request.session.get("name", ""))


def new_account(session: Session, name: str) -> str:
    """Make or renew a caseworker's account and return its password, which is shown only now."""
    password = secrets.token_urlsafe(12)
    account = session.scalar(select(StaffAccount).where(StaffAccount.name == name))
    if account is None:
        account = StaffAccount(name=name, failures=0)
        session.add(account)
    account.password_hash = _hasher.hash(password)
    account.failures, account.locked_until = 0, None
    return password


def first_account(session: Session) -> str:
    """Make the account `admin` if there is none at all; return its password, else nothing."""
    return "" if session.scalar(select(StaffAccount.id)) else new_account(session, "admin")


def check_password(session: Session, name: str, password: str) -> str:
    """Return what is wrong with a login, or nothing."""
    account = session.scalar(select(StaffAccount).where(StaffAccount.name == name))
    if account and account.locked_until and account.locked_until > now():
        return "locked"
    try:
        _hasher.verify(account.password_hash if account else _NOBODY, password)
        good = account is not None
    except Argon2Error:
        good = False
    if account and good:
        account.failures = 0
        return ""
    if account:
        account.failures += 1
        if account.failures >= _FAILURES:
            account.failures, account.locked_until = 0, now() + _LOCK
    return "wrong"
