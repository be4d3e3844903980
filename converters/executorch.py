"""ExecuTorch: one .pte file with one method, ``forward``, of batch 1 and any length.

XNNPACK takes the length as it comes, so a text is never padded to a bucket. A method a bucket would
share the weights in the file, but each is lowered anew, which is most of the work.
Every weight of the int8 file is int8: XNNPACK quantises activations a row at a time, and the
embedding tables are read by ``quantized_decomposed::embedding_byte``, which ExecuTorch's Android
library has and its Swift package calls ``kernels_quantized``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import pi, sqrt
from operator import attrgetter, getitem
from pathlib import Path
from typing import TYPE_CHECKING

from edgekit.converters.executorch_facts import read as inspect
from edgekit.converters.executorch_file import write
from edgekit.converters.executorch_weights import read as weights
from edgekit.converters.lowering import Coverage, LoweringKey, weight_of
from edgekit.converters.options import NONE as DEFAULTS
from edgekit.converters.options import FormatOptions as Options
from edgekit.quantize.numerics import quantize
from edgekit.quantize.scheme import FLOAT32, INT8, Scheme
from edgekit.quantize.tensors import operator_name, tensors
from edgekit.recipe import Recipe
from edgekit.signature import Card
from edgekit.tracing.graph import Graph

if TYPE_CHECKING:
    import torch
    from torch.export import ExportedProgram
    from torch.fx import GraphModule, Node

    from edgekit.tracing.decompositions import Decomposed

__all__ = ["COVERAGE", "Options", "convert", "inspect", "missing_operators", "weights"]

_LEVELS = (-127, 127)  # of weights: symmetric, so that there is no zero point
_ACTIVATIONS = (-128, 127)


def convert(
    graph: Graph,
    recipes: Sequence[Recipe],
    card: Card,
    folder: Path,
    options: Options = DEFAULTS,
) -> Iterator[tuple[Recipe, Path]]:
    """Yields each recipe's finished file as soon as it is written into ``folder``.

    ``forward`` takes int32 inputs of shape (1, length) and returns float32 outputs, both in the
    order of the signature; length is from 1 to the largest bucket.

    Raises:
        ConversionError: ExecuTorch cannot lower the model.
        UnsupportedError: a scheme of a recipe has no lowering.
    """
    chosen = [COVERAGE.schemes(recipe, tensors(graph.dynamic)) for recipe in recipes]
    for recipe, schemes in zip(recipes, chosen, strict=True):
        program = _program(graph, schemes)
        path = folder / f"model-{recipe.name}.pte"
        write(program, graph.signature, card, path)
        yield recipe, path


def missing_operators(graph: Graph) -> list[str]:
    """Empty: there is no table to look into.

    ExecuTorch decomposes what it has no kernel for, and says what is left when it lowers a program.
    """
    return []


def _program(graph: Graph, schemes: Mapping[str, Scheme]) -> ExportedProgram:
    """The traced program at batch 1 and any length, its attention in operators that XNNPACK has."""
    import torch
    from torch.export import Dim

    module = graph.dynamic.module()
    _lower_weights(module, schemes)
    length = Dim("length", min=1, max=max(*graph.signature.buckets, 8))
    sample = tuple(torch.ones((1, 7), dtype=torch.int32) for _ in graph.signature.inputs)
    shapes = tuple({1: length} for _ in sample)
    with torch.no_grad():
        program = torch.export.export(module, sample, dynamic_shapes=shapes, strict=False)
        aten = torch.ops.aten
        decomposed: ExportedProgram = program.run_decompositions(
            {
                aten.scaled_dot_product_attention.default: _attention,
                aten.gelu.default: _gelu,
                aten.gather.default: _gather,
            }
        )
    _infer_lengths(decomposed)
    return decomposed


def _infer_lengths(program: ExportedProgram) -> None:
    """Replaces the length in the shapes of views by -1, which keeps them in XNNPACK's part.

    XNNPACK takes no symbol there; a part that ends at each view costs copies and a call each time.
    """
    import torch

    for node in program.graph.nodes:
        if node.target is torch.ops.aten.view.default:
            shape = [size if isinstance(size, int) else -1 for size in node.meta["val"].shape]
            if shape.count(-1) == 1:
                node.args = (node.args[0], shape)
    program.graph_module.recompile()


def _attention(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    mask: torch.Tensor | None = None,
    dropout: float = 0.0,
    is_causal: bool = False,
    *,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> torch.Tensor:
    """Attention as products of three axes; tensors are (1, heads, length, size).

    PyTorch's own decomposition guards against rows that are masked throughout, in operators that
    XNNPACK does not have; edgekit's mask is finite and needs no guard.
    """
    query, key, value = (x.view(x.shape[1], -1, x.shape[3]) for x in (query, key, value))
    scores = (query * (scale or query.shape[-1] ** -0.5)).bmm(key.transpose(1, 2))
    if mask is not None:
        scores = scores + mask.squeeze(0)
    result = scores.softmax(-1).bmm(value)
    by_token = result.transpose(0, 1).contiguous()  # the layout of PyTorch's own, which is viewed
    return by_token.transpose(0, 1).unsqueeze(0)


def _gelu(x: torch.Tensor, approximate: str = "none") -> Decomposed:
    """GELU in operators that compute the form that is asked for.

    XNNPACK's own computes the exact function whichever one the graph asks for: 1e-4 apart.
    """
    from edgekit.tracing.decompositions import UNCHANGED

    if approximate != "tanh":
        return UNCHANGED
    inner = (x + x * x * x * 0.044715) * sqrt(2 / pi)
    return x * 0.5 * (inner.tanh() + 1.0)


def _gather(
    x: torch.Tensor, dim: int, index: torch.Tensor, *, sparse_grad: bool = False
) -> Decomposed:
    """gather with int64 indices: ExecuTorch's kernel takes no others."""
    from edgekit.tracing.decompositions import UNCHANGED

    if index.dtype.itemsize == 8:
        return UNCHANGED
    return x.gather(dim, index.long())


def _lower_weights(module: GraphModule, schemes: Mapping[str, Scheme]) -> None:
    """Replaces the operators whose weights are stored as levels, each by the table's lowering."""
    import executorch.exir.passes._quant_patterns_and_replacements  # noqa: F401  embedding_byte

    constants: dict[str, tuple[Node, ...]] = {}
    for node in list(module.graph.nodes):
        weight = weight_of(node)
        name = str(weight.target) if weight is not None and weight.op == "get_attr" else ""
        scheme = schemes.get(name, FLOAT32)
        lowering = _LOWERINGS[operator_name(node), scheme.kind] if weight is not None else _as_it_is
        if weight is None or lowering is _as_it_is:
            continue
        if name not in constants:
            constants[name] = _constants(module, weight, scheme, len(constants))
        with module.graph.inserting_before(node):
            lowering(node, *constants[name])
    module.graph.eliminate_dead_code()
    module.recompile()


def _constants(
    module: GraphModule, weight: Node, scheme: Scheme, index: int
) -> tuple[Node, Node, Node]:
    """Levels (int8, rows x columns), scales and zero points (rows) of a weight, as buffers.

    XNNPACK takes zero points only as a constant, even where all of them are 0.
    """
    import torch

    stored = quantize(attrgetter(str(weight.target))(module).detach().numpy(), scheme)
    assert stored.scale is not None
    scales = torch.from_numpy(stored.scale[:, 0].copy())
    buffers = {
        "levels": torch.from_numpy(stored.levels),
        "scales": scales,
        "zeros": torch.zeros(len(scales)).long(),
    }
    for name, buffer in buffers.items():
        module.register_buffer(f"{name}_{index}", buffer)
    with module.graph.inserting_before(weight):
        levels, scale, zeros = (module.graph.get_attr(f"{name}_{index}") for name in buffers)
    return levels, scale, zeros


def _as_it_is(node: Node, *_: Node) -> None:
    """The lowering of a float weight: it stays where it is."""


def _linear(node: Node, levels: Node, scales: Node, zeros: Node) -> None:
    """The lowering of a linear layer with an int8 weight.

    Its input is quantised at run time; XNNPACK fuses the whole into one int8 product.
    """
    import torch

    ops, call = torch.ops.quantized_decomposed, node.graph.call_function
    x = node.args[0]
    eps = float(torch.finfo(torch.float32).eps)
    chosen = call(ops.choose_qparams.tensor, (x, *_ACTIVATIONS, eps, torch.int8))
    scale, zero = (call(getitem, (chosen, index)) for index in (0, 1))
    grid = (scale, zero, *_ACTIVATIONS, torch.int8)
    x = call(ops.quantize_per_tensor.tensor, (x, *grid))
    x = call(ops.dequantize_per_tensor.tensor, (x, *grid))
    rows = (levels, scales, zeros, 0, *_LEVELS, torch.int8)
    weight = call(ops.dequantize_per_channel.default, rows)
    node.args = (x, weight, *node.args[2:])


def _embedding(node: Node, levels: Node, scales: Node, zeros: Node) -> None:
    """The lowering of a lookup in an int8 table; the kernel takes only int64 indices."""
    import torch

    cast = torch.ops.aten._to_copy.default
    indices = node.graph.call_function(cast, (node.args[1],), {"dtype": torch.int64})
    node.target = torch.ops.quantized_decomposed.embedding_byte.default
    node.args, node.kwargs = (levels, scales, None, *_LEVELS, indices), {}


_LOWERINGS: Mapping[LoweringKey, Callable[..., None]] = {
    ("embedding", FLOAT32): _as_it_is,
    ("linear", FLOAT32): _as_it_is,
    ("embedding", INT8): _embedding,
    ("linear", INT8): _linear,
}
COVERAGE = Coverage("executorch", "ExecuTorch", _LOWERINGS, "converters/executorch.py")
