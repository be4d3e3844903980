"""``edgekit inspect``: a bundle checked against its hashes, or what is inside one file."""

from __future__ import annotations

from pathlib import Path

import click

from edgekit.cli.options import FilePath, debug_option, json_option


@click.command()
@click.argument("path", type=FilePath())
@json_option
@debug_option
def inspect(path: Path, as_json: bool, debug: bool) -> None:
    """Show what is inside a bundle, or inside one exported file.

    Of a bundle every file is checked against the manifest's SHA-256. A file is one of a
    format that edgekit writes, such as .onnx or .mlpackage, whoever made it.

    \b
    Examples:
      edgekit inspect model.edgekit
      edgekit inspect model.edgekit/model-int8.tflite --json
    """
    from edgekit.api.bundles import inspect as inspected
    from edgekit.bundle import Bundle
    from edgekit.cli.rendering import bundles

    found = inspected(path, debug=debug)
    if isinstance(found, Bundle):
        bundles.inspected(found, as_json)
    else:
        bundles.file(found, as_json)
