"""An ONNX graph under construction: equal nodes are made once, unused ones dropped, and the file is
streamed tensor by tensor, because a ModelProto would hold every weight twice more in memory."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from edgekit.converters.onnx_versions import OPSETS
from edgekit.files import external_data

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto, ValueInfoProto

Array = NDArray[Any]
Attribute: TypeAlias = "int | float | str | Sequence[int] | Sequence[str]"

# Of one message (https://protobuf.dev/programming-guides/proto-limits), less 1 MiB for metadata.
LIMIT_BYTES = 2**31 - 2**20
_INLINE_BYTES = 1024  # shapes and axes, which a runtime reads while it prepares the graph
_PAGE_BYTES = 4096  # of a memory map
_LENGTH_DELIMITED = 2  # https://protobuf.dev/programming-guides/encoding/#structure


class GraphBuilder:
    """Nodes in the order of computation, and the tensors they read, both by the names of values.

    ``scope`` is the path of the module being translated; the names of its values begin with it.
    Every name made here has a slash in it, which no input, output or parameter has.

    Args:
        root: begins all names that are made: two graphs with other roots share none.
        opset: the newest whose operators may be used.
        source: an input of the graph, of which nodes can be made that need one but no value of it.
    """

    def __init__(self, root: str = "", opset: int = OPSETS[-1], source: str = "") -> None:
        self._root, self.opset, self.source = root, opset, source
        self.nodes: list[NodeProto] = []
        self.tensors: dict[str, Array] = {}
        self.scope = root
        self.declared: list[ValueInfoProto] = []
        self._made: dict[Hashable, tuple[str, ...]] = {}
        self._producers: dict[str, NodeProto] = {}
        self._names: dict[str, int] = {}

    def op(self, kind: str, *inputs: str, **attributes: Attribute) -> str:
        """Adds an operator with one output, unless an equal one is there already.

        Args:
            kind: the operator, such as ``MatMul``.
            *inputs: names of the values that it reads.
            **attributes: its attributes; ``domain`` says whose operator it is, ONNX's own if left
                out.

        Returns:
            The name of its value.
        """
        return self.ops(kind, 1, *inputs, **attributes)[0]

    def ops(
        self, kind: str, outputs: int, *inputs: str, **attributes: Attribute
    ) -> tuple[str, ...]:
        """Adds an operator with several outputs as :meth:`op` does, and returns their names."""
        from onnx import helper

        key = (kind, outputs, inputs, repr(sorted(attributes.items())))
        if key not in self._made:
            name = self._name(kind)
            values = (name,) if outputs == 1 else tuple(f"{name}:{i}" for i in range(outputs))
            node = helper.make_node(kind, inputs, values, name, **attributes)  # type: ignore[arg-type]
            self.nodes.append(node)
            self._producers.update(dict.fromkeys(values, node))
            self._made[key] = values
        return self._made[key]

    def reduce(self, kind: str, value: str, axes: Sequence[int], *, keep: bool) -> str:
        """Adds a reduction such as ``ReduceMean``.

        Its axes are an attribute up to opset 17 and an input from 18 on; of ``ReduceSum`` from 13
        on.

        Args:
            kind: the operator.
            value: name of the value that is reduced.
            axes: which axes go, from 0; negative ones count from the end.
            keep: whether they stay, with length 1.

        Returns:
            The name of its value.
        """
        if self.opset < 18 and kind != "ReduceSum":
            return self.op(kind, value, axes=list(axes), keepdims=int(keep))
        return self.op(kind, value, self.constant(list(axes)), keepdims=int(keep))

    def tensor(self, name: str, array: Array) -> str:
        """Adds a tensor to the file, and returns its name.

        Args:
            name: of the tensor.
            array: may be a strided view, copied on writing only.
        """
        self.tensors.setdefault(name, array)
        return name

    def constant(self, value: ArrayLike, dtype: DTypeLike = np.int64) -> str:
        """A small unnamed tensor, made once for all equal ones.

        Args:
            value: numbers, such as axes or a shape.
            dtype: NumPy's type for them.

        Returns:
            The value's name.
        """
        array = np.asarray(value, dtype)
        key = ("constant", array.dtype.str, array.shape, array.tobytes())
        if key not in self._made:
            shown = "x".join(str(item) for item in np.ravel(value)) if array.size <= 4 else "table"
            name = self._name(f"{array.dtype.name}_{shown}", self._root)
            self._made[key] = (self.tensor(name, array),)
        return self._made[key][0]

    def transpose(self, value: str, order: Sequence[int]) -> str:
        """Adds a transposition; two in a row become one, or none.

        Args:
            value: name of the value.
            order: which axis goes to each place.
        """
        from onnx import helper

        before = self._producers.get(value)
        if before is not None and before.op_type == "Transpose":
            first = helper.get_attribute_value(before.attribute[0])
            return self.transpose(before.input[0], [first[axis] for axis in order])
        if list(order) == sorted(order):
            return value
        return self.op("Transpose", value, perm=list(order))

    def declare(self, value: str, kind: int, shape: Sequence[int | str]) -> str:
        """Says in the file what shape a value has, where no runtime can find that out.

        Args:
            value: its name.
            kind: ONNX's number for its type.
            shape: sizes; those that are free, by a name that equal sizes share.

        Returns:
            The value's name.
        """
        from onnx import helper

        self.declared.append(helper.make_tensor_value_info(value, kind, shape))
        return value

    def finish(self, results: dict[str, str]) -> None:
        """Names the graph's outputs, and drops nodes and tensors that lead to none of them.

        Args:
            results: the name of each output's value, by the output's name.
        """
        outputs = {value: name for name, value in results.items()}
        for name, value in results.items():
            if outputs[value] != name or value not in self._producers:
                outputs[self.op("Identity", value)] = name
        self._prune(set(outputs))
        for node in self.nodes:
            node.input[:] = [outputs.get(value, value) for value in node.input]
            node.output[:] = [outputs.get(value, value) for value in node.output]
        left = {value for node in self.nodes for value in node.output}
        self.declared = [row for row in self.declared if row.name in left]

    def _prune(self, needed: set[str]) -> None:
        """Drops nodes and tensors that no value in ``needed`` depends on."""
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


def write(
    model: ModelProto, tensors: dict[str, Array], path: Path, *, limit_bytes: int = LIMIT_BYTES
) -> None:
    """Writes an ONNX file.

    A protobuf message is a sequence of (number, type, length, content), so a file needs no more
    memory than its largest tensor: https://protobuf.dev/programming-guides/encoding/

    A file beyond ``limit_bytes`` leaves its large tensors to a second one, ``PATH.data``, which
    belongs beside it: https://onnx.ai/onnx/repo-docs/ExternalData.html

    Args:
        model: without its tensors.
        tensors: by name, written one after the other.
        path: the file.
        limit_bytes: how large it may be.
    """
    from onnx import GraphProto

    nodes = model.graph.SerializeToString()
    number = GraphProto.INITIALIZER_FIELD_NUMBER
    written: list[tuple[bytes, Array | None]] = [
        (_initializer(number, name, array), array) for name, array in tensors.items()
    ]
    size_bytes = sum(len(field) for field, _ in written)
    if len(nodes) + size_bytes + sum(array.nbytes for array in tensors.values()) > limit_bytes:
        protos = _write_data(tensors, external_data(path))
        written = [(_field(number, len(proto)) + proto, None) for proto in protos]
    _write_model(model, nodes, written, path)


def _write_model(
    model: ModelProto, nodes: bytes, initializers: Sequence[tuple[bytes, Array | None]], path: Path
) -> None:
    """Writes the file: all of ``model`` but its graph, then the graph's nodes and initialisers.

    Args:
        model: without nodes and initialisers.
        nodes: as protobuf has them.
        initializers: the beginning of each one's field, and the array with which it ends; None: it
            has no more.
        path: the file.
    """
    from onnx import ModelProto

    rest = ModelProto()
    rest.CopyFrom(model)
    rest.ClearField("graph")
    size_bytes = len(nodes)
    for field, array in initializers:
        size_bytes += len(field) + (0 if array is None else array.nbytes)
    with path.open("wb") as file:
        file.write(rest.SerializeToString())
        file.write(_field(ModelProto.GRAPH_FIELD_NUMBER, size_bytes))
        file.write(nodes)
        for field, array in initializers:
            file.write(field)
            if array is not None:
                file.write(np.ascontiguousarray(array).data)


def _write_data(tensors: dict[str, Array], path: Path) -> list[bytes]:
    """Writes the large tensors into a file, one after the other.

    Returns:
        All tensors as TensorProtos; the large ones say where in that file they are.
    """
    from onnx import TensorProto, helper

    protos = []
    with path.open("wb") as file:
        for name, array in tensors.items():
            kind = helper.np_dtype_to_tensor_dtype(array.dtype)
            proto = TensorProto(name=name, dims=array.shape, data_type=kind)
            content = np.ascontiguousarray(array)
            if array.nbytes < _INLINE_BYTES:
                proto.raw_data = content.tobytes()
            else:
                file.write(bytes(-file.tell() % _PAGE_BYTES))
                proto.data_location = TensorProto.EXTERNAL
                place = {"location": path.name, "offset": file.tell(), "length": array.nbytes}
                for key, value in place.items():
                    proto.external_data.add(key=key, value=str(value))
                file.write(content.data)
            protos.append(proto.SerializeToString())
    return protos


def _initializer(number: int, name: str, array: Array) -> bytes:
    """The field of a tensor in a graph, up to the content of its last field, ``raw_data``."""
    from onnx import TensorProto, helper

    kind = helper.np_dtype_to_tensor_dtype(array.dtype)
    head: bytes = TensorProto(name=name, dims=array.shape, data_type=kind).SerializeToString()
    head += _field(TensorProto.RAW_DATA_FIELD_NUMBER, array.nbytes)
    return _field(number, len(head) + array.nbytes) + head


def _field(number: int, size: int) -> bytes:
    """The key and the length before the content of a length-delimited field."""
    return bytes([*_varint(number << 3 | _LENGTH_DELIMITED), *_varint(size)])


def _varint(value: int) -> Iterator[int]:
    """The bytes of a number as protobuf writes it: 7 bits a byte, the lowest first.

    The top bit says that more come.
    """
    while value > 0x7F:
        yield value & 0x7F | 0x80
        value >>= 7
    yield value
