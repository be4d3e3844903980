"""``edgekit report``: stored measurements shown again."""

from __future__ import annotations

from pathlib import Path

import click

from edgekit.cli.options import FilePath, Text, debug_option, json_option


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
    from edgekit import reporting
    from edgekit.cli.rendering import reports as rendering
    from edgekit.reporting import sources

    found = sources.read(results)
    rendering.show(
        reporting.build(found.measurements, against, found.evaluations), out, as_json, quiet=False
    )
