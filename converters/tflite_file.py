"""A TFLite file written: the flatbuffer, and behind it the buffers, of which no copy is made.

The schema's own Python classes make the flatbuffer; the buffers' contents follow it in the file
(``Buffer.offset`` and ``size``), so that no copy of the weights is ever held in memory.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from edgekit.converters.tflite_graph import NARROW, File, GraphTensor, Subgraph
from edgekit.signature import Card

if TYPE_CHECKING:
    from ai_edge_litert.schema_py_generated import (
        ModelT,
        OperatorCodeT,
        SignatureDefT,
        TensorMapT,
    )

_ALIGNMENT_BYTES = 16  # of a buffer in the file: force_align in the schema
_SCHEMA_VERSION = 3  # the only one that TFLite's readers take


def write(file: File, card: Card, path: Path) -> None:
    """Writes the flatbuffer, then the contents of buffers, each at the offset noted in it."""
    import flatbuffers  # type: ignore[import-untyped]
    from ai_edge_litert import schema_py_generated as schema
    from ai_edge_litert.tools.flatbuffer_utils import update_packed_buffer

    builder = flatbuffers.Builder(2**20)
    builder.Finish(_model(file, card).Pack(builder), b"TFL3")
    head = builder.Output()
    packed, end_bytes = schema.Model.GetRootAs(head), len(head)
    with path.open("wb") as stream:
        stream.seek(end_bytes)
        for number, array in enumerate(file.buffers, 1):
            content = np.ascontiguousarray(array, NARROW.get(array.dtype.name))
            stream.write(bytes(-end_bytes % _ALIGNMENT_BYTES))
            offset_bytes = end_bytes + -end_bytes % _ALIGNMENT_BYTES
            update_packed_buffer(packed.Buffers(number), offset_bytes, content.nbytes)
            stream.write(content.data)
            end_bytes = offset_bytes + content.nbytes
        stream.seek(0)
        stream.write(head)


def _model(file: File, card: Card) -> ModelT:
    """The file's flatbuffer, with room for the offsets of its buffers."""
    from ai_edge_litert import schema_py_generated as schema

    facts = json.dumps(asdict(card)).encode()
    contents = [schema.BufferT(offset=1, size=1) for _ in file.buffers]  # room for the real ones
    return schema.ModelT(
        version=_SCHEMA_VERSION,
        operatorCodes=[_code(*code) for code in file.codes],
        subgraphs=[
            schema.SubGraphT(
                graph.tensors,
                [graph.index(value) for value in graph.inputs.values()],
                [graph.index(value) for value in graph.outputs.values()],
                graph.operators,
                graph.key,
            )
            for graph in file.subgraphs
        ],
        description=card.description or card.name,
        buffers=[schema.BufferT(), *contents, schema.BufferT(np.frombuffer(facts, np.uint8))],
        metadata=[schema.MetadataT("edgekit", len(contents) + 1)],
        signatureDefs=[_signature(number, graph) for number, graph in enumerate(file.subgraphs)],
    )


def _code(kind: str, version: int) -> OperatorCodeT:
    """An operator with its version, as the file's table of operators has it."""
    from ai_edge_litert import schema_py_generated as schema

    number = getattr(schema.BuiltinOperator, kind)
    placeholder = schema.BuiltinOperator.PLACEHOLDER_FOR_GREATER_OP_CODES
    return schema.OperatorCodeT(
        deprecatedBuiltinCode=min(number, placeholder),
        version=version,
        builtinCode=number,
    )


def _signature(number: int, graph: Subgraph) -> SignatureDefT:
    """The signature of a subgraph, by its number: names of inputs and outputs."""
    from ai_edge_litert import schema_py_generated as schema

    def maps(values: Mapping[str, GraphTensor]) -> list[TensorMapT]:
        return [schema.TensorMapT(name, graph.index(value)) for name, value in values.items()]

    return schema.SignatureDefT(maps(graph.inputs), maps(graph.outputs), graph.key, number)
