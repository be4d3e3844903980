"""A report as Markdown, to paste where people talk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from edgekit.report import wording
from edgekit.report.numbers import Group, Report, Row

_SPECIAL = str.maketrans({each: f"\\{each}" for each in "\\`*_|"} | {"<": "&lt;", ">": "&gt;"})


def to_markdown(report: Report) -> str:
    """The whole page."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    yield f"# {_escape(report.title)}"
    for answer in wording.answers(report):
        yield from ("", f"**{_escape(answer.sentence)}**", "")
        yield from (f"- {_escape(line)}" for line in answer.details)
    for setting in report.settings:
        yield from ("", f"## {_escape(wording.machine(setting))}")
        for group in setting.groups:
            if group.results:
                yield from ("", f"### {wording.count(group.conditions.length, 'token')}", "")
                yield from _group(group)
    yield from _texts(report)
    yield from _paper(report)
    yield from _problems(report)
    yield from _environments(report)
    yield from _notes(report)


def _group(group: Group) -> Iterator[str]:
    timed = any(row.latency for row in group.rows)
    kinds = wording.kinds(group)
    columns = ("file", "runtime", *(_TIMED if timed else _COUNTED), "memory", "size")
    ratios = [f"vs {wording.base(group, kind)}" for kind in kinds]
    rows = [
        (
            wording.subject(row.measurement.subject) + (" ◆" if row.pareto else ""),
            row.measurement.subject.runtime,
            *(_timed(row) if timed else (wording.millions(row.measurement.instructions),)),
            wording.megabytes(row.measurement.peak_memory_bytes),
            wording.megabytes(row.measurement.subject.size_bytes),
            *(wording.ratio(row.against(kind)) for kind in kinds),
            _parity(row),
        )
        for row in group.results
    ]
    yield from _table((*columns, *ratios, "parity"), rows, left=2)


_TIMED = ("median ms", "p90", "p99", "first ms", "load ms", "load evicted ms", "tokenizer ms")
_COUNTED = ("instructions",)


def _timed(row: Row) -> tuple[str, ...]:
    if row.latency is None:
        return (wording.NOTHING,) * len(_TIMED)
    return (
        wording.ms_interval(row.latency.median),
        *map(wording.ms, (row.latency.p90, row.latency.p99, row.first_ms, row.load_ms)),
        *map(wording.ms, (row.load_evicted_ms, row.tokenizer_ms)),
    )


def _parity(row: Row) -> str:
    found = row.measurement.parity
    return f"cosine {found.cosine:.4f}, {found.cases} texts" if found else wording.NOT_MEASURED


def _texts(report: Report) -> Iterator[str]:
    if report.texts:
        yield from ("", f"## {_escape(wording.texts_title(report.texts[0]))}", "")
        columns = ("file", "runtime", "ms a text, in buckets", "ms, all padded", "faster")
        rows = [
            (
                wording.subject(row.subject),
                row.subject.runtime,
                wording.ms_interval(row.buckets_ms),
                wording.ms_interval(row.padded_ms),
                wording.times(row.faster),
            )
            for row in report.texts
        ]
        yield from _table(columns, rows, left=2)


def _paper(report: Report) -> Iterator[str]:
    if report.paper:
        yield from ("", f"## {_escape(report.paper[0].source)}, beside ours", "")
        rows = [
            (claim.what, wording.claim(claim.value, claim.unit), ours, what)
            for claim in report.paper
            for ours, what in wording.ours(claim)
        ]
        yield from _table(("", "the paper's", "ours", "what ours is"), rows, left=4)


def _problems(report: Report) -> Iterator[str]:
    for kind, title in (("failure", "Failed"), ("unmeasured", "Not measured")):
        found = wording.problems(report, kind)
        if found:
            yield from ("", f"## {title}", "")
            yield from (f"- {_escape(name)}: {_escape(why)}" for name, why in found)
    warnings = wording.warnings(report)
    if warnings:
        yield from ("", "## Warnings", "")
        rows = [
            (message, advice, wording.count(len(about), "measurement"))
            for _, message, advice, about in warnings
        ]
        yield from _table(("what", "what to do", "of"), rows, left=3)


def _environments(report: Report) -> Iterator[str]:
    for setting in report.settings:
        first = setting.groups[0].rows[0].measurement
        facts = "; ".join(f"{name}: {value}" for name, value in wording.environment(first))
        yield from ("", f"{_escape(wording.machine(setting))}. {_escape(facts)}")


def _notes(report: Report) -> Iterator[str]:
    if report.random_weights:
        yield from ("", f"{_escape(', '.join(report.random_weights))}: {wording.RANDOM}.")
    yield from ("", f"◆: {wording.PARETO}. {wording.METHOD}.")


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]], left: int) -> Iterator[str]:
    yield f"| {' | '.join(map(_escape, columns))} |"
    yield "|" + "---|" * left + "---:|" * (len(columns) - left)
    for row in rows:
        yield f"| {' | '.join(map(_escape, row))} |"


def _escape(text: str) -> str:
    """Links need ``](``; brackets of intervals may stay as they are."""
    return " ".join(text.split()).translate(_SPECIAL).replace("](", "\\](")
