"""TFLite (LiteRT): one file with one signature a bucket, all of them on one copy of the weights.

The traced operators are translated one by one (``tflite_ops``) and the weights streamed. LiteRT's
own converter exports the model anew for every signature, through JAX and MLIR, in 1.8 GB.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from edgekit.converters.lowering import missing, resolved, weight_of
from edgekit.converters.options import FormatOptions
from edgekit.converters.tflite_facts import read as inspect
from edgekit.converters.tflite_file import write
from edgekit.converters.tflite_graph import File, GraphTensor, Subgraph, constant
from edgekit.converters.tflite_ops import COVERAGE, TABLE
from edgekit.converters.tflite_shapes import Values
from edgekit.converters.tflite_versions import NARROW_WEIGHTS, least_tensorflow, release
from edgekit.converters.tflite_weights import read as weights
from edgekit.errors import UnsupportedError
from edgekit.quantize.scheme import FLOAT32, Scheme
from edgekit.quantize.tensors import tensors
from edgekit.recipe import Recipe
from edgekit.signature import Card, Signature
from edgekit.tracing.graph import Graph

if TYPE_CHECKING:
    from torch._ops import OpOverload
    from torch.export import ExportedProgram
    from torch.fx import Node


__all__ = ["COVERAGE", "Options", "convert", "inspect", "missing_operators", "weights"]


@dataclass(frozen=True)
class Options(FormatOptions):
    """What TFLite files are asked for.

    Attributes:
        minimum_tflite: the oldest TensorFlow Lite that has to run the files, such as ``2.14``. One
            before 2.18 cannot read int8 weights with a scale a row: its files make float weights of
            them when they are opened. Every LiteRT is newer than that.
    """

    minimum_tflite: str | None = field(
        default=None, metadata={"choices": [f"2.{minor}" for minor in range(5, 20)]}
    )

    @property
    def rounding_known(self) -> bool:
        """Whether runtimes round activations as :mod:`edgekit.proof.recipe_reference` has it.

        An old TensorFlow Lite does not: it is given float weights, and rounds none.
        """
        return self.minimum_tflite is None


DEFAULTS = Options()


def convert(
    graph: Graph,
    recipes: Sequence[Recipe],
    card: Card,
    folder: Path,
    options: Options = DEFAULTS,
) -> Iterator[tuple[Recipe, Path]]:
    """Yields each recipe's finished file as soon as it is written into ``folder``.

    Signature ``seq_N`` takes int32 inputs of shape (1, N) and returns float32 outputs, named and
    ordered as in the graph's signature.

    Args:
        graph: the traced model.
        recipes: what to make; each is a file of its own.
        card: what the files say of themselves.
        folder: where they are written.
        options: see :class:`Options`.

    Raises:
        ConversionError: the model has an operator without a lowering.
        UnsupportedError: a scheme of a recipe has no lowering, or the model needs a newer
            TensorFlow Lite than ``options`` say.
    """
    chosen = [COVERAGE.schemes(recipe, tensors(graph.dynamic)) for recipe in recipes]
    programs = {length: graph.static(length) for length in graph.signature.buckets}
    oldest = options.minimum_tflite
    old = oldest is not None and release(oldest) < release(NARROW_WEIGHTS)
    for recipe, schemes in zip(recipes, chosen, strict=True):
        file = File(dequantized=old)
        for length, program in programs.items():
            subgraph = Subgraph(file, f"seq_{length}")
            _translate(program, graph.signature, subgraph, schemes)
        _check_age(file, oldest)
        path = folder / f"model-{recipe.name}.tflite"
        write(file, card, path)
        yield recipe, path


def missing_operators(graph: Graph) -> list[str]:
    """The operators of a traced model that no lowering is known for, by their names in torch."""
    program = graph.static(min(graph.signature.buckets))
    return missing(program, TABLE.operators(), _constants(program))


def _check_age(file: File, minimum_tflite: str | None) -> None:
    """Raises UnsupportedError if the file needs a newer TensorFlow Lite than was asked for."""
    for code in file.codes if minimum_tflite else ():
        since = least_tensorflow([code])
        if since is not None and release(since) > release(minimum_tflite or ""):
            raise UnsupportedError(
                f"TensorFlow Lite {minimum_tflite} has no {code[0]} of version {code[1]}: "
                f"use --minimum-tflite {since} or newer"
            )


def _translate(
    program: ExportedProgram, signature: Signature, to: Subgraph, schemes: Mapping[str, Scheme]
) -> None:
    """Fills a subgraph with the operators of a program.

    Args:
        program: of one static length.
        signature: names inputs and outputs.
        to: the empty subgraph.
        schemes: how each tensor is stored.

    Raises:
        ConversionError: an operator has no lowering.
    """
    values, table = _arguments(program, signature, to, schemes), TABLE.by_operator()
    for node in program.graph.nodes:
        if node.op != "call_function":
            continue
        args, kwargs = resolved(node, values)
        if _is_constant(node, values):
            values[node] = _fold(node, args, kwargs)
            continue
        lowering = table.get((node.target, _weight_scheme(node, values).kind))
        if lowering is None:
            raise COVERAGE.missing(node)
        to.scope = node.name
        values[node] = lowering(to, node.meta["val"], *args, **kwargs)
    results = (values[node] for node in program.graph.output_node().args[0])
    found = (value for value in results if isinstance(value, GraphTensor))
    to.outputs.update(zip((spec.name for spec in signature.outputs), found, strict=True))


def _arguments(
    program: ExportedProgram, signature: Signature, to: Subgraph, schemes: Mapping[str, Scheme]
) -> dict[Node, Values]:
    """What each placeholder of a program is in the subgraph: an input, or a constant.

    Inputs have the signature's names.
    """
    state = {**program.constants, **program.state_dict}
    inputs = iter(signature.inputs)
    values: dict[Node, Values] = {}
    for node, spec in zip(program.graph.nodes, program.graph_signature.input_specs, strict=False):
        if spec.target is None:
            shape, tensor = node.meta["val"].shape, next(inputs)
            values[node] = to.input(tensor.name, shape, tensor.dtype)
        elif node.users:
            data = state[spec.target].detach().numpy()
            values[node] = constant(data, name=spec.target, scheme=schemes[spec.target])
    return values


def _weight_scheme(node: Node, values: Mapping[Node, Values]) -> Scheme:
    """How the weight is stored that an operator reads.

    Float32 if it reads none that is a parameter.
    """
    weight = weight_of(node)
    value = None if weight is None else values[weight]
    return value.scheme if isinstance(value, GraphTensor) else FLOAT32


def _constants(program: ExportedProgram) -> set[Node]:
    """The nodes that depend on no input: :func:`_translate` computes them."""
    found, specs = set(), program.graph_signature.input_specs
    for node, spec in zip(program.graph.nodes, specs, strict=False):
        if spec.target is not None:
            found.add(node)
    for node in program.graph.nodes:
        if node.op == "call_function" and found.issuperset(node.all_input_nodes):
            fake = node.meta["val"]
            same = [each.meta["val"].shape for each in node.all_input_nodes] == [fake.shape]
            if not isinstance(fake, (list, tuple)) and (same or node.target not in _repeats()):
                found.add(node)
    return found


def _repeats() -> tuple[OpOverload, ...]:
    """The operators that would only repeat what is in a table: they are not computed beforehand."""
    import torch

    return (torch.ops.aten.embedding.default, torch.ops.aten.expand.default)


def _is_constant(node: Node, values: Mapping[Node, Values]) -> bool:
    """Whether a node is computed now: from constants alone, and not one of :func:`_repeats`."""
    read = [values[source] for source in node.all_input_nodes]
    known = all(isinstance(value, GraphTensor) and value.data is not None for value in read)
    return known and node.target not in _repeats()


def _fold(node: Node, args: Sequence[Values], kwargs: Mapping[str, Values]) -> GraphTensor:
    """The result of an operator on constants, computed by PyTorch."""
    import torch
    from torch.utils._pytree import tree_map_only

    def tensor(value: GraphTensor) -> torch.Tensor:
        return torch.from_numpy(value.data)

    assert callable(node.target)
    args, kwargs = tree_map_only(GraphTensor, tensor, (args, kwargs))
    return constant(node.target(*args, **kwargs).numpy())
