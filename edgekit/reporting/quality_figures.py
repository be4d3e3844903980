"""Charts of quality: its intervals, and quality against size and latency."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from edgekit.evaluation.result import Quality, Score
from edgekit.reporting import charts, scores, wording
from edgekit.reporting.charts import Point, Tones
from edgekit.reporting.figures import Figure
from edgekit.reporting.groups import Result
from edgekit.reporting.quality import QualityPart, QualityRow
from edgekit.words import megabytes


def of(part: QualityPart) -> Iterator[Figure]:
    """Charts of the metric that counts: by file, against size, and against latency if measured."""
    rows = [row for row in part.rows if row.quality.metrics]
    tones = _tones([row.quality for row in rows])
    once = {row.quality.file: row for row in rows}.values()
    dots = [_point(row, tones) for row in once]
    if not all("value" in point for point in dots) or not dots:
        return
    unit = _unit(rows[0].quality.metrics[0])
    yield Figure(f"{part.metric} by file", scores.METHOD + ".", charts.dots(dots, unit), wide=True)
    sized = [_point(row, tones) | _size(row.quality) for row in once if row.quality.size_bytes]
    if sized:
        yield _against("size", "size, MB", _front(sized), part, tones, unit)
    timed = [
        _point(row, tones) | _latency(row.result)
        for row in rows
        if row.result and row.result.latency and row.result.is_file
    ]
    if timed:
        yield _against("latency", "median latency, ms", _front(timed), part, tones, unit)


def _against(
    what: str, title: str, points: Sequence[Point], part: QualityPart, tones: Tones, unit: str
) -> Figure:
    """A chart of the metric against a cost.

    Args:
        what: the cost, for people.
        title: of the axis of costs.
        points: each file's.
        part: that is drawn.
        tones: the colours, for the legend.
        unit: of the metric.
    """
    caption = "Upper left is better. The line joins files that no other beats in both."
    spec = charts.scatter(points, tones, (title, unit), zero=False)
    return Figure(f"{part.metric} against {what}", caption, spec)


def _tones(rows: Sequence[Quality]) -> Tones:
    """A colour for each recipe; PyTorch is grey."""
    recipes = dict.fromkeys(row.recipe for row in rows if row.recipe)
    baseline = {"PyTorch": charts.BASE} if any(row.recipe is None for row in rows) else {}
    return {**baseline, **dict(zip(recipes, charts.TONES, strict=False))}


def _unit(score: Score) -> str:
    """The title of the metric's axis, with its unit."""
    return f"{score.name}, %" if score.share else score.name


def _point(row: QualityRow, tones: Tones) -> Point:
    """What a file's point has in every chart: the metric with its interval, words and colour."""
    quality, score = row.quality, row.quality.metrics[0]
    scale, key = 100 if score.share else 1, quality.recipe or "PyTorch"
    values = {"value": score.value, "low": score.low, "high": score.high}
    known = {
        name: charts.short(scale * value) for name, value in values.items() if value is not None
    }
    runtime = row.result.measurement.subject.runtime if row.result else quality.runtime
    return {
        **known,
        "label": quality.file,
        "text": scores.metric(score),
        "name": f"{quality.recipe}, {quality.format}",
        "key": key,
        "tone": tones[key],
        "kind": runtime,
    }


def _size(row: Quality) -> Point:
    size_bytes = row.size_bytes or 0
    return {"x": charts.short(size_bytes / 1e6), "x_text": megabytes(size_bytes)}


def _latency(row: Result) -> Point:
    assert row.latency is not None
    median = row.latency.median.value
    return {"x": charts.short(median), "x_text": f"{wording.ms(median)} ms"}


def _front(points: Sequence[Point]) -> list[Point]:
    """The same points; those that no other beats in both numbers are marked.

    None is as good at a lower cost, or better at the same.
    """
    return [
        {
            **point,
            "front": not any(
                other["x"] <= point["x"]
                and other["value"] >= point["value"]
                and (other["x"], other["value"]) != (point["x"], point["value"])
                for other in points
            ),
        }
        for point in points
    ]
