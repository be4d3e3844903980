"""``golden.json``: texts with their ids, offsets and outputs, so that a phone can test itself.

An app tokenizes each text, compares the ids and offsets, runs the model and compares the outputs:
whatever differs from Python shows before a user sees it. Offsets count Unicode code points of the
original text, not UTF-16 units (Swift's and Kotlin's strings) and not bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from edgekit.proof.probes import Probe
from edgekit.tokens import texts
from edgekit.tokens.texts import Case
from edgekit.tokens.tokenizer import encode

SAMPLES = 1024  # values kept of an output larger than that, evenly spread


def cases(tokenizer: Any | None, probes: Sequence[Probe], max_length: int) -> dict[str, Any]:
    """The content of ``golden.json``: the texts' probes; made-up ones where no tokenizer is."""
    side = "right" if tokenizer is None else tokenizer.truncation_side
    known = {case.name: case for case in texts.cases(max_length, side)}
    kind = "length" if tokenizer is None else "text"
    chosen = [probe for probe in probes if probe.kind == kind and len(probe.outputs)]
    return {
        "offsets_unit": "unicode code points",
        "max_length": max_length,
        "cases": [
            {
                "name": probe.name,
                **_text(tokenizer, known.get(probe.name)),
                "input_ids": list(probe.input_ids),
                "attention_mask": [1] * len(probe),
                "token_type_ids": list(probe.token_type_ids),
                "outputs": {name: _values(value) for name, value in probe.outputs.items()},
                "rows": list(probe.rows),
            }
            for probe in chosen
        ],
    }


def _text(tokenizer: Any | None, case: Case | None) -> dict[str, Any]:
    """What is tokenized and how; offsets are (start, end) for each token, (0, 0) for added ones."""
    if tokenizer is None or case is None:
        return {"text": None}
    return {
        "text": list(case.texts),
        "truncation": case.truncation,
        "truncation_side": case.side,
        "max_length": case.max_length,
        "offsets": [list(pair) for pair in encode(tokenizer, case).offsets],
    }


def _values(value: np.ndarray) -> dict[str, Any]:
    """All values of a small output; of a large one an even sample, with its flat indices."""
    flat = value.ravel()
    if flat.size <= SAMPLES:
        return {"shape": list(value.shape), "values": _floats(flat)}
    indices = np.linspace(0, flat.size - 1, SAMPLES).astype(int)
    return {
        "shape": list(value.shape),
        "indices": indices.tolist(),
        "values": _floats(flat[indices]),
    }


def _floats(values: np.ndarray) -> list[float]:
    return [float(f"{value:.7g}") for value in values]


def write(content: Mapping[str, Any], path: Path) -> None:
    """As UTF-8 JSON, one line a case."""
    head = {key: value for key, value in content.items() if key != "cases"}
    lines = ",\n".join(json.dumps(case, ensure_ascii=False) for case in content["cases"])
    start = json.dumps(head, ensure_ascii=False)[:-1]
    path.write_text(f'{start}, "cases": [\n{lines}\n]}}\n', encoding="utf-8")
