"""Two measurements compared, like with like or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass

from edgekit import formats, stats
from edgekit.benchmarks.devices.runtimes import PYTORCH
from edgekit.benchmarks.measurement import Conditions, Measurement, Subject
from edgekit.errors import PlanError
from edgekit.stats import Interval

SAME_RECIPE, FULL_PRECISION, EAGER = "same-recipe", "full-precision", "pytorch"


@dataclass(frozen=True)
class Comparison:
    """How much better a file is than what it is compared with.

    Attributes:
        kind: why this base: the base model's file of the same runtime and recipe, the same in full
            precision, or the same model in PyTorch.
        base: what it is compared with.
        smaller: how many times smaller it is; below 1 it is larger, and so on for the other ratios.
        faster: the ratio of the latencies' medians; None: not measured.
        paired: whether both were interleaved, so that the interval is that of the pairs.
        less_memory: the ratio of the peaks.
        fewer_instructions: of an emulated device.
    """

    kind: str
    base: Subject
    smaller: float
    faster: Interval | None = None
    paired: bool = False
    less_memory: float | None = None
    fewer_instructions: float | None = None


def compare(one: Measurement, base: Measurement, kind: str) -> Comparison:
    """How much better one measurement is than another.

    Args:
        one: what is compared.
        base: what it is compared with.
        kind: why with that, as of :class:`Comparison`.

    Raises:
        PlanError: they were not measured under the same conditions; the message says what differs.
    """
    unlike = differences(one.conditions, base.conditions)
    if unlike:
        raise PlanError(
            f"{one.subject.label} and {base.subject.label} cannot be compared: they differ in "
            f"{'; '.join(unlike)}"
        )
    paired = bool(one.round) and one.round == base.round
    timed = one.latency_ms and base.latency_ms
    return Comparison(
        kind,
        base.subject,
        base.subject.size_bytes / one.subject.size_bytes,
        stats.ratio(base.samples, one.samples, paired=paired) if timed else None,
        paired,
        _ratio(base.peak_memory_bytes, one.peak_memory_bytes),
        _ratio(base.instructions, one.instructions),
    )


def _ratio(base: int | None, one: int | None) -> float | None:
    """``base / one``, or None where one of the two was not measured."""
    return base / one if base and one else None


def differences(one: Conditions, other: Conditions) -> list[str]:
    """In which conditions two measurements differ, like ``length (64 and 128)``."""
    left, right = asdict(one), asdict(other)
    return [f"{key} ({left[key]} and {right[key]})" for key in left if left[key] != right[key]]


def of(row: Measurement, group: Iterable[Measurement], against: str | None) -> Iterator[Comparison]:
    """All comparisons of a measurement within its group.

    Args:
        row: what is compared.
        group: what was measured under the same conditions.
        against: the base model; None takes the row's own model in full precision, or in PyTorch.
    """
    if not measured(row):
        return
    model = against or row.subject.model
    wanted: Mapping[str, tuple[str, str, str]] = {
        SAME_RECIPE: (model, row.subject.runtime, row.subject.recipe),
        FULL_PRECISION: (model, row.subject.runtime, full_precision(row.subject.format)),
        EAGER: (row.subject.model, PYTORCH, "fp32"),
    }
    for base in group:
        found = base.subject
        names = {
            SAME_RECIPE: (found.model, found.runtime, found.recipe),
            FULL_PRECISION: (found.model, found.runtime, found.recipe),
            EAGER: (found.model, found.format, found.recipe),
        }
        kinds = [kind for kind in wanted if names[kind] == wanted[kind]]
        if kinds and measured(base) and base is not row:
            yield from (compare(row, base, kind) for kind in kinds)


def full_precision(format_name: str) -> str:
    """The recipe of a format's unquantised file: Core ML's is fp16."""
    return "fp32" if format_name == PYTORCH else formats.get(format_name).full_precision


def measured(row: Measurement) -> bool:
    """Whether a measurement has a number that can be compared.

    Memory will do, which is all that an emulator tells of several threads.
    """
    found = row.latency_ms or row.instructions or row.peak_memory_bytes
    return row.failure is None and bool(found)


def check(rows: Iterable[Measurement], against: str) -> None:
    """Checks that a model can be compared with something.

    Args:
        rows: all measurements.
        against: the model's name.

    Raises:
        PlanError: it was not measured, or only under other conditions than all the others.
    """
    rows = list(rows)
    models = list(dict.fromkeys(row.subject.model for row in rows))
    if against not in models:
        raise PlanError(f"no '{against}' in these results: choose from {', '.join(models)}")
    bases = [row for row in rows if row.subject.model == against and measured(row)]
    others = [row for row in rows if row.subject.model != against and measured(row)]
    if not bases:
        raise PlanError(f"{against} has no result to compare with: nothing of it was measured")
    pairs = [(differences(a.conditions, b.conditions), a, b) for a in others for b in bases]
    if not pairs:
        raise PlanError(f"nothing to compare with {against}: no other model was measured")
    unlike, one, _ = min(pairs, key=lambda pair: len(pair[0]))
    if unlike:
        raise PlanError(
            f"{one.subject.model} and {against} cannot be compared: they differ in "
            f"{'; '.join(unlike)}: measure them together: edgekit bench BUNDLE --against BUNDLE"
        )
