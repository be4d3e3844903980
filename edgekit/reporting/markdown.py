"""A report as Markdown, to paste where people talk."""

from __future__ import annotations

from collections.abc import Iterator

from edgekit.layout import TextTable, markdown_table, markdown_text
from edgekit.reporting import captions, headline, quality_tables, scores, tables, wording
from edgekit.reporting.numbers import Report
from edgekit.words import count


def to_markdown(report: Report) -> str:
    """A report as one page of Markdown, for a repository or a pull request."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    """All lines of the page, part by part."""
    yield f"# {markdown_text(report.title)}"
    for answer in headline.answers(report):
        yield from ("", f"**{markdown_text(answer.sentence)}**", "")
        yield from (f"- {markdown_text(line)}" for line in answer.details)
    for part in report.quality:
        yield from ("", f"## {markdown_text(part.title)}", "", *_table(quality_tables.files(part)))
    for setting in report.settings:
        yield from ("", f"## {markdown_text(captions.machine(setting))}")
        for group in setting.groups:
            if group.results:
                yield from ("", f"### {count(group.conditions.length, 'token')}", "")
                yield from _table(tables.group(group))
    yield from _profiles(report)
    yield from _texts(report)
    yield from _paper(report)
    yield from _problems(report)
    yield from _environments(report)
    yield from _reproduce(report)
    yield from _notes(report)


def _profiles(report: Report) -> Iterator[str]:
    """The section on operators: a table for each profiled result; nothing without a profile."""
    found = list(tables.profiles(report))
    if found:
        yield from ("", "## Operators", "", f"Measured {wording.PROFILED}.")
    for title, table in found:
        yield from ("", f"### {markdown_text(title)}", "", *_table(table))


def _texts(report: Report) -> Iterator[str]:
    if report.texts:
        yield from ("", f"## {markdown_text(captions.texts_title(report.texts[0]))}", "")
        yield from _table(tables.texts(report))


def _paper(report: Report) -> Iterator[str]:
    if report.paper:
        yield from ("", f"## {markdown_text(report.paper[0].source)}, beside ours", "")
        yield from _table(tables.paper(report))


def _problems(report: Report) -> Iterator[str]:
    """The sections on what failed, what was not measured, and on warnings.

    Only those that there are.
    """
    for title, table in tables.problems(report):
        yield from ("", f"## {title}", "")
        yield from (f"- {markdown_text(name)}: {markdown_text(why)}" for name, why in table.rows)
    warnings = tables.warnings(report)
    if warnings.rows:
        yield from ("", "## Warnings", "", *_table(warnings))


def _environments(report: Report) -> Iterator[str]:
    """The section on machines: what each says of itself."""
    for setting in report.settings:
        rows = tables.environment(setting).rows
        facts = "; ".join(f"{name}: {value}" for name, value in rows)
        yield from ("", f"{markdown_text(captions.machine(setting))}. {markdown_text(facts)}")


def _reproduce(report: Report) -> Iterator[str]:
    """The section with the commands that measure again, and the bundles by their hashes."""
    yield from ("", "## Reproduce", "")
    yield from (f"    {command}" for command in tables.commands(report))
    yield from ("", *_table(tables.bundles(report)))
    if report.evaluations:
        yield from ("", *_table(tables.data(report)))


def _notes(report: Report) -> Iterator[str]:
    """What the page's signs and numbers mean, as far as it has them."""
    if report.random_weights:
        yield from ("", f"{markdown_text(', '.join(report.random_weights))}: {wording.RANDOM}.")
    if captions.has_energy(report.rows):
        yield from ("", f"{wording.ENERGY}: {wording.ESTIMATE}.")
    if report.settings:
        yield from ("", f"◆: {wording.PARETO}. {wording.METHOD}.")
    if report.quality:
        yield from ("", f"{scores.METHOD}.")


def _table(table: TextTable) -> Iterator[str]:
    columns, *rows = ([markdown_text(cell) for cell in row] for row in (table.columns, *table.rows))
    return markdown_table(columns, rows, left=table.left)
