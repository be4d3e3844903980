"""An ONNX graph under construction: equal nodes are made once, unused ones dropped, and the file is
streamed tensor by tensor, because a ModelProto would hold every weight twice more in memory."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from edgekit.converters.onnx_versions import OPSETS
from edgekit.errors import ConversionError

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto

Array = NDArray[Any]

# Of one message (https://protobuf.dev/programming-guides/proto-limits), less 1 MiB for metadata.
LIMIT_BYTES = 2**31 - 2**20
_LENGTH_DELIMITED = 2  # https://protobuf.dev/programming-guides/encoding/#structure


class GraphBuilder:
    """Nodes in the order of computation, and the tensors they read, both by the names of values.

    ``scope`` is the path of the module being translated; the names of its values begin with it.
    Every name made here has a slash in it, which no input, output or parameter has. Two graphs with
    other ``root`` names share none. ``opset`` is the newest whose operators may be used.
    """

    def __init__(self, root: str = "", opset: int = OPSETS[-1]) -> None:
        self._root, self.opset = root, opset
        self.nodes: list[NodeProto] = []
        self.tensors: dict[str, Array] = {}
        self.scope = root
        self._made: dict[Hashable, tuple[str, ...]] = {}
        self._producers: dict[str, NodeProto] = {}
        self._names: dict[str, int] = {}

    def op(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """The value of an operator with one output, made now unless it was made before."""
        return self.ops(kind, 1, *inputs, **attributes)[0]

    def ops(self, kind: str, outputs: int, *inputs: str, **attributes: Any) -> tuple[str, ...]:
        """The values of an operator with several outputs."""
        from onnx import helper

        key = (kind, outputs, inputs, repr(sorted(attributes.items())))
        if key not in self._made:
            name = self._name(kind)
            values = (name,) if outputs == 1 else tuple(f"{name}:{i}" for i in range(outputs))
            node = helper.make_node(kind, inputs, values, name, **attributes)
            self.nodes.append(node)
            self._producers.update(dict.fromkeys(values, node))
            self._made[key] = values
        return self._made[key]

    def reduce(self, kind: str, value: str, axes: Sequence[int], *, keep: bool) -> str:
        """A reduction over ``axes``, which became an operand of most of them in opset 18."""
        if self.opset < 18 and kind != "ReduceSum":
            return self.op(kind, value, axes=list(axes), keepdims=int(keep))
        return self.op(kind, value, self.constant(list(axes)), keepdims=int(keep))

    def tensor(self, name: str, array: Array) -> str:
        """A named tensor of the file; ``array`` may be a strided view, copied on writing only."""
        self.tensors.setdefault(name, array)
        return name

    def constant(self, value: Any, dtype: Any = np.int64) -> str:
        """A small unnamed tensor."""
        array = np.asarray(value, dtype)
        key = ("constant", array.dtype.str, array.shape, array.tobytes())
        if key not in self._made:
            shown = "x".join(str(item) for item in np.ravel(value)) if array.size <= 4 else "table"
            name = self._name(f"{array.dtype.name}_{shown}", self._root)
            self._made[key] = (self.tensor(name, array),)
        return self._made[key][0]

    def transpose(self, value: str, order: Sequence[int]) -> str:
        """Axes in another order; two transpositions in a row become one."""
        from onnx import helper

        before = self._producers.get(value)
        if before is not None and before.op_type == "Transpose":
            first = helper.get_attribute_value(before.attribute[0])
            return self.transpose(before.input[0], [first[axis] for axis in order])
        if list(order) == sorted(order):
            return value
        return self.op("Transpose", value, perm=list(order))

    def finish(self, results: dict[str, str]) -> None:
        """Names the graph's outputs (``output -> value``) and drops what does not lead to one."""
        outputs = {value: name for name, value in results.items()}
        for name, value in results.items():
            if outputs[value] != name or value not in self._producers:
                outputs[self.op("Identity", value)] = name
        self._prune(set(outputs))
        for node in self.nodes:
            node.input[:] = [outputs.get(value, value) for value in node.input]
            node.output[:] = [outputs.get(value, value) for value in node.output]

    def _prune(self, needed: set[str]) -> None:
        kept = []
        for node in reversed(self.nodes):
            if needed.intersection(node.output):
                needed.update(node.input)
                kept.append(node)
        self.nodes = kept[::-1]
        self.tensors = {name: array for name, array in self.tensors.items() if name in needed}

    def _name(self, kind: str, scope: str | None = None) -> str:
        name = f"{self.scope if scope is None else scope}/{kind}"
        self._names[name] = self._names.get(name, -1) + 1
        return f"{name}_{self._names[name]}" if self._names[name] else name


def write(model: ModelProto, tensors: dict[str, Array], path: Path) -> None:
    """Writes ``model`` with ``tensors`` as its initialisers, one after the other.

    A protobuf message is a sequence of (number, type, length, content), so a file needs no more
    memory than its largest tensor: https://protobuf.dev/programming-guides/encoding/

    Raises:
        ConversionError: the file would be larger than the 2 GiB that a protobuf message can be.
    """
    from onnx import GraphProto, ModelProto

    nodes = model.graph.SerializeToString()
    heads = [_tensor_head(name, array) for name, array in tensors.items()]
    sizes = [len(head) + array.nbytes for head, array in zip(heads, tensors.values(), strict=True)]
    number = GraphProto.INITIALIZER_FIELD_NUMBER
    fields = [_field(number, size) for size in sizes]
    size_bytes = len(nodes) + sum(sizes) + sum(map(len, fields))
    if size_bytes > LIMIT_BYTES:
        raise ConversionError(
            f"{path.name} would have {size_bytes / 2**30:.1f} GiB, and an ONNX file can have 2:"
            " choose int8 or a smaller model"
        )
    rest = ModelProto()
    rest.CopyFrom(model)
    rest.ClearField("graph")
    with path.open("wb") as file:
        file.write(rest.SerializeToString())
        file.write(_field(ModelProto.GRAPH_FIELD_NUMBER, size_bytes))
        file.write(nodes)
        for field, head, array in zip(fields, heads, tensors.values(), strict=True):
            file.write(field + head)
            file.write(np.ascontiguousarray(array).data)


def _tensor_head(name: str, array: Array) -> bytes:
    """A TensorProto up to the content of its last field, ``raw_data``."""
    from onnx import TensorProto, helper

    kind = helper.np_dtype_to_tensor_dtype(array.dtype)
    head: bytes = TensorProto(name=name, dims=array.shape, data_type=kind).SerializeToString()
    return head + _field(TensorProto.RAW_DATA_FIELD_NUMBER, array.nbytes)


def _field(number: int, size: int) -> bytes:
    """The key and the length before the content of a length-delimited field."""
    return bytes([*_varint(number << 3 | _LENGTH_DELIMITED), *_varint(size)])


def _varint(value: int) -> Iterator[int]:
    while value > 0x7F:
        yield value & 0x7F | 0x80
        value >>= 7
    yield value
