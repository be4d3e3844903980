"""``edgekit serve``: parse, start :mod:`edgekit.mobile.server`, say where it is."""

from __future__ import annotations

from pathlib import Path

import click

from edgekit.cli.options import FilePath, debug_option
from edgekit.errors import PlanError


@click.command()
@click.argument("site", type=FilePath())
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0: a free one."
)
@click.option("--open", "show", is_flag=True, help="Open it in this machine's browser.")
@debug_option
def serve(site: Path, port: int, show: bool, debug: bool) -> None:
    """Serve a SITE to browsers of this machine, until Ctrl-C.

    edgekit app --platform web writes a site.

    \b
    Examples:
      edgekit serve site --open
    """
    from edgekit.mobile import server
    from edgekit.mobile.site import FACTS

    if not (site / FACTS).is_file():
        raise PlanError(
            f"{site} is no site: write one with edgekit app NAME.edgekit --platform web -o SITE"
        )
    with server.opened(site, port) as opened:
        address = server.url(opened)
        click.echo(f"{site} is at {address} (Ctrl-C ends it)")
        if show:
            click.launch(address)
        try:
            opened.serve_forever()
        except KeyboardInterrupt:
            click.echo("ended")
