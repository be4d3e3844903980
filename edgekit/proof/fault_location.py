"""Where an artifact that failed its proof first leaves PyTorch.

Every encoder normalises after (or before) each of its parts, and every format keeps these
normalisations apart and in order: the first one whose values differ names the part at fault.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edgekit.proof.trials import Trial
from edgekit.runtime.feeding import feed
from edgekit.runtime.session import Session
from edgekit.tolerance import Tolerance
from edgekit.tracing.graph import Graph

if TYPE_CHECKING:
    import torch
    from torch.export import ExportedProgram

_JUMP = 4.0  # times the error of the layer before

Layers = list[tuple[str, np.ndarray]]


def first_difference(
    session: Session, graph: Graph, trial: Trial, tolerance: Tolerance
) -> str | None:
    """The module path of the first layer normalisation that differs; None where none can be told.

    Values differ if they are further from PyTorch's than ``tolerance.max_abs`` of their spread
    over the text's tokens (what stands in masked places never matters), and much further than those
    of the normalisation before: an error that grows from layer to layer has no place of its own.
    Where every normalisation is right, the fault lies behind the last one, in no part that they
    could tell from another.
    """
    arrays = feed(trial.probes, trial.length, graph.signature)
    program = graph.dynamic if session.lengths is None else graph.static(trial.length)
    expected, actual = _reference(program, arrays), session.layers(arrays)
    if not expected or len(expected) != len(actual):
        return None
    seen, before = arrays["attention_mask"].astype(bool), 0.0
    for (name, want), got in zip(expected, actual, strict=True):
        if got.size != want.size:
            return name
        here = _deviation(got.reshape(want.shape), want, seen)
        if not here <= tolerance.max_abs:
            return None if here < _JUMP * before else name
        before = here
    return None


def _deviation(got: np.ndarray, want: np.ndarray, seen: np.ndarray) -> float:
    """How far values are from what they should be, relative to how far those are from their mean.

    Args:
        got: (length, width), of the file.
        want: the same of PyTorch.
        seen: (length,) bool, the tokens that count.
    """
    if want.shape[:2] == seen.shape:
        got, want = got[seen], want[seen]
    rows = want.reshape(-1, want.shape[-1])
    spread = float(np.abs(rows - rows.mean(0)).max()) or float(np.abs(rows).max()) or 1.0
    return float(np.abs(got - want).max()) / spread


def _reference(program: ExportedProgram, arrays: dict[str, np.ndarray]) -> Layers:
    """Runs the traced program, and returns what each layer normalisation gives, with its path."""
    import torch

    found: Layers = []

    class Recorder(torch.fx.Interpreter):
        """Keeps what each layer normalisation gives while the program is interpreted."""

        def run_node(self, n: torch.fx.Node) -> object:
            """Keeps what each layer normalisation gives, with its module path."""
            result = super().run_node(n)
            if n.target is torch.ops.aten.layer_norm.default:
                path = next(reversed(n.meta["nn_module_stack"].values()))[0]
                found.append((path.removeprefix("model."), result.float().numpy()))
            return result

    with torch.no_grad():
        Recorder(_module(program)).run(*(torch.from_numpy(value) for value in arrays.values()))
    return found


def _module(program: ExportedProgram) -> torch.fx.GraphModule:
    """The program as a module that can be interpreted, with its weights."""
    module: torch.fx.GraphModule = program.module()
    return module
