"""``edgekit app``: parse, call :mod:`edgekit.mobile`, say what comes next."""

from __future__ import annotations

from pathlib import Path

import click

from edgekit.cli.options import NAMES, FilePath, Text, debug_option


@click.command()
@click.argument("bundles", nargs=-1, required=True, type=FilePath())
@click.option("--platform", required=True, type=click.Choice(["android", "ios"]))
@click.option("-o", "--out", required=True, type=FilePath(), help="The project's folder.")
@click.option("--artifact", "artifacts", type=NAMES, help="Files that go in, the default first.")
@click.option("--id", "application_id", type=Text(), help="Like com.example.reviews.")
@click.option("--name", type=Text(), help="What people see under the icon.")
@debug_option
def app(
    bundles: tuple[Path, ...],
    platform: str,
    out: Path,
    artifacts: tuple[str, ...] | None,
    application_id: str | None,
    name: str | None,
    debug: bool,
) -> None:
    """Put BUNDLES into an app: a project that Android Studio or Xcode opens.

    Without --artifact each bundle's smallest file goes in. A project that is there keeps everything
    but its bundles and its names.
    """
    from edgekit.bundle import Bundle
    from edgekit.mobile import choice, platforms, project
    from edgekit.words import megabytes

    row = platforms.get(platform)
    chosen = choice.choose([Bundle.open(path) for path in bundles], artifacts or (), row)
    made = project.App(row, chosen, application_id, name)
    project.stamp(made, out)
    for each in chosen:
        files = ", ".join(artifact.file for artifact in each.artifacts)
        click.echo(f"{each.name}: {files}, {megabytes(each.size_bytes)}")
    click.echo(f"{out}/ has them, and opens them with {', '.join(made.runtimes)}; next:")
    for number, step in enumerate(project.steps(made, out, bundles), 1):
        click.echo(f"  {number}. {step}")
