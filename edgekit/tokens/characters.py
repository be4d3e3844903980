"""Tables of code points for an app's tokenizer, asked of the ``tokenizers`` library itself.

The library has the Unicode of its release and a phone that of its system; with these tables ids are
the same everywhere. A *set* is a flat list of inclusive ranges, a *map* lists the code points that
change with what they become; both ascend.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING, Any

import msgspec

from edgekit.tokens import graphemes
from edgekit.tokens.graphemes import Graphemes

if TYPE_CHECKING:
    from tokenizers.normalizers import Normalizer

_USED = (
    *(range(0xD800), range(0xE000, 0x40000), range(0xE0000, 0xE1000)),
    *(range(0xFFFFE, 0x100000), range(0x10FFFE, 0x110000)),  # of private planes, but never assigned
)
_ALIKE = (  # without any character, or for private use: all fare as the first
    range(0x40000, 0xE0000),
    range(0xE1000, 0xF0000),
    range(0xF0000, 0xFFFFE),
    range(0x100000, 0x10FFFE),
)
_SYLLABLES = range(0xAC00, 0xD7A4)  # of Hangul: composed and decomposed by arithmetic
_BETWEEN = "|;"  # no code point becomes both of them
_BLOCK = 2048  # code points that a pre-tokenizer sees at once

Ranges = tuple[int, ...]


class Changes(msgspec.Struct, frozen=True, kw_only=True, rename={"points": "from"}):
    """``to[i]`` is what the code point ``points[i]`` becomes; all others stay as they are."""

    points: tuple[int, ...]
    to: tuple[str, ...]


class Compositions(msgspec.Struct, frozen=True, kw_only=True):
    """``first[i]`` and ``second[i]`` become ``to[i]``; ascending by first, then by second."""

    first: tuple[int, ...]
    second: tuple[int, ...]
    to: tuple[int, ...]


class Characters(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The tables of code points that one tokenizer's steps want; those that they do not are None.

    ``marks`` also mends answers. ``classes`` are the combining classes that are not 0: first, last,
    class, and so on.
    """

    blanks: Ranges
    marks: Ranges
    controls: Ranges | None = None
    ideographs: Ranges | None = None
    nonspacing: Ranges | None = None
    punctuation: Ranges | None = None
    letters: Ranges | None = None
    numbers: Ranges | None = None
    lowercase: Changes | None = None
    decompose: Changes | None = None
    decompose_compatible: Changes | None = None
    classes: Ranges | None = None
    compose: Compositions | None = None
    graphemes: Graphemes | None = None


def tables(names: Iterable[str]) -> Characters:
    """The tables of these names, fields of :class:`Characters`, and those of every tokenizer."""
    return Characters(**{name: _TABLES[name]() for name in {"blanks", "marks", *names}})


def ranges(points: Iterable[int]) -> Ranges:
    """A set of code points as ranges: first, last, first, last, ...

    The library treats some ranges of code points all alike: the first one of such a range stands
    for all of it.
    """
    found = set(points)
    for alike in _ALIKE:
        if alike[0] in found:
            found.update(alike)
    return tuple(edge for row in runs(sorted(found)) for edge in (row[0], row[-1]))


def runs(points: Sequence[int]) -> Iterator[Sequence[int]]:
    """Ascending numbers, cut where one is not the successor of the one before."""
    start = 0
    for index in range(1, len(points) + 1):
        if index == len(points) or points[index] != points[index - 1] + 1:
            yield points[start:index]
            start = index


@cache
def every() -> tuple[int, ...]:
    """The code points that the library is asked about.

    They are those in use, and one for each range of others that fare alike (see :func:`ranges`).
    """
    used = (point for points in _USED for point in points)
    return tuple(sorted([*used, *(points[0] for points in _ALIKE)]))


def _made(normalizer: Normalizer) -> Iterator[tuple[int, str]]:
    """Each code point with the text that a normaliser makes of it."""
    text = normalizer.normalize_str(_BETWEEN.join(map(chr, every())))
    return zip(every(), text.split(_BETWEEN), strict=True)


def _dropped(normalizer: Normalizer) -> Ranges:
    """The code points that a normaliser removes."""
    return ranges(point for point, text in _made(normalizer) if not text)


def _changes(normalizer: Normalizer) -> Changes:
    """The code points that a normaliser changes.

    Hangul's syllables, being arithmetic, are left out.
    """
    found = {
        point: text
        for point, text in _made(normalizer)
        if text != chr(point) and point not in _SYLLABLES
    }
    return Changes(points=tuple(found), to=tuple(found.values()))


def _matched(pattern: str) -> Ranges:
    """The code points that a regular expression of the library matches."""
    from tokenizers import Regex
    from tokenizers.normalizers import Replace

    return _dropped(Replace(Regex(pattern), ""))


def _bert(**switch: bool) -> Normalizer:
    """A BertNormalizer of which only the switches named are on."""
    from tokenizers.normalizers import BertNormalizer

    names = ("clean_text", "handle_chinese_chars", "strip_accents", "lowercase")
    return BertNormalizer(**{**dict.fromkeys(names, False), **switch})


def _named(name: str) -> Normalizer:
    """The library's normaliser of that name: ``NFC``, ``NFD``, ..."""
    from tokenizers import normalizers

    found: Normalizer = getattr(normalizers, name)()
    return found


def _split(kind: str) -> Mapping[str, set[int]]:
    """What one of the library's pre-tokenizers does with code points between letters.

    Args:
        kind: its class.

    Returns:
        ``blank``: those that it takes out; ``apart``: those that it makes a word of their own.
    """
    from tokenizers import pre_tokenizers

    splitter = getattr(pre_tokenizers, kind)()
    found: dict[str, set[int]] = {"blank": set(), "apart": set()}
    for start in range(0, len(every()), _BLOCK):
        points = every()[start : start + _BLOCK]
        pieces = splitter.pre_tokenize_str("".join(f"a{chr(point)}" for point in points))
        inside = {place for _, (first, last) in pieces for place in range(first, last)}
        apart = {first for _, (first, last) in pieces if last == first + 1}
        for place, point in enumerate(points):
            if 2 * place + 1 not in inside:
                found["blank"].add(point)
            elif 2 * place + 1 in apart:
                found["apart"].add(point)
    return found


def _ideographs() -> Ranges:
    """The code points that BertNormalizer sets apart as Chinese characters."""
    made = _made(_bert(handle_chinese_chars=True))
    return ranges(point for point, text in made if text == f" {chr(point)} ")


@cache
def _combining() -> Mapping[int, int]:
    """The combining class of each code point that has one, above 0.

    The numbers are Unicode's, which never change; whether the library knows of them is asked.
    """
    import unicodedata

    normalize = _named("NFD").normalize_str
    found = {}
    for point in every():
        if number := unicodedata.combining(chr(point)):
            before = chr(0x345) if number < 240 else chr(0x334)
            text = before + chr(point) if number < 240 else chr(point) + before
            if normalize(text)[0] != text[0]:
                found[point] = number
    return found


def _classes() -> Ranges:
    """The table of combining classes: first, last, class, for each range that has one above 0."""
    found: list[int] = []
    for number, group in groupby(sorted(_combining().items()), key=lambda row: row[1]):
        for row in runs([point for point, _ in group]):
            found += [row[0], row[-1], number]
    return tuple(found)


def _compositions() -> Compositions:
    """The pairs of code points that NFC makes one of; the first may itself be composed."""
    compose = _named("NFC").normalize_str
    rows = []
    for point, text in _made(_named("NFD")):
        if point in _SYLLABLES or len(text) < 2 or compose(chr(point)) != chr(point):
            continue
        base, mark = compose(text[:-1]), text[-1]
        if len(base) == 1 and compose(base + mark) == chr(point):
            rows.append((ord(base), ord(mark), point))
    first, second, to = zip(*sorted(rows), strict=True)
    return Compositions(first=first, second=second, to=to)


_TABLES: Mapping[str, Callable[[], Any]] = {
    "blanks": cache(lambda: ranges(_split("WhitespaceSplit")["blank"])),
    "marks": cache(lambda: _dropped(_named("StripAccents"))),
    "controls": cache(lambda: _dropped(_bert(clean_text=True))),
    "ideographs": cache(_ideographs),
    "nonspacing": cache(lambda: _dropped(_bert(strip_accents=True))),
    "punctuation": cache(lambda: ranges(_split("BertPreTokenizer")["apart"])),
    "letters": cache(lambda: _matched(r"\p{L}")),
    "numbers": cache(lambda: _matched(r"\p{N}")),
    "lowercase": cache(lambda: _changes(_named("Lowercase"))),
    "decompose": cache(lambda: _changes(_named("NFD"))),
    "decompose_compatible": cache(lambda: _changes(_named("NFKD"))),
    "classes": cache(_classes),
    "compose": cache(_compositions),
    "graphemes": cache(lambda: Graphemes(**dict(graphemes.classes(every(), ranges)))),
}
