"""A traced model on disk: what the tracing process hands to the process of each format.

A folder with one ``torch.export`` program, of dynamic batch and length, and its weights apart from
it. The program is saved hollow and gets its weights back on loading, by memory map: the converters
that read one graph share one copy of the weights.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgekit.specialize import specialize

if TYPE_CHECKING:
    import torch
    from torch.export import ExportedProgram

PROGRAM = "program.pt2"
WEIGHTS = "weights.safetensors"
SPEC = "graph.json"


@dataclass(frozen=True)
class TensorSpec:
    """One input or output. ``shape`` names its free axes: ``("batch", "length", 768)``."""

    name: str
    dtype: str
    shape: tuple[int | str, ...]
    description: str = ""

    def at(self, batch: int, length: int) -> tuple[int, ...]:
        """The shape with its free axes filled in."""
        free = {"batch": batch, "length": length}
        return tuple(free[axis] if isinstance(axis, str) else axis for axis in self.shape)


@dataclass(frozen=True)
class Signature:
    """What goes in, what comes out, and which static lengths (buckets) are traced.

    ``pad_id`` is what the model's own tokenizer pads ``input_ids`` with. Any id would do: what
    stands where ``attention_mask`` is 0 never matters.
    """

    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    buckets: tuple[int, ...]
    pad_id: int = 0

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Signature:
        """The inverse of ``dataclasses.asdict``."""

        def specs(rows: list[dict[str, Any]]) -> tuple[TensorSpec, ...]:
            return tuple(TensorSpec(**{**row, "shape": tuple(row["shape"])}) for row in rows)

        return cls(
            specs(data["inputs"]),
            specs(data["outputs"]),
            tuple(data["buckets"]),
            data.get("pad_id", 0),
        )


@dataclass(frozen=True)
class Card:
    """What an artefact says of itself in its own metadata, whatever its format."""

    name: str
    task: str
    source: str
    description: str = ""
    author: str = ""
    license: str = ""
    labels: tuple[str, ...] = ()
    random_weights: bool = False


@dataclass(frozen=True)
class Graph:
    """A folder with a traced program, loaded when a converter first asks for it.

    The program takes the inputs of ``signature`` (int32, in that order) and returns a dict whose
    keys are the names of its outputs (float32, in that order).
    """

    folder: Path
    signature: Signature

    @cached_property
    def dynamic(self) -> ExportedProgram:
        """The program with dynamic batch and length (both from 1)."""
        import torch
        from safetensors.torch import load_file

        program = torch.export.load(self.folder / PROGRAM)
        weights = load_file(self.folder / WEIGHTS)
        tied = json.loads((self.folder / SPEC).read_text())["tied"]
        state = program.state_dict
        for key in state:
            state[key] = torch.nn.Parameter(weights[tied.get(key, key)], requires_grad=False)
        return program

    def static(self, length: int) -> ExportedProgram:
        """The program of batch 1 and that many tokens: one of ``signature.buckets``."""
        return specialize(self.dynamic, 1, length)


def save(folder: Path, signature: Signature, program: ExportedProgram) -> Graph:
    """Writes the program, hollowing it out, and its weights."""
    import torch
    from safetensors.torch import save_file

    state = program.state_dict
    weights = {key: value.detach() for key, value in state.items()}
    for key, value in weights.items():
        state[key] = torch.nn.Parameter(torch.empty(1).expand(value.shape), requires_grad=False)
    torch.export.save(program, folder / PROGRAM)
    tied = _tied(weights)
    stored = {key: value.contiguous() for key, value in weights.items() if key not in tied}
    save_file(stored, folder / WEIGHTS)
    (folder / SPEC).write_text(json.dumps({**asdict(signature), "tied": tied}))
    return Graph(folder, signature)


def load(folder: Path) -> Graph:
    """Opens a folder written by :func:`save`; nothing is read but its signature."""
    return Graph(folder, Signature.from_json(json.loads((folder / SPEC).read_text())))


def _tied(weights: Mapping[str, torch.Tensor]) -> dict[str, str]:
    """Which tensors are another's storage under a second name (a decoder tied to embeddings)."""
    first: dict[tuple[int, tuple[int, ...]], str] = {}
    tied = {}
    for key, value in weights.items():
        owner = first.setdefault((value.data_ptr(), tuple(value.shape)), key)
        if owner != key:
            tied[key] = owner
    return tied
