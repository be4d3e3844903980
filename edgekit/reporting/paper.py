"""What a paper says, beside what was measured here: the suite's ``[paper]``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from edgekit.benchmarks.devices.runtimes import PYTORCH
from edgekit.benchmarks.measurement import Measurement
from edgekit.reporting import comparison
from edgekit.stats import Interval


@dataclass(frozen=True)
class Ours:
    """A number that was measured here, with the name of the file it is of."""

    value: float | Interval
    what: str


@dataclass(frozen=True)
class Claim:
    """One number of the paper; ``unit`` is ``parameters``, ``bytes`` or ``times``.

    ``ours`` is empty where nothing was measured that could stand beside it.
    """

    what: str
    unit: str
    value: float
    source: str
    ours: tuple[Ours, ...]


def claims(measurements: Sequence[Measurement]) -> Iterator[Claim]:
    """The claims of the first suite among the measurements that has a paper.

    Args:
        measurements: that our numbers are taken from.
    """
    rows = [row for row in measurements if row.suite.paper]
    if not rows or rows[0].suite.paper is None:
        return
    paper, base = rows[0].suite.paper, str(rows[0].suite.against)
    source, counts, seconds = paper.source, paper.parameters, paper.inference_s
    for model, count in counts.items():
        yield Claim(model, "parameters", count, source, _parameters(rows, model))
    for model in (name for name in seconds if name != base and base in seconds):
        times = f"{seconds[base]:g} s against {seconds[model]:g} s for a data set, on a CPU"
        what = f"{model} is faster than {base} ({times})"
        timed = tuple(_ratios(rows, model, base, phone=False))
        yield Claim(what, "times", seconds[base] / seconds[model], source, timed)
    model = next((name for name in counts if name != base), "the model")
    if paper.faster_on_phone is not None:
        phone = tuple(_ratios(rows, model, base, phone=True))
        what = f"{model} is faster than {base} on a phone"
        yield Claim(what, "times", paper.faster_on_phone, source, phone)
    if paper.phone_bytes is not None:
        what = f"{model} on the phone weighs"
        yield Claim(what, "bytes", paper.phone_bytes, source, _sizes(rows, model))


def _parameters(rows: Sequence[Measurement], model: str) -> tuple[Ours, ...]:
    """The count of parameters of a model, as measured bundles say it."""
    found = {row.subject.parameters for row in rows if row.subject.model == model}
    return tuple(Ours(count, "with the task's head") for count in found)


def _ratios(rows: Sequence[Measurement], model: str, base: str, *, phone: bool) -> Iterator[Ours]:
    """How many times faster a model is than a base, in full precision, by runtime and length.

    Args:
        rows: all measurements.
        model: its name.
        base: that of the other.
        phone: whether only phones count, or only other machines.
    """
    for row in rows:
        where, subject = row.conditions, row.subject
        full = subject.recipe == comparison.full_precision(subject.format)
        if subject.model != model or not full or where.device.startswith("host") == phone:
            continue
        group = [other for other in rows if other.conditions == where]
        for found in comparison.of(row, group, base):
            if found.kind == comparison.SAME_RECIPE and found.faster:
                what = f"{subject.recipe}, {subject.runtime}, {where.length} tokens"
                threads = "1 thread" if where.threads == 1 else f"{where.threads} threads"
                yield Ours(found.faster, f"{what}, {threads}, {where.device}")


def _sizes(rows: Sequence[Measurement], model: str) -> tuple[Ours, ...]:
    """The size of each of a model's files, in bytes."""
    files = {
        row.subject.file: row.subject.size_bytes
        for row in rows
        if row.subject.model == model and row.subject.format != PYTORCH
    }
    return tuple(Ours(size, name) for name, size in sorted(files.items()))
