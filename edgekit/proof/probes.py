"""What an exported file is tried on, and what PyTorch answers.

A probe is one unpadded text (or made-up row of ids) with the outputs of the *unmodified*
Transformers model, run without any padding. A file is right if it gives the same outputs however
the probe is padded or batched.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import erf, sqrt
from pathlib import Path
from typing import Any

import numpy as np

from edgekit.errors import SourceError, first_line
from edgekit.model import tasks
from edgekit.model.pooling import Pooling
from edgekit.model.source import SEED
from edgekit.model.tasks import Task
from edgekit.tokens.texts import cases
from edgekit.tokens.tokenizer import encode

_ROWS = (
    24  # rows of a wide per-token output that are kept: 512 x 30522 floats would be 62 MB a probe
)
_WIDE = 1024


@dataclass(frozen=True)
class Probe:
    """One case. ``outputs`` have no batch axis; of per-token outputs only ``rows`` are kept.

    ``kind`` is ``length``, ``text`` or ``adversarial``.
    """

    name: str
    kind: str
    input_ids: tuple[int, ...]
    token_type_ids: tuple[int, ...]
    rows: tuple[int, ...]
    outputs: dict[str, np.ndarray]

    def __len__(self) -> int:
        return len(self.input_ids)


@dataclass(frozen=True)
class Vocabulary:
    """The ids that made-up probes are drawn from."""

    size: int
    pad_id: int
    token_types: bool

    @classmethod
    def of(cls, config: Any, token_types: bool) -> Vocabulary:
        """Of a Transformers config."""
        return cls(config.vocab_size, config.pad_token_id or 0, token_types)


def made_up(vocabulary: Vocabulary, max_length: int, buckets: Sequence[int]) -> Iterator[Row]:
    """Rows of ids at every length that matters, and rows meant to break things."""
    rng = np.random.default_rng(SEED)

    def random(length: int) -> tuple[int, ...]:
        return tuple(int(token) for token in rng.integers(1, vocabulary.size, length))

    edges = {1, 2, 3, 17, max_length, *buckets, *(bucket - 1 for bucket in buckets)}
    for length in sorted(edge for edge in edges if 1 <= edge <= max_length):
        yield Row(f"{length} tokens", "length", random(length))
    short = min(12, max_length)
    pad = (vocabulary.pad_id,)
    yield Row("all [PAD] but one", "adversarial", (*random(1), *pad * (short - 1)))
    yield Row("one [PAD]", "adversarial", pad)
    yield Row("one token repeated", "adversarial", random(1) * min(40, max_length))
    yield Row("ends of the vocabulary", "adversarial", (0, vocabulary.size - 1) * (short // 2 or 1))


@dataclass(frozen=True)
class Row:
    """A probe before PyTorch has answered."""

    name: str
    kind: str
    input_ids: tuple[int, ...]
    token_type_ids: tuple[int, ...] = ()


def from_texts(tokenizer: Any, max_length: int, vocabulary: Vocabulary) -> Iterator[Row]:
    """The cases of :mod:`edgekit.tokens.texts`, tokenized and truncated.

    Raises:
        SourceError: the tokenizer makes ids that the model has no embedding for.
    """
    for case in cases(max_length, tokenizer.truncation_side):
        encoded = encode(tokenizer, case)
        if max(encoded.ids, default=0) >= vocabulary.size:
            raise SourceError(
                f"the tokenizer makes id {max(encoded.ids)}, the model has {vocabulary.size}: "
                "they do not belong together"
            )
        if encoded.ids:
            yield Row(case.name, "text", tuple(encoded.ids), tuple(encoded.type_ids))


def try_out(model: Any, task: Task, pooling: Pooling, token_types: bool, length: int) -> None:
    """Runs the unmodified model once, so that its own errors are not taken for edgekit's.

    Raises:
        SourceError: it does not run.
    """
    try:
        reference(model, task, pooling, (1,) * length, (), token_types)
    except Exception as error:
        raise SourceError(
            f"Transformers itself cannot run this model: {first_line(error)}: is its config right?"
        ) from error


def answer(
    model: Any, task: Task, pooling: Pooling, rows: Sequence[Row], token_types: bool
) -> list[Probe]:
    """Runs the unmodified model on each row."""
    return [_answer(model, task, pooling, row, token_types) for row in rows]


def _answer(model: Any, task: Task, pooling: Pooling, row: Row, token_types: bool) -> Probe:
    outputs = reference(model, task, pooling, row.input_ids, row.token_type_ids, token_types)
    count = len(row.input_ids)
    per_token = [output.name for output in task.outputs if "length" in output.axes]
    wide = any(outputs[name].ndim > 1 and outputs[name].shape[1] > _WIDE for name in per_token)
    kept = np.unique(np.linspace(0, count - 1, _ROWS).astype(int)) if wide else np.arange(count)
    for name in per_token:
        outputs[name] = outputs[name][kept]
    types = row.token_type_ids or (0,) * count
    return Probe(row.name, row.kind, row.input_ids, types, tuple(map(int, kept)), outputs)


def reference(
    model: Any,
    task: Task,
    pooling: Pooling,
    input_ids: Sequence[int],
    token_type_ids: Sequence[int],
    token_types: bool,
) -> dict[str, np.ndarray]:
    """PyTorch's outputs for one unpadded text, without the batch axis, as float32 arrays."""
    import torch

    feed = {
        "input_ids": torch.tensor([input_ids]),
        "attention_mask": torch.ones(1, len(input_ids), dtype=torch.long),
    }
    if token_types:
        feed["token_type_ids"] = torch.tensor([token_type_ids or [0] * len(input_ids)])
    with torch.no_grad():
        outputs = tasks.output_values(task, model(**feed, return_dict=True))
    arrays = {name: value[0].float().numpy() for name, value in outputs.items()}
    if not task.pooled:
        return arrays
    return {name: _pooled(value, pooling) for name, value in arrays.items()}


_POOLS = {
    "mean": lambda hidden: hidden.mean(0),
    "cls": lambda hidden: hidden[0],
    "max": lambda hidden: hidden.max(0),
}

_ACTIVATIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "Identity": lambda x: x,
    "Tanh": np.tanh,
    "ReLU": lambda x: np.maximum(x, 0),
    "GELU": lambda x: x * (1 + np.vectorize(erf)(x / sqrt(2))) / 2,
}


def _pooled(hidden: np.ndarray, pooling: Pooling) -> np.ndarray:
    """The textbook formula in float64, on purpose not the one inside the graph."""
    vector = _POOLS[pooling.mode](hidden.astype(np.float64))
    for layer in pooling.dense:
        vector = _ACTIVATIONS[layer.activation](
            layer.weight.astype(np.float64) @ vector + layer.bias
        )
    if pooling.normalize:
        vector = vector / np.linalg.norm(vector)
    return np.asarray(vector, np.float32)


def save(probes: Sequence[Probe], path: Path) -> None:
    """For the processes of one run of edgekit; never read from anywhere else."""
    path.write_bytes(pickle.dumps(list(probes)))


def load(path: Path) -> list[Probe]:
    """The inverse of :func:`save`."""
    return list(pickle.loads(path.read_bytes()))
