"""``edgekit verify``: a bundle's golden texts run again, here."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from edgekit.cli.options import FilePath, debug_option, json_option


@click.command()
@click.argument("path", type=FilePath())
@json_option
@debug_option
def verify(path: Path, as_json: bool, debug: bool) -> None:
    """Run a bundle's golden texts through every artifact in its runtime, here and now.

    Hashes show that a file is the one published; this shows that it computes what PyTorch computed,
    whatever the manifest claims.
    """
    from edgekit.bundle import Bundle
    from edgekit.cli.rendering import bundles
    from edgekit.conversion import worker
    from edgekit.proof import verify as verifying

    results = worker.alone(verifying.verify, Bundle.open(path.absolute()), debug=debug)
    bundles.verified(results, as_json)
    if not all(result.passed for result in results):
        sys.exit(1)
