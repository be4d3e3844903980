"""A TFLite file under construction: subgraphs that share constants, in the schema's own classes.

Schema: https://github.com/google-ai-edge/LiteRT/blob/main/tflite/converter/schema/schema.fbs
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from edgekit.converters.tflite_versions import Operand, Use, operator_version
from edgekit.quantize.numerics import quantize
from edgekit.quantize.scheme import FLOAT32, Scheme

if TYPE_CHECKING:
    from ai_edge_litert.schema_py_generated import (
        OperatorT,
        QuantizationParametersT,
        TensorT,
    )
    from flatbuffers import Builder  # type: ignore[import-untyped]

Array = NDArray[Any]
Option: TypeAlias = "bool | int | float | Sequence[int]"

NARROW = {"int64": "int32", "float64": "float32"}  # phones have no 64-bit kernels
_OPTIONS = {  # options whose name is not the operator's in camel case
    "BATCH_MATMUL": "BatchMatMulOptions",
    "MEAN": "ReducerOptions",
    "REDUCE_MAX": "ReducerOptions",
    "SUM": "ReducerOptions",
}


@dataclass(frozen=True, eq=False)
class GraphTensor:
    """A tensor of a subgraph, or a constant, which joins a subgraph once an operator reads it.

    Attributes:
        shape: all sizes are known.
        dtype: NumPy's name.
        data: the numbers of a constant.
        name: of a parameter, the same in every subgraph.
        scheme: how a parameter is stored.
    """

    shape: tuple[int, ...]
    dtype: str
    data: Array | None = None
    name: str = ""
    scheme: Scheme = FLOAT32

    @property
    def rank(self) -> int:
        """How many axes the tensor has."""
        return len(self.shape)

    @property
    def key(self) -> str:
        """The name of a constant's content: equal for two constants of equal content."""
        assert self.data is not None
        return self.name or _digest(self.data)


def constant(
    value: ArrayLike, dtype: str | None = None, name: str = "", scheme: Scheme = FLOAT32
) -> GraphTensor:
    """A constant of that NumPy dtype (or the value's own)."""
    array = np.asarray(value, dtype)
    return GraphTensor(array.shape, array.dtype.name, array, name, scheme)


class File:
    """What all subgraphs of a file share: operator codes (a name and a version) and constants.

    ``scales`` has the quantisation parameters of the int8 constants, by their keys.

    Args:
        dequantized: whether the file makes float weights of its int8 ones when it is opened, for
            runtimes whose kernels cannot read them.
    """

    def __init__(self, *, dequantized: bool = False) -> None:
        self.dequantized = dequantized
        self.subgraphs: list[Subgraph] = []
        self.buffers: list[Array] = []
        self.codes: dict[tuple[str, int], int] = {}
        self.scales: dict[str, QuantizationParametersT] = {}
        self._places: dict[str, int] = {}
        self._quantized: dict[str, GraphTensor] = {}

    def place(self, value: GraphTensor) -> int:
        """Stores a constant's content, once for equal contents, and returns its buffer's number."""
        assert value.data is not None
        key = value.key
        if key not in self._places:
            self.buffers.append(value.data)
            self._places[key] = len(self.buffers)  # the schema's buffer 0 is empty
        return self._places[key]

    def quantized(self, weight: GraphTensor) -> GraphTensor:
        """A float32 weight as int8 with a scale a row; it is quantised once for all subgraphs.

        https://ai.google.dev/edge/litert/conversion/tensorflow/quantization/quantization_spec
        """
        assert weight.data is not None
        key = f"{weight.key}.int8"
        if key not in self._quantized:
            stored = quantize(weight.data, weight.scheme)
            assert stored.scale is not None
            self._quantized[key] = constant(stored.levels, name=key)
            self.scales[key] = _shared_parameters(stored.scale[:, 0])
        return self._quantized[key]


class Subgraph:
    """Operators in the order of computation and the tensors they read, for one signature.

    ``scope`` begins the names of the tensors that the next operators make.

    Args:
        file: what it shares with the others.
        key: the signature's name.
    """

    def __init__(self, file: File, key: str) -> None:
        self.file, self.key, self.scope = file, key, ""
        self.tensors: list[TensorT] = []
        self.operators: list[OperatorT] = []
        self.inputs: dict[str, GraphTensor] = {}
        self.outputs: dict[str, GraphTensor] = {}
        self._indices: dict[GraphTensor, int] = {}
        self._constants: dict[tuple[int, tuple[int, ...]], int] = {}
        self._floats: dict[str, GraphTensor] = {}
        file.subgraphs.append(self)

    def input(self, name: str, shape: Sequence[int], dtype: str) -> GraphTensor:
        """A tensor that the caller fills."""
        self.inputs[name] = self._activation(name, shape, dtype)
        return self.inputs[name]

    def op(
        self,
        kind: str,
        operands: Sequence[GraphTensor | None],
        shape: Sequence[int],
        dtype: str,
        **options: Option,
    ) -> GraphTensor:
        """Adds an operator with one output.

        Args:
            kind: TFLite's name for it.
            operands: what it reads; None is an optional operand left out.
            shape: of its output.
            dtype: of its output, NumPy's name.
            **options: the operator's own.

        Returns:
            Its output.
        """
        from ai_edge_litert import schema_py_generated as schema

        result = self._activation(f"{self.scope}/{len(self.tensors)}", shape, dtype)
        name = _OPTIONS.get(kind, kind.title().replace("_", "") + "Options")
        made = getattr(schema, f"{name}T", None)
        use = Use(kind, [self._operand(operand) for operand in operands], options)
        code = kind, operator_version(use)
        self.operators.append(
            schema.OperatorT(
                opcodeIndex=self.file.codes.setdefault(code, len(self.file.codes)),
                inputs=[-1 if operand is None else self.index(operand) for operand in operands],
                outputs=[self.index(result)],
                builtinOptionsType=getattr(schema.BuiltinOptions, name) if made else 0,
                builtinOptions=made(**options) if made else None,
            )
        )
        return result

    def quantized(self, weight: GraphTensor) -> GraphTensor:
        """The int8 weight as an operator reads it: as it is stored, or made float by an operator.

        A runtime computes an operator on constants once, and keeps the result.
        """
        stored = self.file.quantized(weight)
        if not self.file.dequantized:
            return stored
        if stored.key not in self._floats:
            self._floats[stored.key] = self.op("DEQUANTIZE", [stored], stored.shape, weight.dtype)
        return self._floats[stored.key]

    def index(self, value: GraphTensor) -> int:
        """The number of a value's tensor in this subgraph.

        A constant joins the subgraph with its first use.
        """
        if value.data is None:
            return self._indices[value]
        place = self.file.place(value)
        if (place, value.shape) not in self._constants:
            name = value.name or f"constant/{len(self.tensors)}"
            scales = self.file.scales.get(value.name)
            index = self._tensor(name, value.shape, value.dtype, place, scales)
            self._constants[place, value.shape] = index
        return self._constants[place, value.shape]

    def _operand(self, value: GraphTensor | None) -> Operand | None:
        """A value as the table of versions asks about it."""
        if value is None:
            return None
        scales = self.file.scales.get(value.name)
        return Operand(value.dtype, value.shape, 0 if scales is None else len(scales.scale))

    def _activation(self, name: str, shape: Sequence[int], dtype: str) -> GraphTensor:
        """A new tensor that an operator computes."""
        value = GraphTensor(tuple(shape), dtype)
        self._indices[value] = self._tensor(name, shape, dtype, 0)
        return value

    def _tensor(
        self,
        name: str,
        shape: Sequence[int],
        dtype: str,
        buffer: int,
        quantization: QuantizationParametersT | None = None,
    ) -> int:
        """Adds a tensor to the subgraph, and returns its number."""
        from ai_edge_litert import schema_py_generated as schema

        kind = getattr(schema.TensorType, NARROW.get(dtype, dtype).upper())
        unique = f"{self.key}/{name}"  # in the whole file: ai-edge-quantizer asks for that
        tensor = schema.TensorT(list(shape), kind, buffer, unique, quantization, hasRank=True)
        self.tensors.append(tensor)
        return len(self.tensors) - 1


def _shared_parameters(scale: Array) -> QuantizationParametersT:
    """Quantisation parameters that are written once, for the tensors of all subgraphs.

    A scale (4 bytes) and a zero point (8 bytes) a row are 1 MB a signature for MiniLM otherwise.
    """
    from ai_edge_litert.schema_py_generated import QuantizationParametersT

    class Shared(QuantizationParametersT):  # type: ignore[misc]
        """Is packed once: whoever packs it again refers to the first."""

        packed: int | None = None

        def Pack(self, builder: Builder) -> int:  # noqa: N802
            if self.packed is None:
                self.packed = super().Pack(builder)
            return self.packed

    return Shared(scale=scale, zeroPoint=np.zeros(len(scale), np.int64))


def _digest(array: Array) -> str:
    return f"{array.dtype.name} {hashlib.sha1(np.ascontiguousarray(array).data).hexdigest()}"
