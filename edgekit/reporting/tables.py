"""A report's tables as text, the same in Markdown and on the page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from edgekit.benchmarks.measurement import Measurement
from edgekit.layout import TextTable
from edgekit.reporting import captions, wording
from edgekit.reporting import problems as what_failed
from edgekit.reporting.groups import Group, Result, Setting
from edgekit.reporting.numbers import Report
from edgekit.words import count, megabytes

_TIMED = ("median ms", "p90", "p99")
_LATER = ("cold ms", "first ms", "load ms", "load evicted ms", "tokenizer ms")
_COUNTED = ("instructions",)
_OPERATORS = ("operator", "calls", "ms", "of the time")


def group(found: Group) -> TextTable:
    """The results of a group, the fastest first; the columns that matter most are on the left."""
    timed = any(row.latency for row in found.rows)
    kinds, energy = captions.kinds(found), captions.has_energy(found.rows)
    rows = [
        (
            wording.subject(row.measurement.subject) + (" ◆" if row.pareto else ""),
            row.measurement.subject.runtime,
            *(_timed(row) if timed else (wording.millions(row.measurement.instructions),)),
            *(captions.ratio(row.against(kind)) for kind in kinds),
            megabytes(row.measurement.subject.size_bytes),
            wording.memory(row.measurement),
            *((wording.millijoules(row.measurement.energy_mj),) if energy else ()),
            *(_later(row) if timed else ()),
            _parity(row.measurement),
        )
        for row in found.results
    ]
    ratios = [f"vs {captions.base(found, kind)}" for kind in kinds]
    cost, later = (_TIMED, _LATER) if timed else (_COUNTED, ())
    columns = ("file", "runtime", *cost, *ratios, "size", "memory")
    columns += ((wording.ENERGY,) if energy else ()) + (*later, "parity")
    return TextTable(columns, tuple(rows), 2)


def without(found: Group) -> list[Measurement]:
    """The measurements of a group that have no numbers."""
    results = found.results
    return [row.measurement for row in found.rows if row not in results]


def _timed(row: Result) -> tuple[str, ...]:
    """The cells of a latency: median with interval, and two percentiles."""
    if row.latency is None:
        return (wording.NOTHING,) * len(_TIMED)
    median = wording.ms_interval(row.latency.median)
    return (median, wording.ms(row.latency.p90), wording.ms(row.latency.p99))


def _later(row: Result) -> tuple[str, ...]:
    """The cells that come after the latency: cold, first, loading, tokenizer."""
    loads = (row.load_ms, row.load_evicted_ms)
    return tuple(map(wording.ms, (row.cold_ms, row.first_ms, *loads, row.tokenizer_ms)))


def _parity(row: Measurement) -> str:
    """A measurement's parity as a cell."""
    found = row.parity
    return f"cosine {found.cosine:.4f}, {found.cases} texts" if found else wording.NOT_MEASURED


def profiles(report: Report) -> Iterator[tuple[str, TextTable]]:
    """The operators that cost most, file by file, each with a title."""
    for row in (row.measurement for row in report.rows if row.measurement.profile):
        found = [
            (name, str(calls), wording.ms(ms), f"{100 * share:.0f}%")
            for name, calls, ms, share in wording.profile(row.profile)
        ]
        length = count(row.conditions.length, "token")
        yield f"{row.subject.label}, {length}", TextTable(_OPERATORS, tuple(found), 1)


def texts(report: Report) -> TextTable:
    """What the user's own texts cost, file by file."""
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
    columns = ("file", "runtime", "ms a text, in buckets", "ms, all padded", "faster")
    return TextTable(columns, tuple(rows), 2)


def paper(report: Report) -> TextTable:
    """The paper's numbers, with ours beside them."""
    rows = [
        (claim.what, captions.claim(claim.value, claim.unit), ours, what)
        for claim in report.paper
        for ours, what in captions.ours(claim)
    ]
    return TextTable(("", "the paper's", "ours", "what ours is"), tuple(rows), 4)


def problems(report: Report) -> Iterator[tuple[str, TextTable]]:
    """What failed and what was not measured, each with a title."""
    for kind, title in (("failure", "Failed"), ("unmeasured", "Not measured")):
        rows = what_failed.unfinished(report, kind)
        if rows:
            yield title, TextTable(("file", "why"), tuple(rows), 2)


def warnings(report: Report) -> TextTable:
    """Every warning once, with what it is about and what to do."""
    rows = [
        (each.message, each.advice, count(len(each.about), "measurement"))
        for each in what_failed.warnings(report)
    ]
    return TextTable(("what", "what to do", "of"), tuple(rows), 3)


def environment(setting: Setting) -> TextTable:
    """What a setting's machine says of itself, with the runtimes that files ran in."""
    rows = [row.measurement for group in setting.groups for row in group.rows]
    facts: Sequence[tuple[str, str]] = wording.environment(rows[0])
    runtimes = sorted({str(row.environment["runtime"]) for row in rows if _ran(row)})
    versions = (("runtimes", ", ".join(runtimes)),) if runtimes else ()
    return TextTable(("", ""), (*facts, *versions), 2)


def _ran(row: Measurement) -> bool:
    """Whether the file was opened in its runtime at all."""
    return bool(row.environment.get("runtime"))


def bundles(report: Report) -> TextTable:
    """Which bundles the report is about, by the SHA-256 of their manifests."""
    measured = [row.subject for row in report.measurements]
    rows = [(each.model, each.bundle, each.bundle_id) for each in measured]
    evaluated = [bundle for each in report.evaluations for bundle in each.bundles]
    rows += [(each.bundle, each.path, each.bundle_id) for each in evaluated if each.bundle_id]
    found = tuple({row[2]: row for row in rows}.values())
    return TextTable(("bundle", "folder", "SHA-256 of its manifest"), found, 3)


def data(report: Report) -> TextTable:
    """Which labelled data the evaluations are over, by the SHA-256 of the file."""
    facts = dict.fromkeys(each.data for each in report.evaluations)
    rows = [
        (data.file, f"the first {data.limit}" if data.limit else "all", data.sha256)
        for data in facts
    ]
    return TextTable(("data", "examples", "SHA-256"), tuple(rows), 3)


def commands(report: Report) -> list[str]:
    """The command lines that measure and evaluate the same again."""
    found = [row.suite.command for row in report.measurements]
    found += [each.command for each in report.evaluations]
    return list(dict.fromkeys(filter(None, found)))
