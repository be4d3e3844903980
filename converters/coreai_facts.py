"""What is inside a Core AI asset, and whether it is whole."""

from __future__ import annotations

import json
from pathlib import Path

from edgekit.converters.facts import FileFacts
from edgekit.errors import BundleError
from edgekit.files import file_sha256, size_bytes
from edgekit.signature import TensorSpec

ENTRY = "main"
FUNCTION = f"{ENTRY}_seq_"  # then its length: Core AI joins an entry point and a shape by "_"


def check(path: Path) -> None:
    """Holds the program against the hash that the asset has of it, which the runtime does not do.

    Raises:
        BundleError: they differ.
    """
    if (path / "main.hash").read_bytes().hex() != file_sha256(path / "main.mlirb"):
        raise BundleError(f"{path.name} is damaged: its program is not what main.hash says")


def read(path: Path) -> FileFacts:
    """What is in the asset: inputs and outputs are those of its longest function.

    Raises:
        BundleError: it is damaged, or has no program.
    """
    from coreai.authoring import AIModelAsset

    check(path)
    summary = AIModelAsset.load(path).summary()
    if summary is None or not summary.function_names:
        raise BundleError(f"{path} cannot be read: its program has no function: convert again")
    functions = sorted(summary.function_names, key=lambda name: int(name.removeprefix(FUNCTION)))
    stored = json.loads((path / "metadata.json").read_text("utf-8"))
    own = stored.pop("creatorDefinedMetadata", {})
    version = f"iOS {(summary._compatibility_version or '27.0').removesuffix('.0')}"
    return FileFacts(
        path.name,
        "coreai",
        size_bytes(path),
        version,
        tuple(_tensor(*row) for row in summary.function_inputs(functions[-1])),
        tuple(_tensor(*row) for row in summary.function_outputs(functions[-1])),
        dict(summary.operation_distribution),
        {name: str(value) for name, value in {**stored, **own}.items() if value},
        tuple(functions),
        minimum_os=f"{version}, macOS{version.removeprefix('iOS')}",
    )


def _tensor(name: str, text: str) -> TensorSpec:
    """A tensor as Core AI describes it in words, such as ``NDArray (Int32, 1 × 16)``."""
    dtype, _, shape = text.removeprefix("NDArray (").removesuffix(")").partition(", ")
    return TensorSpec(name, dtype.lower(), tuple(int(size) for size in shape.split(" × ")))
