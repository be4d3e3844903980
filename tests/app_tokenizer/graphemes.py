"""Where a cluster of code points ends, by the rules of UAX 29."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from app_tokenizer.composition import FIRST_SYLLABLE, TRAILINGS
from app_tokenizer.stored import Stored


def graphemes(stored: Stored, points: Sequence[int]) -> Iterator[Sequence[int]]:
    start = 0
    for place in range(1, len(points) + 1):
        if place == len(points) or parted(stored, points, place):
            yield points[start:place]
            start = place


def parted(stored: Stored, points: Sequence[int], place: int) -> bool:
    """Whether a cluster begins here, by the rules of UAX 29, in their order."""
    before, here = points[place - 1], points[place]
    if (before, here) == (13, 10):
        return False
    if kind(stored, before) == "control" or kind(stored, here) == "control":
        return True
    if (kind(stored, before), kind(stored, here)) in JAMO:
        return False
    if (
        here == 0x200D
        or kind(stored, here) in ("extend", "spacing")
        or kind(stored, before) == "prepend"
    ):
        return False
    return not (conjoined(stored, points, place) or pictures(stored, points, place))


def kind(stored: Stored, point: int) -> str | None:
    if 0 <= point - FIRST_SYLLABLE < 11172:
        return "LVT" if (point - FIRST_SYLLABLE) % TRAILINGS else "LV"
    return next((name for name in KINDS if point in stored.clusters[name]), None)


KINDS = ("control", "extend", "spacing", "prepend", "leading", "vowel", "trailing")
JAMO = {
    *(("leading", after) for after in ("leading", "vowel", "LV", "LVT")),
    *((before, after) for before in ("LV", "vowel") for after in ("vowel", "trailing")),
    *((before, "trailing") for before in ("LVT", "trailing")),
}


def conjoined(stored: Stored, points: Sequence[int], place: int) -> bool:
    """GB9c: consonants with a linker between them."""
    if points[place] not in stored.clusters["consonant"]:
        return False
    linked = False
    for before in reversed(points[:place]):
        if before in stored.clusters["linker"]:
            linked = True
        elif before not in stored.clusters["between"]:
            return linked and before in stored.clusters["consonant"]
    return False


def pictures(stored: Stored, points: Sequence[int], place: int) -> bool:
    """GB11: pictures that a joiner joins."""
    if points[place] not in stored.clusters["pictographic"] or points[place - 1] != 0x200D:
        return False
    for before in reversed(points[: place - 1]):
        if before not in stored.clusters["extend"]:
            return before in stored.clusters["pictographic"]
    return False
