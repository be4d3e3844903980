"""Which file an app should ship, in which runtime, where several were measured on one device."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from edgekit.evaluation.result import Score
from edgekit.reporting import comparison, scores, wording
from edgekit.reporting.groups import Group, Result
from edgekit.reporting.quality import QualityPart
from edgekit.words import megabytes


def advice(group: Group, model: str, quality: Sequence[QualityPart]) -> Iterator[str]:
    """What to ship of a model, and why; nothing where only one runtime was measured.

    The fastest of its files decides, among those that were not judged worse than PyTorch. Of what
    shows no difference from it in latency, the least memory is shipped.

    Args:
        group: files measured under equal conditions.
        model: whose files.
        quality: what was judged of bundles, if anything.
    """
    files = [row for row in group.results if row.measurement.subject.model == model]
    fit = [row for row in files if row.is_file and row.latency and not _worse(row, quality)]
    if len({row.measurement.subject.runtime for row in fit}) < 2:
        return
    equal = [row for row in fit if not _slower(row, fit[0])]
    chosen = min(equal, key=_memory)
    size, memory = chosen.measurement.subject.size_bytes, wording.memory(chosen.measurement)
    judge = "" if _judged(chosen, quality) else "; judge it on your data: edgekit eval"
    yield f"ship {_name(chosen)}: {megabytes(size)}, {memory} of memory{judge}"
    same = [f"no difference from {_name(row)} in time" for row in equal if row is not chosen]
    yield "; ".join((*same, *_others(chosen, equal, fit)))


def _others(chosen: Result, equal: Sequence[Result], fit: Sequence[Result]) -> Iterator[str]:
    """How much faster the chosen file is than the best of each runtime in which none is as fast.

    Args:
        chosen: the file to ship.
        equal: files that show no difference from the fastest.
        fit: all files of the model that may be shipped, the fastest first.
    """
    seen = {row.measurement.subject.runtime for row in equal}
    for row in fit:
        if row.measurement.subject.runtime not in seen:
            seen.add(row.measurement.subject.runtime)
            found = comparison.compare(chosen.measurement, row.measurement, comparison.SAME_RECIPE)
            yield f"{wording.times(found.faster)} faster than {_name(row)}"


def _slower(row: Result, fastest: Result) -> bool:
    """Whether a file is slower than the fastest beyond chance."""
    if row is fastest:
        return False
    found = comparison.compare(fastest.measurement, row.measurement, comparison.SAME_RECIPE)
    return found.faster is not None and not found.faster.holds(1)


def _memory(row: Result) -> tuple[float, int]:
    """The key by which files of equal latency are chosen: least memory, then least size."""
    found = row.measurement
    return (found.peak_memory_bytes or math.inf, found.subject.size_bytes)


def _judged(row: Result, quality: Sequence[QualityPart]) -> list[Score]:
    """The metrics of a file on labelled data, of each evaluation that has one."""
    subject = row.measurement.subject
    return [
        each.quality.metrics[0]
        for part in quality
        if part.evaluation.bundle_id == subject.bundle_id
        for each in part.rows
        if each.quality.file == subject.file and each.quality.metrics
    ]


def _worse(row: Result, quality: Sequence[QualityPart]) -> bool:
    """Whether a file lost more on labelled data than chance explains."""
    return any(
        score.drop is not None and score.drop > 0 and not scores.shows_nothing(score)
        for score in _judged(row, quality)
    )


def _name(row: Result) -> str:
    return f"{row.measurement.subject.file} in {row.measurement.subject.runtime}"
