"""Checks the keyboards that come with a message."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlparse

from .errors import bad_request
from .parameters import JsonObject, Parameters

MOST_INLINE_BUTTONS = 100
LONGEST_CALLBACK_DATA = 64
INLINE_ACTIONS = {
    "url", "login_url", "callback_data", "web_app", "switch_inline_query",
    "switch_inline_query_current_chat", "switch_inline_query_chosen_chat", "copy_text",
    "callback_game", "pay",
}  # fmt: skip
REPLY_MARKUPS = {"inline_keyboard", "keyboard", "remove_keyboard", "force_reply"}


def reply_markup(parameters: Parameters, inline_only: bool = False) -> JsonObject | None:
    """Return the checked reply_markup of a call, or None."""
    markup = parameters.object("reply_markup")
    if not markup:
        return None
    if not REPLY_MARKUPS & markup.keys():
        return None
    if "inline_keyboard" in markup:
        rows = _rows(markup["inline_keyboard"], "inline keyboard")
        if sum(len(row) for row in rows) > MOST_INLINE_BUTTONS:
            raise bad_request("reply markup is too long")
        checked = [[_inline_button(button) for button in row] for row in rows if row]
        return {"inline_keyboard": checked} if checked else None
    if inline_only:
        raise bad_request("inline keyboard expected")
    if "keyboard" in markup:
        rows = _rows(markup["keyboard"], "keyboard")
        keyboard = [[_reply_button(button) for button in row] for row in rows if row]
        return markup | {"keyboard": keyboard}
    return markup


def _rows(rows: Any, kind: str) -> list[list[Any]]:
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad_request(f"can't parse {kind}: Field must be of type Array")
    return rows


def _inline_button(button: Any) -> JsonObject:
    if not isinstance(button, dict) or not isinstance(button.get("text"), str):
        raise bad_request("can't parse inline keyboard button: Can't find field \"text\"")
    if not button["text"].strip():
        raise bad_request("BUTTON_TEXT_EMPTY")
    actions = INLINE_ACTIONS & button.keys()
    if not actions:
        raise bad_request(
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
        )
    if "callback_data" in button:
        size = len(str(button["callback_data"]).encode())
        if not 1 <= size <= LONGEST_CALLBACK_DATA:
            raise bad_request("BUTTON_DATA_INVALID")
    if "url" in button:
        _check_link(str(button["url"]))
    return button


def _check_link(url: str) -> None:
    parts = urlparse(url if "://" in url else f"http://{url}")
    if parts.scheme in {"tg", "ton"}:
        return
    host = parts.hostname or ""
    if parts.scheme not in {"http", "https"}:
        problem = "Unsupported URL protocol"
    elif "." not in host or host.endswith("."):
        problem = "Wrong HTTP URL"
    else:
        return
    raise bad_request(f"inline keyboard button URL '{url}' is invalid: {problem}")


def _reply_button(button: Any) -> JsonObject:
    if isinstance(button, str):
        return {"text": button}
    if not isinstance(button, dict) or not isinstance(button.get("text"), str):
        raise bad_request("can't parse keyboard button: Can't find field \"text\"")
    return button
