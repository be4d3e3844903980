"""``edgekit verify``: a bundle's golden texts run again, here."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from edgekit.cli.options import NAMES, FilePath, debug_option, json_option, quiet_option


@click.command()
@click.argument("path", metavar="BUNDLE", type=FilePath())
@click.option("--artifact", "names", type=NAMES, help="Files, formats or recipes.  [default: all]")
@quiet_option
@json_option
@debug_option
def verify(
    path: Path, names: tuple[str, ...] | None, quiet: bool, as_json: bool, debug: bool
) -> None:
    """Run BUNDLE's golden texts through its files, here and now.

    Hashes show that a file is the one published; this shows that it computes what PyTorch computed,
    whatever the manifest claims. Each file is run in every runtime of it that is installed; exit
    code 1 if one fails, or has none.

    \b
    Examples:
      edgekit verify model.edgekit
      edgekit verify model.edgekit --artifact onnx,tflite
    """
    from edgekit.api.bundles import verify as verified
    from edgekit.cli import progress
    from edgekit.cli.rendering import bundles

    with progress.Log(quiet or as_json) as log:
        results = verified(path, artifact=names or (), debug=debug, progress=log.say)
    if not quiet:
        bundles.verified(results, as_json)
    if not all(result.passed for result in results):
        sys.exit(1)
