"""What a recipe's own numbers give: the traced graph, run with the weights that a file stores.

A quantised file is far from PyTorch by its rounding alone, and a fault may hide in that distance.
It does not hide in the distance to the same graph with the same rounding of weights and of
activations, in which only the order of sums and the functions' last digits are left.

Those move a number from one level of int8 to the next, now and then, and in a deep model all that
follows with it: after some hundred tokens a right file is as far from this reference as from
PyTorch. Of rows of a few tokens some have no such number, and are computed to float's precision.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

import numpy as np

from edgekit.manifest import Scale
from edgekit.model.source import SEED
from edgekit.model.tasks import Task
from edgekit.proof.probes import QUIET, Probe
from edgekit.proof.scales import distance
from edgekit.quantize.numerics import stored_values
from edgekit.quantize.scheme import Activations
from edgekit.quantize.selector import Selector
from edgekit.quantize.tensors import tensors
from edgekit.runtime.feeding import feed, row
from edgekit.signature import Signature
from edgekit.tracing.graph import Graph

if TYPE_CHECKING:
    import torch
    from torch.export import ExportedProgram

_LEAST = 1e-9  # half-width of a row's range, as the formats have it
_LONG = 32  # tokens; longer probes have so much noise that they tell nothing
# Disturbances, as shares of the largest value of each row that enters a linear layer. The first is
# what another order of sums changes in float32, and half a unit in the last place of float16; the
# second is enough for levels to flip in any model, so that it is seen how far that moves an output.
_LAST_DIGITS: Mapping[Activations, float] = {"int8": 1e-7, "float32": 1e-7, "float16": 2.0**-11}
_FLIPS: Mapping[Activations, float] = {**_LAST_DIGITS, "int8": 1e-5}
_STILL = 1e-5  # what no level that flips stays below
_Low = Callable[["torch.Tensor"], "torch.Tensor"]


@dataclass(frozen=True)
class Rounded:
    """Each short probe's outputs by its name, of the unpadded text.

    ``noise`` is how far they move at most if some levels flip. ``still`` are the probes of few
    tokens that move least if only last digits differ, and ``quiet`` how far they do.
    """

    answers: Mapping[str, Mapping[str, np.ndarray]]
    noise: float
    still: frozenset[str]
    quiet: float


def typical(distances: Sequence[float]) -> float:
    """The lower quartile, which is that of a file in which hardly any level flips."""
    return float(np.quantile(distances, 0.25, method="lower")) if distances else 0.0


def answers(graph: Graph, selector: Selector, format_name: str, asked: Asked) -> Rounded | None:
    """What a file of that recipe and format is to compute.

    None where that is not known: all is stored as floats, the format's rounding of activations has
    not been measured here, or linear layers of constants may have been computed beforehand.

    Args:
        graph: as traced; its weights are replaced in this object, so let it be one of its own.
        selector: how each tensor is stored.
        format_name: the format of the file.
        asked: the probes and what their answers are measured in.
    """
    schemes = selector.schemes(format_name)
    rounds = any(scheme.activations == "int8" for scheme in schemes)
    known = format_name in _LOWS or not rounds
    if not known or all(scheme.floating for scheme in schemes) or _folded(graph):
        return None
    inputs = _round_weights(graph.dynamic, selector, format_name)
    runner = partial(_runner, graph.dynamic.module(), graph.signature, inputs, format_name)
    run, quietly, flipping = runner(), runner(_LAST_DIGITS), runner(_FLIPS)
    short = [probe for probe in asked.probes if len(probe) <= _LONG]
    found = {probe.name: run(probe) for probe in short}
    moved = {
        probe.name: max(
            max(distance(asked.task, value, found[probe.name][name], asked.scales[name]))
            for name, value in (quietly if probe.kind == QUIET else flipping)(probe).items()
        )
        for probe in short
    }
    few = {probe.name: moved[probe.name] for probe in short if probe.kind == QUIET}
    quiet = typical(list(few.values()))
    still = frozenset(name for name, move in few.items() if move <= max(_STILL, 3 * quiet))
    return Rounded(found, max(moved.values(), default=0.0), still, quiet)


def _folded(graph: Graph) -> bool:
    """Whether a linear layer has no input but constants, as DeBERTa's of relative positions."""
    found = tensors(graph.dynamic).values()
    return any(tensor.constant and "linear" in tensor.operators for tensor in found)


class Asked(Protocol):
    """The probes of a proof."""

    @property
    def task(self) -> Task: ...

    @property
    def probes(self) -> tuple[Probe, ...]: ...

    @property
    def scales(self) -> Mapping[str, Scale]: ...


def _runner(
    module: torch.nn.Module,
    signature: Signature,
    inputs: Mapping[str, Activations],
    format_name: str,
    disturbance: Mapping[Activations, float] | None = None,
) -> Callable[[Probe], dict[str, np.ndarray]]:
    """The graph with rounded, and perhaps disturbed, inputs of its linear layers."""
    import torch

    generator = torch.Generator().manual_seed(SEED)

    class Quantized(torch.fx.Interpreter):
        def run_node(self, n: torch.fx.Node) -> object:
            if n.target is not torch.ops.aten.linear.default:
                return super().run_node(n)
            x, *rest = self.fetch_args_kwargs_from_env(n)[0]
            kind = inputs.get(str(getattr(n.args[1], "target", "")), "float32")
            if disturbance is not None:
                largest = x.abs().amax(-1, keepdim=True)
                x = x + disturbance[kind] * largest * torch.randn(x.shape, generator=generator)
            if kind == "int8":
                x = _rounded(x, _LOWS[format_name])
            return torch.ops.aten.linear.default(x, *rest)

    interpreter = Quantized(module)

    def run(probe: Probe) -> dict[str, np.ndarray]:
        arrays = feed((probe,), len(probe), signature)
        with torch.inference_mode():
            outputs = interpreter.run(*(torch.from_numpy(value) for value in arrays.values()))
        plain = {name: value.float().numpy() for name, value in outputs.items()}
        return row(plain, 0, probe.rows, signature)

    return run


def known(runtime: str) -> bool:
    """Whether activations are rounded as here: TFLite's older kernels have a rule of their own."""
    return "without XNNPACK" not in runtime


def _round_weights(
    program: ExportedProgram, selector: Selector, format_name: str
) -> dict[str, Activations]:
    """Replaces the weights; returns what each is multiplied with, by its name."""
    import torch

    found: dict[str, Activations] = {}
    for name, tensor in tensors(program).items():
        scheme, weight = selector.scheme(tensor, format_name), program.state_dict.get(name)
        if weight is None or not weight.is_floating_point():
            continue
        values = stored_values(weight.detach().numpy(), scheme)
        program.state_dict[name] = torch.nn.Parameter(torch.from_numpy(values), False)
        found[name] = scheme.activations
    return found


def _rounded(x: torch.Tensor, low_of: _Low) -> torch.Tensor:
    """Each row in 255 steps from a value at or below its least, and 0, to its greatest."""
    low, high = low_of(x.amin(-1, keepdim=True)), x.amax(-1, keepdim=True).clamp(min=0.0)
    scale = high.sub(low).clamp(min=_LEAST).div(255)
    zero = low.div(scale).neg().sub(128).round().clamp(-128, 127)
    return x.div(scale).round().add(zero).clamp(-128, 127).sub(zero).mul(scale)


def _mirrored(least: torch.Tensor) -> torch.Tensor:
    """As edgekit's ONNX files have it."""
    return least.abs().neg()


def _clipped(least: torch.Tensor) -> torch.Tensor:
    """As XNNPACK has it (qd8)."""
    return least.clamp(max=0.0)


_LOWS: Mapping[str, _Low] = {"onnx": _mirrored, "tflite": _clipped, "executorch": _clipped}
