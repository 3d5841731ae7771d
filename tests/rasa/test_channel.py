"""The channel lets in only what the bot sends and never answers 200 when it has no answer."""

import asyncio
import json
import logging
import socket

import aiohttp
import pytest
from rasa.shared.exceptions import RasaException
from sanic import Sanic

from components.channel import (
    LARGEST_BODY,
    LONGEST_TEXT,
    TOKEN_HEADER,
    BadRequest,
    BotInput,
    check_request,
    neutralise,
)

TOKEN = "correct horse"
Sanic.test_mode = True


class FakeProcessor:
    """Understands everything as a deposit question."""

    async def parse_message(self, message):
        ranking = [{"name": f"intent_{n}", "confidence": 0.1} for n in range(10)]
        return {
            "text": message.text,
            "intent": {"name": "deposit", "confidence": 0.9},
            "intent_ranking": ranking,
            "language": {"code": "ro", "confidence": 0.8},
            "entities": [],
        }


class FakeDomain:
    """Knows two intents."""

    intents = ("deposit", "greet")


class FakeAgent:
    """An agent with or without a model, that says what it is told to."""

    processor = FakeProcessor()
    domain = FakeDomain()

    def __init__(self, say=({"say": "deposit"},), error=None, ready=True):
        self.say, self.error, self.ready, self.heard = say, error, ready, []

    def is_ready(self):
        return self.ready

    async def handle_message(self, message):
        self.heard.append(message)
        if self.error:
            raise self.error
        for custom in self.say:
            await message.output_channel.send_custom_json(message.sender_id, custom)


def ask(agent, *requests):
    """Send (method, path, body, token) requests through real HTTP, return (status, json) each."""

    async def run():
        app = Sanic(f"channel_test_{id(agent)}", configure_logging=False)
        app.ctx.agent = agent
        app.blueprint(BotInput(TOKEN).blueprint(agent.handle_message), url_prefix="/webhooks/bot")
        door = socket.socket()  # Sanic reads port 0 as its default port, so bind here
        door.bind(("127.0.0.1", 0))
        port = door.getsockname()[1]
        server = await app.create_server(sock=door, return_asyncio_server=True, access_log=False)
        await server.startup()
        answers = []
        async with aiohttp.ClientSession() as session:
            for method, path, body, token in requests:
                async with session.request(
                    method,
                    f"http://127.0.0.1:{port}/webhooks/bot{path}",
                    data=body if isinstance(body, (bytes, type(None))) else json.dumps(body),
                    headers={TOKEN_HEADER: token} if token else {},
                ) as answer:
                    answers.append((answer.status, await answer.json()))
        server.close()
        await server.wait_closed()
        return answers

    return asyncio.run(run())


def post(agent, body, token=TOKEN):
    return ask(agent, ("POST", "/webhook", body, token))[0]


def test_a_text_is_answered_with_keys_ranking_and_language():
    status, body = post(FakeAgent(), {"conversation": "conv_1234", "text": "garantia"})
    assert status == 200
    assert body["say"] == [{"say": "deposit"}]
    assert body["intent"] == {"name": "deposit", "confidence": 0.9}
    assert [entry["name"] for entry in body["ranking"]] == [f"intent_{n}" for n in range(6)]
    assert body["language"] == {"code": "ro", "confidence": 0.8}


@pytest.mark.parametrize("token", [None, "", "wrong", TOKEN + " ", "кон"])
def test_without_the_token_nobody_gets_in(token):
    agent = FakeAgent()
    header = token.encode().decode("latin-1") if token else token
    assert post(agent, {"conversation": "conv_1234", "text": "hi"}, header)[0] == 401
    assert agent.heard == []


@pytest.mark.parametrize(
    "body",
    [
        b"", b"not json", b"\xff\xfe", b"[]", b'"text"', b"null", b"[" * 5000,
        {}, {"text": "hi"}, {"conversation": "conv_1234"},
        {"conversation": "short", "text": "hi"}, {"conversation": "a" * 65, "text": "hi"},
        {"conversation": "conv_1234\n", "text": "hi"}, {"conversation": 12345678, "text": "hi"},
        {"conversation": "конверсация", "text": "hi"},
        {"conversation": "conv_1234", "text": None}, {"conversation": "conv_1234", "text": ["hi"]},
        {"conversation": "conv_1234", "text": ""}, {"conversation": "conv_1234", "text": " \n "},
        {"conversation": "conv_1234", "text": "a\x00b"},
        {"conversation": "conv_1234", "text": "a\ud800"},
        {"conversation": "conv_1234", "text": "hi", "intent": "deposit"},
        {"conversation": "conv_1234", "text": "hi", "metadata": {}},
        {"conversation": "conv_1234", "command": "restart"},
        {"conversation": "conv_1234", "command": {"intent": "deposit"}},
        {"conversation": "conv_1234", "intent": "session_start"},
        {"conversation": "conv_1234", "intent": "Deposit{}"},
        {"conversation": "conv_1234", "intent": "nobody_knows_this"},
    ],
)  # fmt: skip
def test_what_the_bot_never_sends_is_refused_with_a_reason(body):
    agent = FakeAgent()
    status, answer = post(agent, body)
    assert (status, agent.heard) == (400, [])
    assert answer["error"]


def test_a_huge_body_is_refused_and_a_long_text_is_cut():
    with pytest.raises(BadRequest, match="large"):
        check_request(b" " * (LARGEST_BODY + 1))
    long = json.dumps({"conversation": "conv_1234", "text": "ж" * 5000}).encode()
    assert len(check_request(long).text) == LONGEST_TEXT


@pytest.mark.parametrize(
    ("typed", "seen"),
    [
        ("/restart", "restart"),
        (" / /restart", "restart"),
        ('/choose_language{"language":"xx"}', 'choose_language{"language":"xx"}'),
        ("//", "?"),
        ("und/oder", "und/oder"),
        ("\u2003/restart", "restart"),
    ],
)
def test_a_leading_slash_is_no_command(typed, seen):
    assert neutralise(typed) == seen


def test_payloads_of_the_bot_reach_rasa_as_commands():
    agent = FakeAgent()
    assert post(agent, {"conversation": "conv_1234", "intent": "deposit"})[0] == 200
    assert agent.heard[0].text == "/deposit"


def test_a_session_start_may_be_silent():
    status, body = post(
        FakeAgent(say=()), {"conversation": "conv_1234", "command": "session_start"}
    )
    assert (status, body["say"]) == (200, [])


def test_silence_after_a_text_is_an_outage():
    status, body = post(FakeAgent(say=()), {"conversation": "conv_1234", "text": "hi"})
    assert (status, body) == (503, {"error": "nothing to say"})


def test_an_error_is_an_outage_and_no_text_reaches_the_log(caplog):
    caplog.set_level(logging.DEBUG)
    agent = FakeAgent(error=RuntimeError("while reading: my secret sentence"))
    status, body = post(agent, {"conversation": "conv_1234", "text": "my secret sentence"})
    assert (status, body) == (503, {"error": "RuntimeError"})
    assert "secret" not in caplog.text


def test_without_a_model_health_and_messages_say_so():
    asleep = FakeAgent(ready=False)
    assert ask(
        asleep,
        ("GET", "/health", None, None),
        ("POST", "/webhook", {"conversation": "conv_1234", "text": "hi"}, TOKEN),
    ) == [(503, {"ready": False}), (503, {"error": "no model is loaded"})]


def test_with_a_model_health_is_ready():
    assert ask(FakeAgent(), ("GET", "/health", None, None)) == [(200, {"ready": True})]


@pytest.mark.parametrize("credentials", [None, {}, {"token": ""}, {"token": None}])
def test_without_a_token_the_channel_refuses_to_start(credentials):
    with pytest.raises(RasaException):
        BotInput.from_credentials(credentials)
