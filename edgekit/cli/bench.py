"""``edgekit bench``: parse, call :mod:`edgekit.benchmarks`, render."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from edgekit.cli.choices import RECIPE_NAMES, RUNTIME_NAMES, RUNTIMES, Open, SuiteChoice
from edgekit.cli.options import (
    COUNTS,
    NAMES,
    FilePath,
    Finite,
    Size,
    debug_option,
    json_option,
    quiet_option,
)


@click.command()
@click.argument("bundles", nargs=-1, type=FilePath())
@click.option("--against", type=FilePath(), help="The bundle to compare with.")
@click.option("--like", type=FilePath(), help="For files of other tools: a bundle of that model.")
@click.option("--suite", type=SuiteChoice(), help="A suite; its models, or those of bundles.")
@click.option("--device", type=NAMES, help="Like host,arm64:cortex-a53,ios.  [host]")
@click.option("--threads", type=COUNTS, help="Like 1,2.  [default: 1]")
@click.option("--lengths", type=COUNTS, help="Tokens of a text, like 32,128.  [default: 128]")
@click.option("--batch", type=COUNTS, help="Texts of an inference, like 1,8.  [default: 1]")
@click.option("--texts", type=FilePath(), help="Your own texts, one a line.")
@click.option("--recipe", type=RECIPE_NAMES, help="[default: all]")
@click.option(
    "--runtime",
    type=RUNTIME_NAMES,
    metavar="NAMES",
    help=f"Of {', '.join(RUNTIMES)}.  [default: those that phones have]",
)
@click.option("--profile", is_flag=True, default=None, help="Time by operator, too.")
@click.option("--memory", type=Size(), help="Memory budget of an emulated device, like 256M.")
@click.option(
    "--seconds",
    type=Finite(click.FloatRange(0, min_open=True)),
    help="Most time for one file's inferences.  [default: 10]",
)
@click.option(
    "--processes",
    type=click.IntRange(1),
    help="Fresh processes that each file is measured in.  [default: 5]",
)
@click.option(
    "--via",
    type=Open(("app",), "app:PACKAGE/ACTIVITY|app:BUNDLE-ID"),
    help="Inside an app on the device.",
)
@click.option(
    "--cool",
    type=Finite(click.FloatRange(0)),
    help="Most time for a hot phone to cool.  [default: 300]",
)
@click.option("-o", "--out", type=FilePath(), help="Default: <suite>.bench")
@click.option("--force", is_flag=True, help="Measure again what is in the folder already.")
@quiet_option
@json_option
@debug_option
def bench(
    bundles: tuple[Path, ...],
    out: Path | None,
    force: bool,
    quiet: bool,
    as_json: bool,
    debug: bool,
    **options: Any,
) -> None:
    """Measure BUNDLES: latency, memory and size.

    Each file's answers are checked first, and all files are measured interleaved. Interrupted, the
    same command goes on where it stopped. The devices android, ios and ios-simulator are not proven
    on real ones yet (docs/devices.md).

    \b
    Examples:
      edgekit bench model.edgekit
      edgekit bench small.edgekit --against large.edgekit --lengths 32,128
      edgekit bench model.edgekit --device host,arm64:cortex-a53
      edgekit bench --suite quick
    """
    from edgekit import extras, reporting
    from edgekit.benchmarks import session
    from edgekit.cli import progress
    from edgekit.cli.rendering.reports import show

    extras.require("bench", "report")
    request = session.BenchRequest(bundles=bundles, **options)
    asked = session.suite(request)
    folder = out or Path(f"{asked.name}.bench")
    with progress.Log(quiet or as_json) as log:
        try:
            rows = session.run(
                asked, folder, texts=request.texts, force=force, say=log.say, tick=log.tick
            )
        except KeyboardInterrupt:
            kept = f"what is finished is in {folder}; the same command goes on from there"
            told = kept if folder.exists() else "nothing was measured yet"
            raise click.ClickException(f"interrupted: {told}") from None
    show(reporting.build(rows), folder, as_json, quiet)
    if any(row.failure for row in rows):
        sys.exit(1)
