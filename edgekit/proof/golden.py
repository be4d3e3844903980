"""``golden.json``: texts with their ids, offsets and outputs, so that a phone can test itself.

An app tokenizes each text, compares the ids and offsets, runs the model and compares the outputs:
whatever differs from Python shows before a user sees it. Offsets count Unicode code points of the
original text, not UTF-16 units (Swift's and Kotlin's strings) and not bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from msgspec.structs import replace

from edgekit.documents import rounded
from edgekit.golden import Golden, GoldenCase, Sample
from edgekit.proof.probes import Probe
from edgekit.tokens import texts
from edgekit.tokens.texts import Case
from edgekit.tokens.tokenizer import encode

SAMPLES = 1024  # values kept of an output larger than that, evenly spread


def cases(tokenizer: Any | None, probes: Sequence[Probe], max_length: int) -> Golden:
    """The content of ``golden.json``: the texts' probes; made-up ones where no tokenizer is."""
    side = "right" if tokenizer is None else tokenizer.truncation_side
    known = {case.name: case for case in texts.cases(max_length, side)}
    kind = "length" if tokenizer is None else "text"
    chosen = [probe for probe in probes if probe.kind == kind and len(probe.outputs)]
    return Golden(
        max_length=max_length,
        cases=tuple(_case(tokenizer, known.get(probe.name), probe) for probe in chosen),
    )


def _case(tokenizer: Any | None, text: Case | None, probe: Probe) -> GoldenCase:
    case = GoldenCase(
        name=probe.name,
        text=None,
        input_ids=probe.input_ids,
        attention_mask=(1,) * len(probe),
        token_type_ids=probe.token_type_ids,
        outputs={name: sample(value) for name, value in probe.outputs.items()},
        rows=probe.rows,
    )
    if tokenizer is None or text is None:
        return case
    return replace(
        case,
        text=text.texts,
        truncation=text.truncation,
        truncation_side=text.side,
        max_length=text.max_length,
        offsets=tuple(encode(tokenizer, text).offsets),
    )


def sample(value: np.ndarray) -> Sample:
    """All values of a small output; of a large one an even sample, with its flat indices."""
    flat = value.ravel()
    if flat.size <= SAMPLES:
        return Sample(shape=value.shape, values=_floats(flat))
    indices = np.linspace(0, flat.size - 1, SAMPLES).astype(int)
    return Sample(shape=value.shape, values=_floats(flat[indices]), indices=tuple(indices.tolist()))


def _floats(values: np.ndarray) -> tuple[float, ...]:
    return tuple(rounded(value, digits=7) for value in values)
