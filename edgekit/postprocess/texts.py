"""Pieces of a text by their offsets, which count Unicode code points."""

from __future__ import annotations

import unicodedata

WHITE_SPACE = frozenset(  # the property White_Space of Unicode
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)


def mended(text: str, start: int, end: int) -> tuple[int, int]:
    """The piece without white space around it and with its combining marks; may be empty.

    A tokenizer that takes accents off ends a token before the accent.
    """
    while start < end and text[start] in WHITE_SPACE:
        start += 1
    while end > start and text[end - 1] in WHITE_SPACE:
        end -= 1
    if start == end:
        return start, end
    while start > 0 and _is_mark(text[start]):
        start -= 1
    while end < len(text) and _is_mark(text[end]):
        end += 1
    return start, end


def _is_mark(character: str) -> bool:
    return unicodedata.category(character) in ("Mn", "Mc", "Me")
