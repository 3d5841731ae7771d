"""Pressed inline buttons and the bot's answer to them."""

from __future__ import annotations

from .errors import QUERY_TOO_OLD, bad_request
from .parameters import Parameters
from .state import State

LONGEST_ANSWER = 200


def answer_callback_query(state: State, parameters: Parameters) -> bool:
    """Answer answerCallbackQuery."""
    press = state.presses.get(parameters.text("callback_query_id"))
    if press is None or press.stale or state.clock() - press.pressed_at > state.callback_lifetime:
        raise bad_request(QUERY_TOO_OLD)
    if len(parameters.text("text")) > LONGEST_ANSWER:
        raise bad_request("MESSAGE_TOO_LONG")
    press.answers.append(
        {
            "text": parameters.text("text"),
            "show_alert": parameters.flag("show_alert"),
            "url": parameters.text("url"),
        }
    )
    return True
