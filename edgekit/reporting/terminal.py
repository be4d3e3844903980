"""A report on the terminal: the answer first, then a table for each group."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from rich.markup import escape

from edgekit import layout
from edgekit.layout import Column, TextTable
from edgekit.reporting import captions, headline, quality_tables, scores, tables, wording
from edgekit.reporting.groups import Group, Result
from edgekit.reporting.numbers import Report
from edgekit.words import count, megabytes

if TYPE_CHECKING:
    from rich.console import Console

_WIDTH = 140  # where the output is no terminal


def show(report: Report) -> None:
    """Prints a report on standard output, as wide as the terminal."""
    console = layout.console(_WIDTH)
    answers = headline.answers(report)
    measured = any(setting.main.results for setting in report.settings)
    if not measured and not report.quality:
        console.print("\n[bold]Nothing was measured[/bold]")
    for answer in answers:
        console.print()
        _print_line(console, answer.sentence, "bold")
        for line in answer.details:
            style = "yellow" if line.startswith("warning") else "dim"
            _print_line(console, line, style, indent="  ")
    for part in report.quality:
        console.print(f"\n[bold]{escape(part.title)}[/bold]")
        _print_text(quality_tables.files(part))
    for setting in report.settings:
        console.print()
        _print_line(console, captions.machine(setting), "bold")
        for group in setting.groups:
            if group.results:
                console.print()
                _print_group(group)
    for title, table in _extras(report):
        console.print(f"\n[bold]{title}[/bold]")
        _print_text(table)
    console.print()
    for line in _notes(report):
        console.print(line)


def _print_line(console: Console, text: str, style: str, indent: str = "") -> None:
    """Prints a sentence, broken between words only: a terminal breaks anywhere."""
    room = console.width - len(indent)
    folded = textwrap.wrap(text, room, break_long_words=False, break_on_hyphens=False)
    for line in folded if console.is_terminal else [text]:
        console.print(f"{indent}[{style}]{escape(line)}[/{style}]", soft_wrap=True)


def _print_text(table: TextTable) -> None:
    """Prints a table whose words may go on in the next line."""
    columns = [
        Column(name, at >= table.left, wraps=at < table.left)
        for at, name in enumerate(table.columns)
    ]
    layout.print_table(columns, [tuple(map(escape, row)) for row in table.rows], _WIDTH)


def _print_group(group: Group) -> None:
    """Prints the table of a group's results."""
    columns = _columns(group)
    rows = [[cell(row) for cell in columns.values()] for row in group.results]
    layout.print_table(list(columns), rows, _WIDTH)


def _columns(group: Group) -> Mapping[Column, Callable[[Result], str]]:
    """The columns of a group's table, each with a function that makes a result's cell."""
    kinds = captions.kinds(group)
    ratios = {
        Column(f"vs {captions.base(group, kind)}", right=True, leave=_OTHERS if at else 0): partial(
            _ratio, kind=kind
        )
        for at, kind in enumerate(kinds)
    }
    return {
        Column(count(group.conditions.length, "token"), wraps=True): _name,
        Column("runtime"): lambda row: escape(row.measurement.subject.runtime),
        **(_TIMED if any(row.latency for row in group.rows) else _COUNTED),
        **(_ENERGY if captions.has_energy(group.rows) else {}),
        Column("size", right=True, leave=1): (
            lambda row: megabytes(row.measurement.subject.size_bytes)
        ),
        **ratios,
    }


def _name(row: Result) -> str:
    mark = " [green]◆[/green]" if row.pareto else ""
    return escape(wording.subject(row.measurement.subject)) + mark


_OTHERS = 5  # what else a file is compared with: the first column to be left out
_MEMORY: Mapping[Column, Callable[[Result], str]] = {
    Column("memory", right=True, leave=2): lambda row: wording.memory(row.measurement)
}
_TIMED: Mapping[Column, Callable[[Result], str]] = {
    Column("median ms", right=True): (
        lambda row: wording.ms_interval(row.latency.median) if row.latency else ""
    ),
    Column("p90", right=True, leave=3): (
        lambda row: wording.ms(row.latency.p90 if row.latency else None)
    ),
    Column("cold ms", right=True, leave=4): lambda row: wording.ms(row.cold_ms),
    Column("load ms", right=True, leave=4): lambda row: wording.ms(row.load_ms),
    **_MEMORY,
}
_COUNTED: Mapping[Column, Callable[[Result], str]] = {
    Column("instructions", right=True): lambda row: wording.millions(row.measurement.instructions),
    **_MEMORY,
}
_ENERGY: Mapping[Column, Callable[[Result], str]] = {
    Column(wording.ENERGY, right=True): lambda row: wording.millijoules(row.measurement.energy_mj)
}
_PROBLEMS = {"Failed": "[red]failed[/red]", "Not measured": "not measured"}


def _ratio(row: Result, *, kind: str) -> str:
    """A ratio as a cell, grey if it shows no difference."""
    text = captions.ratio(row.against(kind))
    return f"[dim]{escape(text)}[/dim]" if text.startswith(wording.NO_DIFFERENCE) else escape(text)


def _extras(report: Report) -> Iterator[tuple[str, TextTable]]:
    """The tables after the results, each with its title; only those that have rows."""
    for title, profile in tables.profiles(report):
        yield f"operators of {escape(title)}", profile
    if report.texts:
        yield escape(captions.texts_title(report.texts[0])), tables.texts(report)
    if report.paper:
        yield f"{escape(report.paper[0].source)}, beside ours", _once(tables.paper(report))
    for title, problems in tables.problems(report):
        yield _PROBLEMS[title], problems
    warnings = tables.warnings(report)
    if warnings.rows:
        yield "[yellow]warnings[/yellow]", warnings


def _once(table: TextTable) -> TextTable:
    """The table of the paper's claims, each claim named in its first row only."""
    above = [("", ""), *(row[:2] for row in table.rows)]
    rows = [
        ("", "", *row[2:]) if row[:2] == before else row
        for row, before in zip(table.rows, above, strict=False)
    ]
    return replace(table, rows=tuple(rows))


def _notes(report: Report) -> Iterator[str]:
    """What the table's signs and numbers mean, as far as the report has them."""
    if any(row.pareto for row in report.rows):
        yield f"[green]◆[/green] {wording.PARETO}"
    if any(row.measurement.profile for row in report.rows):
        yield f"operators measured {wording.PROFILED}"
    if captions.has_energy(report.rows):
        yield f"{wording.ENERGY}: {wording.ESTIMATE}"
    if report.random_weights:
        yield f"{escape(', '.join(report.random_weights))}: {wording.RANDOM}"
    if report.settings:
        yield wording.METHOD
    if report.quality:
        yield scores.METHOD
