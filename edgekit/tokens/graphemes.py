"""Unicode's classes for grapheme clusters, as the library's ``Precompiled`` step takes them.

The step replaces a cluster of less than 6 bytes as a whole, and of a longer one each code point. A
charsmap in which every byte begins a key shows which it was: it makes one ``!`` of a whole cluster.
Classes that make no difference that way (flags, whose halves have 4 bytes each) are left out.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from tokenizers.normalizers import Normalizer

Ranges = tuple[int, ...]


class Graphemes(msgspec.Struct, frozen=True, kw_only=True):
    """Sets of code points, named as in UAX 29; the last three are those of its rule GB9c."""

    control: Ranges
    extend: Ranges
    spacing: Ranges
    prepend: Ranges
    pictographic: Ranges
    leading: Ranges
    vowel: Ranges
    trailing: Ranges
    consonant: Ranges
    linker: Ranges
    between: Ranges


_MARK, _JOINER, _PICTURE = "\u0308", "\u200d", "\u00a9"
_CONSONANT, _LINKER = "\u0915", "\u094d"
_LEADING, _VOWEL, _TRAILING = _JAMO = "\u1100", "\u1161", "\u11a8"
_PLAIN = (range(0x3400, 0xA000), range(0xAC00, 0xD7A4), range(0x20000, 0x40000))


def classes(
    points: Iterable[int], ranges: Callable[[Iterable[int]], Ranges]
) -> Iterator[tuple[str, Ranges]]:
    """Unicode's classes for grapheme clusters, each with its code points in the library.

    Args:
        points: the code points that are asked about.
        ranges: writes a set of code points, as :func:`edgekit.tokens.characters.ranges`.
    """
    texts = [chr(point) for point in points if point and not _plain(point)]

    def where(form: str, count: int, among: Collection[str] = texts) -> set[str]:
        return set(_where(form, count, among))

    control, joined = where("{}" + 2 * _MARK, 2), where("a{}", 1)
    known = joined | control
    others = [text for text in texts if text not in known]
    jamo = [text for text in others if len(text.encode()) == 3]
    after = {first: where(first + "{}" + _MARK, 3, jamo) for first in _JAMO}
    extend = where(_PICTURE + "{}" + _JOINER + _PICTURE + _MARK, 5, joined)
    found: Mapping[str, set[str]] = {
        "control": {"\0", *control},
        "extend": extend,
        "spacing": joined - extend - {_JOINER},
        "prepend": where("{}a", 1, others),
        "pictographic": where(_PICTURE + _JOINER + "{}" + _MARK, 4, others),
        "leading": after[_LEADING] - after[_VOWEL],
        "vowel": after[_VOWEL] - after[_TRAILING],
        "trailing": after[_TRAILING],
        "consonant": where("{}" + _LINKER + _CONSONANT + _MARK, 4, others),
        "linker": where(_CONSONANT + "{}" + _CONSONANT + _MARK, 4, joined),
        "between": where(_CONSONANT + "{}" + _LINKER + _CONSONANT + _MARK, 5, joined),
    }
    for name, chosen in found.items():
        yield name, ranges(map(ord, chosen))


def _plain(point: int) -> bool:
    """Whether a code point is an ideograph or one of Hangul's syllables.

    Their place in a cluster is known by arithmetic: they need not be asked about.
    """
    return any(point in row for row in _PLAIN)


def _where(form: str, count: int, texts: Collection[str]) -> Iterator[str]:
    """The texts that make a form fall into ``count`` grapheme clusters.

    Args:
        form: a text with ``{}`` in it, where each of ``texts`` is put.
        count: of clusters.
        texts: code points.
    """
    asked = [form.format(text) for text in texts]
    made = _normalizer().normalize_str("\0".join(asked))
    for text, pieces in zip(texts, made.split("\0"), strict=True):
        if len(pieces) == count:
            yield text


def _normalizer() -> Normalizer:
    """A ``Precompiled`` normaliser with an entry for every byte: it shows grapheme clusters.

    Its trie has one level, in the form of a double array.
    """
    from tokenizers.normalizers import Precompiled

    units = [0] * 1024
    units[0] = 256 << 10
    for byte in range(1, 256):
        units[256 ^ byte] = byte | 1 << 8 | 512 << 10
    trie = struct.pack("<1024I", *units)
    return Precompiled(struct.pack("<I", len(trie)) + trie + b"!\0")
