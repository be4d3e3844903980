"""What is inside an exported file, whoever made it: what each format's ``inspect`` returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from edgekit.layout import html_table
from edgekit.signature import TensorSpec
from edgekit.words import megabytes


@dataclass(frozen=True, repr=False)
class FileFacts:
    """What is found in a file.

    Attributes:
        file: its name.
        format: as ``formats.FORMATS`` has it.
        size_bytes: of the file or package.
        version: the opset, schema or minimum OS.
        inputs: of its default, or longest, function.
        outputs: the same.
        operations: how many nodes there are of each type.
        metadata: what the file says of itself, by name.
        functions: their names, where the format has several in a file.
        least_runtime: by runtime the first version that opens the file; empty where an operator is
            unknown.
        minimum_os: the oldest system that both the file and its runtime's library run on.
    """

    file: str
    format: str
    size_bytes: int
    version: str
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    operations: Mapping[str, int]
    metadata: Mapping[str, str] = field(default_factory=dict)
    functions: tuple[str, ...] = ()
    least_runtime: Mapping[str, str] = field(default_factory=dict)
    minimum_os: str = ""

    def __repr__(self) -> str:
        return f"<{self.file}: {self.format}, {megabytes(self.size_bytes)}, {self.version}>"

    def _repr_html_(self) -> str:
        """Inputs and outputs, as a notebook shows them."""
        named = [
            *(("input", row) for row in self.inputs),
            *(("output", row) for row in self.outputs),
        ]
        cells = ((row.name, kind, row.dtype, str(list(row.shape))) for kind, row in named)
        return html_table(("name", "", "type", "shape"), cells)


def function_length(name: str) -> int:
    """The length in tokens that a function of edgekit has in its name; 0 for those of others."""
    last = name.rpartition("_")[2]
    return int(last) if last.isdecimal() else 0
