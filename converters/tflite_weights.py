"""The weights that a TFLite file stores, read back from its buffers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from edgekit.quantize.audit import Wanted
from edgekit.quantize.numerics import Array, Stored

if TYPE_CHECKING:
    from ai_edge_litert.schema_py_generated import Model
    from ai_edge_litert.schema_py_generated import Tensor as TfliteTensor


def read(path: Path, wanted: Wanted) -> dict[str, Stored]:
    """What the file has of each tensor, by its name; its buffers are mapped, not copied."""
    from ai_edge_litert import schema_py_generated as schema

    content = np.memmap(path, np.uint8, "r")
    model = schema.Model.GetRootAs(content)
    found: dict[str, Stored] = {}
    for number in range(model.SubgraphsLength()):
        graph = model.Subgraphs(number)
        for index in range(graph.TensorsLength()):
            tensor = graph.Tensors(index)
            name = tensor.Name().decode().partition("/")[2].removesuffix(".int8")
            if name in wanted.tensors and name not in found and tensor.Buffer():
                found[name] = _stored(tensor, model, content)
    return found


def _stored(tensor: TfliteTensor, model: Model, content: Array) -> Stored:
    """The numbers of one tensor: floats, or levels with their scales."""
    from ai_edge_litert import schema_py_generated as schema

    names = {number: name.lower() for name, number in vars(schema.TensorType).items()}
    buffer = model.Buffers(tensor.Buffer())
    raw = content[buffer.Offset() : buffer.Offset() + buffer.Size()]
    shape = tuple(map(int, tensor.ShapeAsNumpy())) if tensor.ShapeLength() else ()
    levels = raw.view(names[tensor.Type()]).reshape(shape)
    parameters = tensor.Quantization()
    if parameters is None or not parameters.ScaleLength():
        return Stored(levels)
    return Stored(levels, parameters.ScaleAsNumpy().reshape(-1, 1))
