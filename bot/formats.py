"""Writes numbers, opening hours and rows of buttons as a language and a phone need them."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache

from babel import Locale
from babel.dates import get_day_names
from babel.numbers import format_currency, format_decimal, format_percent

from bot.knowledge import Contact, FactValue
from bot.messages import Button

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
#: Two columns of buttons fit an old phone as long as both labels are short.
_TWO_COLUMNS = 20


def isolated(text: str) -> str:
    """Return a text that reads from left to right inside a line from right to left (UAX 9)."""
    return f"\u2066{text}\u2069"


def rows_of(buttons: list[Button]) -> tuple[tuple[Button, ...], ...]:
    """Lay buttons out in two columns where both labels are short."""
    rows: list[tuple[Button, ...]] = []
    for button in buttons:
        short = len(button.label) <= _TWO_COLUMNS
        if short and rows and len(rows[-1]) == 1 and len(rows[-1][0].label) <= _TWO_COLUMNS:
            rows[-1] += (button,)
        else:
            rows.append((button,))
    return tuple(rows)


@lru_cache(maxsize=4096)
def format_fact(unit: str, fact: FactValue, locale: str) -> str:
    """Return a value as the language writes it: 13,90 €, 603 €, 20 %, 3."""
    value = fact.value
    whole = value == value.to_integral_value()
    # Arabic texts keep the digits that stand on German letters.
    latin = "latn"
    if unit == "EUR":
        pattern = Locale.parse(locale).currency_formats["standard"].pattern
        if whole:
            pattern = pattern.replace("0.00", "0")
        return format_currency(
            value, "EUR", pattern, locale, currency_digits=not whole, numbering_system=latin
        )
    if unit == "percent":
        return format_percent(value / Decimal(100), locale=locale, numbering_system=latin)
    return format_decimal(value, locale=locale, numbering_system=latin)


def opening_hours(contact: Contact, locale: str) -> list[str]:
    """Return opening hours, a line for each group of days."""
    names = get_day_names("abbreviated", locale=locale)
    lines = []
    for hours in contact.hours:
        days = [_DAYS.index(day) for day in hours.days]
        if len(days) > 2 and days == list(range(days[0], days[-1] + 1)):
            label = f"{names[days[0]]} – {names[days[-1]]}"
        else:
            label = ", ".join(names[day] for day in days)
        lines.append(f"{label}: {hours.opens}–{hours.closes}")
    return lines
