"""Unicode's decomposition and composition, by the stored tables."""

from __future__ import annotations

from collections.abc import Iterator

from app_tokenizer.stored import Stored
from app_tokenizer.text import Text

FIRST_SYLLABLE, VOWELS, TRAILINGS = 0xAC00, 21, 28
LEADING, VOWEL, TRAILING = 0x1100, 0x1161, 0x11A7


def decomposed(stored: Stored, text: Text, name: str) -> Iterator[tuple[int, int]]:
    """Marks that follow each other stand in the order of their classes."""
    run: list[tuple[int, int]] = []
    for point in text.points:
        made = stored.maps[name].get(point) or syllable(point)
        for place, new in enumerate(map(ord, made)):
            if new not in stored.classes:
                yield from sorted(run, key=lambda row: stored.classes[row[0]])
                run = []
                yield new, int(place > 0)
            else:
                run.append((new, int(place > 0)))
    yield from sorted(run, key=lambda row: stored.classes[row[0]])


def syllable(point: int) -> str:
    """Hangul's syllables are numbered by their parts."""
    number = point - FIRST_SYLLABLE
    if not 0 <= number < 11172:
        return chr(point)
    rest, trailing = divmod(number, TRAILINGS)
    leading, vowel = divmod(rest, VOWELS)
    parts = [LEADING + leading, VOWEL + vowel, *([TRAILING + trailing] if trailing else [])]
    return "".join(map(chr, parts))


def composed(stored: Stored, text: Text, name: str) -> Text:
    """A mark joins the last code point that is none, unless one of its class or a higher stands
    between them.
    """
    found: list[tuple[int, int]] = []
    base: int | None = None
    last = 0
    for point, change in decomposed(stored, text, name):
        number = stored.classes.get(point, 0)
        joins = base is not None and (base == len(found) - 1 or last < number)
        made = pair(stored, found[base][0], point) if joins and base is not None else None
        if made is not None and base is not None:
            found[base] = made, found[base][1] + change - 1
            continue
        if number == 0:
            base = len(found)
        last = number
        found.append((point, change))
    return text.changed(found)


def pair(stored: Stored, first: int, second: int) -> int | None:
    leading, vowel, number = first - LEADING, second - VOWEL, first - FIRST_SYLLABLE
    if 0 <= leading < 19 and 0 <= vowel < VOWELS:
        return FIRST_SYLLABLE + (leading * VOWELS + vowel) * TRAILINGS
    if 0 <= number < 11172 and number % TRAILINGS == 0 and 0 < second - TRAILING < TRAILINGS:
        return first + second - TRAILING
    return stored.composed.get((first, second))
