"""A tokenizer as docs/tokenizers.md tells an app to write it.

It reads ``tokenizer-app.json`` and ``vocabulary.bin`` and nothing else: no Unicode of Python's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from app_tokenizer.models import MODELS
from app_tokenizer.normalizers import NORMALIZERS
from app_tokenizer.splitters import SPLITTERS
from app_tokenizer.stored import Stored
from app_tokenizer.text import Encoding, Piece, Span, Text, Token, whole


class AppTokenizer(Stored):
    """Texts become rows of ids by what is stored."""

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


def blanks(stored: Stored, text: Text) -> Span:
    """How many blanks stand before and behind an added token, which it has taken."""
    inside = [
        place for place, point in enumerate(text.points) if point not in stored.sets["blanks"]
    ]
    if not inside:
        return len(text.points), len(text.points)
    return inside[0], len(text.points) - 1 - inside[-1]


def sought(stored: Stored, text: Text, normalized: bool) -> Iterator[Piece]:
    """Added tokens cut out: of those that begin first the longest."""
    tokens = sorted(
        (row for row in stored.added if row["normalized"] == normalized and row["sought"]),
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
        while row["lstrip"] and start > done and text.points[start - 1] in stored.sets["blanks"]:
            start -= 1
        while row["rstrip"] and end < len(plain) and text.points[end] in stored.sets["blanks"]:
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


def trimmed(stored: Stored, tokens: list[Token]) -> list[Token]:
    """Offsets without the blanks of a token; one that was put before the text has none."""
    if not stored.trimming["trim"]:
        return tokens
    found = []
    for place, row in enumerate(tokens):
        (start, end), (before, behind) = row.span, row.blanks
        first = place == 0 or start == 0
        if first and stored.trimming["add_prefix_space"] and before == 1:
            before = 0
        start = min(start + before, end)
        if behind and end >= behind:
            end = max(end - behind, start)
        found.append(replace(row, span=(start, end)))
    return found
