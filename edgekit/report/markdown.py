"""A report as Markdown, to paste where people talk."""

from __future__ import annotations

from collections.abc import Iterator

from edgekit.report import headline, tables, wording
from edgekit.report.numbers import Report
from edgekit.report.tables import Table

_SPECIAL = str.maketrans({each: f"\\{each}" for each in "\\`*_|"} | {"<": "&lt;", ">": "&gt;"})


def to_markdown(report: Report) -> str:
    """The whole page."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    yield f"# {_escape(report.title)}"
    for answer in headline.answers(report):
        yield from ("", f"**{_escape(answer.sentence)}**", "")
        yield from (f"- {_escape(line)}" for line in answer.details)
    for setting in report.settings:
        yield from ("", f"## {_escape(wording.machine(setting))}")
        for group in setting.groups:
            if group.results:
                yield from ("", f"### {wording.count(group.conditions.length, 'token')}", "")
                yield from _table(tables.group(group))
    yield from _profiles(report)
    yield from _texts(report)
    yield from _paper(report)
    yield from _problems(report)
    yield from _environments(report)
    yield from _notes(report)


def _profiles(report: Report) -> Iterator[str]:
    found = list(tables.profiles(report))
    if found:
        yield from ("", "## Operators", "", f"Measured {wording.PROFILED}.")
    for title, table in found:
        yield from ("", f"### {_escape(title)}", "", *_table(table))


def _texts(report: Report) -> Iterator[str]:
    if report.texts:
        yield from ("", f"## {_escape(wording.texts_title(report.texts[0]))}", "")
        yield from _table(tables.texts(report))


def _paper(report: Report) -> Iterator[str]:
    if report.paper:
        yield from ("", f"## {_escape(report.paper[0].source)}, beside ours", "")
        yield from _table(tables.paper(report))


def _problems(report: Report) -> Iterator[str]:
    for title, table in tables.problems(report):
        yield from ("", f"## {title}", "")
        yield from (f"- {_escape(name)}: {_escape(why)}" for name, why in table.rows)
    warnings = tables.warnings(report)
    if warnings.rows:
        yield from ("", "## Warnings", "", *_table(warnings))


def _environments(report: Report) -> Iterator[str]:
    for setting in report.settings:
        rows = tables.environment(setting).rows
        facts = "; ".join(f"{name}: {value}" for name, value in rows)
        yield from ("", f"{_escape(wording.machine(setting))}. {_escape(facts)}")


def _notes(report: Report) -> Iterator[str]:
    if report.random_weights:
        yield from ("", f"{_escape(', '.join(report.random_weights))}: {wording.RANDOM}.")
    if wording.has_energy(report.rows):
        yield from ("", f"{wording.ENERGY}: {wording.ESTIMATE}.")
    yield from ("", f"◆: {wording.PARETO}. {wording.METHOD}.")


def _table(table: Table) -> Iterator[str]:
    yield f"| {' | '.join(map(_escape, table.columns))} |"
    yield "|" + "---|" * table.left + "---:|" * (len(table.columns) - table.left)
    for row in table.rows:
        yield f"| {' | '.join(map(_escape, row))} |"


def _escape(text: str) -> str:
    """Links need ``](``; brackets of intervals may stay as they are."""
    return " ".join(text.split()).translate(_SPECIAL).replace("](", "\\](")
