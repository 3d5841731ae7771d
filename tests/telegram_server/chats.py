"""Methods about a chat and its members."""

from __future__ import annotations

from .errors import bad_request
from .messages import place
from .parameters import JsonObject, Parameters
from .state import Member, State

PERMISSIONS = (
    "can_send_messages", "can_send_audios", "can_send_documents", "can_send_photos",
    "can_send_videos", "can_send_video_notes", "can_send_voice_notes", "can_send_polls",
    "can_send_other_messages", "can_add_web_page_previews", "can_change_info",
    "can_invite_users", "can_pin_messages", "can_manage_topics",
)  # fmt: skip
ACCEPTED_GIFTS = (
    "unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription",
    "gifts_from_channels",
)  # fmt: skip


def get_chat(state: State, parameters: Parameters) -> JsonObject:
    """Answer getChat (Bot API, "ChatFullInfo")."""
    chat = state.chat_of(parameters)
    if chat.type != "private":
        state.open_chat(parameters)
    shown = chat.as_json() | {
        "accent_color_id": chat.id % 7,
        "max_reaction_count": 11,
        "accepted_gift_types": dict.fromkeys(ACCEPTED_GIFTS, False),
    }
    if chat.type != "private":
        shown["permissions"] = dict.fromkeys(PERMISSIONS, True)
    if chat.type == "supergroup":
        shown["join_to_send_messages"] = True
    return shown


def get_chat_member(state: State, parameters: Parameters) -> JsonObject:
    """Answer getChatMember; who never was in the group has the status left."""
    chat = state.open_chat(parameters)
    user_id = parameters.integer("user_id") or 0
    user = state.bot if user_id == state.bot.id else state.users.get(user_id)
    if user is None:
        raise bad_request("invalid user_id specified" if not user_id else "user not found")
    if chat.type == "private":
        if user_id not in {chat.id, state.bot.id}:
            raise bad_request("member not found")
        return Member(user).as_json()
    return chat.members.get(user_id, Member(user, "left")).as_json()


def get_chat_administrators(state: State, parameters: Parameters) -> list[JsonObject]:
    """Answer getChatAdministrators."""
    chat = state.open_chat(parameters)
    if chat.type == "private":
        raise bad_request("there are no administrators in the private chat")
    return [
        member.as_json()
        for member in chat.members.values()
        if member.status in {"creator", "administrator"}
    ]


def get_chat_member_count(state: State, parameters: Parameters) -> int:
    """Answer getChatMemberCount."""
    chat = state.open_chat(parameters)
    present = [member for member in chat.members.values() if member.status not in GONE]
    return 2 if chat.type == "private" else len(present)


GONE = {"left", "kicked"}


def membership_change(
    state: State, chat_id: int, who: int, member: Member, status: str
) -> JsonObject:
    """Change a status and return what the update tells (Bot API, "ChatMemberUpdated")."""
    before = member.as_json()
    member.status = status
    actor = state.bot if who == state.bot.id else state.users[who]
    return {
        "chat": state.chats[chat_id].as_json(),
        "from": actor.as_json(),
        "date": state.now(),
        "old_chat_member": before,
        "new_chat_member": member.as_json(),
    }


def leave_chat(state: State, parameters: Parameters) -> bool:
    """Answer leaveChat."""
    chat = state.open_chat(parameters)
    if chat.type == "private":
        raise bad_request("chat member status can't be changed in private chats")
    own = chat.members[state.bot.id]
    change = membership_change(state, chat.id, state.bot.id, own, "left")
    chat.bot_state = "left"
    place(state, chat, state.bot, {"left_chat_member": state.bot.as_json()}, service=True)
    state.emit("my_chat_member", change)
    return True
