"""Which examples a step takes, and which of their tokens are masked: functions of (seed, step).

Nothing here has a state, so a run that goes on after an interruption takes the same examples with
the same masks; and since a step's examples do not depend on how many processes share them, neither
does their order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from edgekit.distillation.examples import Examples, TokenRows

MASKED = 0.15  # of the tokens, as BERT was trained (Devlin et al. 2018, section 3.1) ...
_AS_MASK, _AS_ANY = 0.8, 0.1  # ... of which these shares become [MASK] and any token
_SORTED = 20  # batches that are sorted by length together, so that little is padding
_ORDER, _MASKS = 0, 1  # streams of random numbers that are drawn from one seed


@dataclass(frozen=True, eq=False)  # so that the same object is the same key of a cache
class Order:
    """The examples of every step: each epoch all of them once, in an order of its own.

    The last batch of an epoch is filled up with the epoch's first examples. ``lengths`` are the
    examples' tokens: those of like length share a batch.
    """

    lengths: np.ndarray
    batch: int
    seed: int

    @property
    def steps_per_epoch(self) -> int:
        """Steps that it takes to see every example."""
        return -(-len(self.lengths) // self.batch)

    def indices(self, step: int) -> np.ndarray:
        """The examples of a step, counted from 0: (batch,)."""
        epoch, place = divmod(step, self.steps_per_epoch)
        return np.asarray(_epoch(self, epoch)[place])


@lru_cache(maxsize=2)
def _epoch(order: Order, epoch: int) -> np.ndarray:
    """The examples of all batches of an epoch: (steps, batch) indices, shuffled."""
    rng = np.random.default_rng([order.seed, _ORDER, epoch])
    size = order.steps_per_epoch * order.batch
    shuffled = np.resize(rng.permutation(len(order.lengths)), size)
    span = order.batch * _SORTED
    for first in range(0, size, span):
        part = shuffled[first : first + span]
        shuffled[first : first + span] = part[np.argsort(order.lengths[part], kind="stable")]
    batches = shuffled.reshape(-1, order.batch)
    return batches[rng.permutation(len(batches))]


@dataclass(frozen=True)
class Masking:
    """Dynamic masking: other tokens are hidden each time that a text comes.

    ``special`` are ids that are never masked, ``vocabulary`` is the number of ids that a token may
    be replaced with.
    """

    mask_id: int
    special: tuple[int, ...]
    vocabulary: int
    seed: int

    def apply(self, ids: np.ndarray, step: int) -> tuple[np.ndarray, np.ndarray]:
        """Hides some tokens behind the mask, or behind other ones, as BERT's pretraining does.

        Args:
            ids: of all rows of the step, one behind the other.
            step: which one it is: another one hides other tokens.

        Returns:
            The ids as the model sees them, and whether each has to be found again: both (tokens,).
        """
        rng = np.random.default_rng([self.seed, _MASKS, step])
        draw, kind = rng.random(len(ids)), rng.random(len(ids))
        anything = rng.integers(self.vocabulary, size=len(ids), dtype=np.int64)
        free = ~np.isin(ids, self.special)
        chosen = free & (draw < MASKED)
        if free.any() and not chosen.any():
            chosen[np.flatnonzero(free)[draw[free].argmin()]] = True
        shown = np.where(chosen & (kind < _AS_MASK), self.mask_id, ids)
        return np.where(chosen & (kind >= 1 - _AS_ANY), anything, shown), chosen


@dataclass(frozen=True)
class Micro:
    """Some rows of a step, padded: what goes through the models at once.

    Attributes:
        indices: which examples they are, (rows,).
        ids: (rows, length).
        mask: (rows, length), 0 where there is padding.
        types: token types, (rows, length).
        chosen: (rows, length) bool, the tokens that a loss by tokens counts; None: all.
        labels: what stood at masked tokens, or what the data's labels say.
        student: the same texts by the student's own tokenizer, where it has another.
    """

    indices: np.ndarray
    ids: np.ndarray
    mask: np.ndarray
    types: np.ndarray
    chosen: np.ndarray | None = None
    labels: np.ndarray | None = None
    student: Micro | None = None


@dataclass(frozen=True)
class StepBatch:
    """What one process trains on in a step.

    Attributes:
        micros: its rows, in parts that fit into memory.
        rows: examples of the whole step, over all processes: losses are means over them.
        tokens: of the whole step, without padding.
        chosen: tokens of the whole step that a loss by tokens counts.
    """

    micros: tuple[Micro, ...]
    rows: int
    tokens: int
    chosen: int


@dataclass(frozen=True)
class _Drawn:
    """One step's rows before they are padded, one array of (tokens,) each.

    Attributes:
        indices: which examples they are.
        shown: ids as the models see them.
        chosen: which of the tokens a loss counts; None: all, or none has a label of its own.
        labels: what is right; None without labels.
    """

    indices: np.ndarray
    shown: list[np.ndarray]
    chosen: list[np.ndarray] | None
    labels: list[np.ndarray] | None


@dataclass(frozen=True)
class Batches:
    """The examples of a training, put together for each step.

    Attributes:
        examples: all of them.
        order: which a step takes.
        pad_id: what shorter rows are filled up with.
        masking: hides tokens; None: none are hidden.
        by_token: whether each token has a target of its own, and not each text.
        student_pad_id: as ``pad_id``, for rows by the student's own tokenizer.
    """

    examples: Examples
    order: Order
    pad_id: int
    masking: Masking | None = None
    by_token: bool = False
    student_pad_id: int = 0

    def step(self, step: int, rank: int, processes: int, micros: int) -> StepBatch:
        """A step's part for one process.

        Args:
            step: from 0.
            rank: which process it is, from 0: it takes row ``rank`` and every ``processes``-th on.
            processes: how many share the step: a divisor of the batch.
            micros: how many parts the process's rows are taken in.
        """
        drawn = self._drawn(self.order.indices(step), step)
        own = np.arange(rank, len(drawn.indices), processes)
        parts = tuple(self._micro(part, drawn) for part in np.array_split(own, micros))
        tokens = sum(len(self.examples.rows.row(index)) for index in drawn.indices)
        chosen = sum(int(each.sum()) for each in drawn.chosen or ())
        return StepBatch(parts, len(drawn.indices), tokens, chosen)

    def _drawn(self, indices: np.ndarray, step: int) -> _Drawn:
        """The rows of some examples with their labels, masked if the objective masks."""
        rows = [self.examples.rows.row(index) for index in indices]
        if self.masking is not None:
            shown, chosen = self.masking.apply(np.concatenate(rows), step)
            return _Drawn(indices, _like(shown, rows), _like(chosen, rows), rows)
        if not len(self.examples.targets):
            return _Drawn(indices, rows, None, None)
        labels = [self.examples.targets[index] for index in indices]
        chosen_rows = [each >= 0 for each in labels] if self.by_token else None
        return _Drawn(indices, rows, chosen_rows, labels)

    def _micro(self, part: np.ndarray, drawn: _Drawn) -> Micro:
        """Some of a step's rows, padded: ``part`` are their places in ``drawn``."""
        places, found = part.tolist(), drawn.indices[part]
        shown = [drawn.shown[place] for place in places]
        chosen = None
        if drawn.chosen is not None:
            chosen = _padded([drawn.chosen[place] for place in places], 0).astype(bool)
        labels = drawn.labels and [drawn.labels[place] for place in places]
        return Micro(
            found,
            _padded(shown, self.pad_id),
            _padded([np.ones(len(row), np.int64) for row in shown], 0),
            _padded([self.examples.rows.row_types(index) for index in found], 0),
            chosen,
            None if labels is None else (np.stack if chosen is None else _padded)(labels),
            self._other(found),
        )

    def _other(self, found: np.ndarray) -> Micro | None:
        """The same examples by the student's tokenizer; None where it is the teacher's."""
        rows = self.examples.student
        return None if rows is None else plain(rows, found, self.student_pad_id)


def plain(rows: TokenRows, indices: Sequence[int] | np.ndarray, pad_id: int) -> Micro:
    """Rows without masks or targets, padded to the longest.

    Args:
        rows: of ids.
        indices: which of them, in this order.
        pad_id: what shorter ones are filled up with.
    """
    some = [rows.row(index) for index in indices]
    return Micro(
        np.asarray(indices),
        _padded(some, pad_id),
        _padded([np.ones(len(row), np.int64) for row in some], 0),
        _padded([rows.row_types(index) for index in indices], 0),
    )


def _like(flat: np.ndarray, rows: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Cuts an array of all tokens, (tokens,), into rows as long as those of ``rows``."""
    return np.split(flat, np.cumsum([len(row) for row in rows])[:-1])


def _padded(rows: Sequence[np.ndarray], value: int = 0) -> np.ndarray:
    """Rows as one (rows, longest) int64 array, filled up with ``value``."""
    found = np.full((len(rows), max(map(len, rows))), value, np.int64)
    for place, row in enumerate(rows):
        found[place, : len(row)] = row
    return found
