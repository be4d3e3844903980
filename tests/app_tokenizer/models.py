"""What makes tokens of a word, by its name in ``tokenizer.json``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby

from app_tokenizer.byte_symbols import SPACE
from app_tokenizer.stored import Stored
from app_tokenizer.text import Span, Text, Token, whole


def wordpiece(stored: Stored, word: Text) -> list[Token]:
    unknown = [Token(stored.model["unk_id"], whole(word), 0)]
    if len(word.points) > stored.model["max_input_chars_per_word"]:
        return unknown
    text, found, start = str(word), [], 0
    while start < len(text):
        prefix = stored.model["continuing_subword_prefix"] if start else ""
        ends = range(len(text), start, -1)
        ids = ((stored.vocabulary.id((prefix + text[start:end]).encode()), end) for end in ends)
        known, end = next((row for row in ids if row[0] is not None), (None, start))
        if known is None:
            return unknown
        found.append(Token(known, whole(word.part(start, end)), 0))
        start = end
    return found


def bpe(stored: Stored, word: Text) -> list[Token]:
    """The pair that stands first in the merges goes first, of several places the leftmost."""
    text = str(word)
    ids = [stored.vocabulary.id(byte.encode()) for byte in text]
    parts = [(known, place, place + 1) for place, known in enumerate(ids) if known is not None]
    if stored.model["ignore_merges"] and (known := stored.vocabulary.id(text.encode())) is not None:
        parts = [(known, 0, len(text))]
    while len(parts) > 1:
        ranked = [
            (*stored.vocabulary.merges[pair], place)
            for place in range(len(parts) - 1)
            if (pair := (parts[place][0], parts[place + 1][0])) in stored.vocabulary.merges
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


def unigram(stored: Stored, word: Text) -> list[Token]:
    """The way with the highest sum of scores to each place, by its last piece."""
    text, unknown = str(word), stored.model["unk_id"]
    penalty = min(stored.vocabulary.scores) - 10
    ways: dict[int, tuple[float, int, int]] = {0: (0.0, 0, unknown)}
    for start in range(len(text)):
        found = dict(pieces(stored, text, start))
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


def pieces(stored: Stored, text: str, start: int) -> Iterator[tuple[int, tuple[float, int]]]:
    """Where each piece ends that begins here, with its score and id."""
    for end in range(start + 1, len(text) + 1):
        token = text[start:end].encode()
        if len(token) > stored.vocabulary.longest:
            return
        if (known := stored.vocabulary.id(token)) is not None:
            yield end, (stored.vocabulary.scores[known], known)


MODELS: dict[str, Callable[[Stored, Text], list[Token]]] = {
    "WordPiece": wordpiece,
    "BPE": bpe,
    "Unigram": unigram,
}
