"""A tokenizer as docs/tokenizers.md tells an app to write it: only a bundle's files are read."""

from __future__ import annotations

import base64
import json
import re
import struct
import unicodedata
from collections.abc import Callable, Iterator
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import regex

IDEOGRAPHS = regex.compile(
    "[\u4e00-\u9fff\u3400-\u4dbf\U00020000-\U0002a6df\U0002a700-\U0002b81f\U0002b920-\U0002ceaf"
    "\uf900-\ufaff\U0002f800-\U0002fa1f]"
)
GPT2 = regex.compile(r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+")
PRINTABLE = (*range(33, 127), *range(161, 173), *range(174, 256))
REST = (byte for byte in range(256) if byte not in PRINTABLE)
BYTES = {byte: chr(byte) for byte in PRINTABLE} | {b: chr(256 + n) for n, b in enumerate(REST)}


class AppTokenizer:
    """``facts`` are the manifest's block ``tokenizer``."""

    def __init__(self, bundle: Path, facts: dict[str, Any]) -> None:
        self.facts, folder = facts, bundle / "tokenizer"
        stored = json.loads((folder / "tokenizer.json").read_text("utf-8"))
        self.model, self.splitter = stored["model"], stored["pre_tokenizer"]
        normalizer = stored["normalizer"] or {"normalizers": []}
        self.steps = normalizer.get("normalizers", [normalizer])
        self.added = {row["content"]: row for row in stored["added_tokens"]}
        if facts["kind"] == "WordPiece":
            lines = (folder / "vocab.txt").read_text("utf-8").split("\n")
            self.ids = {token: line for line, token in enumerate(lines)}
        elif facts["kind"] == "BPE":
            self.ids = self.model["vocab"]
            self.ranks = {tuple(pair): rank for rank, pair in enumerate(self.model["merges"])}
        else:
            self.ids = {piece: place for place, (piece, _) in enumerate(self.model["vocab"])}
            self.scores = dict(self.model["vocab"])

    def encode(self, texts: list[str], max_length: int, side: str) -> tuple[list[int], list[int]]:
        """Ids and token types of one text or a pair."""
        template = self.facts["template"]["single" if len(texts) == 1 else "pair"]
        split = [item.rpartition(":") for item in template]
        room = max_length - sum(name not in ("$A", "$B") for name, *_ in split)
        rows = self.cut([*map(self.ids_of, texts)], room, side)
        kept = dict(zip(("$A", "$B")[: len(rows)], rows, strict=True))
        ids, types = [], []
        for name, _, kind in split:
            part = kept[name] if name in kept else [self.token(name)]
            ids += part
            types += [int(kind)] * len(part)
        return ids, types

    def cut(self, rows: list[list[int]], room: int, side: str) -> list[list[int]]:
        *shorter, longest = sorted(range(len(rows)), key=lambda place: len(rows[place]))
        kept = {place: min(len(rows[place]), room // 2) for place in shorter}
        kept[longest] = min(len(rows[longest]), room - sum(kept.values()))
        ends = {"right": lambda row, n: row[:n], "left": lambda row, n: row[len(row) - n :]}
        return [ends[side](row, kept[place]) for place, row in enumerate(rows)]

    def token(self, name: str) -> int:
        return self.added[name]["id"] if name in self.added else self.ids[name]

    def ids_of(self, text: str) -> list[int]:
        patterns = (
            (r"\s*" if self.added[token]["lstrip"] else "") + re.escape(token)
            for token in sorted(self.added, key=len, reverse=True)
        )
        found, words = [], KINDS[self.facts["kind"]]
        for place, part in enumerate(re.split(f"({'|'.join(patterns)})", text)):
            found += [self.token(part.lstrip())] if place % 2 else words(self, part) if part else []
        return found


def wordpiece(app: AppTokenizer, text: str) -> Iterator[int]:
    words = "".join(map(cleaned, text))
    if app.facts["handle_chinese_chars"]:
        words = IDEOGRAPHS.sub(r" \g<0> ", words)
    if app.facts["strip_accents"]:
        words = regex.sub(r"\p{Mn}", "", unicodedata.normalize("NFD", words))
    if app.facts["lowercase"]:
        words = "".join(character.lower() for character in words)
    words = regex.sub(r"[\p{P}!-/:-@\[-`{-~]", r" \g<0> ", words)
    return (found for word in words.split(" ") if word for found in pieces(app, word))


def cleaned(character: str) -> str:
    category = unicodedata.category(character)
    if character in "\t\n\r" or category[0] == "Z":
        return " "
    return "" if category[0] == "C" or character == "\ufffd" else character


def pieces(app: AppTokenizer, word: str) -> list[int]:
    found, start = [], 0
    while start < len(word) and len(word) <= 100:
        prefix = "##" if start else ""
        ends = range(len(word), start, -1)
        end = next((end for end in ends if prefix + word[start:end] in app.ids), None)
        if end is None:
            return [app.ids["[UNK]"]]
        found.append(app.ids[prefix + word[start:end]])
        start = end
    return found or [app.ids["[UNK]"]]


def bpe(app: AppTokenizer, text: str) -> Iterator[int]:
    prefix = " " if app.splitter["add_prefix_space"] and text[0] != " " else ""
    for piece in GPT2.findall(prefix + text):
        parts = [BYTES[byte] for byte in piece.encode()]
        while ranked := [
            (app.ranks[pair], place)
            for place, pair in enumerate(pairwise(parts))
            if pair in app.ranks
        ]:
            _, place = min(ranked)
            parts[place : place + 2] = ["".join(parts[place : place + 2])]
        yield from (app.ids[part] for part in parts)


def unigram(app: AppTokenizer, text: str) -> Iterator[int]:
    for step in app.steps:
        text = NORMALIZERS[step["type"]](text, step)
    words = [text.replace(" ", "▁")]
    if "WhitespaceSplit" in app.facts["pre_tokenizer"]:
        words = text.split()
    for word in words:
        for part in re.findall("▁?[^▁]+|▁", word if word[0] == "▁" else f"▁{word}"):
            unknown, row = app.model["unk_id"], best(app, part)
            for is_unknown, group in groupby(row, key=lambda found: found == unknown):
                yield from [unknown] if is_unknown else group


def precompiled(text: str, step: dict[str, str]) -> str:
    blob = base64.b64decode(step["precompiled_charsmap"])
    (size,) = struct.unpack_from("<I", blob)
    trie, strings = struct.unpack_from(f"<{size // 4}I", blob, 4), blob[4 + size :]
    found = []
    for cluster in regex.findall(r"\X", text):
        parts = [cluster] if len(cluster.encode()) < 6 else []
        if not parts or shortest(cluster, trie, strings) is None:
            parts = list(cluster)
        made = ((part, shortest(part, trie, strings)) for part in parts)
        found += [part if new is None else new for part, new in made]
    return "".join(found)


def shortest(key: str, trie: tuple[int, ...], strings: bytes) -> str | None:
    place = offset(trie[0])
    for byte in key.encode():
        place ^= byte
        if place >= len(trie) or trie[place] & 0x800000FF != byte:
            return None
        unit = trie[place]
        place ^= offset(unit)
        if unit & 0x100:
            start = trie[place] & 0x7FFFFFFF
            return strings[start : strings.index(b"\0", start)].decode()
    return None


def offset(unit: int) -> int:
    return (unit >> 10) << ((unit & 0x200) >> 6)


NORMALIZERS: dict[str, Callable[[str, dict[str, str]], str]] = {
    "NFKD": lambda text, step: unicodedata.normalize("NFKD", text),
    "StripAccents": lambda text, step: regex.sub(r"\p{M}", "", text),
    "Precompiled": precompiled,
}


def best(app: AppTokenizer, word: str) -> list[int]:
    ways: dict[int, tuple[float, list[int]]] = {0: (0.0, [])}
    for start in range(len(word)):
        score, ids = ways[start]
        found = {word[start : start + 1]: min(app.scores.values()) - 10}
        for end in range(start + 1, len(word) + 1):
            if word[start:end] in app.scores:
                found[word[start:end]] = app.scores[word[start:end]]
        for piece, more in found.items():
            end = start + len(piece)
            if end not in ways or score + more > ways[end][0]:
                known = app.ids.get(piece, app.model["unk_id"])
                ways[end] = score + more, [*ids, known]
    return ways[len(word)][1]


KINDS: dict[str, Callable[[AppTokenizer, str], Iterator[int]]] = {
    "WordPiece": wordpiece,
    "BPE": bpe,
    "Unigram": unigram,
}
