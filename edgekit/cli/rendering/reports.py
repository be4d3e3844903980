"""A report of measurements: its files, and what is printed of it."""

from __future__ import annotations

from pathlib import Path

import click

from edgekit import reporting
from edgekit.reporting import Report


def show(found: Report, folder: Path | None, as_json: bool, quiet: bool) -> None:
    """Writes a report's files to ``folder``, if there is one, and prints the report."""
    page = reporting.write(found, folder) if folder else None
    if as_json:
        from edgekit.cli.rendering.tables import print_json
        from edgekit.reporting import data

        print_json(data.document(found))
    elif not quiet:
        from edgekit.reporting import terminal

        terminal.show(found)
    if page:
        click.echo(f"report: {page}", err=True)
