"""What a recipe's own numbers give: the traced graph, run with the weights that a file stores.

A quantised file is far from PyTorch by its rounding alone, and a fault may hide in that distance.
It does not hide in the distance to the same graph with the same rounding of weights and of
activations, in which only the order of sums and the functions' last digits are left.

Those move a number from one level of int8 to the next, now and then, and in a deep model all that
follows with it: after some hundred tokens a right file is as far from this reference as from
PyTorch. Of rows of a few tokens some have no such number, and are computed to float's precision.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from edgekit.model.source import SEED
from edgekit.proof.probe import QUIET, Probe
from edgekit.proof.reference import Reference, Rounded, typical
from edgekit.proof.scales import distance
from edgekit.quantize.numerics import stored_values
from edgekit.quantize.scheme import Activations
from edgekit.quantize.selector import Selector
from edgekit.quantize.tensors import constants, operator_name, tensors
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
_Range = Callable[["torch.Tensor", "torch.Tensor"], tuple["torch.Tensor", "torch.Tensor"]]


def answers(
    graph: Graph, selector: Selector, format_name: str, reference: Reference
) -> Rounded | None:
    """What a file of that recipe and format is to compute: the traced graph with the same rounding.

    Args:
        graph: as traced; its weights are replaced in this object, so let it be one of its own.
        selector: how each tensor is stored.
        format_name: the format of the file.
        reference: its probes, and what their answers are measured in.

    Returns:
        The outputs of the short probes, and how far they may move by chance. None where that is not
        known: all is stored as floats, or the format's rounding of activations has not been
        measured here.
    """
    schemes = selector.schemes(format_name)
    rounds = any(scheme.activations == "int8" for scheme in schemes)
    known = format_name in _RANGES or not rounds
    if not known or all(scheme.floating for scheme in schemes):
        return None
    exact = _exact(graph.dynamic) if format_name in _FOLDING else {}
    inputs = _round_weights(graph.dynamic, selector, format_name)
    runner = partial(_runner, graph.dynamic.module(), graph.signature, inputs, format_name, exact)
    run, quietly, flipping = runner(), runner(_LAST_DIGITS), runner(_FLIPS)
    short = [probe for probe in reference.probes if len(probe) <= _LONG]
    found = {probe.name: run(probe) for probe in short}
    apart = partial(_apart, reference)
    moved = {
        probe.name: apart((quietly if probe.kind == QUIET else flipping)(probe), found[probe.name])
        for probe in short
    }
    error = max(
        apart(found.get(probe.name) or run(probe), probe.outputs) for probe in reference.probes
    )
    few = {probe.name: moved[probe.name] for probe in short if probe.kind == QUIET}
    quiet = typical(list(few.values()))
    still = frozenset(name for name, move in few.items() if move <= max(_STILL, 3 * quiet))
    weights_only = all(scheme.activations == "float32" for scheme in schemes)
    noise = max(moved.values(), default=0.0)
    return Rounded(found, noise, still, quiet, error, weights_only)


def _apart(
    reference: Reference, outputs: Mapping[str, np.ndarray], others: Mapping[str, np.ndarray]
) -> float:
    """How far two answers to one probe are apart, relative to spread or largest value, at most."""
    return max(
        max(distance(reference.task, value, others[name], reference.scales[name]))
        for name, value in outputs.items()
    )


def _exact(program: ExportedProgram) -> dict[str, torch.Tensor]:
    """The weights of linear layers that have no input but constants, by the name of the operator.

    Such are DeBERTa's of relative positions. Formats compute these beforehand: nothing is rounded.
    """
    named = {spec.arg.name: spec.target for spec in program.graph_signature.input_specs}
    return {
        node.name: program.state_dict[named[str(node.args[1])]]
        for node in constants(program)
        if operator_name(node) == "linear"
    }


def _runner(
    module: torch.nn.Module,
    signature: Signature,
    inputs: Mapping[str, Activations],
    format_name: str,
    exact: Mapping[str, torch.Tensor],
    disturbance: Mapping[Activations, float] | None = None,
) -> Callable[[Probe], dict[str, np.ndarray]]:
    """Makes a function that runs the graph with rounded inputs of its linear layers.

    Args:
        module: the graph.
        signature: its inputs and outputs.
        inputs: by the name of a weight, what it is multiplied with: ``int8`` is rounded.
        format_name: whose rule of rounding.
        exact: weights, by operator, of layers that are left as they are.
        disturbance: noise that is added to those inputs, as a share of each row's largest value.
    """
    import torch

    generator = torch.Generator().manual_seed(SEED)

    class Quantized(torch.fx.Interpreter):
        """Interprets the graph, with its linear layers on rounded inputs."""

        def run_node(self, n: torch.fx.Node) -> object:
            """Linear layers with the file's rounding; all else as traced."""
            if n.target is not torch.ops.aten.linear.default:
                return super().run_node(n)
            x, *rest = self.fetch_args_kwargs_from_env(n)[0]
            if n.name in exact:
                return torch.ops.aten.linear.default(x, exact[n.name], *rest[1:])
            kind = inputs.get(str(getattr(n.args[1], "target", "")), "float32")
            if disturbance is not None:
                largest = x.abs().amax(-1, keepdim=True)
                x = x + disturbance[kind] * largest * torch.randn(x.shape, generator=generator)
            if kind == "int8":
                x = _rounded(x, _RANGES[format_name])
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
    """Whether a runtime rounds activations as the reference does; TFLite's older kernels do not."""
    return "without XNNPACK" not in runtime


def _round_weights(
    program: ExportedProgram, selector: Selector, format_name: str
) -> dict[str, Activations]:
    """Replaces the program's weights by what a file stores of them.

    Returns:
        By a weight's name, what it is multiplied with.
    """
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


def _rounded(x: torch.Tensor, range_of: _Range) -> torch.Tensor:
    """``x`` in 255 steps a row, over the range that ``range_of`` makes of the row's extremes."""
    low, high = range_of(x.amin(-1, keepdim=True), x.amax(-1, keepdim=True))
    scale = high.sub(low).clamp(min=_LEAST).div(255)
    zero = low.div(scale).neg().sub(128).round().clamp(-128, 127)
    return x.div(scale).round().add(zero).clamp(-128, 127).sub(zero).mul(scale)


def _mirrored(least: torch.Tensor, greatest: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The range of edgekit's ONNX files: as far below 0 as above it."""
    return least.abs().neg(), greatest.abs()


def _widened(least: torch.Tensor, greatest: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The range of XNNPACK (qd8): from extreme to extreme, and 0 is in it."""
    return least.clamp(max=0.0), greatest.clamp(min=0.0)


_FOLDING = ("tflite", "coreml")  # what depends on no input is computed before it is quantised
_RANGES: Mapping[str, _Range] = {"onnx": _mirrored, "tflite": _widened, "executorch": _widened}
