"""Runs the Telegram test server on its own: `python -m tests.telegram_server --port 8081`."""

from __future__ import annotations

import argparse
import asyncio

from .server import TOKEN, TelegramServer


def run() -> int:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(prog="tests.telegram_server", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8081)
    parser.add_argument("--token", default=TOKEN, help="the only token that is accepted")
    parser.add_argument("--username", default="abc_test_bot")
    parser.add_argument("--webhook-timeout", type=float, default=60.0)
    parser.add_argument("--webhook-retry-delay", type=float, default=1.0)
    arguments = parser.parse_args()
    server = TelegramServer(**vars(arguments))
    try:
        asyncio.run(_serve(server))
    except KeyboardInterrupt:
        return 0
    return 0


async def _serve(server: TelegramServer) -> None:
    async with server:
        print(f"base_url={server.base_url} base_file_url={server.base_file_url}", flush=True)
        print(f"token={server.token}", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    raise SystemExit(run())
