"""Pieces of a text by their offsets, which count Unicode code points."""

from __future__ import annotations

import unicodedata

WHITE_SPACE = frozenset(  # the property White_Space of Unicode
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)


def mended(text: str, start: int, end: int) -> tuple[int, int]:
    """Moves the ends of a piece so that it has no white space around it and keeps combining marks.

    A tokenizer that takes accents off ends a token before the accent.

    Args:
        text: all of it.
        start: of the piece, in code points.
        end: behind its last.

    Returns:
        Start and end; equal where nothing is left.
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
