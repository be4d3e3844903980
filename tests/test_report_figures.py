"""The rows of a report's charts: every number of theirs against the measurements, by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import median
from typing import Any

import pytest
import report_samples
from report_samples import BERT, DISTILBERT

from edgekit import reporting as report
from edgekit.benchmarks.measurement import Measurement
from edgekit.reporting import charts, figures, quality_figures

Rows = Sequence[Mapping[str, Any]]


def rows_of(found: figures.Figure) -> Rows:
    """The rows that a chart's marks are drawn from."""
    sets = found.spec["datasets"].values()
    return next(rows for rows in sets if any("label" in row for row in rows))


def drawn(measurements: Sequence[Measurement]) -> dict[str, Rows]:
    (setting,) = report.build(measurements).settings
    return {found.title: rows_of(found) for found in figures.of(setting)}


def is_front(row: Mapping[str, Any], rows: Rows, better: int) -> bool:
    """Whether no other row is as small and as good; ``better`` is -1 where less is."""
    mine = (row["x"], -better * row["value"])
    others = [(other["x"], -better * other["value"]) for other in rows]
    return not any(x <= mine[0] and y <= mine[1] and (x, y) != mine for x, y in others)


def test_the_charts_of_a_setting_have_its_numbers() -> None:
    measured = list(report_samples.timed(lengths=(128,)))
    found = drawn(measured)
    assert list(found) == [
        "Size against latency",
        f"Speed-up against {BERT} fp32",
        "Latencies",
        "Memory",
    ]
    by_label = {row.subject.label: row for row in measured}
    fastest = sorted(by_label, key=lambda label: median(by_label[label].latency_ms))
    assert [row["label"] for row in found["Latencies"]] == fastest
    for row in found["Latencies"]:
        ms = by_label[row["label"]].latency_ms
        assert row["value"] == pytest.approx(median(ms), rel=1e-4)
        assert row["samples"] == pytest.approx(ms, rel=1e-4)
        assert row["low"] < row["value"] < row["high"]
        assert row["tone"] == (charts.BASE if row["key"] == BERT else charts.TONES[0])
    for row in found["Memory"]:
        assert row["value"] == pytest.approx(
            by_label[row["label"]].peak_memory_bytes / 1e6, rel=1e-4
        )
    sizes = found["Size against latency"]
    assert len(sizes) == sum(row.subject.format != "pytorch" for row in measured)
    for row in sizes:
        subject = by_label[row["label"]].subject
        assert row["x"] == pytest.approx(subject.size_bytes / 1e6, rel=1e-4)
        assert row["name"] == f"{subject.recipe}, {subject.runtime}"
        assert row["front"] == is_front(row, sizes, -1)


def test_a_speed_up_is_over_the_base_in_the_same_runtime() -> None:
    measured = list(report_samples.timed(lengths=(128,)))
    base = {
        row.subject.runtime: median(row.latency_ms)
        for row in measured
        if (row.subject.model, row.subject.recipe) == (BERT, "fp32")
    }
    by_label = {row.subject.label: row for row in measured}
    ratios = drawn(measured)[f"Speed-up against {BERT} fp32"]
    assert len(ratios) == len(measured) - len(base)
    for row in ratios:
        found = by_label[row["label"]]
        expected = base[found.subject.runtime] / median(found.latency_ms)
        assert row["value"] == pytest.approx(expected, rel=1e-4)
        assert row["low"] < row["value"] < row["high"]
        assert row["text"] == f"{expected:.2f}x"


def test_a_speed_up_that_nothing_shows_is_faint() -> None:
    measured = {row.subject.label: row for row in report_samples.timed(lengths=(128,))}
    slow, fast = (f"{model} fp32, onnxruntime" for model in (BERT, DISTILBERT))
    measured[fast] = replace(measured[fast], latency_ms=measured[slow].latency_ms)
    ratios = drawn(list(measured.values()))[f"Speed-up against {BERT} fp32"]
    faint = {row["label"]: row["text"] for row in ratios if row["tone"] == charts.FAINT}
    assert faint == {fast: "no difference"}


def test_the_lengths_of_texts_are_counted() -> None:
    found = figures.lengths(report.build(list(report_samples.timed())))
    texts = {row["label"]: row["value"] for row in rows_of(found)}
    assert texts == {"up to 64 tokens": 80, "up to 128 tokens": 40}


def test_one_model_has_a_colour_for_each_recipe() -> None:
    own = [row for row in report_samples.timed() if row.subject.model == DISTILBERT]
    found = drawn(own)
    tones = {row["key"]: row["tone"] for row in found["Latencies"]}
    assert tones == {"fp32": charts.BASE, "int8": charts.TONES[0]}
    lengths = found["Latency by length"]
    assert sorted({row["tokens"] for row in lengths}) == [64, 128]
    assert len(lengths) == sum(row.subject.format != "pytorch" for row in own)


def test_the_charts_of_quality_have_its_numbers() -> None:
    judged, measured = report_samples.evaluation(), list(report_samples.timed(lengths=(128,)))
    (bundle,) = judged.bundles
    part = next(iter(report.build(measured, None, [judged]).quality))
    dots, sizes, latencies = map(rows_of, quality_figures.of(part))
    scores = {row.file: row.metrics[0] for row in (bundle.baseline, *bundle.artifacts)}
    assert {row["label"] for row in dots} == set(scores)
    for row in (*dots, *sizes, *latencies):
        score = scores[row["label"]]
        share = [row["value"], row["low"], row["high"]]
        assert share == pytest.approx(
            [100 * score.value, 100 * score.low, 100 * score.high], rel=1e-4
        )
        assert (row["tone"] == charts.BASE) == (row["key"] == "PyTorch")
    for rows in (sizes, latencies):
        assert len(rows) > 1
        for row in rows:
            assert row["front"] == is_front(row, rows, 1)
    size_bytes = {row.file: row.size_bytes for row in (bundle.baseline, *bundle.artifacts)}
    for row in sizes:
        assert row["x"] == pytest.approx(size_bytes[row["label"]] / 1e6, rel=1e-4)
