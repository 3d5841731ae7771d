"""Registers every custom action with the action server (`--actions actions.actions`)."""

from actions.clarify import ActionClarify

__all__ = ["ActionClarify"]
