"""Reads the parameters of a call from its query, JSON, form or multipart body."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from .errors import bad_request

JsonObject = dict[str, Any]


@dataclass(frozen=True)
class Upload:
    """A file that came with a multipart body."""

    name: str
    content: bytes
    mime_type: str


@dataclass
class Parameters:
    """The parameters of one call; every getter takes the form that Telegram would accept."""

    values: JsonObject = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """Return a string, or an empty one where the parameter is missing."""
        value = self.values.get(name)
        return "" if value is None else str(value)

    def integer(self, name: str) -> int | None:
        """Return a whole number, or None where the parameter is missing or no number."""
        try:
            return int(self.text(name))
        except ValueError:
            return None

    def decimal(self, name: str) -> float | None:
        """Return a number, or None where the parameter is missing or no number."""
        try:
            return float(self.text(name))
        except ValueError:
            return None

    def flag(self, name: str) -> bool:
        """Return a Boolean as Telegram reads it: true, yes, 1."""
        return self.text(name).strip().lower() in {"true", "yes", "1"}

    def json(self, name: str) -> Any:
        """Return a JSON-serialized object, or None where the parameter is missing."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        if not value.strip():
            return None
        try:
            return json.loads(value)
        except ValueError:
            raise bad_request(f"can't parse {name.replace('_', ' ')} JSON object") from None

    def object(self, name: str) -> JsonObject | None:
        """Return a JSON object, or None where the parameter is missing."""
        value = self.json(name)
        if value is not None and not isinstance(value, dict):
            raise bad_request("object expected as " + name.replace("_", " "))
        return value

    def upload(self, name: str) -> Upload | None:
        """Return the file of a parameter (Bot API, "Sending files": in place or attach://)."""
        if name in self.uploads:
            return self.uploads[name]
        return self.attached(self.text(name))

    def attached(self, reference: str) -> Upload | None:
        """Return the file that an attach://name reference points to."""
        if reference.startswith("attach://"):
            return self.uploads.get(reference.removeprefix("attach://"))
        return None

    def recorded(self) -> JsonObject:
        """Return the parameters for the call log: JSON strings opened, files as name and size."""
        shown: JsonObject = {name: _opened(value) for name, value in self.values.items()}
        for name, upload in self.uploads.items():
            shown[name] = {"file_name": upload.name, "file_size": len(upload.content)}
        return shown


def _opened(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in {"{", "["}:
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


async def read_parameters(request: web.Request) -> Parameters:
    """Read all four ways of passing parameters (Bot API, "Making requests")."""
    parameters = Parameters(dict(request.query))
    if not request.can_read_body:
        return parameters
    if request.content_type == "application/json":
        try:
            body = json.loads(await request.read() or b"{}")
        except ValueError:
            raise bad_request("can't parse JSON object") from None
        if not isinstance(body, dict):
            raise bad_request("object expected")
        parameters.values.update(body)
        return parameters
    for name, value in (await request.post()).items():
        if isinstance(value, web.FileField):
            parameters.uploads[name] = Upload(
                value.filename, value.file.read(), value.content_type
            )
        else:
            parameters.values[name] = value if isinstance(value, str) else value.decode()
    return parameters
