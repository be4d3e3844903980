"""ONNX: one file with dynamic batch and length for every runtime that reads ai.onnx.

The traced operators are translated one by one (``onnx_ops``), which leaves nothing to clean up
afterwards. A file asks for the least opset that has its operators (``onnx_versions``): with Gelu,
which is one operator from opset 20 on, that is onnxruntime 1.17, on phones and in browsers.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from edgekit.converters.lowering import missing, resolved, weight_of
from edgekit.converters.onnx_facts import read as inspect
from edgekit.converters.onnx_graph import LIMIT_BYTES, GraphBuilder, write
from edgekit.converters.onnx_ops import COVERAGE, lowerings
from edgekit.converters.onnx_shapes import Value, Values, kind_of
from edgekit.converters.onnx_text import DOMAINS, IDS, INPUT, MAX_LENGTH, text_graph
from edgekit.converters.onnx_versions import OPSETS, ir_version, least_opset
from edgekit.converters.onnx_weights import read as weights
from edgekit.converters.options import FormatOptions
from edgekit.manifest.texts import TokenizerFacts
from edgekit.quantize.scheme import FLOAT32, Scheme
from edgekit.quantize.tensors import tensors
from edgekit.recipe import Recipe
from edgekit.signature import Card, Signature, TensorSpec
from edgekit.tokens.saved import TextTokenizer
from edgekit.tracing.graph import Graph
from edgekit.tracing.joined import joined
from edgekit.tracing.token_major import token_major

if TYPE_CHECKING:
    import torch
    from onnx import ModelProto, NodeProto, ValueInfoProto
    from torch.export import ExportedProgram
    from torch.fx import Node

__all__ = ["COVERAGE", "Options", "convert", "inspect", "missing_operators", "weights"]


@dataclass(frozen=True)
class Options(FormatOptions):
    """What ONNX files are asked for.

    Attributes:
        opset: the newest opset of ai.onnx that the files may ask for.
        int64_inputs: whether the inputs are int64, as other exporters make them, and not int32.
        limit_bytes: how large a file may be; the weights of a larger one are in a second file,
            ``model-<recipe>.onnx.data``, that belongs beside it.
        embed_tokenizer: whether there is a second file for each recipe, which takes text and also
            gives ``input_ids``.
        tokenizer: the one that is embedded.
    """

    opset: int = field(default=OPSETS[-1], metadata={"choices": OPSETS})
    int64_inputs: bool = False
    limit_bytes: int = LIMIT_BYTES
    embed_tokenizer: bool = False
    tokenizer: TextTokenizer | None = None

    def with_tokenizer(self, out: Path, facts: TokenizerFacts) -> Options:
        """The options with the bundle's tokenizer, if it is to be embedded."""
        if not self.embed_tokenizer:
            return self
        return replace(self, tokenizer=TextTokenizer.read(out, facts))


DEFAULTS = Options()


def convert(
    graph: Graph,
    recipes: Sequence[Recipe],
    card: Card,
    folder: Path,
    options: Options = DEFAULTS,
) -> Iterator[tuple[Recipe, Path]]:
    """Yields each recipe's finished file as soon as it is written into ``folder``.

    Inputs are (batch, length), outputs float32, named and ordered as in the signature.

    Args:
        graph: the traced model.
        recipes: what to make; each is a file of its own.
        card: what the files say of themselves.
        folder: where they are written.
        options: see :class:`Options`.

    Raises:
        ConversionError: the model has an operator without a lowering.
        UnsupportedError: the tokenizer, or a scheme of a recipe, cannot be expressed.
    """
    signature = graph.signature
    if options.int64_inputs:
        inputs = tuple(replace(spec, dtype="int64") for spec in signature.inputs)
        signature = replace(signature, inputs=inputs)
    text = None if options.tokenizer is None else text_graph(options.tokenizer)
    chosen = [COVERAGE.schemes(recipe, tensors(graph.dynamic)) for recipe in recipes]
    for recipe, schemes in zip(recipes, chosen, strict=True):
        program, stored = joined(graph.dynamic, schemes)
        builder = _translate(token_major(program), signature, stored, options.opset)
        path = folder / f"model-{recipe.name}.onnx"
        model = _model(builder.nodes, signature.inputs, signature.outputs, card, options.opset)
        model.graph.value_info.extend(builder.declared)
        write(model, builder.tensors, path, limit_bytes=options.limit_bytes)
        yield recipe, path
        if text is not None:
            path = path.with_stem(f"{path.stem}-text")
            nodes, outputs = [*text.nodes, *builder.nodes], (*signature.outputs, IDS)
            model = _model(nodes, (INPUT,), outputs, card, options.opset, DOMAINS)
            model.graph.value_info.extend(builder.declared)
            tensors_ = {**text.tensors, **builder.tensors}
            write(model, tensors_, path, limit_bytes=options.limit_bytes)
            yield recipe, path


def missing_operators(graph: Graph) -> list[str]:
    """The operators of a traced model that no lowering is known for, by their names in torch."""
    return missing(graph.dynamic, lowerings().operators(), ())


def _translate(
    program: ExportedProgram, signature: Signature, schemes: Mapping[str, Scheme], opset: int
) -> GraphBuilder:
    """Builds the ONNX graph of a program, operator by operator.

    Args:
        program: with dynamic batch and length.
        signature: names inputs and outputs.
        schemes: how each tensor is stored.
        opset: the newest that may be used.

    Raises:
        ConversionError: an operator has no lowering.
    """
    builder = GraphBuilder(opset=opset, source=signature.inputs[0].name)
    table = lowerings(opset).by_operator()
    values = _arguments(program, signature, schemes, builder)
    for node in program.graph.nodes:
        if node.op != "call_function":
            continue
        lowering = table.get((node.target, _weight_scheme(node, values).kind))
        if lowering is None:
            raise COVERAGE.missing(node)
        builder.scope = next(reversed(node.meta["nn_module_stack"].values()))[0]
        args, kwargs = resolved(node, values)
        names = lowering(builder, node.meta["val"], *args, **kwargs)
        values[node] = _values(names, node.meta["val"])
    results = (values[node] for node in program.graph.output_node().args[0])
    names = [spec.name for spec in signature.outputs]
    found = (value.name for value in results if isinstance(value, Value))
    builder.finish(dict(zip(names, found, strict=True)))
    return builder


def _arguments(
    program: ExportedProgram,
    signature: Signature,
    schemes: Mapping[str, Scheme],
    builder: GraphBuilder,
) -> dict[Node, Values]:
    """What each placeholder of a program is in the graph: an input, or a tensor of the file.

    Inputs have the signature's names, tensors their own.
    """
    state = {**program.constants, **program.state_dict}
    inputs = iter(signature.inputs)
    values: dict[Node, Values] = {}
    for node, spec in zip(program.graph.nodes, program.graph_signature.input_specs, strict=False):
        fake = node.meta["val"]
        if spec.target is None:
            tensor = next(inputs)
            wide = tensor.dtype == "int64"
            name = builder.op("Cast", tensor.name, to=kind_of(fake.dtype)) if wide else tensor.name
            values[node] = Value(name, fake)
        elif node.users:
            data = state[spec.target].detach().numpy()
            shared = any(user.name.split("_")[0] != "linear" for user in node.users)
            name = builder.tensor(spec.target, data)
            values[node] = Value(name, fake, data, shared, schemes[spec.target])
    return values


def _weight_scheme(node: Node, values: Mapping[Node, Values]) -> Scheme:
    """How the weight is stored that an operator reads.

    Float32 if it reads none that is a parameter.
    """
    weight = weight_of(node)
    value = None if weight is None else values[weight]
    return value.scheme if isinstance(value, Value) else FLOAT32


def _values(names: str | Sequence[str], fake: torch.Tensor | Sequence[torch.Tensor]) -> Values:
    """The result of an operator, or its several results, as values of the graph."""
    if isinstance(names, str):
        assert not isinstance(fake, Sequence)
        return Value(names, fake)
    return [Value(name, part) for name, part in zip(names, fake, strict=True)]


def save_tokenizer(tokenizer: TextTokenizer, path: Path) -> None:
    """Writes an ONNX file of the tokenizer alone: from a text to its ids and token types.

    A second input says at how many tokens a text is cut.

    Args:
        tokenizer: of a checkpoint.
        path: the file.

    Raises:
        UnsupportedError: it cannot be expressed.
    """
    graph = text_graph(tokenizer)
    longest = TensorSpec(MAX_LENGTH, "int64", (1,), "instead of the length that the file has")
    types = TensorSpec("token_type_ids", "int32", (1, "length"))
    card = Card("tokenizer", "tokenizer", "tokenizer.json")
    inputs, outputs = (INPUT, longest), (IDS, types)
    write(_model(graph.nodes, inputs, outputs, card, OPSETS[-1], DOMAINS), graph.tensors, path)


def _model(
    nodes: Sequence[NodeProto],
    inputs: Sequence[TensorSpec],
    outputs: Sequence[TensorSpec],
    card: Card,
    most: int,
    domains: Mapping[str, int] | None = None,
) -> ModelProto:
    """The model without its tensors, in the least opset that has all operators.

    Args:
        nodes: in the order of computation.
        inputs: of the model.
        outputs: of the model.
        card: what the file says of itself.
        most: the newest opset that may be asked for.
        domains: versions of other operators' domains.
    """
    from onnx import helper

    opset = least_opset(nodes, most)
    graph = helper.make_graph(
        nodes,
        card.name,
        [_value_info(spec) for spec in inputs],
        [_value_info(spec) for spec in outputs],
    )
    model = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid(*row) for row in {"": opset, **(domains or {})}.items()],
        ir_version=ir_version(opset),
        producer_name="edgekit",
        producer_version=version("edgekit"),
        doc_string=card.description,
    )
    helper.set_model_props(model, _properties(card))
    return model


def _value_info(spec: TensorSpec) -> ValueInfoProto:
    """An input or output as ONNX declares it."""
    import numpy as np
    from onnx import helper

    kind = helper.np_dtype_to_tensor_dtype(np.dtype(spec.dtype))
    return helper.make_tensor_value_info(spec.name, kind, spec.shape, spec.description)


def _properties(card: Card) -> dict[str, str]:
    """The card as the file's metadata; fields without content are left out."""
    fields = {
        "task": card.task,
        "source": card.source,
        "author": card.author,
        "license": card.license,
        "labels": json.dumps(card.labels) if card.labels else "",
        "random_weights": "true" if card.random_weights else "",
    }
    return {name: value for name, value in fields.items() if value}
