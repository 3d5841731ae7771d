"""The command line: `python -m bot <verb>`."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys

from cryptography.fernet import Fernet

from bot import settings as settings_module
from bot.data_files import KnowledgeError
from bot.database import Database, DatabaseError
from bot.settings import SettingsError


def main(arguments: list[str] | None = None) -> int:
    """Run one verb and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bot", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("run", help="train if needed, start everything, stop with Ctrl-C")
    verbs.add_parser("serve", help="run the bot alone (the process runner does this)")
    verbs.add_parser("train", help="train the model if it is missing or its data changed")
    verbs.add_parser("migrate", help="bring the database up to date")
    verbs.add_parser("check", help="check everything in data/ and print all problems")
    verbs.add_parser("new-key", help="print a new secret for ABC_KEY or ABC_RASA_TOKEN")
    staff = verbs.add_parser("new-staff", help="make a console account or a new password for it")
    staff.add_argument("name")
    options = parser.parse_args(arguments)
    try:
        return _run(options)
    except (SettingsError, DatabaseError, KnowledgeError) as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _run(options: argparse.Namespace) -> int:
    """Imports stand in the verbs: `new-key` must not wait for web and Telegram libraries."""
    if options.verb == "new-key":
        print(Fernet.generate_key().decode())
        return 0
    settings = settings_module.load()
    match options.verb:
        case "run":
            from bot import runner

            return runner.run(settings)
        case "train":
            from bot import runner

            runner.train_if_needed(settings)
        case "serve":
            from bot.app import serve

            _log_to_stdout()
            asyncio.run(serve(settings))
        case "check":
            from bot.data_check import check

            return check(settings.data)
        case "migrate" | "new-staff":
            from bot.web.console import new_account

            database = Database(settings.bot_database_url)
            database.migrate()
            if options.verb == "new-staff":
                print(f"Password of {options.name}: {database.do(new_account, options.name)}")
    return 0


def _log_to_stdout() -> None:
    logging.basicConfig(
        level=logging.INFO,
        stream=sys.stdout,
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
    )
    # Request URLs of these contain the bot's token; SQL would contain values.
    for name in ("httpx", "httpcore", "telegram", "sqlalchemy", "apscheduler", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)


if __name__ == "__main__":
    sys.exit(main())
