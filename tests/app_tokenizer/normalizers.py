"""Normalisers by their names in ``tokenizer.json``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from app_tokenizer.charsmap import shortest
from app_tokenizer.composition import composed, decomposed
from app_tokenizer.graphemes import graphemes
from app_tokenizer.stored import Stored
from app_tokenizer.text import Text


def bert(stored: Stored, text: Text, step: Mapping[str, Any]) -> Text:
    if step["clean_text"]:
        text = text.kept(lambda point: point not in stored.sets["controls"])
        spaces = (32 if point in stored.sets["blanks"] else point for point in text.points)
        text = Text(tuple(spaces), text.spans)
    if step["handle_chinese_chars"]:
        rows = []
        for point in text.points:
            apart = point in stored.sets["ideographs"]
            rows += [(32, 0), (point, 1), (32, 1)] if apart else [(point, 0)]
        text = text.changed(rows)
    if step["strip_accents"]:
        text = text.changed(list(decomposed(stored, text, "decompose")))
        text = text.kept(lambda point: point not in stored.sets["nonspacing"])
    return mapped(stored, text, "lowercase") if step["lowercase"] else text


def mapped(stored: Stored, text: Text, name: str) -> Text:
    table, rows = stored.maps[name], []
    for point in text.points:
        made = table.get(point, chr(point))
        rows += [(ord(new), int(place > 0)) for place, new in enumerate(made)]
    return text.changed(rows)


def strip(stored: Stored, text: Text, step: Mapping[str, Any]) -> Text:
    start, end = 0, len(text.points)
    while step["strip_left"] and start < end and text.points[start] in stored.sets["blanks"]:
        start += 1
    while step["strip_right"] and start < end and text.points[end - 1] in stored.sets["blanks"]:
        end -= 1
    return text.part(start, end)


def replaced(stored: Stored, text: Text, step: Mapping[str, Any]) -> Text:
    """What replaces a match has the place of the last code point there."""
    points, spans, place = [], [], 0
    while place < len(text.points):
        length = matched(text, place, step["pattern"])
        if length:
            place += length
            points += map(ord, step["content"])
            spans += [text.spans[place - 1]] * len(step["content"])
        else:
            points.append(text.points[place])
            spans.append(text.spans[place])
            place += 1
    return Text(tuple(points), tuple(spans))


def matched(text: Text, place: int, pattern: Mapping[str, str]) -> int:
    if "String" in pattern:
        wanted = tuple(map(ord, pattern["String"]))
        return len(wanted) if text.points[place : place + len(wanted)] == wanted else 0
    assert pattern == {"Regex": " {2,}"}
    end = place
    while end < len(text.points) and text.points[end] == 32:
        end += 1
    return end - place if end - place > 1 else 0


def precompiled(stored: Stored, text: Text, step: Mapping[str, Any]) -> Text:
    trie, strings = stored.tries[step["precompiled_charsmap"]]
    rows: list[tuple[int, int]] = []
    for cluster in graphemes(stored, text.points):
        new = shortest(cluster, trie, strings) if size(cluster) < 6 else None
        if new is not None:
            put(rows, len(cluster), new)
            continue
        for point in cluster:
            new = shortest((point,), trie, strings)
            put(rows, 1, chr(point) if new is None else new)
    return text.changed(rows)


def size(points: Sequence[int]) -> int:
    return len("".join(map(chr, points)).encode())


def put(rows: list[tuple[int, int]], old: int, new: str) -> None:
    """What is removed counts as removed behind the code point before, whichever that is."""
    more = len(new) - old
    rows += [(ord(point), int(place >= old)) for place, point in enumerate(new)]
    if more < 0 and rows:
        rows[-1] = rows[-1][0], rows[-1][1] + more


NORMALIZERS: dict[str, Callable[[Stored, Text, Mapping[str, Any]], Text]] = {
    "BertNormalizer": bert,
    "Lowercase": lambda stored, text, step: mapped(stored, text, "lowercase"),
    "NFD": lambda stored, text, step: text.changed(list(decomposed(stored, text, "decompose"))),
    "NFKD": lambda stored, text, step: text.changed(
        list(decomposed(stored, text, "decompose_compatible"))
    ),
    "NFC": lambda stored, text, step: composed(stored, text, "decompose"),
    "NFKC": lambda stored, text, step: composed(stored, text, "decompose_compatible"),
    "StripAccents": lambda stored, text, step: text.kept(lambda p: p not in stored.sets["marks"]),
    "Strip": strip,
    "Replace": replaced,
    "Precompiled": precompiled,
}
