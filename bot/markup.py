"""Turns the small Markdown of our texts into Telegram's HTML and into HTML for pages."""

from __future__ import annotations

import html
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

#: Bot API, sendMessage: 1-4096 characters after entities parsing; room is left for marks.
LIMIT = 3800


def _parser() -> MarkdownIt:
    # html=False: whatever looks like a tag in a text is shown, not obeyed.
    markdown = MarkdownIt("zero", {"html": False, "breaks": True})
    return markdown.enable(["emphasis", "link", "list", "newline", "escape"])


@lru_cache(maxsize=8192)
def to_html(text: str) -> str:
    """Return a text as HTML for a page; links open outside the chat."""
    rendered: str = _parser().render(text)
    return rendered.replace("<a href", '<a target="_blank" rel="noopener noreferrer" href')


@lru_cache(maxsize=8192)
def to_telegram(text: str) -> str:
    """Return a text in the HTML subset of Telegram (Bot API, Formatting options, HTML style)."""
    out: list[str] = []
    numbers: list[int | None] = []
    for token in _parser().parse(text):
        if token.type in {"bullet_list_open", "ordered_list_open"}:
            numbers.append(int(token.attrGet("start") or 1) if token.tag == "ol" else None)
        elif token.type in {"bullet_list_close", "ordered_list_close"}:
            numbers.pop()
            out.append("" if numbers else "\n")
        elif token.type == "list_item_open":
            number = numbers[-1]
            out.append("  " * (len(numbers) - 1) + ("• " if number is None else f"{number}. "))
            if number is not None:
                numbers[-1] = number + 1
        elif token.type == "inline":
            out.append(_inline(token.children or []))
        elif token.type == "paragraph_close":
            out.append("\n" if numbers else "\n\n")
    return "".join(out).strip()


def _inline(tokens: list[Token]) -> str:
    tags = {"strong_open": "<b>", "strong_close": "</b>", "em_open": "<i>", "em_close": "</i>"}
    out = []
    for token in tokens:
        if token.type == "text":
            out.append(html.escape(token.content, quote=False))
        elif token.type in {"softbreak", "hardbreak"}:
            out.append("\n")
        elif token.type == "link_open":
            out.append(f'<a href="{html.escape(str(token.attrGet("href")))}">')
        elif token.type == "link_close":
            out.append("</a>")
        else:
            out.append(tags.get(token.type, ""))
    return "".join(out)


def split(text: str, limit: int = LIMIT) -> list[str]:
    """Cut a text into pieces of at most `limit` UTF-16 units (as Telegram counts), at the end of
    a paragraph, line, sentence or word, in this order of liking."""
    pieces = []
    text = text.strip()
    while _units(text) > limit:
        head = _head(text, limit)
        for mark in ("\n\n", "\n", ". ", " "):
            cut = head.rfind(mark)
            if cut > limit // 4:
                head = head[: cut + len(mark)]
                break
        pieces.append(head.strip())
        text = text[len(head) :].strip()
    return [*pieces, text] if text else pieces


def _units(text: str) -> int:
    return len(text) + sum(1 for character in text if ord(character) > 0xFFFF)


def _head(text: str, limit: int) -> str:
    units = 0
    for index, character in enumerate(text):
        units += 2 if ord(character) > 0xFFFF else 1
        if units > limit:
            return text[:index]
    return text


def escape(text: str) -> str:
    """Return a foreign text so that Markdown and HTML in it are shown as they are typed."""
    return html.escape(text, quote=False)
