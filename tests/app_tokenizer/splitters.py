"""Pre-tokenizers by their names in ``tokenizer.json``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from app_tokenizer.byte_symbols import BYTES
from app_tokenizer.stored import PointSet, Stored
from app_tokenizer.text import Text


def words(stored: Stored, text: Text, step: Mapping[str, Any]) -> Iterator[Text]:
    """Between blanks; of BERT's also each punctuation mark for itself."""
    marks = stored.sets["punctuation"] if step["type"] == "BertPreTokenizer" else PointSet([])
    start = 0
    for place, point in enumerate((*text.points, 32)):
        blank = place == len(text.points) or point in stored.sets["blanks"]
        if blank or point in marks:
            yield text.part(start, place)
            yield text.part(place, place if blank else place + 1)
            start = place + 1


def metaspace(stored: Stored, text: Text, step: Mapping[str, Any]) -> Iterator[Text]:
    mark = ord(step["replacement"])
    points = tuple(mark if point == 32 else point for point in text.points)
    scheme = step["prepend_scheme"]
    prefix = scheme == "always" or (scheme == "first" and text.spans[0][0] == 0)
    text = prefixed(Text(points, text.spans), mark) if prefix else Text(points, text.spans)
    start = 0
    for place in range(1, len(text.points) + 1):
        if place == len(text.points) or (step.get("split", True) and text.points[place] == mark):
            yield text.part(start, place)
            start = place


def prefixed(text: Text, point: int) -> Text:
    """With that code point in front, unless it begins with it; its place is the next one's."""
    if text.points[0] == point:
        return text
    return Text((point, *text.points), (text.spans[0], *text.spans))


def byte_level(stored: Stored, text: Text, step: Mapping[str, Any]) -> Iterator[Text]:
    text = prefixed(text, 32) if step["add_prefix_space"] else text
    place = 0
    while place < len(text.points):
        end = gpt2(stored, text.points, place)
        rows = [
            (ord(BYTES[byte]), span)
            for point, span in zip(text.points[place:end], text.spans[place:end], strict=True)
            for byte in chr(point).encode()
        ]
        yield Text(tuple(point for point, _ in rows), tuple(span for _, span in rows))
        place = end


CONTRACTIONS = ("'s", "'t", "'re", "'ve", "'m", "'ll", "'d")


def gpt2(stored: Stored, points: Sequence[int], place: int) -> int:
    """Where the piece ends that begins here."""
    ahead = "".join(map(chr, points[place : place + 3]))
    if found := next((text for text in CONTRACTIONS if ahead.startswith(text)), None):
        return place + len(found)
    start = place + (points[place] == 32 and place + 1 < len(points))
    kind = category(stored, points[start])
    if kind != "blanks":
        return run(stored, points, start)
    end = run(stored, points, place)
    return end if end == len(points) or end == place + 1 else end - 1


def run(stored: Stored, points: Sequence[int], place: int) -> int:
    end = place + 1
    while end < len(points) and category(stored, points[end]) == category(stored, points[place]):
        end += 1
    return end


def category(stored: Stored, point: int) -> str:
    return next(
        (name for name in ("blanks", "letters", "numbers") if point in stored.sets[name]), ""
    )


SPLITTERS: dict[str, Callable[[Stored, Text, Mapping[str, Any]], Iterator[Text]]] = {
    "BertPreTokenizer": words,
    "WhitespaceSplit": words,
    "Metaspace": metaspace,
    "ByteLevel": byte_level,
}
