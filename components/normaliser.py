"""Folds a message into a skeleton, so that one word looks the same however it was typed.

Residents write Bulgarian in Cyrillic or in Latin chat spelling ("kak da namerq"), Greek as
Greeklish, Arabic with digits ("3ndi mochkil"), Romanian and Turkish without marks. The intent
classifier never sees the raw text, only its skeleton. The folding is the same for every language;
Greek and Arabic get a second view by sound, which a language code also turns on for their Latin
spellings (Greek: 2 points more in first place). Pure functions, no state.
"""

import re
import unicodedata

# One sign per sound. Signs outside a-z stand for sounds that Latin chat spells in several
# ways: č = ч/ch/4, š = ш/щ/sh/sht/6, ž = ж/zh/j, ü = ю/yu/ju, ä = я/ya/ja/q.
_CYRILLIC = {
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ж": "ž", "з": "z", "и": "i",
    "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t",
    "у": "u", "ф": "f", "х": "h", "ц": "c", "ч": "č", "ш": "š", "щ": "š", "ъ": "a", "ь": "",
    "ю": "ü", "я": "ä", "ы": "a", "э": "e", "є": "e", "і": "i", "ґ": "g", "ј": "i", "љ": "li",
    "њ": "ni", "ћ": "č", "ђ": "ž", "џ": "ž",
}  # fmt: skip

# y is а for "ъ" and "ы" (rybota, vyhod), w is v, x is h: Bulgarian and Russian habits. Other
# languages are folded the same way in training and in use, which costs them nothing.
_LATIN = {
    "shch": "š", "sht": "š", "sch": "š", "sh": "š", "tch": "č", "ch": "č", "zh": "ž",
    "kh": "h", "ts": "c", "tz": "c", "ya": "ä", "ja": "ä", "ia": "ä", "yu": "ü", "ju": "ü",
    "iu": "ü", "j": "ž", "q": "ä", "w": "v", "y": "a", "x": "h",
    # Letters that are no base letter with a mark and so survive the stripping of marks.
    "ı": "i", "ł": "l", "đ": "d", "ø": "o", "æ": "ae", "œ": "oe",
}  # fmt: skip

# Letter by letter as Greeklish writes it; by sound only in the second view, since instead of this
# one it found fewer of the right topics among the first three.
_GREEK = {
    "α": "a", "β": "v", "γ": "g", "δ": "d", "ε": "e", "ζ": "z", "η": "i", "θ": "th", "ι": "i",
    "κ": "k", "λ": "l", "μ": "m", "ν": "n", "ξ": "ks", "ο": "o", "π": "p", "ρ": "r", "σ": "s",
    "ς": "s", "τ": "t", "υ": "u", "φ": "f", "χ": "h", "ψ": "ps", "ω": "o",
}  # fmt: skip

# Alef forms, hamza seats, ta marbuta and the ya forms fall together; tatweel goes.
_ARABIC = {
    "أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ئ": "ي", "ؤ": "و", "ة": "ه", "ء": "",
    "ـ": "", "گ": "ك", "ک": "ك", "ی": "ي", "پ": "ب", "چ": "ج", "ڤ": "ف",
    "٠": "0", "١": "1", "٢": "2", "٣": "3", "٤": "4", "٥": "5", "٦": "6", "٧": "7", "٨": "8",
    "٩": "9",
}  # fmt: skip

# Second view of Arabic: consonants only, the part on which script and Arabizi agree.
_ARABIC_SOUND = {
    "ا": "", "ب": "b", "ت": "t", "ث": "t", "ج": "j", "ح": "ħ", "خ": "x", "د": "d", "ذ": "d",
    "ر": "r", "ز": "z", "س": "s", "ش": "š", "ص": "s", "ض": "d", "ط": "t", "ظ": "d", "ع": "ʕ",
    "غ": "ɣ", "ف": "f", "ق": "q", "ك": "k", "ل": "l", "م": "m", "ن": "n", "ه": "h", "و": "w",
    "ي": "y",
}  # fmt: skip
_ARABIZI = {
    "sh": "š", "ch": "š", "kh": "x", "gh": "ɣ", "th": "t", "dh": "d", "ou": "w", "oo": "w",
    "ee": "y", "3": "ʕ", "7": "ħ", "9": "q", "2": "", "5": "x", "8": "ɣ", "6": "t", "g": "q",
    "c": "k", "p": "b", "v": "f", "a": "", "e": "", "o": "w", "u": "w", "i": "y",
}  # fmt: skip

# Second view of Greek: one sign per sound, on which script, Greeklish and misspellings agree.
_GREEK_SOUND = {
    **_GREEK, "υ": "i", "ου": "u", "αι": "e", "ει": "i", "οι": "i", "ευ": "ev", "αυ": "av",
    "μπ": "b", "ντ": "d", "γκ": "g", "γγ": "g", "τζ": "dz",
}  # fmt: skip
_GREEKLISH = {
    "th": "th", "8": "th", "ch": "h", "kh": "h", "x": "h", "ph": "f", "3": "ks", "ou": "u",
    "ai": "e", "ei": "i", "oi": "i", "mp": "b", "nt": "d", "gk": "g", "gg": "g", "y": "i",
    "h": "i", "w": "o",
}  # fmt: skip

# Marks the words of the second view, so that they are never mistaken for Latin words.
_SECOND_VIEW = "_"


def _replacer(table: dict) -> "re.Pattern[str]":
    return re.compile("|".join(map(re.escape, sorted(table, key=len, reverse=True))))


_LATIN_PATTERN = _replacer(_LATIN)
_ARABIZI_PATTERN = _replacer(_ARABIZI)
_GREEK_SOUND_PATTERN = _replacer(_GREEK_SOUND)
_GREEKLISH_PATTERN = _replacer(_GREEKLISH)
_SCRIPTS = str.maketrans({**_CYRILLIC, **_GREEK})
_ARABIC_LETTERS = str.maketrans(_ARABIC)
_ARABIC_SOUNDS = str.maketrans(_ARABIC_SOUND)
_FOUR = re.compile(r"(?<=[a-z])4|4(?=[a-z])")
_SIX = re.compile(r"(?<=[a-z])6t?|6t?(?=[a-z])")  # 6t is the chat spelling of щ
_DOUBLED_LETTER = re.compile(r"([^\W\d])\1+")
_ARABIC_SCRIPT = re.compile("[\u0620-\u064a]")
_GREEK_SCRIPT = re.compile("[\u0370-\u03ff]")
# A digit that stands for a letter; a number beside a letter ("B2") also looks so, harmlessly.
_ARABIZI_WORD = re.compile(r"[a-z][23579]|[23579][a-z]")


def skeleton(text: str, language: str = "") -> str:
    """Return the words of a text in one spelling, separated by single blanks.

    `language` is a code or empty: "el" and "ar" add the view by sound to Latin letters too.
    """
    plain = strip_marks(text).translate(_ARABIC_LETTERS)
    folded = _words(_fold_scripts(plain))
    if language == "el" or _GREEK_SCRIPT.search(plain):
        return f"{folded} {_greek_sounds(plain)}".strip()
    arabizi = not language and _ARABIZI_WORD.search(plain)
    if language == "ar" or arabizi or _ARABIC_SCRIPT.search(plain):
        return f"{folded} {_consonants(plain)}".strip()
    return folded


def strip_marks(text: str) -> str:
    """Return the text in lower case without accents, harakat and invisible signs."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in decomposed if unicodedata.category(sign) not in ("Mn", "Cf"))


def romanise(text: str) -> str:
    """Return Cyrillic and Greek letters in Latin chat spelling, everything else as it is."""
    return text.casefold().translate(_CHAT_SPELLING)


def _fold_scripts(text: str) -> str:
    text = _SIX.sub("š", _FOUR.sub("č", text))
    text = _LATIN_PATTERN.sub(lambda found: _LATIN[found.group()], text)
    return text.translate(_SCRIPTS)


def _consonants(text: str) -> str:
    text = _ARABIZI_PATTERN.sub(lambda found: _ARABIZI[found.group()], text)
    return _as_second_view(text.translate(_ARABIC_SOUNDS))


def _greek_sounds(text: str) -> str:
    if not _GREEK_SCRIPT.search(text):
        text = _GREEKLISH_PATTERN.sub(lambda found: _GREEKLISH[found.group()], text)
    return _as_second_view(
        _GREEK_SOUND_PATTERN.sub(lambda found: _GREEK_SOUND[found.group()], text)
    )


def _as_second_view(text: str) -> str:
    return " ".join(_SECOND_VIEW + word for word in _words(text).split())


def _words(text: str) -> str:
    """Keep letters, digits and emoji; write doubled letters once."""
    kept = (sign if sign.isalnum() or _is_emoji(sign) else " " for sign in text)
    return _DOUBLED_LETTER.sub(r"\1", " ".join("".join(kept).split())).replace("iä", "ä")


def _is_emoji(sign: str) -> bool:
    return unicodedata.category(sign) == "So"


# The everyday chat spelling of Bulgarian; the language detector learns from such copies.
_CHAT_SPELLING = str.maketrans(
    {**_CYRILLIC, "ж": "j", "й": "i", "ч": "4", "ш": "6", "щ": "6t", "ъ": "a", "ю": "iu", "я": "q"}
)
