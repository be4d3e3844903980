"""What a proof runs, and how any file is fed: which texts, how long, padded or side by side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from edgekit.proof.probes import Probe
from edgekit.runtime.interpreters import Session
from edgekit.signature import Signature

PADDINGS = (0.25, 0.5, 0.75, 0.9)  # shares of a row that are padding
BATCH_TOKENS = 2048  # with padding; a vocabulary of 250,000 makes 2 GB of logits of them


class Ids(Protocol):
    """One unpadded row of ids, like a probe."""

    @property
    def input_ids(self) -> tuple[int, ...]: ...

    @property
    def token_type_ids(self) -> tuple[int, ...]: ...

    def __len__(self) -> int: ...


@dataclass(frozen=True)
class Run:
    """One inference: probes side by side, each padded to ``length``. ``kind`` is what it tests.

    A ``filler`` run has the text's own first token where others have [PAD].
    """

    kind: str
    probes: tuple[Probe, ...]
    length: int

    @property
    def label(self) -> str:
        """For messages: which text, how long, how padded."""
        names = self.probes[0].name if len(self.probes) == 1 else f"batch of {len(self.probes)}"
        return f"{names} padded to {self.length}"


def plan_runs(probes: Sequence[Probe], session: Session, max_length: int) -> Iterator[Run]:
    """What is run: each probe as tightly as the file allows, then padded more, then in batches."""
    lengths = session.lengths
    for probe in probes:
        yield Run(probe.kind, (probe,), fit(len(probe), lengths))
    for probe in _padded_probes(probes):
        paddings = _paddings(len(probe), lengths, max_length)
        for length in paddings:
            yield Run("padding", (probe,), length)
        for length in paddings[-1:]:
            yield Run("filler", (probe,), length)
    if session.batched:
        texts = tuple(probe for probe in probes if probe.kind == "text")
        made_up = tuple(probe for probe in probes if probe.kind != "text" and len(probe) <= 64)
        for batch in map(_side_by_side, (texts, made_up)):
            if len(batch) > 1:
                yield Run("batch", batch, max(map(len, batch)))


def _side_by_side(probes: Iterable[Probe]) -> tuple[Probe, ...]:
    """The shortest, as many as fit into a batch: its logits and scores are all held at once."""
    kept: list[Probe] = []
    for probe in sorted(probes, key=len):
        if (len(kept) + 1) * len(probe) <= BATCH_TOKENS:
            kept.append(probe)
    return tuple(kept)


def _padded_probes(probes: Sequence[Probe]) -> Iterable[Probe]:
    """The first text, a made-up row of middling length and a single token."""
    first = {"text": 0, "length": 0}
    for probe in probes:
        if probe.kind in first and (probe.kind == "text" or len(probe) in (1, 17)):
            first[probe.kind] += 1
            if first[probe.kind] <= 2:
                yield probe


def fit(count: int, lengths: tuple[int, ...] | None) -> int:
    """The shortest length a file takes that many tokens at."""
    return count if lengths is None else min(length for length in lengths if length >= count)


def _paddings(count: int, lengths: tuple[int, ...] | None, most: int) -> list[int]:
    if lengths is not None:
        return [length for length in lengths if length > fit(count, lengths)]
    padded = {min(most, round(count / (1 - share))) for share in PADDINGS}
    return sorted(length for length in padded if length > count)


def feed(
    probes: Sequence[Ids], length: int, signature: Signature, *, filler: bool = False
) -> dict[str, np.ndarray]:
    """int32 arrays of (batch, length), padded as the model's tokenizer pads.

    ``filler`` puts each text's own first token there: masked places must not matter.
    """
    arrays = {spec.name: np.zeros((len(probes), length), np.int32) for spec in signature.inputs}
    for row, probe in enumerate(probes):
        arrays["input_ids"][row] = probe.input_ids[0] if filler else signature.pad_id
        values = {
            "input_ids": probe.input_ids,
            "attention_mask": (1,) * len(probe),
            "token_type_ids": probe.token_type_ids,
        }
        for name, array in arrays.items():
            array[row, : len(probe)] = values[name]
    return arrays


def row(
    outputs: Mapping[str, np.ndarray], index: int, probe: Probe, signature: Signature
) -> dict[str, np.ndarray]:
    """One probe's part of a batch, without padding, as the probe keeps it."""
    result = {}
    for spec in signature.outputs:
        value = np.asarray(outputs[spec.name][index], np.float32)
        result[spec.name] = value[list(probe.rows)] if "length" in spec.shape else value
    return result
