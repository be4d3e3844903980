"""Where an artifact that failed its proof first leaves PyTorch.

Every encoder normalises after (or before) each of its parts, and every format keeps these
normalisations apart and in order: the first one whose values differ names the part at fault.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgekit.proof import runs
from edgekit.recipe import Tolerance
from edgekit.runtime.interpreters import Session
from edgekit.tracing.graph import Graph

if TYPE_CHECKING:
    from torch.export import ExportedProgram

Layers = list[tuple[str, np.ndarray]]


def first_difference(
    session: Session, graph: Graph, run: runs.Run, tolerance: Tolerance
) -> str | None:
    """The module path of the first layer normalisation that differs; None where none can be told.

    Values differ if they are further from PyTorch's than ``tolerance.max_abs`` of the largest.
    """
    feed = runs.feed(run.probes, run.length, graph.signature)
    program = graph.dynamic if session.lengths is None else graph.static(run.length)
    expected, actual = _reference(program, feed), session.layers(feed)
    if not expected or len(expected) != len(actual):
        return None
    for (name, want), got in zip(expected, actual, strict=True):
        bound = tolerance.max_abs * float(np.abs(want).max())
        if got.size != want.size or not np.abs(got.reshape(want.shape) - want).max() <= bound:
            return name
    return "the head, after all layers"


def _reference(program: ExportedProgram, feed: dict[str, np.ndarray]) -> Layers:
    """Every layer normalisation of the traced program, in order, with its module's path."""
    import torch

    found: Layers = []

    class Recorder(torch.fx.Interpreter):
        def run_node(self, n: torch.fx.Node) -> Any:
            result = super().run_node(n)
            if n.target is torch.ops.aten.layer_norm.default:
                path = next(reversed(n.meta["nn_module_stack"].values()))[0]
                found.append((path.removeprefix("model."), result.float().numpy()))
            return result

    with torch.no_grad():
        module: Any = program.module()
        Recorder(module).run(*(torch.from_numpy(value) for value in feed.values()))
    return found
