"""The web chat and the console, call by call: cookies, bad input, strangers."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from bot.web.console import first_account, new_account
from tests.conftest import House


@pytest_asyncio.fixture
async def browser(house: House) -> AsyncIterator[httpx.AsyncClient]:
    """Open the chat page in a browser without scripts."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(house.app.web), base_url="http://bot.test"
    ) as client:
        await client.get("/")
        yield client


async def send(browser: httpx.AsyncClient, **what: str) -> httpx.Response:
    return await browser.post("/chat/send", json={"id": str(uuid.uuid4()), **what})


async def shown(house: House, browser: httpx.AsyncClient, after: int = 0) -> list[dict[str, str]]:
    """Return what the page would show after a message id."""
    await house.app.inbox.idle()
    lane = house.app.vault.lane("web", browser.cookies["abc_chat"])
    parcels = await house.app.outbox.fetch(lane, after)
    return [house.app.chat._shown(parcel, "de") | {"id": parcel.id} for parcel in parcels]


async def test_the_web_chat_has_the_same_conversation(
    house: House, browser: httpx.AsyncClient
) -> None:
    house.rasa.teach("kaution", "deposit")
    assert (await send(browser, command="start")).status_code == 202
    await send(browser, button="l:de")
    await send(browser, button="consent")
    await send(browser, text="kaution")
    messages = await shown(house, browser)
    assert "einverstanden" in messages[1]["html"]
    assert "<strong>🔑 Kaution</strong>" in messages[3]["html"]
    assert "<ol>" in messages[3]["html"]


async def test_what_the_page_has_seen_is_deleted_on_the_server(
    house: House, browser: httpx.AsyncClient
) -> None:
    await send(browser, command="start")
    (picker,) = await shown(house, browser)
    assert await shown(house, browser, int(picker["id"])) == []
    await send(browser, button="l:de")
    (consent,) = await shown(house, browser, int(picker["id"]))
    assert int(consent["id"]) > int(picker["id"]), "a number is never given twice"


async def test_a_message_sent_twice_by_a_shaky_line_counts_once(
    house: House, browser: httpx.AsyncClient
) -> None:
    body = {"id": str(uuid.uuid4()), "command": "start"}
    for _ in range(3):
        assert (await browser.post("/chat/send", json=body)).status_code == 202
    assert len(await shown(house, browser)) == 1


async def test_the_stream_brings_messages_as_they_come(
    house: House, browser: httpx.AsyncClient
) -> None:
    lane = house.app.vault.lane("web", browser.cookies["abc_chat"])
    stream = house.app.chat._stream(lane, 0)
    await send(browser, command="start")
    first = await asyncio.wait_for(anext(stream), 5)
    await send(browser, button="l:ar")
    second = await asyncio.wait_for(anext(stream), 5)
    assert json.loads(second.split("data: ")[1])["language"] == "ar"
    assert first != second
    await stream.aclose()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"[]", 400),
        (b"null", 400),
        (b'{"text": "no id"}', 400),
        (b'{"id": 5, "text": "x"}', 400),
        (b'{"id": "abcdefgh", "text": 5}', 400),
        (b'{"id": "abcdefgh", "command": "nosuch"}', 400),
        (b'{"id": "../../etc/passwd", "text": "x"}', 400),
        (b'{"id": "abcdefgh", "text": "\\ud800 \\u0000"}', 202),
        (b'{"id": "abcdefgh", "text": "' + b"x" * 100_000 + b'"}', 202),
        (b'{"id": "abcdefgh", "text": "' + b"x" * 300_000 + b'"}', 413),
    ],
)
async def test_bad_input_gets_a_clear_error_and_breaks_nothing(
    house: House, browser: httpx.AsyncClient, body: bytes, status: int
) -> None:
    answer = await browser.post("/chat/send", content=body)
    assert answer.status_code == status
    assert (await send(browser, command="start")).status_code == 202
    await house.app.inbox.idle()


async def test_a_text_of_100_kb_is_answered_with_please_shorter(
    house: House, browser: httpx.AsyncClient
) -> None:
    for what in ({"button": "l:de"}, {"button": "consent"}, {"text": "wort " * 20_000}):
        await send(browser, **what)
    assert "sehr lang" in (await shown(house, browser))[-1]["html"]
    assert house.rasa.asked == []


async def test_markup_of_residents_and_caseworkers_stays_text(
    house: House, browser: httpx.AsyncClient
) -> None:
    for what in ({"button": "l:de"}, {"button": "consent"}, {"command": "person"}):
        await send(browser, **what)
    await send(browser, text="<img src=x onerror=alert(1)>")
    await house.settled()
    topic = next(m.thread for m in await house.group_sees() if m.thread)
    await house.telegram.say(2001, "<script>alert(2)</script>", chat=house.group.id, thread=topic)
    await house.settled()
    html = (await shown(house, browser))[-1]["html"]
    assert "&lt;script&gt;" in html
    assert "<script>" not in html


async def test_without_a_cookie_nothing_is_taken_or_shown(house: House) -> None:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(house.app.web), base_url="http://bot.test"
    ) as stranger:
        assert (await send(stranger, text="hallo")).status_code == 401
        assert (await stranger.get("/chat/events")).status_code == 401
        assert (await stranger.get("/console")).headers["location"] == "/console/login"
        assert (await stranger.get("/console/case/ABCDE")).status_code == 303


async def test_other_sites_cannot_post_and_pages_forbid_foreign_scripts(
    browser: httpx.AsyncClient,
) -> None:
    headers = {"Sec-Fetch-Site": "cross-site"}
    body = {"id": "abcdefgh", "text": "x"}
    assert (await browser.post("/chat/send", json=body, headers=headers)).status_code == 403
    page = await browser.get("/")
    assert "script-src 'self'" in page.headers["content-security-policy"]
    cookie = (await httpx_first_cookie(browser)).lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie


async def httpx_first_cookie(browser: httpx.AsyncClient) -> str:
    browser.cookies.clear()
    return (await browser.get("/")).headers["set-cookie"]


async def test_a_caseworker_logs_in_answers_and_closes_in_the_console(
    house: House, browser: httpx.AsyncClient
) -> None:
    for what in ({"button": "l:de"}, {"button": "consent"}, {"command": "person"}):
        await send(browser, **what)
    await send(browser, text="Mein Vermieter <b>droht</b>")
    await house.app.inbox.idle()
    password = house.app.database.do(first_account)
    assert house.app.database.do(first_account) == "", "only the first start makes one"
    wrong = await browser.post("/console/login", data={"name": "admin", "password": "x"})
    assert wrong.status_code == 401
    assert "stimmt nicht" in wrong.text
    await browser.post("/console/login", data={"name": "admin", "password": password})
    queue = await browser.get("/console")
    assert "Offene Fälle (1)" in queue.text
    link = queue.text.split('href="/console/case/')[1].split('"')[0]
    page = await browser.get(f"/console/case/{link}")
    assert "Mein Vermieter &lt;b&gt;droht&lt;/b&gt;" in page.text
    csrf = page.text.split('name="csrf" value="')[1].split('"')[0]
    forged = await browser.post(f"/console/case/{link}", data={"text": "x", "csrf": "forged"})
    assert forged.status_code == 403
    await browser.post(f"/console/case/{link}", data={"text": "Wir helfen", "csrf": csrf})
    assert "Wir helfen" in (await shown(house, browser))[-1]["html"]
    await browser.post(f"/console/case/{link}", data={"close": "1", "csrf": csrf})
    assert "beendet" in (await shown(house, browser))[-1]["html"]
    assert "Offene Fälle (0)" in (await browser.get("/console")).text
    assert (await browser.get("/console/case/ZZZZZ")).status_code == 404
    await browser.post("/console/logout")
    assert (await browser.get("/console")).status_code == 303


async def test_guessing_passwords_is_stopped(house: House, browser: httpx.AsyncClient) -> None:
    password = house.app.database.do(new_account, "berater")
    for _ in range(5):
        await browser.post("/console/login", data={"name": "berater", "password": "falsch"})
    locked = await browser.post("/console/login", data={"name": "berater", "password": password})
    assert "Zu viele falsche Versuche" in locked.text
    unknown = await browser.post("/console/login", data={"name": "nobody", "password": "x"})
    assert unknown.status_code == 401


async def test_health_tells_what_works(house: House, browser: httpx.AsyncClient) -> None:
    await house.at_home()  # Telegram is reached
    assert (await browser.get("/health")).json() == {
        "database": True,
        "rasa": True,
        "telegram": "on",
    }
    house.rasa.down = True
    assert (await browser.get("/health")).json()["rasa"] is False
