"""``edgekit devices``: what can be measured on, fetched once, and cleaned up again."""

from __future__ import annotations

import click

from edgekit.cli.options import Text, debug_option, json_option


@click.group(invoke_without_command=True)
@json_option
@debug_option
@click.pass_context
def devices(context: click.Context, as_json: bool, debug: bool) -> None:
    """List what can be measured on, and what the rest needs.

    \b
    Examples:
      edgekit devices
      edgekit devices setup arm64
    """
    from edgekit.benchmarks.devices import targets
    from edgekit.cli.rendering import bundles

    if context.invoked_subcommand is None:
        bundles.devices(targets.find(), as_json)


@devices.command()
@click.argument("name", type=Text())
@debug_option
def setup(name: str, debug: bool) -> None:
    """Fetch once what the device NAME needs.

    \b
    Examples:
      edgekit devices setup arm64
    """
    from edgekit.benchmarks.devices import targets
    from edgekit.cli import progress

    with progress.Log(hidden=False) as log:
        targets.setup(name, log.say)
    click.echo(f"{name} is ready")


@devices.command()
@click.argument("name", type=Text())
@debug_option
def clean(name: str, debug: bool) -> None:
    """Remove what edgekit put on the device NAME, or into its cache.

    \b
    Examples:
      edgekit devices clean arm64
    """
    from edgekit.benchmarks.devices import targets

    targets.clean(name)
    click.echo(f"{name} is clean")
