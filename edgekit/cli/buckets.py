"""``edgekit buckets``: parse, call :mod:`edgekit.benchmarks.buckets`, render."""

from __future__ import annotations

from pathlib import Path

import click

from edgekit.cli.options import (
    FilePath,
    Finite,
    Text,
    debug_option,
    json_option,
    quiet_option,
)


@click.command()
@click.argument("bundle", type=FilePath())
@click.option("--texts", required=True, type=FilePath(), help="Your own texts, one a line.")
@click.option("--artifact", type=Text(), help="The file to measure.  [default: of any length]")
@click.option(
    "--most", type=click.IntRange(1), default=6, show_default=True, help="Buckets of a set."
)
@click.option("--device", type=Text(), default="host", show_default=True, help="What measures.")
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True)
@click.option(
    "--seconds",
    type=Finite(click.FloatRange(0, min_open=True)),
    default=30.0,
    show_default=True,
    help="How long is measured.",
)
@quiet_option
@json_option
@debug_option
def buckets(
    bundle: Path,
    texts: Path,
    artifact: str | None,
    most: int,
    device: str,
    threads: int,
    seconds: float,
    quiet: bool,
    as_json: bool,
    debug: bool,
) -> None:
    """Propose the buckets of BUNDLE for your own texts.

    What each length costs is measured, in a file that takes any; of all sets of one bucket, of two,
    and so on, the cheapest are shown. The longest bucket stays, so no more texts are cut.

    \b
    Examples:
      edgekit buckets model.edgekit --texts texts.txt
      edgekit buckets model.edgekit --texts texts.txt --artifact int8 --most 4
    """
    from edgekit import extras
    from edgekit.benchmarks.buckets import choose
    from edgekit.bundle import Bundle
    from edgekit.cli import progress
    from edgekit.cli.rendering.buckets import show
    from edgekit.cli.rendering.tables import print_json

    extras.require("bench")
    with progress.Log(quiet or as_json) as log:
        found = choose(
            Bundle.open(bundle),
            texts,
            artifact=artifact,
            most=most,
            device=device,
            threads=threads,
            seconds=seconds,
            say=log.say,
        )
    if as_json:
        print_json(found)
    elif not quiet:
        show(found)
