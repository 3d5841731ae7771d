"""Puts the bot together and runs it: the only place that knows all the parts."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Coroutine
from typing import Any

import uvicorn
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from telegram import Update
from telegram.error import InvalidToken, TelegramError
from telegram.ext import ExtBot

from bot import data_files, privacy, telegram_chat, telegram_group
from bot.answers import Answers
from bot.cases import Cases
from bot.conversation import Conversation
from bot.database import Database
from bot.inbox import Inbox, Thinking
from bot.messages import StaffMessage
from bot.outbox import Outbox
from bot.rasa_client import RasaClient, Understanding
from bot.settings import Settings
from bot.telegram_api import make_bot, persistently
from bot.vault import Vault
from bot.web import pages
from bot.web.chat import WebChat
from bot.web.console import Console

log = logging.getLogger(__name__)

#: The answer to a tap is worked on first; a spinner this much longer nobody sees.
SPINNER_SECONDS = 0.05
#: An editor's saved text is live after at most this long.
DATA_WATCH_SECONDS = 3


class App:
    """The running bot: Telegram and web pages in one event loop."""

    def __init__(self, settings: Settings, rasa: Understanding | None = None) -> None:
        """Build everything from the settings; nothing is started or contacted yet. Tests may
        bring their own `rasa`.

        Raises:
            data_files.KnowledgeError: files in `data/` cannot be used.
        """
        self.settings = settings
        key = settings.key.get_secret_value()
        secure = settings.public_url.startswith("https://")
        self.vault = Vault(key)
        self.database = Database(settings.bot_database_url)
        self.answers = Answers(data_files.load(settings.data))
        self.rasa = rasa or RasaClient(settings.rasa_url, settings.rasa_token.get_secret_value())
        self.rasa_store = privacy.RasaStore(settings.tracker_url)
        self.outbox = Outbox(self.database, self.vault)
        self.cases = Cases(self.answers, self.vault)
        conversation = Conversation(self.answers, self.cases, self.vault, settings.retention_days)
        self.inbox = Inbox(
            self.database,
            self.vault,
            conversation,
            self.cases,
            self.rasa,
            self.outbox,
            self.rasa_store,
        )
        self.outbox.on_gone = self.inbox.gone
        self.chat = WebChat(
            self.answers, self.inbox, self.outbox, self.database, self.vault, secure
        )
        console = Console(self.database, self.cases, self.inbox)
        self.bot = make_bot(settings) if settings.bot_token.get_secret_value() else None
        self.group = (
            telegram_group.GroupSender(self.bot, settings.staff_group, self.database, self.cases)
            if self.bot and settings.staff_group
            else None
        )
        routes = [*self.chat.routes(), *console.routes()]
        if self.bot and settings.public_url:
            routes.append(Route("/telegram", self._webhook, methods=["POST"]))
        self.web = pages.build(routes, self.health, _session_key(key), secure)
        self._scheduler = AsyncIOScheduler()
        self._tasks: set[asyncio.Task[None]] = set()
        self._receiving: asyncio.Task[None] | None = None
        self._telegram = "starting" if self.bot else "off"
        self._data_stamp = _stamp(settings)

    async def start(self) -> None:
        """Bring the tables up to date, go on with what an earlier run left, and open the doors."""
        await asyncio.to_thread(self.database.migrate)
        if self.bot:
            self.outbox.connect("telegram", telegram_chat.TelegramSender(self.bot, self._group_id))
            self.inbox.while_thinking = self._show_typing
        if self.group:
            await self.group.start()
            self.outbox.connect("staff", self.group)
        repeats = await self.outbox.resume()
        chats = await self.inbox.resume()
        # What was being sent when an earlier run was killed may arrive twice; nobody can know.
        log.info("resumed: %d chats wait, %d messages may be repeated", chats, repeats)
        self._scheduler.add_job(self._watch_data, "interval", seconds=DATA_WATCH_SECONDS)
        self._scheduler.add_job(self._sweep, "interval", hours=6)
        self._scheduler.add_job(self._forget_in_rasa, "interval", minutes=1)
        self._scheduler.start()
        if self.bot:
            # In its own task: while Telegram is away the web chat and the console work.
            self._receiving = asyncio.create_task(self._receive(self.bot), name="telegram")

    async def stop(self) -> None:
        """Stop receiving, then working, then sending; the database has what is unfinished."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        self.chat.closing.set()
        if self._receiving:
            self._receiving.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._receiving
        await self.inbox.close()
        await self.outbox.close()
        for task in self._tasks:
            task.cancel()
        await self.rasa.close()
        if self.bot:
            with contextlib.suppress(TelegramError, RuntimeError):
                await self.bot.shutdown()
        self.rasa_store.close()
        self.database.close()

    async def health(self) -> dict[str, object]:
        """Return what works; telegram is off, starting, on or "token refused"."""
        try:
            await self.database.run(lambda session: session.execute(text("SELECT 1")))
            database = True
        except SQLAlchemyError:
            database = False
        return {
            "database": database,
            "rasa": await self.rasa.ready(),
            "telegram": self._telegram,
        }

    # --- Telegram

    async def _receive(self, bot: ExtBot[int]) -> None:
        """Reach Telegram and take what it brings: by webhook, or by polling for ever."""
        try:
            await persistently(bot.initialize)
        except InvalidToken:
            self._telegram = "token refused"
            log.error("Telegram refuses ABC_BOT_TOKEN. Get a new one from @BotFather.")
            return
        self._telegram = "on"
        self._spawn(telegram_chat.register_commands(bot, self.answers))
        if self.settings.public_url:
            await persistently(self._set_webhook)
        else:
            await telegram_chat.poll(bot, self._take)

    async def _take(self, updates: list[Update]) -> None:
        """Save updates; when this returns they may be confirmed to Telegram."""
        arrivals = []
        for update in updates:
            arrival = telegram_chat.read(update, self._group_id())
            if arrival is None:
                continue
            if isinstance(arrival.payload, StaffMessage) and arrival.payload.kind == "moved":
                await self._move_group(int(arrival.payload.value))
                continue
            arrivals.append(arrival)
        await self.inbox.save(arrivals)
        for update in updates:
            if update.callback_query:
                self._spawn(self._answer_callback(update.callback_query.id))

    async def _webhook(self, request: Request) -> Response:
        """Take one update from Telegram (Bot API, setWebhook): 200 only when it is saved."""
        secret = self.settings.webhook_secret.get_secret_value()
        if not telegram_chat.same_secret(request, secret):
            return Response(status_code=403)
        try:
            update = Update.de_json(await request.json(), self.bot)
        except (ValueError, KeyError, TypeError):
            return Response(status_code=400)
        try:
            await self._take([update])
        except SQLAlchemyError as error:
            # Not saved, so not confirmed: Telegram will deliver it again.
            log.error("an update could not be saved: %s", type(error).__name__)
            return Response(status_code=503)
        return Response()

    async def _set_webhook(self) -> None:
        assert self.bot
        await self.bot.set_webhook(
            f"{self.settings.public_url.rstrip('/')}/telegram",
            secret_token=self.settings.webhook_secret.get_secret_value(),
            allowed_updates=telegram_chat.UPDATES,
        )

    async def _answer_callback(self, query_id: str) -> None:
        """Stop the button's spinner; after the answer, for which it is no hurry."""
        assert self.bot
        await asyncio.sleep(SPINNER_SECONDS)
        with contextlib.suppress(TelegramError):
            await self.bot.answer_callback_query(query_id)

    async def _show_typing(self, thinking: Thinking) -> None:
        if self.bot and thinking.channel == "telegram":
            await telegram_chat.show_typing(self.bot, int(thinking.address))

    def _group_id(self) -> int:
        return self.group.group if self.group else 0

    async def _move_group(self, new: int) -> None:
        if self.group:
            await self.group.move(new)

    # --- Now and then

    async def _watch_data(self) -> None:
        """Speak from what editors saved; broken files are reported, and the old texts stay."""
        stamp = await asyncio.to_thread(_stamp, self.settings)
        if stamp == self._data_stamp:
            return
        self._data_stamp = stamp
        try:
            self.answers.knowledge = await asyncio.to_thread(data_files.load, self.settings.data)
            log.info("data/ was read again")
        except data_files.KnowledgeError as error:
            for problem in error.problems:
                log.error("data/ not taken over: %s", problem)

    async def _sweep(self) -> None:
        await self.database.run(privacy.sweep, self.settings.retention_days)
        await self._forget_in_rasa()

    async def _forget_in_rasa(self) -> None:
        await self.database.run(privacy.forget_in_rasa, self.rasa_store)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def serve(settings: Settings) -> None:
    """Run the bot until it is told to stop (SIGINT, SIGTERM)."""
    app = App(settings)
    config = uvicorn.Config(
        app.web,
        host=settings.web_host,
        port=settings.web_port,
        log_config=None,
        access_log=False,  # addresses of residents do not belong in a log
        lifespan="off",
        timeout_graceful_shutdown=2,
        server_header=False,
    )
    server = uvicorn.Server(config)
    await app.start()
    try:
        await server.serve()
    finally:
        await app.stop()


def _stamp(settings: Settings) -> tuple[int, int]:
    """Return what changes when any file the bot speaks from changes."""
    times = [
        path.stat().st_mtime_ns
        for pattern in ("*.yml", "answers/*/*")
        for path in settings.data.glob(pattern)
    ]
    return len(times), max(times, default=0)


def _session_key(key: str) -> str:
    """Return the console's cookie key, derived so that one secret is enough."""
    return HKDF(SHA256(), 32, salt=None, info=b"abc console").derive(key.encode()).hex()
