"""Core AI: one .aimodel asset, Apple's format from iOS 27 on, one function a bucket.

The traced program is exported once more at batch 1, lowered by Apple's ``coreai-torch``, and then
specialised to the buckets, whose functions share one copy of the weights. Weights stored as levels
go in as Core AI's own ``blockwise_shift_scale`` (https://pypi.org/project/coreai-torch), with the
numbers that :mod:`edgekit.quantize.numerics` computed.
"""

from __future__ import annotations

import contextlib
import copy
import io
import json
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from edgekit.converters.coreai_facts import ENTRY, FUNCTION
from edgekit.converters.coreai_facts import read as inspect
from edgekit.converters.coreai_rows import leave_out
from edgekit.converters.coreai_weights import read as weights
from edgekit.converters.lowering import Coverage, LoweringKey, weight_of
from edgekit.converters.options import NONE as DEFAULTS
from edgekit.converters.options import FormatOptions as Options
from edgekit.errors import ConversionError, UnsupportedError, first_line
from edgekit.quantize.numerics import quantize
from edgekit.quantize.scheme import FLOAT16, FLOAT32, Scheme
from edgekit.quantize.tensors import operator_name, tensors
from edgekit.recipe import Recipe
from edgekit.signature import Card, Signature
from edgekit.tracing.graph import Graph
from edgekit.version import VERSION

if TYPE_CHECKING:
    from coreai.authoring import AIProgram
    from torch.export import ExportedProgram
    from torch.fx import GraphModule, Node

__all__ = ["COVERAGE", "Options", "convert", "inspect", "missing_operators", "weights"]


def convert(
    graph: Graph,
    recipes: Sequence[Recipe],
    card: Card,
    folder: Path,
    options: Options = DEFAULTS,
) -> Iterator[tuple[Recipe, Path]]:
    """Yields each recipe's finished asset as soon as it is written into ``folder``.

    A function ``main_seq_N`` takes int32 inputs of shape (1, N) and returns float32 outputs, named
    as in the signature.

    Raises:
        ConversionError: Core AI cannot lower the model.
        UnsupportedError: a scheme of a recipe has no lowering, or a recipe computes in two types.
    """
    known = tensors(graph.dynamic)
    chosen = [COVERAGE.schemes(recipe, known) for recipe in recipes]
    for recipe, schemes in zip(recipes, chosen, strict=True):
        with _conversion_errors():
            program = _program(graph, schemes, recipe)
        path = folder / f"model-{recipe.name}.aimodel"
        _write(program, card, path)
        yield recipe, path


def missing_operators(graph: Graph) -> list[str]:
    """Empty: there is no table to look into.

    coreai-torch decomposes what it has no lowering for, and says what is left when it lowers a
    program.
    """
    return []


@contextlib.contextmanager
def _conversion_errors() -> Iterator[None]:
    """Makes a ConversionError of whatever coreai-torch raises, and hides what it prints."""
    try:
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # coreai-torch greets, and warns of every newer torch
            yield
    except (ConversionError, UnsupportedError):
        raise
    except Exception as error:
        raise ConversionError(f"Core AI cannot lower the model: {first_line(error)}") from error


def _program(graph: Graph, schemes: Mapping[str, Scheme], recipe: Recipe) -> AIProgram:
    """The Core AI program of one recipe, with a function for each bucket."""
    from coreai_torch import TorchConverter

    signature = graph.signature
    exported = _exported(graph, schemes, recipe)
    # its default mode stores stack traces, with the folders of whoever converted
    converter = TorchConverter(mode=TorchConverter.Mode.RELEASE).add_exported_program(
        exported,
        input_names=[spec.name for spec in signature.inputs],
        output_names=[spec.name for spec in signature.outputs],
    )
    program: AIProgram = converter.to_coreai()
    program.set_static_shape_config(ENTRY, _shapes(signature))
    return program


def _shapes(signature: Signature) -> dict[str, dict[str, tuple[int, ...]]]:
    """The shape of each input in each bucket's function.

    Returns:
        By what Core AI adds to the function's name, such as ``seq_32``, shapes by the inputs'
        names.
    """
    suffix = FUNCTION.removeprefix(f"{ENTRY}_")
    return {
        f"{suffix}{length}": {spec.name: spec.at(1, length) for spec in signature.inputs}
        for length in signature.buckets
    }


def _exported(graph: Graph, schemes: Mapping[str, Scheme], recipe: Recipe) -> ExportedProgram:
    """The traced program at batch 1 and any length, in Core AI's operators.

    Its weights are stored by the recipe.
    """
    import torch
    from coreai_torch import get_decomp_table
    from torch.export import Dim

    module = graph.dynamic.module()
    leave_out(module, graph.static(max(graph.signature.buckets)))
    _lower_weights(module, schemes)
    if _activations(schemes, recipe) == "float16":
        module = copy.deepcopy(module)  # else the next recipe would find its weights rounded
        _compute_in_float16(module)
    length = Dim("length", min=1, max=max(*graph.signature.buckets, 8))
    sample = tuple(torch.ones((1, 7), dtype=torch.int32) for _ in graph.signature.inputs)
    shapes = tuple({1: length} for _ in sample)
    with torch.no_grad():
        exported = torch.export.export(module, sample, dynamic_shapes=shapes, strict=False)
        decomposed: ExportedProgram = exported.run_decompositions(get_decomp_table())
    return decomposed


def _activations(schemes: Mapping[str, Scheme], recipe: Recipe) -> str:
    """The type that the whole program computes in: ``float32`` or ``float16``.

    Raises:
        UnsupportedError: the recipe names both.
    """
    found = {scheme.activations for scheme in schemes.values()}
    if len(found) != 1:
        raise UnsupportedError(
            f"Core AI computes a whole model in one type, and recipe '{recipe.name}' asks for "
            f"{' and '.join(sorted(found))}: choose another recipe"
        )
    return found.pop()


def _compute_in_float16(module: GraphModule) -> None:
    """Makes weights, constants and casts float16, in place; the outputs stay float32."""
    import torch

    module.half()
    for node in module.graph.nodes:
        if node.kwargs.get("dtype") is torch.float32:
            node.kwargs = {**node.kwargs, "dtype": torch.float16}
    output = module.graph.output_node()
    to_copy = torch.ops.aten._to_copy.default
    with module.graph.inserting_before(output):
        results = [
            module.graph.call_function(to_copy, (result,), {"dtype": torch.float32})
            for result in cast("tuple[Node, ...]", output.args[0])
        ]
    output.args = (tuple(results),)
    module.recompile()


def _lower_weights(module: GraphModule, schemes: Mapping[str, Scheme]) -> None:
    """Replaces the weights that are stored as levels, each by the table's lowering."""
    import coreai_torch._compression.custom_layers  # noqa: F401  registers the operator

    dequantized: dict[str, Node] = {}
    for node in list(module.graph.nodes):
        weight = weight_of(node)
        if weight is None or weight.op != "get_attr":
            continue
        name = str(weight.target)
        lowering = _LOWERINGS[operator_name(node), schemes[name].kind]
        if name not in dequantized:
            with module.graph.inserting_before(node):
                dequantized[name] = lowering(module, weight, schemes[name], len(dequantized))
        node.replace_input_with(weight, dequantized[name])
    module.graph.eliminate_dead_code()
    module.recompile()


def _as_it_is(module: GraphModule, weight: Node, scheme: Scheme, index: int) -> Node:
    """The lowering of a float weight: it stays where it is."""
    return weight


def _levels(module: GraphModule, weight: Node, scheme: Scheme, index: int) -> Node:
    """The lowering of an int8 weight: levels of its shape, scales and zero points of its rank.

    Returns:
        The node that computes the weight of them.
    """
    import torch

    stored = quantize(attrgetter(str(weight.target))(module).detach().numpy(), scheme)
    parts = {"levels": stored.levels, "scales": stored.scale, "zero_points": stored.zero_point}
    for name, array in parts.items():
        assert array is not None
        module.register_buffer(f"{name}_{index}", torch.from_numpy(array.copy()))
    arguments = tuple(module.graph.get_attr(f"{name}_{index}") for name in parts)
    multiply = torch.ops.coreai.constexpr_blockwise_shift_scale.default
    return module.graph.call_function(multiply, arguments)


INT8_WEIGHTS = Scheme(8, symmetric=False)
_LOWERINGS: Mapping[LoweringKey, Callable[[GraphModule, Node, Scheme, int], Node]] = {
    (operator, scheme.kind): lowering
    for operator in ("embedding", "linear")
    for scheme, lowering in ((FLOAT32, _as_it_is), (FLOAT16, _as_it_is), (INT8_WEIGHTS, _levels))
}
COVERAGE = Coverage("coreai", "Core AI", _LOWERINGS, "converters/coreai.py")


def _write(program: AIProgram, card: Card, path: Path) -> None:
    """Stores the asset with what the card says of it.

    Raises:
        ConversionError: Core AI refuses to write it.
    """
    from coreai.runtime import AIModelAssetMetadata

    metadata = AIModelAssetMetadata()
    metadata.author, metadata.license = card.author, card.license
    metadata.model_description = card.description or f"{card.name}: {card.task}"
    facts: dict[str, Any] = {
        "name": card.name,
        "task": card.task,
        "source": card.source,
        "labels": list(card.labels),
        "random_weights": card.random_weights,
        "version": VERSION,
    }
    for key, value in facts.items():
        metadata.set_custom(f"edgekit.{key}", value)
    with _conversion_errors():
        program.save_asset(path, metadata)
    _settle(path / "metadata.json")


def _settle(path: Path) -> None:
    """Makes the asset's metadata the same for the same checkpoint: no date, and keys in order."""
    facts = json.loads(path.read_text("utf-8"))
    facts.pop("creationDate", None)
    path.write_text(json.dumps(facts, indent=2, sort_keys=True) + "\n", "utf-8")
