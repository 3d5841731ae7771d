"""Formatting: parses HTML as strictly as Telegram and finds commands, links and mentions."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .errors import ApiError, bad_request
from .parameters import JsonObject, Parameters

TAG_KINDS = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline",
    "ins": "underline", "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough",
    "tg-spoiler": "spoiler", "span": "spoiler", "a": "text_link", "code": "code", "pre": "pre",
    "blockquote": "blockquote", "tg-emoji": "custom_emoji",
}  # fmt: skip
ESCAPES = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
ESCAPE = re.compile(r"&(#x[0-9a-fA-F]+|#[0-9]+|[a-z]+);")
START_TAG = re.compile(r"""<([^\s>]*)((?:[^>"']|"[^"]*"|'[^']*')*)>""")
START_NAME = re.compile(r"<([^\s>]*)[\s>]")
END_TAG = re.compile(r"</([^\s>]*)\s*>")
ATTRIBUTE = re.compile(r"""\s*([^\s=>]+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s>"']+))?""")
FOUND_BY_TELEGRAM = re.compile(
    r"(?P<email>\b[\w.+-]+@[\w-]+\.[a-zA-Z]{2,}\b)"
    r"|(?P<url>\bhttps?://[^\s<>\"]*[^\s<>\".,;:!?)]|\bwww\.[\w-]+\.[a-z]{2,}[^\s<>\".,;:!?)]*)"
    r"|(?P<bot_command>(?<![\w/])/[a-zA-Z0-9_]{1,64}(?:@\w+)?)"
    r"|(?P<mention>(?<!\w)@[a-zA-Z]\w{3,31})"
    r"|(?P<hashtag>(?<!\w)#\w*[^\W\d]\w*)"
)


def utf16_length(text: str) -> int:
    """Count as Telegram does: characters outside the base plane count twice."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _fail(reason: str) -> Exception:
    return bad_request(f"can't parse entities: {reason}")


@dataclass
class _OpenTag:
    name: str
    attributes: dict[str, str]
    start: int


class _HtmlReader:
    """Walks once through a text; offsets in errors count bytes (Bot API, "HTML style")."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.text = ""
        self.open: list[_OpenTag] = []
        self.entities: list[JsonObject] = []

    def read(self) -> tuple[str, list[JsonObject]]:
        position = 0
        while position < len(self.source):
            if self.source[position] == "<":
                position = self._tag(position)
                continue
            end = self.source.find("<", position)
            end = len(self.source) if end < 0 else end
            self.text += ESCAPE.sub(_unescape, self.source[position:end])
            position = end
        if self.open:
            raise _fail(f'Can\'t find end tag corresponding to start tag "{self.open[-1].name}"')
        order = sorted(self.entities, key=lambda entity: (entity["offset"], -entity["length"]))
        return self.text, order

    def _offset(self, position: int) -> int:
        return len(self.source[:position].encode())

    def _tag(self, position: int) -> int:
        where = self._offset(position)
        if self.source.startswith("</", position):
            found = END_TAG.match(self.source, position)
            if found is None:
                raise _fail(f"Unclosed end tag at byte offset {where}")
            self._close(found[1].lower(), where)
            return found.end()
        named = START_NAME.match(self.source, position)
        if named is None:
            raise _fail(f"Unclosed start tag at byte offset {where}")
        name = named[1].lower()
        if name not in TAG_KINDS:
            raise _fail(f'Unsupported start tag "{name}" at byte offset {where}')
        found = START_TAG.match(self.source, position)
        if found is None:
            raise _fail(f"Unclosed start tag at byte offset {where}")
        attributes = {k.lower(): v.strip("\"'") for k, v in ATTRIBUTE.findall(found[2])}
        if name == "span" and attributes.get("class") != "tg-spoiler":
            raise _fail(f'Tag "span" must have class "tg-spoiler" at byte offset {where}')
        self.open.append(_OpenTag(name, attributes, utf16_length(self.text)))
        return found.end()

    def _close(self, name: str, where: int) -> None:
        if not self.open:
            raise _fail(f"Unexpected end tag at byte offset {where}")
        tag = self.open.pop()
        if name and name != tag.name:
            raise _fail(
                f'Unmatched end tag at byte offset {where}, expected "</{tag.name}>", '
                f'found "</{name}>"'
            )
        length = utf16_length(self.text) - tag.start
        if length:
            self._add(tag, length)

    def _add(self, tag: _OpenTag, length: int) -> None:
        entity: JsonObject = {"type": TAG_KINDS[tag.name], "offset": tag.start, "length": length}
        if tag.name == "a":
            entity["url"] = tag.attributes.get("href", "")
            if "." not in entity["url"] and ":" not in entity["url"]:
                return  # Telegram silently shows the bare text
        elif tag.name == "tg-emoji":
            entity["custom_emoji_id"] = tag.attributes.get("emoji-id", "")
        elif tag.name == "blockquote" and "expandable" in tag.attributes:
            entity["type"] = "expandable_blockquote"
        elif tag.name == "code" and self.open and self.open[-1].name == "pre":
            self.open[-1].attributes.update(tag.attributes)
            return
        elif tag.name == "pre" and tag.attributes.get("class", "").startswith("language-"):
            entity["language"] = tag.attributes["class"].removeprefix("language-")
        self.entities.append(entity)


def _unescape(found: re.Match[str]) -> str:
    name = found[1]
    if name.startswith("#x"):
        return chr(int(name[2:], 16))
    if name.startswith("#"):
        return chr(int(name[1:]))
    return ESCAPES.get(name, found[0])


def automatic_entities(text: str, taken: list[JsonObject] | None = None) -> list[JsonObject]:
    """Find what Telegram marks by itself: commands, links, mentions, hashtags, addresses."""
    entities = []
    for found in FOUND_BY_TELEGRAM.finditer(text):
        offset, length = utf16_length(text[: found.start()]), utf16_length(found[0])
        overlaps = any(
            entity["offset"] < offset + length and offset < entity["offset"] + entity["length"]
            for entity in taken or []
            if entity["type"] in {"code", "pre", "text_link"}
        )
        if not overlaps:
            entities.append({"type": found.lastgroup, "offset": offset, "length": length})
    return entities


def formatted(
    parameters: Parameters, name: str, entities_name: str = "entities"
) -> tuple[str, list[JsonObject]]:
    """Return the plain text of a parameter and its entities, as "Formatting options" says."""
    source = parameters.text(name)
    mode = parameters.text("parse_mode").lower()
    if mode == "html":
        text, entities = _HtmlReader(source).read()
    elif mode in {"markdown", "markdownv2"}:
        raise ApiError(501, "Not Implemented: this test server reads HTML only")
    elif mode:
        raise bad_request("unsupported parse_mode")
    else:
        text, entities = source, list(parameters.json(entities_name) or [])
    stripped = text.strip()
    shift = utf16_length(text[: len(text) - len(text.lstrip())]) if stripped else 0
    size = utf16_length(stripped)
    kept = []
    for entity in entities:
        start = max(entity["offset"] - shift, 0)
        end = min(entity["offset"] - shift + entity["length"], size)
        if end > start:
            kept.append(entity | {"offset": start, "length": end - start})
    kept += automatic_entities(stripped, kept)
    return stripped, sorted(kept, key=lambda entity: (entity["offset"], -entity["length"]))
