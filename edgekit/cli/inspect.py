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

    Of a bundle every file is checked against the manifest's SHA-256. A file is an .onnx, .tflite,
    .mlpackage, .pte or .aimodel, whoever made it.

    \b
    Examples:
      edgekit inspect model.edgekit
      edgekit inspect model.edgekit/model-int8.tflite --json
    """
    from edgekit.bundle import Bundle
    from edgekit.cli.rendering import bundles
    from edgekit.contents import MANIFEST
    from edgekit.conversion import worker
    from edgekit.errors import BundleError
    from edgekit.runtime.inspection import READERS, inspect_file

    if (path / MANIFEST).exists() or (path.is_dir() and path.suffix not in READERS):
        bundles.inspected(Bundle.open(path), as_json)
    else:
        try:
            facts = worker.alone(inspect_file, path.absolute(), debug=debug)
        except worker.CrashError as crash:  # a damaged file can take its library down with it
            raise BundleError(f"{path} cannot be read: {crash}") from crash
        bundles.file(facts, as_json)
