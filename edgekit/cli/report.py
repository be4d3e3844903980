"""``edgekit report``: stored measurements shown again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from edgekit.cli.options import FilePath, Text, debug_option, json_option

if TYPE_CHECKING:
    from edgekit.report import Report


@click.command()
@click.argument("results", nargs=-1, required=True, type=FilePath())
@click.option("--against", type=Text(), help="The model to compare the others with.")
@click.option("-o", "--out", type=FilePath(), help="Write the report's files there.")
@json_option
@debug_option
def report(
    results: tuple[Path, ...], against: str | None, out: Path | None, as_json: bool, debug: bool
) -> None:
    """Show stored RESULTS again, several of them as one.

    RESULTS are folders of edgekit bench and of edgekit eval, or files of theirs. Of a bundle that
    has both, size, latency and quality stand in one table. Different machines stand side by side
    and are never compared. The files are report.html, report.md, report.json and results.csv.

    \b
    Examples:
      edgekit report model.bench
      edgekit report mine.bench theirs.bench --against bert -o report
    """
    from edgekit import report as reports
    from edgekit.report import sources

    found = sources.read(results)
    show(reports.build(found.measurements, against, found.evaluations), out, as_json, quiet=False)


def show(found: Report, folder: Path | None, as_json: bool, quiet: bool) -> None:
    """Writes a report's files to ``folder``, if there is one, and prints the report."""
    from edgekit import report as reports

    page = reports.write(found, folder) if folder else None
    if as_json:
        from edgekit.cli.rendering.tables import print_json
        from edgekit.report import data

        print_json(data.document(found))
    elif not quiet:
        from edgekit.report import terminal

        terminal.show(found)
    if page:
        click.echo(f"report: {page}", err=True)
