"""The commands that measure: parse, call :mod:`edgekit.benchmarks`, render."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edgekit.cli.options import List, Size, debug_option, json_option

if TYPE_CHECKING:
    from edgekit.report import Report


@click.command()
@click.argument("bundles", nargs=-1, type=click.Path(path_type=Path))
@click.option("--against", type=click.Path(path_type=Path), help="The bundle to compare with.")
@click.option("--suite", "suite_name", help="quick, paper, full, or a TOML file.")
@click.option("--device", "devices", type=List(), help="Like host,arm64:cortex-a53,ios.  [host]")
@click.option("--threads", type=List(int), help="Like 1,2.  [default: 1]")
@click.option("--lengths", type=List(int), help="Tokens of a text, like 32,128.  [default: 128]")
@click.option("--texts", type=click.Path(path_type=Path), help="Your own texts, one a line.")
@click.option("--recipe", "recipes", type=List(), help="Like fp32,int8.  [default: all]")
@click.option("--runtime", "runtimes", type=List(), help="Like onnxruntime,litert.  [all]")
@click.option("--profile", is_flag=True, default=None, help="Time by operator, too.")
@click.option("--memory", type=Size(), help="Memory budget of an emulated device, like 256M.")
@click.option("--seconds", type=float, help="Most time for one file's inferences.  [default: 10]")
@click.option("--via", help="app, app:PACKAGE/ACTIVITY or app:BUNDLE-ID: inside an app there.")
@click.option("--cool", type=float, help="Most time for a hot phone to cool.  [default: 300]")
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Default: <suite>.bench")
@click.option("--force", is_flag=True, help="Measure again what is in the folder already.")
@click.option("--quiet", is_flag=True, help="Print errors only.")
@json_option
@debug_option
def bench(
    bundles: tuple[Path, ...],
    against: Path | None,
    suite_name: str | None,
    texts: Path | None,
    out: Path | None,
    seconds: float | None,
    cool: float | None,
    force: bool,
    quiet: bool,
    as_json: bool,
    debug: bool,
    **options: Any,
) -> None:
    """Measure BUNDLES: latency, memory and size, each file checked and all of them interleaved.

    Interrupted, the same command goes on where it stopped. The devices android, ios and
    ios-simulator are not proven on real ones yet (docs/devices.md).
    """
    from edgekit import report
    from edgekit.benchmarks import session, spec
    from edgekit.cli import progress

    if texts and options["lengths"]:
        raise click.UsageError("--texts measures the lengths of its own: leave --lengths out")
    asked = session.suite(bundles, against, suite_name, options)
    asked = spec.checked(spec.with_limits(asked, seconds=seconds, cool_seconds=cool))
    folder = out or Path(f"{asked.name}.bench")
    with progress.Log(quiet or as_json) as log:
        try:
            rows = session.run(asked, folder, texts=texts, force=force, say=log.say, tick=log.tick)
        except KeyboardInterrupt:
            raise click.ClickException(
                f"interrupted: what is finished is in {folder}; the same command goes on from there"
            ) from None
    _show(report.build(rows), folder, as_json, quiet)
    if any(row.failure for row in rows):
        sys.exit(1)


@click.command("report")
@click.argument("results", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--against", help="The model to compare the others with.")
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), help="Write the report's files there."
)
@json_option
@debug_option
def render_report(
    results: tuple[Path, ...], against: str | None, out: Path | None, as_json: bool, debug: bool
) -> None:
    """Show stored RESULTS again, several of them as one.

    RESULTS are folders of edgekit bench or their results.jsonl. Different machines stand side by
    side and are never compared. The files are report.html, report.md, report.json and results.csv.
    """
    from edgekit import report
    from edgekit.benchmarks import results as stored

    _show(report.build(stored.read(results), against), out, as_json, quiet=False)


def _show(found: Report, folder: Path | None, as_json: bool, quiet: bool) -> None:
    from edgekit import report

    page = report.write(found, folder) if folder else None
    if as_json:
        from edgekit import documents
        from edgekit.report import data

        click.echo(documents.dump_json(data.document(found), "the report", indent=2))
    elif not quiet:
        from edgekit.report import terminal

        terminal.show(found)
    if page:
        click.echo(f"report: {page}", err=True)


@click.group(invoke_without_command=True)
@json_option
@debug_option
@click.pass_context
def devices(context: click.Context, as_json: bool, debug: bool) -> None:
    """List the devices that can be measured on, and what is missing to reach the others."""
    from edgekit.benchmarks.devices import targets
    from edgekit.cli import render

    if context.invoked_subcommand is None:
        render.devices(targets.find(), as_json)


@devices.command()
@click.argument("name")
@debug_option
def setup(name: str, debug: bool) -> None:
    """Fetch once what the device NAME needs, like arm64."""
    from edgekit.benchmarks.devices import targets
    from edgekit.cli import progress

    with progress.Log(hidden=False) as log:
        targets.setup(name, log.say)
    click.echo(f"{name} is ready")


@devices.command()
@click.argument("name")
@debug_option
def clean(name: str, debug: bool) -> None:
    """Remove all that edgekit has put on the device NAME, or into its cache."""
    from edgekit.benchmarks.devices import targets

    targets.clean(name)
    click.echo(f"{name} is clean")
