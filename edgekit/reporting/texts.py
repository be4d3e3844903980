"""The user's own texts: what one costs if the app chooses buckets, and if it pads everything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from edgekit import stats
from edgekit.benchmarks.measurement import Conditions, Measurement, Subject, Texts
from edgekit.stats import Interval


@dataclass(frozen=True)
class TextsRow:
    """One file over the user's texts.

    Attributes:
        subject: the file and its runtime.
        conditions: those of the longest length.
        file: the name of the file of texts.
        count: how many texts there are.
        cut: how many of them were longer than the longest length.
        histogram: how many texts are in each bucket, by the bucket's length.
        buckets_ms: what a text takes on average if it is padded to its bucket, in milliseconds.
        padded_ms: if all are padded to the longest length.
        faster: how many times faster buckets are.
    """

    subject: Subject
    conditions: Conditions
    file: str
    count: int
    cut: int
    histogram: Mapping[int, int]
    buckets_ms: Interval
    padded_ms: Interval
    faster: Interval


def rows(measurements: Sequence[Measurement]) -> Iterator[TextsRow]:
    """A row for every file that was measured at all the lengths which the user's texts have."""
    found: dict[tuple[object, ...], dict[int, Measurement]] = {}
    for row in measurements:
        if row.suite.texts and row.latency_ms:
            where = row.conditions
            key = (row.subject, where.device, where.machine, where.threads, where.batch)
            found.setdefault((*key, repr(row.suite.texts)), {})[where.length] = row
    for lengths in found.values():
        facts = next(iter(lengths.values())).suite.texts
        if facts and {*facts.lengths, facts.max_length} <= lengths.keys():
            yield _row(lengths, facts)


def _row(lengths: Mapping[int, Measurement], facts: Texts) -> TextsRow:
    """One file's row, of its measurements by length."""
    last = lengths[facts.max_length]
    samples = {length: row.samples for length, row in lengths.items()}
    mean, faster = stats.expected(
        [samples[length] for length in facts.lengths],
        list(facts.lengths.values()),
        samples[facts.max_length],
    )
    return TextsRow(
        subject=last.subject,
        conditions=last.conditions,
        file=facts.file,
        count=facts.count,
        cut=facts.cut,
        histogram=facts.lengths,
        buckets_ms=mean,
        padded_ms=stats.median(samples[facts.max_length]),
        faster=faster,
    )
