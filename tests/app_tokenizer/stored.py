"""``tokenizer-app.json`` and ``vocabulary.bin``, as docs/tokenizers.md tells."""

from __future__ import annotations

import json
import struct
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from pathlib import Path

from app_tokenizer.charsmap import opened


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


class Stored:
    """What an app reads of a bundle; ``folder`` is its ``tokenizer/``."""

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
            step["precompiled_charsmap"]: opened(step["precompiled_charsmap"])
            for step in self.normalizer
            if step["type"] == "Precompiled"
        }
