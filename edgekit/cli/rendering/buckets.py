"""The buckets that are proposed for some texts, as a table."""

from __future__ import annotations

from collections.abc import Iterator

from edgekit import layout
from edgekit.benchmarks.buckets import BucketChoice, BucketSet
from edgekit.layout import Column
from edgekit.words import count

_COLUMNS = (
    Column("buckets", wraps=True),
    Column("ms a text", right=True),
    Column("of today's", right=True),
    Column("of one bucket", right=True, leave=1),
    Column(""),
)


def show(choice: BucketChoice) -> None:
    """Prints what was measured, every set, and the option that builds the proposed one."""
    texts = choice.texts
    layout.print_words(
        f"{texts.file}: {count(texts.texts, 'text')}, {texts.mean:.0f} tokens on average, half up "
        f"to {texts.median}, 90% up to {texts.p90}, the longest {texts.longest}"
    )
    if texts.cut:
        limit = choice.today.lengths[-1]
        layout.print_words(f"{count(texts.cut, 'text')} beyond {limit} tokens: apps cut them")
    layout.print_words(
        f"measured {choice.file} in {choice.runtime}, {count(choice.threads, 'thread')}, on "
        f"{choice.machine}"
    )
    layout.print_table(_COLUMNS, list(_rows(choice)))
    layout.print_words(f"build it with: edgekit convert ... {choice.option}")


def _rows(choice: BucketChoice) -> Iterator[tuple[str, ...]]:
    yield _row(choice, choice.today, "today")
    for each in choice.sets:
        yield _row(choice, each, "proposed" if each == choice.proposed else "")


def _row(choice: BucketChoice, each: BucketSet, mark: str) -> tuple[str, ...]:
    """A set of buckets as a row: lengths, latency, and that beside today's and one bucket's."""
    took = each.latency_ms
    return (
        ", ".join(map(str, each.lengths)),
        rf"{took.value:.2f} \[{took.low:.2f}, {took.high:.2f}]",
        f"{took.value / choice.today.latency_ms.value:.2f}",
        f"{took.value / choice.sets[0].latency_ms.value:.2f}",
        mark,
    )
