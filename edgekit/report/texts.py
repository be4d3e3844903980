"""The user's own texts: what one costs if the app chooses buckets, and if it pads everything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from edgekit import stats
from edgekit.benchmarks.measurement import Conditions, Measurement, Subject
from edgekit.stats import Interval


@dataclass(frozen=True)
class TextsRow:
    """One file over the texts: milliseconds a text, and how many times faster buckets are.

    ``conditions`` are those of the longest length. ``histogram`` maps a bucket's length to the
    number of texts in it, ``cut`` counts those that were longer.
    """

    subject: Subject
    conditions: Conditions
    file: str
    count: int
    cut: int
    histogram: dict[int, int]
    buckets_ms: Interval
    padded_ms: Interval
    faster: Interval


def rows(measurements: Sequence[Measurement]) -> Iterator[TextsRow]:
    """Of every file that was measured at all the lengths which its suite's texts have."""
    found: dict[tuple[Any, ...], dict[int, Measurement]] = {}
    for row in measurements:
        if row.suite.get("texts") and row.latency_ms:
            where = row.conditions
            key = (row.subject, where.device, where.machine, where.threads, where.batch)
            found.setdefault((*key, str(row.suite["texts"])), {})[where.length] = row
    for lengths in found.values():
        histogram = {int(k): int(v) for k, v in _facts(lengths)["lengths"].items()}
        longest = int(_facts(lengths)["max_length"])
        if {*histogram, longest} <= lengths.keys():
            yield _row(lengths, histogram, longest)


def _facts(lengths: dict[int, Measurement]) -> dict[str, Any]:
    return dict(next(iter(lengths.values())).suite["texts"])


def _row(lengths: dict[int, Measurement], histogram: dict[int, int], longest: int) -> TextsRow:
    facts, last = _facts(lengths), lengths[longest]
    samples = [lengths[length].latency_ms for length in histogram]
    mean, faster = stats.expected(samples, list(histogram.values()), last.latency_ms)
    return TextsRow(
        subject=last.subject,
        conditions=last.conditions,
        file=str(facts["file"]),
        count=int(facts["count"]),
        cut=int(facts["cut"]),
        histogram=histogram,
        buckets_ms=mean,
        padded_ms=stats.median(last.latency_ms),
        faster=faster,
    )
