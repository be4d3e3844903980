"""``edgekit support``: what the matrix measured."""

from __future__ import annotations

import click

from edgekit.cli.options import debug_option, json_option


@click.command()
@json_option
@debug_option
def support(as_json: bool, debug: bool) -> None:
    """Show the measured error of each architecture and task.

    \b
    Examples:
      edgekit support
      edgekit support --json
    """
    from edgekit import support as measured
    from edgekit.cli.rendering import bundles

    bundles.support(measured.load(), as_json)
