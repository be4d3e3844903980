"""``golden.json``: texts with their ids, offsets and outputs, so that a phone can test itself.

An app tokenizes each text, compares the ids and offsets, runs the model and compares the outputs:
whatever differs from Python shows before a user sees it. Offsets count Unicode code points of the
original text, not UTF-16 units (Swift's and Kotlin's strings) and not bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from msgspec.structs import replace

from edgekit.bundle import Bundle
from edgekit.documents import rounded
from edgekit.errors import BundleError
from edgekit.golden import Golden, GoldenCase, Sample
from edgekit.manifest.proofs import Scale
from edgekit.model import tasks
from edgekit.proof.probe import KeptValues, Probe, text_kind
from edgekit.proof.reference import Reference
from edgekit.proof.scales import scales
from edgekit.tokens.texts import Case
from edgekit.tokens.tokenizer import encode

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

SAMPLES = 1024  # values kept of an output larger than that, evenly spread
_LARGEST = float(np.finfo(np.float32).max)  # a margin where there is no other choice


def content(tokenizer: PreTrainedTokenizerFast | None, reference: Reference) -> Golden:
    """The content of ``golden.json``.

    Args:
        tokenizer: of the checkpoint; without one the cases are made-up rows of ids.
        reference: PyTorch's answers.
    """
    made_up = tokenizer is None
    return Golden(
        max_length=reference.max_length,
        truncation_side=None if tokenizer is None else tokenizer.truncation_side,
        scales={
            name: Scale(largest=_rounded(scale.largest), spread=_rounded(scale.spread))
            for name, scale in reference.scales.items()
        },
        cases=tuple(
            _case(tokenizer, probe, reference)
            for probe in reference.probes
            if (probe.kind == "length" if made_up else probe.case is not None)
        ),
    )


def _case(
    tokenizer: PreTrainedTokenizerFast | None, probe: Probe, reference: Reference
) -> GoldenCase:
    """One probe as a case of the file, with its text and offsets if it has a text."""
    choices, margins = reference.task.decision(probe.outputs)
    case = GoldenCase(
        name=probe.name,
        text=None,
        input_ids=probe.input_ids,
        attention_mask=probe.attention_mask or (1,) * len(probe),
        token_type_ids=probe.token_type_ids,
        outputs={
            name: sample(value, reference.task.softmax) for name, value in probe.outputs.items()
        },
        rows=probe.rows,
        choices=tuple(choices.tolist()),
        margins=_floats(np.minimum(margins, _LARGEST)),
    )
    if tokenizer is None or probe.case is None:
        return case
    offsets = encode(tokenizer, probe.case).offsets
    return replace(
        case,
        text=probe.case.texts,
        truncation=probe.case.truncation,
        truncation_side=probe.case.side,
        max_length=probe.case.max_length,
        role=probe.case.role,
        offsets=(*offsets, *[(0, 0)] * (len(probe) - len(offsets))),
    )


def sample(value: np.ndarray, softmax: bool) -> Sample:
    """An output as the file holds it: all of a small one, of a large one an even sample.

    Args:
        value: without a batch axis.
        softmax: whether one over the last axis follows: then each row's mean is kept, too.
    """
    flat = value.ravel()
    if flat.size <= SAMPLES:
        return Sample(shape=value.shape, values=_floats(flat))
    indices = np.linspace(0, flat.size - 1, SAMPLES).astype(int)
    return Sample(
        shape=value.shape,
        values=_floats(flat[indices]),
        indices=tuple(indices.tolist()),
        row_means=_floats(value.mean(-1).ravel()) if softmax else None,
    )


def _floats(values: np.ndarray) -> tuple[float, ...]:
    return tuple(map(_rounded, values.tolist()))


def _rounded(value: float) -> float:
    """A number with as many digits as a float32 has."""
    return rounded(value, digits=7)  # significant ones of a float32


def read(bundle: Bundle) -> Reference:
    """PyTorch's answers as the bundle holds them: what its files are held against anywhere.

    Raises:
        BundleError: the golden file was made for another length or truncation than the manifest's.
    """
    golden, manifest = bundle.golden(), bundle.manifest
    _check_settings(golden, bundle)
    task = tasks.with_labels(tasks.get(manifest.task), len(manifest.labels), manifest.problem_type)
    probes = tuple(map(_probe, golden.cases))
    return Reference(
        task,
        bundle.signature,
        probes,
        golden.scales or scales(probes, task),
        manifest.max_length,
        least=int(golden.scales is not None),
    )


def _check_settings(golden: Golden, bundle: Bundle) -> None:
    """Raises BundleError if the golden file was made for other settings than the manifest's."""
    facts = bundle.manifest.tokenizer
    side = None if facts is None else facts.truncation_side
    for name, made_for, said in (
        ("max_length", golden.max_length, bundle.manifest.max_length),
        ("truncation_side", golden.truncation_side, side),
    ):
        if made_for is not None and made_for != said:
            raise BundleError(
                f"golden.json was made for {name} {made_for}, and manifest.json says {said}: "
                "convert again"
            )


def _probe(case: GoldenCase) -> Probe:
    """A stored case as a probe with PyTorch's outputs."""
    return Probe(
        case.name,
        "length" if case.text is None else text_kind(case.attention_mask),
        case.input_ids,
        case.token_type_ids,
        case.rows,
        {name: _values(row) for name, row in case.outputs.items()},
        _case_of(case),
        {name: _sampling(row) for name, row in case.outputs.items() if row.indices is not None},
        _decision(case),
        case.attention_mask,
    )


def _case_of(case: GoldenCase) -> Case | None:
    """How a stored case's ids are made of its text; None for ids without a text."""
    if case.text is None or case.truncation is None:
        return None
    if case.max_length is None or case.truncation_side is None:
        return None
    return Case(
        case.name,
        case.text,
        case.truncation,
        case.max_length,
        case.truncation_side,
        case.role,
    )


def _values(row: Sample) -> np.ndarray:
    """The values of a stored output: in its shape if all are there, else (values,)."""
    values = np.array(row.values, np.float32)
    return values.reshape(row.shape) if row.indices is None else values


def _sampling(row: Sample) -> KeptValues:
    """Which values of an output a stored sample has."""
    count = int(np.prod(row.shape[:-1]))
    means = np.array(row.row_means or (0.0,) * count, np.float32)
    return KeptValues(row.shape, np.array(row.indices), means)


def _decision(case: GoldenCase) -> tuple[np.ndarray, np.ndarray] | None:
    """The stored decisions of a case and their margins.

    None in bundles before 1.4, where they are taken from the outputs, as far as these are whole.
    """
    if case.choices is not None and case.margins is not None:
        return np.array(case.choices, int), np.array(case.margins, np.float32)
    if any(row.indices is not None for row in case.outputs.values()):
        return np.empty(0, int), np.empty(0, np.float32)
    return None
