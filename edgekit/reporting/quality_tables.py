"""Tables of quality: with size and latency beside it, its classes, and where files differ."""

from __future__ import annotations

from edgekit.evaluation.result import DifferingExample
from edgekit.layout import TextTable
from edgekit.reporting import scores, wording
from edgekit.reporting.groups import Result
from edgekit.reporting.quality import QualityPart, QualityRow
from edgekit.words import megabytes


def files(part: QualityPart) -> TextTable:
    """Every file with its size, its latency where that was measured, and its metrics."""
    rows = [row for row in part.rows if row.quality.metrics]
    names = [score.name for score in rows[0].quality.metrics] if rows else []
    timed = any(row.result and row.result.latency for row in rows)
    agreed = any(row.quality.agreement is not None for row in rows)
    columns = (
        *("file", "runtime", "size"),
        *(("median ms",) if timed else ()),
        *names[:1],
        "drop",
        *(("agreement",) if agreed else ()),
        *names[1:],
    )
    cells = tuple(_cells(row, timed, agreed) for row in rows)
    return TextTable(columns, cells, 2)


def _cells(row: QualityRow, timed: bool, agreed: bool) -> tuple[str, ...]:
    """A file's row: size, latency if any was measured, metrics, agreement if any was asked for."""
    quality, result = row.quality, row.result
    main, *others = quality.metrics
    size = quality.size_bytes or (result.measurement.subject.size_bytes if result else None)
    return (
        quality.file,
        result.measurement.subject.runtime if result else quality.runtime,
        wording.NOTHING if size is None else megabytes(size),
        *((_median(result),) if timed else ()),
        scores.metric(main),
        scores.difference(main),
        *((scores.agreement(quality) or wording.NOTHING,) if agreed else ()),
        *(scores.number(score.value, score.share) for score in others),
    )


def _median(result: Result | None) -> str:
    """A result's latency with its interval as a cell, also where it has none."""
    if result is None or result.latency is None:
        return wording.NOTHING
    return wording.ms_interval(result.latency.median)


def failures(part: QualityPart) -> TextTable:
    """Files that gave no numbers, and why."""
    rows = {row.quality.file: row.quality.failure for row in part.rows if row.quality.failure}
    return TextTable(("file", "why"), tuple((file, str(why)) for file, why in rows.items()), 2)


def differences(part: QualityPart) -> TextTable:
    """Examples on which a file answers something else than PyTorch."""
    found = {row.quality.file: row.quality.differences for row in part.rows}
    rows = tuple(
        (file, f"{each.place}: {_texts(each)}", each.expected, each.pytorch, each.found)
        for file, examples in found.items()
        for each in examples
        if each.found != each.pytorch
    )
    return TextTable(("file", "example", "expected", "PyTorch", "the file"), rows, 5)


def _texts(example: DifferingExample) -> str:
    whole = " | ".join(" ".join(text.split()) for text in example.texts)
    return whole if len(whole) <= 160 else f"{whole[:157]}..."
