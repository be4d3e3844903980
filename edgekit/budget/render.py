"""Findings for people, for pull requests and for programs; what is broken comes first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from edgekit import layout
from edgekit.benchmarks.devices import warnings
from edgekit.budget.finding import Finding
from edgekit.layout import Column, markdown_text
from edgekit.words import count

COLUMNS = ("file", "quantity", "measured", "budget", "measured in", "")
_SHOWN = (
    Column("file"),
    Column("quantity", wraps=True),
    Column("measured", right=True),
    Column("budget", right=True),
    Column("measured in", wraps=True, leave=1),
    Column(""),
)
_WIDTH = 140  # where the output is no terminal


def summary(findings: Sequence[Finding]) -> str:
    """How many budgets are broken, like ``2 of 9 budgets are broken``."""
    broken = sum(not each.met for each in findings)
    total = count(len(findings), "budget")
    return f"{broken} of {total} broken" if broken else f"{total}, all met"


def show(name: str, findings: Sequence[Finding]) -> None:
    """Prints the findings as a table, the broken ones first.

    Args:
        name: the bundle's.
        findings: in the order in which they are shown.
    """
    console = layout.console(_WIDTH)
    piped = not console.is_terminal  # a terminal breaks lines anywhere, in numbers too
    layout.print_table(_SHOWN, [_row(each) for each in findings], _WIDTH)
    for each in findings:
        if each.reason:
            console.print(
                f"{each.file}, {each.title}: {each.reason}", markup=False, soft_wrap=piped
            )
    for line in _warnings(findings):
        console.print(f"warning: {line}", style="yellow", markup=False, soft_wrap=piped)
    style = "green" if all(each.met for each in findings) else "red"
    console.print(f"{name}: {summary(findings)}", style=style, markup=False, soft_wrap=piped)


def _row(each: Finding) -> tuple[str, ...]:
    """A finding as a row of the terminal's table, its verdict coloured."""
    from rich.markup import escape

    verdict = "[green]met[/green]" if each.met else "[red]BROKEN[/red]"
    return (*map(escape, _cells(each)), verdict)


def _cells(each: Finding) -> tuple[str, ...]:
    """A finding's cells but for the verdict: file, quantity, value, limit, conditions."""
    return (each.file, each.title, *each.texts(), each.where)


def _warnings(findings: Sequence[Finding]) -> Iterator[str]:
    """A sentence for each warning about measured latencies, with the files it is about."""
    for code in sorted({code for each in findings for code in each.warnings}):
        files = sorted({each.file for each in findings if code in each.warnings})
        warning = warnings.TABLE[code]
        yield f"{', '.join(files)}: {warning.message}: {warning.advice}"


def to_markdown(name: str, findings: Sequence[Finding]) -> str:
    """The findings as a heading and a table, for a comment on a pull request."""
    rows = [
        [*map(markdown_text, _cells(each)), "met" if each.met else _broken(each)]
        for each in findings
    ]
    lines = [
        f"## {markdown_text(name)}: {summary(findings)}",
        "",
        *layout.markdown_table(COLUMNS, rows, left=len(COLUMNS)),
        *(f"\nWarning: {markdown_text(line)}" for line in _warnings(findings)),
    ]
    return "\n".join(lines) + "\n"


def _broken(each: Finding) -> str:
    """The verdict of a broken limit as Markdown, with the reason."""
    return f"**broken** {markdown_text(each.reason)}".strip()


def to_json(name: str, findings: Sequence[Finding]) -> dict[str, object]:
    """The findings as plain JSON values.

    Values are in bytes, milliseconds or instructions, or have no unit.
    """
    return {
        "bundle": name,
        "met": all(each.met for each in findings),
        "findings": [
            {
                "file": each.file,
                "runtime": each.runtime,
                "quantity": each.quantity.key,
                "device": each.setting.device,
                "threads": each.setting.threads,
                "length": each.setting.length,
                "data": each.data.file.name if each.data else None,
                "metric": each.metric or None,
                "class": each.of or None,
                "value": each.value,
                "budget": each.bound,
                "baseline": each.base,
                "met": each.met,
                "reason": each.reason,
                "warnings": list(each.warnings),
            }
            for each in findings
        ],
    }
