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
    from edgekit.bundle import Bundle
    from edgekit.cli import progress
    from edgekit.cli.rendering import bundles
    from edgekit.conversion import worker
    from edgekit.proof import verify as verifying

    with progress.Log(quiet or as_json) as log:
        log.say(f"{path}: every file's hash")
        opened = Bundle.open(path.absolute())
        results = worker.alone(
            verifying.verify,
            opened,
            names or (),
            debug=debug,
            say=lambda step: log.say(f"  {step}"),
        )
    if not quiet:
        bundles.verified(results, as_json)
    if not all(result.passed for result in results):
        sys.exit(1)
