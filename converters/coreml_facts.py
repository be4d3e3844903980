"""What is inside a Core ML package."""

from __future__ import annotations

from pathlib import Path

from edgekit.converters.facts import FileFacts
from edgekit.files import size_bytes
from edgekit.mil.package import read_facts


def read(path: Path) -> FileFacts:
    """What is in a ``.mlpackage``.

    Raises:
        BundleError: it is damaged, or no ML Program.
    """
    facts = read_facts(path)
    return FileFacts(
        path.name,
        "coreml",
        size_bytes(path),
        facts.minimum_os,
        facts.inputs,
        facts.outputs,
        facts.operations,
        facts.metadata,
        tuple(facts.functions),
        minimum_os=facts.minimum_os,
    )
