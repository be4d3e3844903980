"""A tokenizer as docs/tokenizers.md tells an app to write it.

It reads ``tokenizer-app.json`` and ``vocabulary.bin`` and nothing else: no Unicode of Python's own.
"""

from __future__ import annotations

import base64
import json
import struct
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

Span = tuple[int, int]
FIRST_SYLLABLE, VOWELS, TRAILINGS = 0xAC00, 21, 28
LEADING, VOWEL, TRAILING = 0x1100, 0x1161, 0x11A7
PRINTABLE = (*range(33, 127), *range(161, 173), *range(174, 256))
REST = (byte for byte in range(256) if byte not in PRINTABLE)
BYTES = {byte: chr(byte) for byte in PRINTABLE} | {b: chr(256 + n) for n, b in enumerate(REST)}
SPACE = BYTES[ord(" ")]


@dataclass(frozen=True)
class Text:
    """Code points, and the place in the text as it was given that each came from."""

    points: tuple[int, ...]
    spans: tuple[Span, ...]

    @classmethod
    def of(cls, text: str) -> Text:
        return cls(tuple(map(ord, text)), tuple((n, n + 1) for n in range(len(text))))

    def __str__(self) -> str:
        return "".join(map(chr, self.points))

    def part(self, start: int, end: int) -> Text:
        return Text(self.points[start:end], self.spans[start:end])

    def kept(self, keep: Callable[[int], bool]) -> Text:
        places = [place for place, point in enumerate(self.points) if keep(point)]
        return Text(
            tuple(self.points[place] for place in places),
            tuple(self.spans[place] for place in places),
        )

    def changed(self, rows: Sequence[tuple[int, int]]) -> Text:
        """Each new code point with its change: 1 is a further one, 0 stands for the next of the
        old ones, -n for the next and n that follow it.
        """
        place, spans = 0, []
        for _, change in rows:
            if change > 0:
                spans.append(self.spans[place - 1] if place else self.spans[0][:1] * 2)
            else:
                spans.append(self.spans[place])
                place += 1 - change
        return Text(tuple(point for point, _ in rows), tuple(spans))


@dataclass(frozen=True)
class Piece:
    """A word, or an added token of that id."""

    text: Text
    added: int | None = None


@dataclass(frozen=True)
class Token:
    """An id with its place in its own text, and the number of its word there."""

    id: int
    span: Span
    word: int
    blanks: Span = (0, 0)  # before and behind it, within its span


@dataclass(frozen=True)
class Encoding:
    """A row as the library gives it; ``None`` where a special token is."""

    ids: list[int]
    type_ids: list[int]
    offsets: list[Span]
    sequence_ids: list[int | None]
    word_ids: list[int | None]


class PointSet:
    """A flat list of inclusive ranges."""

    def __init__(self, ranges: Sequence[int]) -> None:
        self.firsts, self.lasts = ranges[::2], ranges[1::2]

    def __contains__(self, point: int) -> bool:
        place = bisect_right(self.firsts, point) - 1
        return place >= 0 and point <= self.lasts[place]


class Vocabulary:
    """``vocabulary.bin``."""

    def __init__(self, path: Path) -> None:
        data = path.read_bytes()
        assert data[:8] == b"EKVOCAB1"
        self.count, merges, flags, size = struct.unpack_from("<4I", data, 8)
        layout = f"<{self.count + 1}I{self.count}I{4 * merges}I{self.count * (flags & 1)}d{size}s"
        assert len(data) == 24 + struct.calcsize(layout)
        found = list(struct.unpack_from(layout, data, 24))
        self.text = found.pop()
        self.starts, found = found[: self.count + 1], found[self.count + 1 :]
        self.order, found = found[: self.count], found[self.count :]
        rows = [found[n : n + 4] for n in range(0, 4 * merges, 4)]
        self.merges = {(left, right): (rank, made) for left, right, rank, made in rows}
        self.scores = found[4 * merges :]
        self.longest = max(map(len, map(self.token, range(self.count))), default=0)

    def token(self, index: int) -> bytes:
        return self.text[self.starts[index] : self.starts[index + 1]]

    def id(self, token: bytes) -> int | None:
        place = bisect_left(self.order, token, key=self.token)
        found = place < self.count and self.token(self.order[place]) == token
        return self.order[place] if found and token else None


class AppTokenizer:
    """``folder`` is a bundle's ``tokenizer/``."""

    def __init__(self, folder: Path) -> None:
        stored = json.loads((folder / "tokenizer-app.json").read_text("utf-8"))
        assert stored["version"] == 1
        self.vocabulary = Vocabulary(folder / "vocabulary.bin")
        self.kind, self.model = stored["kind"], stored["model"]
        self.template, self.special_ids = stored["template"], stored["special_ids"]
        self.normalizer, self.splitters = stored["normalizer"], stored["pre_tokenizer"]
        self.added, self.trimming = stored["added_tokens"], stored["offsets"]
        tables = stored["characters"]
        self.sets = {name: PointSet(row) for name, row in tables.items() if isinstance(row, list)}
        self.maps = {
            name: dict(zip(row["from"], row["to"], strict=True))
            for name, row in tables.items()
            if "from" in row
        }
        clusters = tables.get("graphemes", {})
        self.clusters = {name: PointSet(row) for name, row in clusters.items()}
        rows = tables.get("classes", [])
        self.classes = {
            point: number
            for first, last, number in zip(rows[::3], rows[1::3], rows[2::3], strict=True)
            for point in range(first, last + 1)
        }
        pairs = tables.get("compose", {"first": [], "second": [], "to": []})
        made = zip(pairs["first"], pairs["second"], strict=True)
        self.composed = dict(zip(made, pairs["to"], strict=True))
        self.tries = {
            step["precompiled_charsmap"]: charsmap(step["precompiled_charsmap"])
            for step in self.normalizer
            if step["type"] == "Precompiled"
        }

    def encode(
        self, texts: list[str], max_length: int, side: str, strategy: str = "longest_first"
    ) -> Encoding:
        template = self.template["single" if len(texts) == 1 else "pair"]
        split = [item.rpartition(":") for item in template]
        room = max_length - sum(name not in ("$A", "$B") for name, *_ in split)
        rows = cut([self.tokens(text) for text in texts], room, side, strategy)
        rows = [trimmed(self, row) for row in rows]
        found = []
        for name, _, kind in split:
            if name in ("$A", "$B"):
                sequence = "AB".index(name[1])
                found += [
                    (row.id, int(kind), row.span, sequence, row.word) for row in rows[sequence]
                ]
            else:
                found.append((self.special_ids[name], int(kind), (0, 0), None, None))
        return Encoding(*map(list, zip(*found, strict=True) if found else [()] * 5))

    def tokens(self, text: str) -> list[Token]:
        pieces = [
            piece
            for part in sought(self, Text.of(text), normalized=False)
            for piece in (self.pieces(part.text) if part.added is None else [part])
        ]
        found = []
        for number, piece in enumerate(pieces):
            if piece.added is not None:
                found.append(
                    Token(piece.added, whole(piece.text), number, blanks(self, piece.text))
                )
            else:
                found += [replace(row, word=number) for row in MODELS[self.kind](self, piece.text)]
        return found

    def pieces(self, text: Text) -> list[Piece]:
        for step in self.normalizer:
            text = NORMALIZERS[step["type"]](self, text, step)
        pieces = list(sought(self, text, normalized=True))
        for step in self.splitters:
            pieces = [
                new
                for old in pieces
                for new in (
                    [old]
                    if old.added is not None
                    else map(Piece, SPLITTERS[step["type"]](self, old.text, step))
                )
                if new.text.points
            ]
        return pieces


def whole(text: Text) -> Span:
    return text.spans[0][0], text.spans[-1][1]


def blanks(app: AppTokenizer, text: Text) -> Span:
    """How many blanks stand before and behind an added token, which it has taken."""
    inside = [place for place, point in enumerate(text.points) if point not in app.sets["blanks"]]
    if not inside:
        return len(text.points), len(text.points)
    return inside[0], len(text.points) - 1 - inside[-1]


def sought(app: AppTokenizer, text: Text, normalized: bool) -> Iterator[Piece]:
    """Added tokens cut out: of those that begin first the longest."""
    tokens = sorted(
        (row for row in app.added if row["normalized"] == normalized and row["sought"]),
        key=lambda row: -len(row["sought"]),
    )
    plain, done, place = str(text), 0, 0
    while place < len(plain):
        row = next((row for row in tokens if plain.startswith(row["sought"], place)), None)
        if row is None:
            place += 1
            continue
        start, end = place, place + len(row["sought"])
        place = end
        while row["lstrip"] and start > done and text.points[start - 1] in app.sets["blanks"]:
            start -= 1
        while row["rstrip"] and end < len(plain) and text.points[end] in app.sets["blanks"]:
            end += 1
        if done < start:
            yield Piece(text.part(done, start))
        yield Piece(text.part(start, end), row["id"])
        done = end
    if done < len(plain):
        yield Piece(text.part(done, len(plain)))


def cut(rows: list[list[Token]], room: int, side: str, strategy: str) -> list[list[Token]]:
    lengths = [len(row) for row in rows]
    if strategy == "longest_first":
        *shorter, longest = sorted(range(len(rows)), key=lengths.__getitem__)
        kept = {place: min(lengths[place], room // 2) for place in shorter}
    else:
        longest = ("only_first", "only_second").index(strategy)
        kept = {place: length for place, length in enumerate(lengths) if place != longest}
    kept[longest] = min(lengths[longest], room - sum(kept.values()))
    ends = {"right": lambda row, n: row[:n], "left": lambda row, n: row[len(row) - n :]}
    return [ends[side](row, kept[place]) for place, row in enumerate(rows)]


def trimmed(app: AppTokenizer, tokens: list[Token]) -> list[Token]:
    """Offsets without the blanks of a token; one that was put before the text has none."""
    if not app.trimming["trim"]:
        return tokens
    found = []
    for place, row in enumerate(tokens):
        (start, end), (before, behind) = row.span, row.blanks
        first = place == 0 or start == 0
        if first and app.trimming["add_prefix_space"] and before == 1:
            before = 0
        start = min(start + before, end)
        if behind and end >= behind:
            end = max(end - behind, start)
        found.append(replace(row, span=(start, end)))
    return found


# normalisers


def bert(app: AppTokenizer, text: Text, step: Mapping[str, Any]) -> Text:
    if step["clean_text"]:
        text = text.kept(lambda point: point not in app.sets["controls"])
        spaces = (32 if point in app.sets["blanks"] else point for point in text.points)
        text = Text(tuple(spaces), text.spans)
    if step["handle_chinese_chars"]:
        rows = []
        for point in text.points:
            apart = point in app.sets["ideographs"]
            rows += [(32, 0), (point, 1), (32, 1)] if apart else [(point, 0)]
        text = text.changed(rows)
    if step["strip_accents"]:
        text = text.changed(list(decomposed(app, text, "decompose")))
        text = text.kept(lambda point: point not in app.sets["nonspacing"])
    return mapped(app, text, "lowercase") if step["lowercase"] else text


def mapped(app: AppTokenizer, text: Text, name: str) -> Text:
    table, rows = app.maps[name], []
    for point in text.points:
        made = table.get(point, chr(point))
        rows += [(ord(new), int(place > 0)) for place, new in enumerate(made)]
    return text.changed(rows)


def decomposed(app: AppTokenizer, text: Text, name: str) -> Iterator[tuple[int, int]]:
    """Marks that follow each other stand in the order of their classes."""
    run: list[tuple[int, int]] = []
    for point in text.points:
        made = app.maps[name].get(point) or syllable(point)
        for place, new in enumerate(map(ord, made)):
            if new not in app.classes:
                yield from sorted(run, key=lambda row: app.classes[row[0]])
                run = []
                yield new, int(place > 0)
            else:
                run.append((new, int(place > 0)))
    yield from sorted(run, key=lambda row: app.classes[row[0]])


def syllable(point: int) -> str:
    """Hangul's syllables are numbered by their parts."""
    number = point - FIRST_SYLLABLE
    if not 0 <= number < 11172:
        return chr(point)
    rest, trailing = divmod(number, TRAILINGS)
    leading, vowel = divmod(rest, VOWELS)
    parts = [LEADING + leading, VOWEL + vowel, *([TRAILING + trailing] if trailing else [])]
    return "".join(map(chr, parts))


def composed(app: AppTokenizer, text: Text, name: str) -> Text:
    """A mark joins the last code point that is none, unless one of its class or a higher stands
    between them.
    """
    found: list[tuple[int, int]] = []
    base: int | None = None
    last = 0
    for point, change in decomposed(app, text, name):
        number = app.classes.get(point, 0)
        joins = base is not None and (base == len(found) - 1 or last < number)
        made = pair(app, found[base][0], point) if joins and base is not None else None
        if made is not None and base is not None:
            found[base] = made, found[base][1] + change - 1
            continue
        if number == 0:
            base = len(found)
        last = number
        found.append((point, change))
    return text.changed(found)


def pair(app: AppTokenizer, first: int, second: int) -> int | None:
    leading, vowel, number = first - LEADING, second - VOWEL, first - FIRST_SYLLABLE
    if 0 <= leading < 19 and 0 <= vowel < VOWELS:
        return FIRST_SYLLABLE + (leading * VOWELS + vowel) * TRAILINGS
    if 0 <= number < 11172 and number % TRAILINGS == 0 and 0 < second - TRAILING < TRAILINGS:
        return first + second - TRAILING
    return app.composed.get((first, second))


def strip(app: AppTokenizer, text: Text, step: Mapping[str, Any]) -> Text:
    start, end = 0, len(text.points)
    while step["strip_left"] and start < end and text.points[start] in app.sets["blanks"]:
        start += 1
    while step["strip_right"] and start < end and text.points[end - 1] in app.sets["blanks"]:
        end -= 1
    return text.part(start, end)


def replaced(app: AppTokenizer, text: Text, step: Mapping[str, Any]) -> Text:
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


def precompiled(app: AppTokenizer, text: Text, step: Mapping[str, Any]) -> Text:
    trie, strings = app.tries[step["precompiled_charsmap"]]
    rows: list[tuple[int, int]] = []
    for cluster in graphemes(app, text.points):
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


def charsmap(stored: str) -> tuple[tuple[int, ...], bytes]:
    blob = base64.b64decode(stored)
    (length,) = struct.unpack_from("<I", blob)
    return struct.unpack_from(f"<{length // 4}I", blob, 4), blob[4 + length :]


def shortest(points: Sequence[int], trie: Sequence[int], strings: bytes) -> str | None:
    place = offset(trie[0])
    for byte in "".join(map(chr, points)).encode():
        place ^= byte
        if byte == 0 or place >= len(trie) or trie[place] & 0x800000FF != byte:
            return None
        unit = trie[place]
        place ^= offset(unit)
        if unit & 0x100:
            start = trie[place] & 0x7FFFFFFF
            return strings[start : strings.index(b"\0", start)].decode()
    return None


def offset(unit: int) -> int:
    return (unit >> 10) << ((unit & 0x200) >> 6)


def graphemes(app: AppTokenizer, points: Sequence[int]) -> Iterator[Sequence[int]]:
    start = 0
    for place in range(1, len(points) + 1):
        if place == len(points) or parted(app, points, place):
            yield points[start:place]
            start = place


def parted(app: AppTokenizer, points: Sequence[int], place: int) -> bool:
    """Whether a cluster begins here, by the rules of UAX 29, in their order."""
    before, here = points[place - 1], points[place]
    if (before, here) == (13, 10):
        return False
    if kind(app, before) == "control" or kind(app, here) == "control":
        return True
    if (kind(app, before), kind(app, here)) in JAMO:
        return False
    if here == 0x200D or kind(app, here) in ("extend", "spacing") or kind(app, before) == "prepend":
        return False
    return not (conjoined(app, points, place) or pictures(app, points, place))


def kind(app: AppTokenizer, point: int) -> str | None:
    if 0 <= point - FIRST_SYLLABLE < 11172:
        return "LVT" if (point - FIRST_SYLLABLE) % TRAILINGS else "LV"
    return next((name for name in KINDS if point in app.clusters[name]), None)


KINDS = ("control", "extend", "spacing", "prepend", "leading", "vowel", "trailing")
JAMO = {
    *(("leading", after) for after in ("leading", "vowel", "LV", "LVT")),
    *((before, after) for before in ("LV", "vowel") for after in ("vowel", "trailing")),
    *((before, "trailing") for before in ("LVT", "trailing")),
}


def conjoined(app: AppTokenizer, points: Sequence[int], place: int) -> bool:
    """GB9c: consonants with a linker between them."""
    if points[place] not in app.clusters["consonant"]:
        return False
    linked = False
    for before in reversed(points[:place]):
        if before in app.clusters["linker"]:
            linked = True
        elif before not in app.clusters["between"]:
            return linked and before in app.clusters["consonant"]
    return False


def pictures(app: AppTokenizer, points: Sequence[int], place: int) -> bool:
    """GB11: pictures that a joiner joins."""
    if points[place] not in app.clusters["pictographic"] or points[place - 1] != 0x200D:
        return False
    for before in reversed(points[: place - 1]):
        if before not in app.clusters["extend"]:
            return before in app.clusters["pictographic"]
    return False


NORMALIZERS: dict[str, Callable[[AppTokenizer, Text, Mapping[str, Any]], Text]] = {
    "BertNormalizer": bert,
    "Lowercase": lambda app, text, step: mapped(app, text, "lowercase"),
    "NFD": lambda app, text, step: text.changed(list(decomposed(app, text, "decompose"))),
    "NFKD": lambda app, text, step: text.changed(
        list(decomposed(app, text, "decompose_compatible"))
    ),
    "NFC": lambda app, text, step: composed(app, text, "decompose"),
    "NFKC": lambda app, text, step: composed(app, text, "decompose_compatible"),
    "StripAccents": lambda app, text, step: text.kept(lambda p: p not in app.sets["marks"]),
    "Strip": strip,
    "Replace": replaced,
    "Precompiled": precompiled,
}


# pre-tokenizers


def words(app: AppTokenizer, text: Text, step: Mapping[str, Any]) -> Iterator[Text]:
    """Between blanks; of BERT's also each punctuation mark for itself."""
    marks = app.sets["punctuation"] if step["type"] == "BertPreTokenizer" else PointSet([])
    start = 0
    for place, point in enumerate((*text.points, 32)):
        blank = place == len(text.points) or point in app.sets["blanks"]
        if blank or point in marks:
            yield text.part(start, place)
            yield text.part(place, place if blank else place + 1)
            start = place + 1


def metaspace(app: AppTokenizer, text: Text, step: Mapping[str, Any]) -> Iterator[Text]:
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


def byte_level(app: AppTokenizer, text: Text, step: Mapping[str, Any]) -> Iterator[Text]:
    text = prefixed(text, 32) if step["add_prefix_space"] else text
    place = 0
    while place < len(text.points):
        end = gpt2(app, text.points, place)
        rows = [
            (ord(BYTES[byte]), span)
            for point, span in zip(text.points[place:end], text.spans[place:end], strict=True)
            for byte in chr(point).encode()
        ]
        yield Text(tuple(point for point, _ in rows), tuple(span for _, span in rows))
        place = end


CONTRACTIONS = ("'s", "'t", "'re", "'ve", "'m", "'ll", "'d")


def gpt2(app: AppTokenizer, points: Sequence[int], place: int) -> int:
    """Where the piece ends that begins here."""
    ahead = "".join(map(chr, points[place : place + 3]))
    if found := next((text for text in CONTRACTIONS if ahead.startswith(text)), None):
        return place + len(found)
    start = place + (points[place] == 32 and place + 1 < len(points))
    kind = category(app, points[start])
    if kind != "blanks":
        return run(app, points, start)
    end = run(app, points, place)
    return end if end == len(points) or end == place + 1 else end - 1


def run(app: AppTokenizer, points: Sequence[int], place: int) -> int:
    end = place + 1
    while end < len(points) and category(app, points[end]) == category(app, points[place]):
        end += 1
    return end


def category(app: AppTokenizer, point: int) -> str:
    return next((name for name in ("blanks", "letters", "numbers") if point in app.sets[name]), "")


SPLITTERS: dict[str, Callable[[AppTokenizer, Text, Mapping[str, Any]], Iterator[Text]]] = {
    "BertPreTokenizer": words,
    "WhitespaceSplit": words,
    "Metaspace": metaspace,
    "ByteLevel": byte_level,
}


# models


def wordpiece(app: AppTokenizer, word: Text) -> list[Token]:
    unknown = [Token(app.model["unk_id"], whole(word), 0)]
    if len(word.points) > app.model["max_input_chars_per_word"]:
        return unknown
    text, found, start = str(word), [], 0
    while start < len(text):
        prefix = app.model["continuing_subword_prefix"] if start else ""
        ends = range(len(text), start, -1)
        ids = ((app.vocabulary.id((prefix + text[start:end]).encode()), end) for end in ends)
        known, end = next((row for row in ids if row[0] is not None), (None, start))
        if known is None:
            return unknown
        found.append(Token(known, whole(word.part(start, end)), 0))
        start = end
    return found


def bpe(app: AppTokenizer, word: Text) -> list[Token]:
    """The pair that stands first in the merges goes first, of several places the leftmost."""
    text = str(word)
    ids = [app.vocabulary.id(byte.encode()) for byte in text]
    parts = [(known, place, place + 1) for place, known in enumerate(ids) if known is not None]
    if app.model["ignore_merges"] and (known := app.vocabulary.id(text.encode())) is not None:
        parts = [(known, 0, len(text))]
    while len(parts) > 1:
        ranked = [
            (*app.vocabulary.merges[pair], place)
            for place in range(len(parts) - 1)
            if (pair := (parts[place][0], parts[place + 1][0])) in app.vocabulary.merges
        ]
        if not ranked:
            break
        _, made, place = min(ranked, key=lambda row: (row[0], row[2]))
        parts[place : place + 2] = [(made, parts[place][1], parts[place + 1][2])]
    return [
        Token(known, whole(word.part(start, end)), 0, edges(text[start:end]))
        for known, start, end in parts
    ]


def edges(token: str) -> Span:
    return len(token) - len(token.lstrip(SPACE)), len(token) - len(token.rstrip(SPACE))


def unigram(app: AppTokenizer, word: Text) -> list[Token]:
    """The way with the highest sum of scores to each place, by its last piece."""
    text, unknown = str(word), app.model["unk_id"]
    penalty = min(app.vocabulary.scores) - 10
    ways: dict[int, tuple[float, int, int]] = {0: (0.0, 0, unknown)}
    for start in range(len(text)):
        found = dict(pieces(app, text, start))
        found.setdefault(start + 1, (penalty, unknown))
        for end, (score, known) in sorted(found.items()):
            total = ways[start][0] + score
            if end not in ways or total > ways[end][0]:
                ways[end] = total, start, known
    row, end = [], len(text)
    while end:
        _, start, known = ways[end]
        row.append((known, start, end))
        end = start
    tokens = []
    for is_unknown, group in groupby(reversed(row), key=lambda part: part[0] == unknown):
        parts = list(group)
        if is_unknown:
            parts = [(unknown, parts[0][1], parts[-1][2])]
        tokens += [Token(known, whole(word.part(start, end)), 0) for known, start, end in parts]
    return tokens


def pieces(app: AppTokenizer, text: str, start: int) -> Iterator[tuple[int, tuple[float, int]]]:
    """Where each piece ends that begins here, with its score and id."""
    for end in range(start + 1, len(text) + 1):
        token = text[start:end].encode()
        if len(token) > app.vocabulary.longest:
            return
        if (known := app.vocabulary.id(token)) is not None:
            yield end, (app.vocabulary.scores[known], known)


MODELS: dict[str, Callable[[AppTokenizer, Text], list[Token]]] = {
    "WordPiece": wordpiece,
    "BPE": bpe,
    "Unigram": unigram,
}
