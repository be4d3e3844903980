"""``edgekit check``: parse, call :mod:`edgekit.budget`, render."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from edgekit.cli.options import FilePath, debug_option, json_option


@click.command()
@click.argument("bundle", type=FilePath())
@click.option("--budget", type=FilePath(), help="A TOML file: docs/check.md.")
@click.option("--init", type=FilePath(), help="Measure, and write a budget there.")
@click.option(
    "--baseline",
    "baselines",
    type=FilePath(),
    multiple=True,
    help="report.json of edgekit bench, eval.json of edgekit eval, or their folders.",
)
@click.option("--junit", type=FilePath(special=True), help="Write JUnit XML there.")
@click.option(
    "--markdown", type=FilePath(special=True), help="Write a summary for a pull request there."
)
@click.option("--quiet", is_flag=True, help="Print what is broken only.")
@json_option
@debug_option
def check(
    bundle: Path,
    budget: Path | None,
    init: Path | None,
    baselines: tuple[Path, ...],
    junit: Path | None,
    markdown: Path | None,
    quiet: bool,
    as_json: bool,
    debug: bool,
) -> None:
    """Hold BUNDLE against a budget of size, speed and quality.

    Only what the budget asks for is measured. Exit code 1 if a budget is broken or could not be
    measured, 2 if the budget makes no sense. --init writes a budget from what is measured now.

    \b
    Examples:
      edgekit check model.edgekit --init budget.toml
      edgekit check model.edgekit --budget budget.toml
      edgekit check model.edgekit --budget budget.toml --junit check.xml
    """
    from edgekit import extras
    from edgekit.budget import junit as xml
    from edgekit.budget import limits, render, verdict
    from edgekit.budget.baseline import Baseline
    from edgekit.budget.devices import Devices
    from edgekit.bundle import Bundle
    from edgekit.cli import progress
    from edgekit.cli.rendering.tables import print_json
    from edgekit.files import write_text

    if (budget is None) == (init is None):
        raise click.UsageError("give a budget with --budget, or have one written with --init")
    if init is not None:
        _write_first(bundle, init, quiet or as_json)
        return
    assert budget is not None
    budgets = limits.read(budget)
    extras.require(*(["check"] if junit else []), *limits.extras(budgets))
    baseline = Baseline.read(baselines) if baselines else None
    opened = Bundle.open(bundle.absolute())
    with progress.Log(quiet or as_json) as log:
        found = verdict.check(opened, budgets, baseline, Devices(log.say, log.tick))
    if as_json:
        print_json(render.to_json(opened.name, found))
    elif not quiet:
        render.show(opened.name, found)
    broken = [each for each in found if not each.met]
    for each in broken if quiet else ():
        click.echo(each.sentence, err=True)
    if junit:  # after what is printed: minutes of measuring are not lost on a bad path
        write_text(junit, xml.to_xml(opened.name, found))
    if markdown:
        write_text(markdown, render.to_markdown(opened.name, found))
    if broken:
        sys.exit(1)


def _write_first(bundle: Path, path: Path, hidden: bool) -> None:
    """``edgekit check --init``: writes a budget of what is measured now."""
    from edgekit import extras
    from edgekit.budget import first
    from edgekit.budget.devices import Devices
    from edgekit.bundle import Bundle
    from edgekit.cli import progress

    extras.require("bench")
    with progress.Log(hidden) as log:
        first.write(path, Bundle.open(bundle.absolute()), Devices(log.say, log.tick))
    click.echo(f"{path}; next: edgekit check {bundle} --budget {path}", err=hidden)
