"""Methods about the bot itself: getMe, its commands per language and scope, its name."""

from __future__ import annotations

import json
import re

from .errors import bad_request
from .parameters import JsonObject, Parameters
from .state import State

COMMAND = re.compile(r"/?[a-z0-9_]{1,32}")
MOST_COMMANDS = 100
LONGEST_DESCRIPTION = 256
PROFILE_LIMITS = {"name": 64, "description": 512, "short_description": 120}
SCOPES = {
    "default", "all_private_chats", "all_group_chats", "all_chat_administrators", "chat",
    "chat_administrators", "chat_member",
}  # fmt: skip


def get_me(state: State, parameters: Parameters) -> JsonObject:
    """Answer getMe."""
    return state.bot.as_json() | {
        "can_join_groups": True,
        "can_read_all_group_messages": state.reads_all_group_messages,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


def _language(parameters: Parameters) -> str:
    code = parameters.text("language_code")
    if code and not re.fullmatch(r"[a-z]{2}", code):
        raise bad_request("invalid language code specified")
    return code


def _scope(state: State, parameters: Parameters) -> str:
    scope = parameters.object("scope") or {"type": "default"}
    if scope.get("type") not in SCOPES:
        raise bad_request("can't parse BotCommandScope: unsupported type specified")
    if "chat_id" in scope:
        state.chat_of(Parameters({"chat_id": scope["chat_id"]}))
    return json.dumps(scope, sort_keys=True)


def set_my_commands(state: State, parameters: Parameters) -> bool:
    """Answer setMyCommands."""
    commands = parameters.json("commands")
    if not isinstance(commands, list):
        raise bad_request("expected an Array of BotCommand")
    if len(commands) > MOST_COMMANDS:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    checked = []
    for command in commands:
        name, description = str(command.get("command", "")), str(command.get("description", ""))
        if not COMMAND.fullmatch(name):
            raise bad_request("BOT_COMMAND_INVALID")
        if not 1 <= len(description.strip()) <= LONGEST_DESCRIPTION:
            raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
        checked.append({"command": name.removeprefix("/"), "description": description})
    state.commands[_scope(state, parameters), _language(parameters)] = checked
    return True


def get_my_commands(state: State, parameters: Parameters) -> list[JsonObject]:
    """Answer getMyCommands: exactly this scope and language, no fallback."""
    return state.commands.get((_scope(state, parameters), _language(parameters)), [])


def delete_my_commands(state: State, parameters: Parameters) -> bool:
    """Answer deleteMyCommands."""
    state.commands.pop((_scope(state, parameters), _language(parameters)), None)
    return True


def _set_profile(state: State, parameters: Parameters, field: str) -> bool:
    text = parameters.text(field)
    if len(text) > PROFILE_LIMITS[field]:
        raise bad_request(f"bot {field.replace('_', ' ')} is too long")
    state.profile[field, _language(parameters)] = text
    return True


def _get_profile(state: State, parameters: Parameters, field: str) -> JsonObject:
    fallback = state.bot.first_name if field == "name" else ""
    chosen = state.profile.get((field, _language(parameters)))
    return {field: chosen or state.profile.get((field, "")) or fallback}


def set_my_name(state: State, parameters: Parameters) -> bool:
    """Answer setMyName."""
    return _set_profile(state, parameters, "name")


def get_my_name(state: State, parameters: Parameters) -> JsonObject:
    """Answer getMyName."""
    return _get_profile(state, parameters, "name")


def set_my_description(state: State, parameters: Parameters) -> bool:
    """Answer setMyDescription."""
    return _set_profile(state, parameters, "description")


def get_my_description(state: State, parameters: Parameters) -> JsonObject:
    """Answer getMyDescription."""
    return _get_profile(state, parameters, "description")


def set_my_short_description(state: State, parameters: Parameters) -> bool:
    """Answer setMyShortDescription."""
    return _set_profile(state, parameters, "short_description")


def get_my_short_description(state: State, parameters: Parameters) -> JsonObject:
    """Answer getMyShortDescription."""
    return _get_profile(state, parameters, "short_description")
