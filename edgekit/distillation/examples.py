"""What a student is trained on, as rows of token ids that any step can reach into."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice, tee
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from edgekit.errors import DataError
from edgekit.staging import move, staging
from edgekit.tokens.encoded import Encoded

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

_AT_ONCE = 1024  # texts that are tokenized together
_IDS, _STARTS = "ids.npy", "starts.npy"

Say = Callable[[str], None]


@dataclass(frozen=True)
class TokenRows:
    """Rows of ids, one behind the other.

    ``ids`` and ``types`` (None: all 0) are (tokens,) int32; row ``i`` begins at ``starts[i]`` and
    ends at ``starts[i + 1]``. ``ids`` may be a memory map of a file.
    """

    ids: np.ndarray
    starts: np.ndarray
    types: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def lengths(self) -> np.ndarray:
        """The tokens of each row."""
        return np.diff(self.starts)

    def row(self, index: int) -> np.ndarray:
        """The ids of one row."""
        return np.asarray(self.ids[self.starts[index] : self.starts[index + 1]])

    def row_types(self, index: int) -> np.ndarray:
        """The token types of one row."""
        start, end = self.starts[index], self.starts[index + 1]
        return np.zeros(end - start, np.int32) if self.types is None else self.types[start:end]

    @classmethod
    def of(cls, rows: Sequence[Encoded]) -> TokenRows:
        """Rows of texts that are encoded already, held in memory."""
        starts = np.cumsum([0, *map(len, rows)])
        ids = np.array([token for row in rows for token in row.input_ids], np.int32)
        types = np.array([kind for row in rows for kind in row.token_type_ids], np.int32)
        return cls(ids, starts, types if types.any() else None)


@dataclass(frozen=True)
class Examples:
    """Everything that is trained on.

    ``targets`` are what labels say of each example, in the way of the task; empty without labels.
    ``student`` are the same texts by the student's own tokenizer, where it has another.
    """

    rows: TokenRows
    targets: Sequence[np.ndarray] = field(default_factory=tuple)
    student: TokenRows | None = None


@dataclass(frozen=True)
class Frame:
    """The special tokens around a single text, as a tokenizer puts them there."""

    before: tuple[int, ...]
    after: tuple[int, ...]
    separator: int | None

    @classmethod
    def of(cls, tokenizer: PreTrainedTokenizerFast) -> Frame:
        """The special tokens that a tokenizer puts around a single text, found by asking it."""
        backend = tokenizer.backend_tokenizer
        backend.no_truncation()
        backend.no_padding()
        found = backend.encode("a")
        own = [place for place, special in enumerate(found.special_tokens_mask) if not special]
        first, last = (own[0], own[-1]) if own else (len(found.ids), len(found.ids))
        return cls(tuple(found.ids[:first]), tuple(found.ids[last + 1 :]), tokenizer.sep_token_id)

    @property
    def size(self) -> int:
        """How many special tokens a text gets."""
        return len(self.before) + len(self.after)


def pieces(
    texts: Iterator[str], tokenizer: PreTrainedTokenizerFast, length: int, packed: bool
) -> Iterator[list[int]]:
    """Rows of at most ``length`` ids: a longer text is cut into several, and no token is lost.

    Args:
        texts: none of them empty.
        tokenizer: the teacher's.
        length: special tokens included.
        packed: texts are joined, with a separator between them, so that every row is full.
    """
    frame = Frame.of(tokenizer)
    room = length - frame.size
    rest: list[int] = []
    for ids in filter(None, _tokenized(texts, tokenizer)):
        rest = rest + ids if packed else ids
        while len(rest) >= room if packed else rest:
            yield [*frame.before, *rest[:room], *frame.after]
            rest = rest[room:]
        if packed and rest and frame.separator is not None:
            rest.append(frame.separator)
    if packed and rest:
        yield [*frame.before, *rest[:room], *frame.after]


def beginnings(
    texts: Iterator[str], tokenizers: Sequence[PreTrainedTokenizerFast], length: int
) -> Iterator[tuple[list[int], ...]]:
    """The first ``length`` ids of each text, by each of several tokenizers.

    A text of which one of them leaves nothing is passed over by all: rows stay pairs.

    Args:
        texts: none of them empty.
        tokenizers: such as the teacher's and the student's.
        length: special tokens included.
    """
    frames = [Frame.of(tokenizer) for tokenizer in tokenizers]
    streams = zip(tee(texts, len(tokenizers)), tokenizers, strict=True)
    for found in zip(*(_tokenized(some, tokenizer) for some, tokenizer in streams), strict=True):
        if all(found):
            yield tuple(
                [*frame.before, *ids[: length - frame.size], *frame.after]
                for frame, ids in zip(frames, found, strict=True)
            )


def store(rows: Iterator[list[int]], folder: Path, limit: int | None, tick: Say) -> None:
    """Writes rows of ids into a new folder, at once or not at all; memory holds their lengths.

    Args:
        rows: of ids.
        folder: is made; :func:`load` reads it.
        limit: the most rows; None: all.
        tick: is told how many there are so far.

    Raises:
        DataError: there is no row.
        OutputError: they cannot be written.
    """
    lengths = array("q", [0])
    with staging(folder) as place:
        made = place / "rows"
        made.mkdir()
        with (made / _IDS).open("wb") as file:
            for row in islice(rows, limit):
                np.asarray(row, np.int32).tofile(file)
                lengths.append(len(row))
                if len(lengths) % _AT_ONCE == 0:
                    tick(f"{len(lengths)} rows of tokens")
        if len(lengths) == 1:
            raise DataError("the texts are all empty: give some with --texts")
        np.save(made / _STARTS, np.cumsum(np.frombuffer(lengths, np.int64)))
        move(made, folder)


def load(folder: Path) -> TokenRows:
    """What :func:`store` wrote, without reading it into memory."""
    ids = np.memmap(folder / _IDS, np.int32, "r")
    return TokenRows(ids, np.load(folder / _STARTS, mmap_mode="r"))


def _tokenized(texts: Iterator[str], tokenizer: PreTrainedTokenizerFast) -> Iterator[list[int]]:
    """The ids of each text, without special tokens; none for a text of which nothing is left."""
    backend = tokenizer.backend_tokenizer
    backend.no_truncation()
    backend.no_padding()
    while some := list(islice(texts, _AT_ONCE)):
        for found in backend.encode_batch(some, add_special_tokens=False):
            yield found.ids
