"""The refusals of the Bot API, with the codes and texts that Telegram sends."""

from __future__ import annotations

NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the "
    "same as a current content and reply markup of the message"
)
QUERY_TOO_OLD = "query is too old and response timeout expired or query ID is invalid"
OTHER_POLLER = (
    "terminated by other getUpdates request; make sure that only one bot instance is running"
)
WEBHOOK_ACTIVE = (
    "can't use getUpdates method while webhook is active; use deleteWebhook to delete the "
    "webhook first"
)
WEBHOOK_SET = "terminated by setWebhook request"


class ApiError(Exception):
    """A refusal that the caller receives as `ok: false` (Bot API, "Making requests")."""

    def __init__(self, code: int, description: str, retry_after: int | None = None) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.retry_after = retry_after


class SimulationError(Exception):
    """A person tried something that the Telegram app would not let them do."""


def bad_request(reason: str) -> ApiError:
    """Build a 400 with Telegram's prefix."""
    return ApiError(400, f"Bad Request: {reason}")


def forbidden(reason: str) -> ApiError:
    """Build a 403 with Telegram's prefix."""
    return ApiError(403, f"Forbidden: {reason}")


def conflict(reason: str) -> ApiError:
    """Build a 409 with Telegram's prefix."""
    return ApiError(409, f"Conflict: {reason}")
