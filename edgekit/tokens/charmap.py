"""What a tokenizer makes of each single code point, asked of the ``tokenizers`` library itself.

BERT's normaliser and pre-tokenizer look at one code point at a time, so that this table is all that
they do, but for one thing: two combining marks in an unusual order, both of which stay (some
musical signs and two tone marks of old Hangul), would change places.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from edgekit.tokens.characters import runs

if TYPE_CHECKING:
    from tokenizers.normalizers import Normalizer
    from tokenizers.pre_tokenizers import PreTokenizer

_ASCII = range(0x80)
_CHARACTERS = (
    *(range(0x80, 0xD800), range(0xE000, 0x40000), range(0xE0000, 0xE1000)),
    *(range(0xFFFFE, 0x100000), range(0x10FFFE, 0x110000)),  # of private planes, but never assigned
)
_ALIKE = (  # without any character, or for private use: all fare as the first
    range(0x40000, 0xE0000),
    range(0xE1000, 0xF0000),
    range(0xF0000, 0xFFFFE),
    range(0x100000, 0x10FFFE),
)
_BLOCK = 64  # code points that one call looks at: with more or fewer it takes longer
_BETWEEN = "|"  # a word of its own, which no other code point becomes


def table(normalizer: Normalizer | None, pre_tokenizer: PreTokenizer) -> dict[str, str]:
    """What normalising and splitting make of single code points.

    Args:
        normalizer: of the tokenizer.
        pre_tokenizer: of the tokenizer.

    Returns:
        For each code point that changes, words between blanks: ``""`` is a code point that goes,
        ``" "`` one that ends a word, ``" ! "`` one that is a word.
    """

    def words(text: str) -> str:
        normal = text if normalizer is None else normalizer.normalize_str(text)
        return " ".join(word for word, _ in pre_tokenizer.pre_tokenize_str(normal))

    found = {point: words(f"a{point}a")[1:-1] for point in map(chr, _ASCII)}
    for block in _blocks():
        parts = words(_BETWEEN.join(f"a{point}a" for point in block)).split(f" {_BETWEEN} ")
        found.update(zip(block, (part[1:-1] for part in parts), strict=True))
    changed = {point: made for point, made in found.items() if made != point}
    for points in _ALIKE:
        first = chr(points[0])
        made = words(f"a{first}a")[1:-1].replace(first, "{}")
        if made != "{}":
            changed.update((point, made.format(point)) for point in map(chr, points))
    return changed


def byte_level_classes(pre_tokenizer: PreTokenizer) -> tuple[list[str], list[str], list[str]]:
    """The code points that GPT-2's pre-tokenizer takes for blanks, letters and numbers."""
    inside = {kind: set[str]() for kind in "a1!"}
    left = [*map(chr, _ASCII), *(point for block in _blocks() for point in block)]
    for kind, found in inside.items():
        for start in range(0, len(left), _BLOCK):
            block = left[start : start + _BLOCK]
            text = "\n".join(f"{kind}{point}{kind}" for point in block)
            whole = {
                span for _, span in pre_tokenizer.pre_tokenize_str(text) if span[1] - span[0] == 3
            }
            found.update(p for i, p in enumerate(block) if (4 * i, 4 * i + 3) in whole)
        left = [point for point in left if point not in found]
    return left, sorted(inside["a"]), sorted(inside["1"])


def _blocks() -> Iterator[list[str]]:
    """All code points as texts, in lists of a size that the library takes at once."""
    for points in _CHARACTERS:
        for start in range(0, len(points), _BLOCK):
            yield list(map(chr, points[start : start + _BLOCK]))


def character_class(points: Iterable[str]) -> str:
    r"""Code points as RE2 writes them between the brackets of a class, like ``\x{41}-\x{5A}``."""
    ranges = (
        rf"\x{{{run[0]:x}}}" + (rf"-\x{{{run[-1]:x}}}" if len(run) > 1 else "")
        for run in runs(sorted(map(ord, points)))
    )
    return "".join(ranges)


def select(changes: Mapping[str, str], words: str) -> list[str]:
    """The code points of a :func:`table` that become ``words``.

    ``{}`` in these is the code point itself.
    """
    return [point for point, made in changes.items() if made == words.format(point)]
