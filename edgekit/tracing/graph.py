"""A traced model on disk: what the tracing process hands to the process of each format.

A folder with one ``torch.export`` program, of dynamic batch and length, and its weights apart from
it. The program is saved hollow and gets its weights back on loading, by memory map: the converters
that read one graph share one copy of the weights.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import copy
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from edgekit.signature import Signature
from edgekit.tracing.specialize import specialize

if TYPE_CHECKING:
    import torch
    from torch.export import ExportedProgram

PROGRAM = "program.pt2"
WEIGHTS = "weights.safetensors"
SPEC = "graph.json"


@dataclass(frozen=True)
class Graph:
    """A folder with a traced program, which is loaded when a converter first asks for it.

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

    def copy(self) -> Graph:
        """The same program with a state of its own: its weights may be replaced."""
        program = copy(self.dynamic)
        program._state_dict = dict(self.dynamic.state_dict)  # it has no public way to be given one
        return _held(self.folder, self.signature, program)

    def static(self, length: int) -> ExportedProgram:
        """The program of batch 1 and that many tokens: one of ``signature.buckets``."""
        return specialize(self.dynamic, 1, length)


def save(folder: Path, signature: Signature, program: ExportedProgram) -> Graph:
    """Writes a program and its weights into a folder.

    Args:
        folder: :func:`load` opens it in another process.
        signature: of the program.
        program: as traced.

    Returns:
        The graph, which has the program at hand and need not read it.
    """
    import torch
    from safetensors.torch import save_file

    state, whole = program.state_dict, dict(program.state_dict)
    weights = {key: value.detach() for key, value in state.items()}
    for key, value in weights.items():
        state[key] = torch.nn.Parameter(torch.empty(1).expand(value.shape), requires_grad=False)
    torch.export.save(program, folder / PROGRAM)
    state.update(whole)
    tied = _tied(weights)
    stored = {key: value.contiguous() for key, value in weights.items() if key not in tied}
    save_file(stored, folder / WEIGHTS)
    (folder / SPEC).write_text(json.dumps({**asdict(signature), "tied": tied}))
    return _held(folder, signature, program)


def _held(folder: Path, signature: Signature, program: ExportedProgram) -> Graph:
    """A graph whose program is in memory already."""
    graph = Graph(folder, signature)
    graph.__dict__["dynamic"] = program  # as if it had been loaded, which takes seconds
    return graph


def load(folder: Path) -> Graph:
    """Opens a folder written by :func:`save`; nothing is read but its signature."""
    return Graph(folder, Signature.from_json(json.loads((folder / SPEC).read_text())))


def _tied(weights: Mapping[str, torch.Tensor]) -> dict[str, str]:
    """The tensors that are another's storage under a second name, by name, with the first one.

    Such is a decoder's matrix that is tied to the embeddings.
    """
    first: dict[tuple[int, tuple[int, ...]], str] = {}
    tied = {}
    for key, value in weights.items():
        owner = first.setdefault((value.data_ptr(), tuple(value.shape)), key)
        if owner != key:
            tied[key] = owner
    return tied
