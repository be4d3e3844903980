"""``golden.json``: texts with their ids, offsets and outputs, so that a phone can test itself.

An app tokenizes each text, compares the ids and offsets, runs the model and compares the outputs:
whatever differs from Python shows before a user sees it. Offsets count Unicode code points of the
original text, not UTF-16 units (Swift's and Kotlin's strings) and not bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from edgekit.bundle import Bundle
from edgekit.errors import BundleError
from edgekit.model import tasks
from edgekit.proof.compare import Reference
from edgekit.proof.probes import Probe, Sample
from edgekit.proof.scales import Scale, scales
from edgekit.tokens.texts import Case
from edgekit.tokens.tokenizer import encode

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

SAMPLES = 1024  # values kept of an output larger than that, evenly spread
_DIGITS = 7  # significant ones of a float32


def content(tokenizer: PreTrainedTokenizerFast | None, reference: Reference) -> dict[str, Any]:
    """What is written: the texts' probes; made-up ones where there is no tokenizer."""
    kind = "length" if tokenizer is None else "text"
    return {
        "offsets_unit": "unicode code points",
        "max_length": reference.max_length,
        "truncation_side": None if tokenizer is None else tokenizer.truncation_side,
        "scales": {
            name: {"largest": _float(scale.largest), "spread": _float(scale.spread)}
            for name, scale in reference.scales.items()
        },
        "cases": [
            _case(tokenizer, probe, reference) for probe in reference.probes if probe.kind == kind
        ],
    }


def _case(
    tokenizer: PreTrainedTokenizerFast | None, probe: Probe, reference: Reference
) -> dict[str, Any]:
    choices, margins = reference.task.decision(probe.outputs)
    softmax = reference.task.softmax
    return {
        "name": probe.name,
        **_text(tokenizer, probe.case),
        "input_ids": list(probe.input_ids),
        "attention_mask": [1] * len(probe),
        "token_type_ids": list(probe.token_type_ids),
        "outputs": {name: _values(value, softmax) for name, value in probe.outputs.items()},
        "rows": list(probe.rows),
        "choices": choices.tolist(),
        "margins": _floats(np.where(np.isfinite(margins), margins, np.finfo(np.float32).max)),
    }


def _text(tokenizer: PreTrainedTokenizerFast | None, case: Case | None) -> dict[str, Any]:
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


def _values(value: np.ndarray, softmax: bool) -> dict[str, Any]:
    """All values of a small output; of a large one an even sample, with its flat indices."""
    flat = value.ravel()
    if flat.size <= SAMPLES:
        return {"shape": list(value.shape), "values": _floats(flat)}
    indices = np.linspace(0, flat.size - 1, SAMPLES).astype(int)
    means = {"row_means": _floats(value.mean(-1).ravel())} if softmax else {}
    return {
        "shape": list(value.shape),
        "indices": indices.tolist(),
        "values": _floats(flat[indices]),
        **means,
    }


def _floats(values: np.ndarray) -> list[float]:
    return [_float(value) for value in values.tolist()]


def _float(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")


def write(found: Mapping[str, Any], path: Path) -> None:
    """As UTF-8 JSON, one line a case.

    Raises:
        ValueError: a number is NaN or infinite, which JSON does not have.
    """
    head = {key: value for key, value in found.items() if key != "cases"}
    lines = ",\n".join(
        json.dumps(case, ensure_ascii=False, allow_nan=False) for case in found["cases"]
    )
    start = json.dumps(head, ensure_ascii=False, allow_nan=False)[:-1]
    path.write_text(f'{start}, "cases": [\n{lines}\n]}}\n', encoding="utf-8")


def read(bundle: Bundle, *, most: int | None = None) -> Reference:
    """PyTorch's answers as the bundle holds them: what its files are held against anywhere.

    Args:
        bundle: an opened bundle.
        most: leave out texts of more tokens, but for the shortest.

    Raises:
        BundleError: the golden file was made for another length or truncation than the manifest's.
    """
    golden = bundle.golden()
    _check_settings(golden, bundle)
    task = tasks.with_problem(
        tasks.get(bundle.manifest["task"]), bundle.manifest.get("problem_type")
    )
    probes = sorted(map(_probe, golden["cases"]), key=len) if most else map(_probe, golden["cases"])
    kept = tuple(p for index, p in enumerate(probes) if not most or not index or len(p) <= most)
    stored = golden.get("scales")  # since 1.4
    found = {name: Scale(**row) for name, row in stored.items()} if stored else None
    return Reference(
        task,
        bundle.signature,
        kept,
        found or scales(kept, task),
        bundle.manifest["max_length"],
        least=int(stored is not None),
    )


def _check_settings(golden: Mapping[str, Any], bundle: Bundle) -> None:
    facts = bundle.manifest["tokenizer"] or {}
    pairs = (
        ("max_length", golden["max_length"], bundle.manifest["max_length"]),
        ("truncation_side", golden.get("truncation_side"), facts.get("truncation_side")),
    )
    for name, made_for, said in pairs:
        if made_for is not None and made_for != said:
            raise BundleError(
                f"golden.json was made for {name} {made_for}, and manifest.json says {said}: "
                "convert again"
            )


def _probe(case: Mapping[str, Any]) -> Probe:
    outputs = {name: np.array(row["values"], np.float32) for name, row in case["outputs"].items()}
    whole = {name: row["shape"] for name, row in case["outputs"].items() if "indices" not in row}
    return Probe(
        case["name"],
        "length" if case["text"] is None else "text",
        tuple(case["input_ids"]),
        tuple(case["token_type_ids"]),
        tuple(case["rows"]),
        {name: value.reshape(whole.get(name, -1)) for name, value in outputs.items()},
        _case_of(case),
        {name: _sample(row) for name, row in case["outputs"].items() if "indices" in row},
        _decision(case),
    )


def _case_of(case: Mapping[str, Any]) -> Case | None:
    if case["text"] is None or "truncation_side" not in case:
        return None
    return Case(
        case["name"],
        tuple(case["text"]),
        case["truncation"],
        case["max_length"],
        case["truncation_side"],
    )


def _sample(row: Mapping[str, Any]) -> Sample:
    shape = tuple(row["shape"])
    rows = int(np.prod(shape[:-1]))
    means = np.array(row.get("row_means", [0.0] * rows), np.float32)
    return Sample(shape, np.array(row["indices"]), means)


def _decision(case: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray] | None:
    """None of a bundle before 1.4: it is then taken from the outputs."""
    if "choices" not in case:
        return None
    return np.array(case["choices"], int), np.array(case["margins"], np.float32)
