"""What a Core ML package says of itself: the model's description, its labels and its source."""

from __future__ import annotations

import json
import uuid
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgekit.mil.package import read_spec, spec_path
from edgekit.mil.toolbox import coremltools
from edgekit.signature import Card
from edgekit.tracing.graph import Graph

if TYPE_CHECKING:
    from coremltools.proto.Model_pb2 import FeatureDescription

_COREMLTOOLS = "com.github.apple.coremltools.version"  # the key Apple's own tools write


def label(package: Path, graph: Graph, card: Card, recipe: str) -> None:
    """Writes a package's metadata, and replaces what would differ from run to run.

    Args:
        package: the ``.mlpackage``; it is changed.
        graph: whose signature describes inputs and outputs.
        card: what the file says of itself.
        recipe: its name.
    """
    spec = read_spec(package)
    description = spec.description
    metadata = description.metadata
    metadata.author, metadata.license = card.author, card.license
    metadata.shortDescription = card.description or f"{card.name}: {card.task}"
    metadata.versionString = version("edgekit")
    metadata.userDefined.update(_facts(card, recipe))
    for function in description.functions or [description]:
        for features, specs in (
            (function.input, graph.signature.inputs),
            (function.output, graph.signature.outputs),
        ):
            named = {spec.name: spec for spec in specs}
            for feature in features:
                feature.shortDescription = named[feature.name].description or _shape(feature)
    path = spec_path(package)
    path.write_bytes(spec.SerializeToString(deterministic=True))
    path.chmod(0o644)
    _settle_manifest(package / "Manifest.json")


def _facts(card: Card, recipe: str) -> dict[str, str]:
    """The package's user-defined metadata: what edgekit's other formats say as well."""
    facts: dict[str, Any] = {
        "name": card.name,
        "task": card.task,
        "source": card.source,
        "recipe": recipe,
        "labels": list(card.labels),
        "random_weights": card.random_weights,
    }
    written = {key: row if isinstance(row, str) else json.dumps(row) for key, row in facts.items()}
    return {
        _COREMLTOOLS: coremltools().__version__,
        **{f"edgekit.{key}": text for key, text in written.items()},
    }


def _shape(feature: FeatureDescription) -> str:
    return f"shape ({', '.join(map(str, feature.type.multiArrayType.shape))})"


def _settle_manifest(path: Path) -> None:
    """Replaces the random identifiers of a package's items by ones made from their paths."""
    manifest = json.loads(path.read_text())
    entries = manifest["itemInfoEntries"]
    stable = {key: str(uuid.uuid5(uuid.NAMESPACE_URL, row["path"])) for key, row in entries.items()}
    manifest["itemInfoEntries"] = {stable[key]: row for key, row in entries.items()}
    manifest["rootModelIdentifier"] = stable[manifest["rootModelIdentifier"]]
    path.write_text(json.dumps(manifest, indent=4, sort_keys=True) + "\n")
