"""Which charts a report has, and the rows of data in each. Nothing is drawn that has no number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from edgekit.reporting import captions, charts, comparison, wording
from edgekit.reporting.charts import Point, Tones
from edgekit.reporting.groups import Result, Setting
from edgekit.reporting.numbers import Report
from edgekit.stats import Interval
from edgekit.words import count, megabytes


@dataclass(frozen=True)
class Figure:
    """A chart with its title and words; ``wide`` ones take the whole width of the page."""

    title: str
    caption: str
    spec: Mapping[str, Any]
    wide: bool = False


def of(setting: Setting) -> Iterator[Figure]:
    """The charts of a setting: latency and memory, on an emulator instructions and memory."""
    tones = _tones(setting)
    results = list(_results(setting, tones))
    timed = [(row, point) for row, point in results if row.latency]
    if timed:
        yield from _timed(setting, timed, tones)
    counted = [
        point | _bar(count / 1e6, wording.millions(count))
        for row, point in results
        if (count := row.measurement.instructions)
    ]
    if counted:
        caption = f"{wording.EMULATED.capitalize()}."
        spec = charts.bars(counted, "million", _shown(setting))
        yield Figure("Instructions of one inference", caption, spec)
    memory = [
        point | _bar(size / 1e6, megabytes(size))
        for row, point in results
        if (size := row.measurement.peak_memory_bytes)
    ]
    if memory:
        caption = "Growth of the process from before the file was opened to its peak."
        yield Figure("Memory", caption, charts.bars(memory, "MB", _shown(setting)))
    files = [point | _latency(row) for row, point in timed if row.is_file]
    if len({point["tokens"] for point in files}) > 1:
        caption = "Medians; a file of static lengths pads a text to the next length that it has."
        yield Figure("Latency by length", caption, charts.curves(files, tones), wide=True)


def _timed(
    setting: Setting, results: Sequence[tuple[Result, Point]], tones: Tones
) -> Iterator[Figure]:
    """The charts of a setting whose device has a clock.

    Args:
        setting: one machine with its threads.
        results: each with the words and the colour of its points.
        tones: the colours, for the legends.
    """
    latencies = [(row, point | _latency(row)) for row, point in results]
    files = [point for row, point in latencies if row.is_file]
    shown = _shown(setting)
    if files:
        caption = f"Lower left is better. The line joins the best (◆): {wording.PARETO}."
        spec = charts.scatter(files, tones, ("size, MB", "median latency, ms"), shown)
        yield Figure("Size against latency", caption, spec)
    ratios = [point | ratio for row, point in results if (ratio := _ratio(row))]
    if ratios:
        yield Figure(
            f"Speed-up against {captions.base(setting.main, comparison.FULL_PRECISION)}",
            "In the same runtime, on the same machine. Right of the line is faster; the thin "
            "lines are 95% intervals.",
            charts.bars(ratios, "times", shown, reference=1.0),
        )
    samples = [
        point | {"samples": [charts.short(ms) for ms in row.measurement.latency_ms]}
        for row, point in latencies
    ]
    caption = "Every warm inference is a tick, the dot is the median with its interval."
    yield Figure("Latencies", caption, charts.distributions(samples, shown))


def profiles(setting: Setting) -> Iterator[Figure]:
    """Charts of where the time goes, one for each file that a runtime has profiled."""
    found: dict[str, list[Point]] = {}
    for group in setting.groups:
        for row in group.results:
            measured = row.measurement
            found.setdefault(measured.subject.label, []).extend(
                {
                    "tokens": group.conditions.length,
                    "label": f"{name} × {calls}",
                    "tone": charts.TONES[0],
                    **_bar(100 * share, f"{100 * share:.0f}% · {wording.ms(ms)} ms"),
                }
                for name, calls, ms, share in wording.profile(measured.profile)
            )
    for label, rows in found.items():
        if rows:
            yield Figure(label, "", charts.bars(rows, "% of the time", _shown(setting)))


def lengths(report: Report) -> Figure:
    """A chart of how long the user's texts are."""
    rows = [
        {
            "label": f"up to {count(length, 'token')}",
            "tone": charts.TONES[0],
            **_bar(number, count(number, "text")),
        }
        for length, number in sorted(report.texts[0].histogram.items())
    ]
    caption = "Each text in the shortest length that holds it, as an app would choose."
    return Figure("Lengths of the texts", caption, charts.bars(rows, "texts"))


def _results(setting: Setting, tones: Tones) -> Iterator[tuple[Result, Point]]:
    """Each result of a setting, with what every chart of it has in common: words and colour."""
    for group in setting.groups:
        for row in group.results:
            subject = row.measurement.subject
            key = subject.model if subject.model in tones else subject.recipe
            yield (
                row,
                {
                    "tokens": group.conditions.length,
                    "label": subject.label,
                    "key": key,
                    "tone": tones[key],
                },
            )


def _tones(setting: Setting) -> Tones:
    """The colour of each model, or with a single model of each recipe, by name.

    The base is grey.
    """
    results = [row for group in setting.groups for row in group.results]
    names = list(dict.fromkeys(row.measurement.subject.model for row in results))
    bases = {setting.main.against}
    if len(names) < 2:
        names = sorted({row.measurement.subject.recipe for row in results}, reverse=True)
        bases = {"fp32", "fp16"}
    bright = iter(charts.TONES * len(names))
    return {name: charts.BASE if name in bases else next(bright) for name in names}


def _shown(setting: Setting) -> int:
    """The length, in tokens, that the page shows first."""
    return setting.main.conditions.length


def _bar(value: float, text: str) -> Point:
    return {"value": charts.short(value), "text": text}


def _ratio(row: Result) -> Point | None:
    """The point of a result in the chart of ratios; None where it has none. Grey: no difference."""
    found = row.against(comparison.FULL_PRECISION)
    if found is None or found.faster is None:
        return None
    ratio = found.faster
    if ratio.holds(1):
        return _bar(ratio.value, wording.NO_DIFFERENCE) | _bounds(ratio) | {"tone": charts.FAINT}
    return _bar(ratio.value, wording.times(ratio.value)) | _bounds(ratio)


def _bounds(value: Interval) -> Point:
    return {"low": charts.short(value.low), "high": charts.short(value.high)}


def _latency(row: Result) -> Point:
    """The point of a result in the charts of latency."""
    assert row.latency is not None
    subject, median = row.measurement.subject, row.latency.median
    return {
        **_bar(median.value, f"{wording.ms(median.value)} ms"),
        **_bounds(median),
        "name": f"{subject.recipe}, {subject.runtime}",
        "kind": subject.runtime,
        "recipe": subject.recipe,
        "x": charts.short(subject.size_bytes / 1e6),
        "x_text": megabytes(subject.size_bytes),
        "front": row.pareto,
    }
