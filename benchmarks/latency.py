"""Measures answers over the Telegram test server: ours against a bare echo bot in the same run.

Usage: python -m benchmarks.latency [--messages 300] [--residents 20]
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import aiohttp
import psutil

from bot.settings import ROOT
from tests.e2e.conftest import free_port
from tests.telegram_server import TelegramServer
from tests.telegram_server.state import StoredMessage

#: A python-telegram-bot program as its own examples write it: what one would have without us.
ECHO = """
import sys
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.ext import Application, CallbackQueryHandler, MessageHandler, filters
buttons = InlineKeyboardMarkup([[InlineKeyboardButton("again", callback_data="again")]])
async def text(update, context):
    await update.message.reply_text(update.message.text, reply_markup=buttons)
async def button(update, context):
    await update.callback_query.answer()
    await update.effective_chat.send_message("again", reply_markup=buttons)
app = (Application.builder().token(sys.argv[2]).base_url(sys.argv[1] + "/bot")
       .concurrent_updates(True).build())
app.add_handler(MessageHandler(filters.TEXT, text))
app.add_handler(CallbackQueryHandler(button))
app.run_polling()
"""
QUESTIONS = [
    "Wie hoch ist der Mindestlohn?",
    "kade da hvurlq bateriite",
    "nu am contract de munca",
    "my landlord does not repair the heating",
]


class Telegram:
    """Residents on the test server, who wait for each answer with a clock."""

    def __init__(self, server: TelegramServer, residents: int) -> None:
        self.server = server
        self.people = list(range(1, residents + 1))

    def newest(self, person: int) -> StoredMessage:
        """Return a chat's newest message without copying the chat: the clock must cost nothing."""
        return next(reversed(self.server.state.chats[person].messages.values()))

    async def answer_time(self, person: int, text: str = "", tap: str = "") -> float:
        """Return the milliseconds from a text or tap to the bot's next message."""
        started = time.perf_counter()
        if tap:
            last = self.newest(person).id
            await self.server.press(person, last, tap)
        else:
            last = (await self.server.say(person, text)).message_id
        await self.server.wait_for(lambda: self.newest(person).id > last, timeout=30)
        return (time.perf_counter() - started) * 1000

    async def sequence(self, count: int, text: bool, tap: str = "") -> list[float]:
        """Return the times of messages sent one after another by all people in turn."""
        times = []
        for number in range(count):
            person = self.people[number % len(self.people)]
            words = random.choice(QUESTIONS) if text else ""
            times.append(await self.answer_time(person, words, tap))
        return times

    async def throughput(self, count: int) -> float:
        """Return messages a second when everybody writes at once."""

        async def chatty(person: int) -> None:
            for _ in range(count // len(self.people)):
                await self.answer_time(person, random.choice(QUESTIONS))

        started = time.perf_counter()
        await asyncio.gather(*(chatty(person) for person in self.people))
        return count / (time.perf_counter() - started)


async def echo_bot(messages: int, residents: int) -> dict[str, object]:
    """Measure the bare echo bot."""
    async with TelegramServer() as server:
        telegram = Telegram(server, residents)
        for person in telegram.people:
            await server.create_user(person)
        process = subprocess.Popen([sys.executable, "-c", ECHO, server.url, server.token])
        try:
            for person in telegram.people:
                await telegram.answer_time(person, "warm")
            return {
                "text": await telegram.sequence(messages, text=True),
                "button": await telegram.sequence(messages, text=False, tap="again"),
                "rate": await telegram.throughput(messages),
            }
        finally:
            process.terminate()
            process.wait()


async def our_bot(messages: int, residents: int) -> dict[str, object]:
    """Measure everything as `make run` starts it."""
    async with TelegramServer() as server:
        telegram = Telegram(server, residents)
        for person in telegram.people:
            await server.create_user(person, language_code="de")
        with tempfile.TemporaryDirectory() as var:
            web = free_port()
            env = os.environ | {
                "ABC_VAR": var,
                "ABC_BOT_TOKEN": server.token,
                "ABC_TELEGRAM_URL": server.url,
                "ABC_TELEGRAM_RATE": "100000",
                "ABC_WEB_PORT": str(web),
                "ABC_RASA_URL": f"http://127.0.0.1:{free_port()}",
                "ABC_ACTION_URL": f"http://127.0.0.1:{free_port()}/webhook",
            }
            started = time.perf_counter()
            process = subprocess.Popen(
                [sys.executable, "-m", "bot", "run"], cwd=ROOT, env=env, stdout=subprocess.DEVNULL
            )
            try:
                await _ready(f"http://127.0.0.1:{web}/health")
                for person in telegram.people:
                    await telegram.answer_time(person, "/start")
                    await telegram.answer_time(person, tap="l:de")
                    await telegram.answer_time(person, tap="consent")
                    if person == 1:
                        await telegram.answer_time(person, QUESTIONS[0])
                        first = time.perf_counter() - started
                for person in telegram.people:
                    # Offers of another language would come as a second message; take them once.
                    for question in QUESTIONS:
                        await telegram.answer_time(person, question)
                        await telegram.answer_time(person, "/menu")
                result: dict[str, object] = {
                    "first": first,
                    "text": await telegram.sequence(messages, text=True),
                }
                for person in telegram.people:
                    await telegram.answer_time(person, "/menu")
                result["button"] = await _topic_buttons(telegram, messages)
                result["rate"] = await telegram.throughput(messages)
                result["memory"] = _memory(process.pid)
                return result
            finally:
                process.send_signal(signal.SIGINT)
                process.wait()


async def _topic_buttons(telegram: Telegram, count: int) -> list[float]:
    """Tap a topic, then the menu, in turn; only the topic's answer is measured."""
    times = []
    for number in range(count):
        person = telegram.people[number % len(telegram.people)]
        await telegram.answer_time(person, tap="g:work")
        times.append(await telegram.answer_time(person, tap="t:minimum_wage"))
        await telegram.answer_time(person, tap="menu")
    return times


async def _ready(url: str) -> None:
    async with aiohttp.ClientSession() as session:
        for _ in range(1200):
            try:
                async with session.get(url) as answer:
                    if (await answer.json())["rasa"]:
                        return
            except (aiohttp.ClientError, ValueError):
                pass
            await asyncio.sleep(0.1)
    raise SystemExit("The bot did not get ready.")


def _memory(pid: int) -> dict[str, float]:
    """Return the memory of each process in MB (unique and shared pages divided fairly: PSS)."""
    found: dict[str, float] = {}
    marks = {"rasa run": "rasa", "rasa_sdk": "actions", "bot serve": "bot",
             "supervisord": "process runner", "bot run": "starter"}  # fmt: skip
    for process in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]:
        line = " ".join(process.cmdline())
        name = next((name for mark, name in marks.items() if mark in line), Path(line).name)
        found[name] = found.get(name, 0) + process.memory_full_info().pss / 1e6
    return found


def _row(name: str, base: list[float], ours: list[float], goal: str) -> str:
    def of(values: list[float]) -> tuple[float, float]:
        return statistics.median(values), statistics.quantiles(values, n=20)[-1]

    (b50, b95), (o50, o95) = of(base), of(ours)
    return (
        f"| {name} | {b50:.1f} / {b95:.1f} | {o50:.1f} / {o95:.1f} | "
        f"{o50 / b50:.1f}x / {o95 / b95:.1f}x | {goal} |"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=300)
    parser.add_argument("--residents", type=int, default=20)
    options = parser.parse_args()
    echo = asyncio.run(echo_bot(options.messages, options.residents))
    ours = asyncio.run(our_bot(options.messages, options.residents))
    memory: dict[str, float] = ours["memory"]  # type: ignore[assignment]
    print("| | echo bot p50 / p95 ms | ours p50 / p95 ms | ratio | goal |\n|---|---|---|---|---|")
    print(_row("button answer", echo["button"], ours["button"], "1.5x / 2x"))  # type: ignore[arg-type]
    print(_row("free text answer", echo["text"], ours["text"], "4x / 6x"))  # type: ignore[arg-type]
    print(f"\nMessages a second, {options.residents} residents at once: ", end="")
    print(f"echo {echo['rate']:.0f}, ours {ours['rate']:.0f}")
    print(f"From the command to the first answer: {ours['first']:.1f} s")
    parts = ", ".join(f"{name} {mb:.0f}" for name, mb in sorted(memory.items()))
    print(f"Memory (PSS) in MB: {parts}; together {sum(memory.values()):.0f} (goal <= 1500)")


if __name__ == "__main__":
    main()
