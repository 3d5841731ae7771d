"""Files: uploads, re-sent file ids, photo sizes, getFile."""

from __future__ import annotations

import hashlib
import struct

from .errors import bad_request
from .parameters import JsonObject, Parameters, Upload
from .state import State, StoredFile

LARGEST_DOWNLOAD = 20 * 1024 * 1024
LARGEST_PHOTO = 10 * 1024 * 1024
PHOTO_SIDES = (90, 320, 800, 1280)
UNKNOWN_PHOTO_SIZE = (800, 600)
FOLDERS = {
    "photo": ("photos", "jpg"), "voice": ("voice", "oga"), "document": ("documents", "bin"),
    "sticker": ("stickers", "webp"), "audio": ("music", "mp3"), "video": ("videos", "mp4"),
}  # fmt: skip
PHOTO_STARTS = (b"\x89PNG", b"\xff\xd8\xff", b"RIFF", b"GIF8", b"BM")
VOICE_STARTS = (b"OggS", b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2")


def store(state: State, kind: str, upload: Upload, details: JsonObject) -> StoredFile:
    """Keep a file under a file_id; equal content has an equal file_unique_id."""
    folder, ending = FOLDERS[kind]
    number = len(state.files)
    if kind == "document" and "." in upload.name:
        ending = upload.name.rsplit(".", 1)[1]
    unique = "AgAD" + hashlib.sha256(upload.content).hexdigest()[:12]
    file = StoredFile(
        file_id=f"AgACAgIAAxkBAAM{number:04d}{unique}",
        file_unique_id=unique,
        path=f"{folder}/file_{number}.{ending}",
        content=upload.content,
        kind=kind,
        details=details,
    )
    state.files[file.file_id] = file
    return file


def names(file: StoredFile) -> JsonObject:
    """Return the fields that every kind of file has."""
    return {
        "file_id": file.file_id,
        "file_unique_id": file.file_unique_id,
        "file_size": len(file.content),
    }


def photo_dimensions(content: bytes) -> tuple[int, int]:
    """Read width and height of a PNG; other pictures get an assumed size."""
    if content.startswith(b"\x89PNG") and len(content) >= 24:
        width, height = struct.unpack(">II", content[16:24])
        return int(width), int(height)
    return UNKNOWN_PHOTO_SIZE


def store_photo(state: State, upload: Upload) -> list[JsonObject]:
    """Keep a picture and return its sizes, the largest last (Bot API, "PhotoSize")."""
    if not upload.content.startswith(PHOTO_STARTS):
        raise bad_request("IMAGE_PROCESS_FAILED")
    if len(upload.content) > LARGEST_PHOTO:
        raise bad_request("file is too big")
    width, height = photo_dimensions(upload.content)
    longest = max(width, height, 1)
    if width + height > 10_000 or longest > 20 * max(min(width, height), 1):
        raise bad_request("PHOTO_INVALID_DIMENSIONS")
    sides = [side for side in PHOTO_SIDES if side < longest]
    sides.append(min(longest, PHOTO_SIDES[-1]))
    sizes: list[JsonObject] = []
    for side in sorted(set(sides)):
        scaled = (max(width * side // longest, 1), max(height * side // longest, 1))
        file = store(state, "photo", upload, {"sizes": sizes})
        file.file_unique_id = f"{file.file_unique_id}{side}"
        sizes.append(names(file) | {"width": scaled[0], "height": scaled[1]})
    return sizes


def store_voice(state: State, upload: Upload, duration: int) -> JsonObject:
    """Keep a voice message; what is no OGG, MP3 or M4A becomes a document, as on Telegram."""
    if not upload.content.startswith(VOICE_STARTS) and upload.content[4:8] != b"ftyp":
        return {"document": store_document(state, upload)}
    mime_type = "audio/ogg" if upload.content.startswith(b"OggS") else "audio/mpeg"
    details = {"duration": duration, "mime_type": mime_type}
    return {"voice": names(store(state, "voice", upload, details)) | details}


def store_document(state: State, upload: Upload) -> JsonObject:
    """Keep a file of any type."""
    details = {"file_name": upload.name, "mime_type": upload.mime_type}
    return names(store(state, "document", upload, details)) | details


def media_content(
    state: State, parameters: Parameters, kind: str, reference: str | None = None
) -> JsonObject:
    """Return the content field of a call that sends a photo, voice or document."""
    given = parameters.text(kind) if reference is None else reference
    upload = parameters.upload(kind) if reference is None else parameters.attached(given)
    if upload is None and not given:
        raise bad_request(f"there is no {kind} in the request")
    if upload is None:
        return _resent(state, given, kind)
    if not upload.content:
        raise bad_request("file must be non-empty")
    if kind == "photo":
        return {"photo": store_photo(state, upload)}
    if kind == "voice":
        return store_voice(state, upload, parameters.integer("duration") or 0)
    return {"document": store_document(state, upload)}


def _resent(state: State, given: str, kind: str) -> JsonObject:
    file = state.files.get(given)
    if given.startswith(("http://", "https://")):
        raise bad_request("wrong type of the web page content")
    if file is None:
        raise bad_request("wrong file identifier/HTTP URL specified")
    if file.kind != kind:
        raise bad_request(f"can't use file of type {file.kind.title()} as {kind.title()}")
    if kind == "photo":
        return {"photo": file.details["sizes"]}
    return {kind: names(file) | file.details}


def get_file(state: State, parameters: Parameters) -> JsonObject:
    """Answer getFile (Bot API: files of up to 20 MB can be downloaded)."""
    file = state.files.get(parameters.text("file_id"))
    if file is None:
        raise bad_request("invalid file_id")
    if len(file.content) > LARGEST_DOWNLOAD:
        raise bad_request("file is too big")
    return names(file) | {"file_path": file.path}
