"""A report on the terminal: the answer first, then a table for each group."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence, Set
from functools import partial

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from edgekit import layout
from edgekit.report import headline, tables, wording
from edgekit.report.groups import Group, Result
from edgekit.report.numbers import Report
from edgekit.words import count, megabytes

_WIDTH = 140  # where the output is no terminal
_ENDLESS = 10_000


def show(report: Report) -> None:
    """Prints it."""
    console = layout.console(_WIDTH)
    answers = headline.answers(report)
    if not any(setting.main.results for setting in report.settings):
        console.print("\n[bold]Nothing was measured[/bold]")
    for answer in answers:
        console.print(f"\n[bold]{escape(answer.sentence)}[/bold]", soft_wrap=True)
        for line in answer.details:
            style = "yellow" if line.startswith("warning") else "dim"
            console.print(f"  [{style}]{escape(line)}[/{style}]", soft_wrap=True)
    for setting in report.settings:
        console.print(f"\n[bold]{escape(wording.machine(setting))}[/bold]", soft_wrap=True)
        for group in setting.groups:
            if group.results:
                console.print(fitting(group, console))
    for title, table in _extras(report):
        console.print(f"[bold]{title}[/bold]", table)
    for line in _notes(report):
        console.print(line)


def fitting(group: Group, console: Console) -> Table:
    """With as many columns as there is room for; names may wrap, and nothing is cut off."""
    kinds = wording.kinds(group)
    few = kinds[:1]
    layouts: list[tuple[Sequence[str], Set[str]]]
    layouts = [(kinds, set()), (few, set()), (few, _EXTRA), (few, _MORE)]
    tables = [_table(group, shown, without) for shown, without in layouts]
    endless = console.options.update(max_width=_ENDLESS)
    widths = [console.measure(table, options=endless) for table in tables]
    for needed in ("maximum", "minimum"):
        for table, width in zip(tables, widths, strict=True):
            if getattr(width, needed) <= console.width:
                return table
    return tables[-1]


def _table(group: Group, kinds: Sequence[str], without: Set[str]) -> Table:
    timed = any(row.latency for row in group.rows)
    cells: dict[str, Callable[[Result], str]] = {
        count(group.conditions.length, "token"): _name,
        "runtime": lambda row: escape(row.measurement.subject.runtime),
        **(_TIMED if timed else _COUNTED),
        **(_ENERGY if wording.has_energy(group.rows) else {}),
        "size": lambda row: megabytes(row.measurement.subject.size_bytes),
        **{f"vs {wording.base(group, kind)}": partial(_ratio, kind=kind) for kind in kinds},
    }
    shown = {name: cell for name, cell in cells.items() if name not in without}
    rows = [[cell(row) for cell in shown.values()] for row in group.results]
    table = _plain_table(*shown, left=2)
    for row in rows:
        table.add_row(*row)
    for column, *texts in [*zip(table.columns, shown, *rows, strict=True)][1:]:
        column.no_wrap, column.min_width = True, max(map(len, texts))  # only names may wrap
    return table


def _name(row: Result) -> str:
    mark = " [green]◆[/green]" if row.pareto else ""
    return escape(wording.subject(row.measurement.subject)) + mark


_MEMORY = {"memory": lambda row: wording.memory(row.measurement)}
_TIMED: dict[str, Callable[[Result], str]] = {
    "median ms": lambda row: wording.ms_interval(row.latency.median) if row.latency else "",
    "p90": lambda row: wording.ms(row.latency.p90 if row.latency else None),
    "load ms": lambda row: wording.ms(row.load_ms),
    **_MEMORY,
}
_COUNTED: dict[str, Callable[[Result], str]] = {
    "instructions": lambda row: wording.millions(row.measurement.instructions),
    **_MEMORY,
}
_ENERGY: dict[str, Callable[[Result], str]] = {
    wording.ENERGY: lambda row: wording.millijoules(row.measurement.energy_mj)
}
_EXTRA = {"p90", "load ms", "memory"}  # left out first where there is little room
_MORE = {*_EXTRA, "size"}
_PROBLEMS = {"Failed": "[red]failed[/red]", "Not measured": "not measured"}


def _ratio(row: Result, *, kind: str) -> str:
    text = wording.ratio(row.against(kind))
    return f"[dim]{escape(text)}[/dim]" if text.startswith(wording.NO_DIFFERENCE) else escape(text)


def _extras(report: Report) -> Iterator[tuple[str, Table]]:
    for title, profile in tables.profiles(report):
        yield f"operators of {escape(title)}", _shown(profile)
    if report.texts:
        yield escape(wording.texts_title(report.texts[0])), _shown(tables.texts(report))
    if report.paper:
        yield f"{escape(report.paper[0].source)}, beside ours", _paper(report)
    for title, problems in tables.problems(report):
        yield _PROBLEMS[title], _shown(problems)
    warnings = tables.warnings(report)
    if warnings.rows:
        yield "[yellow]warnings[/yellow]", _shown(warnings)


def _paper(report: Report) -> Table:
    table = _plain_table("", "the paper's", "ours", "what ours is", left=1)
    table.columns[-1].justify = "left"
    for claim in report.paper:
        value = wording.claim(claim.value, claim.unit)
        for index, (ours, what) in enumerate(wording.ours(claim)):
            name = "" if index else escape(claim.what)
            table.add_row(name, "" if index else value, ours, escape(what))
    return table


def _notes(report: Report) -> Iterator[str]:
    if any(row.pareto for row in report.rows):
        yield f"[green]◆[/green] {wording.PARETO}"
    if any(row.measurement.profile for row in report.rows):
        yield f"operators measured {wording.PROFILED}"
    if wording.has_energy(report.rows):
        yield f"{wording.ENERGY}: {wording.ESTIMATE}"
    if report.random_weights:
        yield f"{escape(', '.join(report.random_weights))}: {wording.RANDOM}"
    yield wording.METHOD


def _shown(found: tables.TextTable) -> Table:
    """A table of text as rich prints it."""
    table = _plain_table(*found.columns, left=found.left)
    for row in found.rows:
        table.add_row(*map(escape, row))
    return table


def _plain_table(*columns: str, left: int) -> Table:
    shown = list(map(escape, columns))
    return layout.terminal_table(shown, right=shown[left:], whole=shown[left:])
