"""The user's own texts: what one costs if the app chooses buckets, and if it pads everything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from edgekit import stats
from edgekit.benchmarks.measurement import Conditions, Measurement, Subject, Texts
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
