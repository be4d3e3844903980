"""Constants of an ML Program: values inside the protobuf, and blobs of ``weight.bin``.

A blob is a header of 64 bytes (u32 sentinel, u32 type, u64 size in bytes, u64 offset of the data)
with its data right behind it; the protobuf names the header's offset. Source:
``mlmodel/src/MILBlob/Blob/StorageFormat.hpp`` of apple/coremltools.
"""

from __future__ import annotations

import math
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from edgekit.errors import BundleError, UnsupportedError
from edgekit.mil.package import inside
from edgekit.mil.toolbox import protobuf

if TYPE_CHECKING:
    from coremltools.proto.MIL_pb2 import TensorValue, Value, ValueType

Array = npt.NDArray[Any]
Constant: TypeAlias = "Array | str | list[Constant]"

_SENTINEL = 0xDEADBEEF  # begins the header of every blob in Core ML's weight.bin
_HEADER = struct.Struct("<IIQQ40x")
_DTYPES: dict[str, type[np.generic]] = {
    "BOOL": np.bool_,
    "FLOAT16": np.float16,
    "FLOAT32": np.float32,
    "FLOAT64": np.float64,
    "INT8": np.int8,
    "INT16": np.int16,
    "INT32": np.int32,
    "INT64": np.int64,
    "UINT8": np.uint8,
    "UINT16": np.uint16,
    "UINT32": np.uint32,
    "UINT64": np.uint64,
}
_PACKED_BITS = {"INT4": 4, "UINT1": 1, "UINT2": 2, "UINT3": 3, "UINT4": 4, "UINT6": 6}


class Weights:
    """Decodes the ``Value`` messages of one model; its files are memory-mapped, not read.

    Every method raises BundleError for a value that is truncated, damaged or outside of its file,
    and UnsupportedError for a type that edgekit does not know.

    Args:
        folder: what the names of weight files are relative to.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, Array] = {}

    def value(self, value: Value) -> Constant:
        """What a ``Value`` message means: an array, a text, or a list."""
        if value.WhichOneof("value") == "blobFileValue":
            blob = value.blobFileValue
            name = dtype_name(value.type)
            shape = static_shape(value.type)
            return _decode(self._blob(blob.fileName, blob.offset), name, shape)
        immediate = value.immediateValue
        if immediate.WhichOneof("value") == "list":
            return [self.value(item) for item in immediate.list.values]
        return _immediate(immediate.tensor, dtype_name(value.type), static_shape(value.type))

    def _blob(self, file_name: str, offset: int) -> Array:
        """The bytes of one blob: uint8, mapped.

        Args:
            file_name: as the program has it.
            offset: where the blob's header begins, in bytes.
        """
        data = self._file(file_name)
        header = data[offset : offset + _HEADER.size].tobytes()
        if len(header) < _HEADER.size:
            raise BundleError(f"{file_name} ends before byte {offset}: export the package again")
        sentinel, _, size_bytes, start = _HEADER.unpack(header)
        if sentinel != _SENTINEL or start != offset + _HEADER.size:
            raise BundleError(f"{file_name} has no blob at byte {offset}: export the package again")
        if start + size_bytes > data.size:
            raise BundleError(f"{file_name} is truncated: export the package again")
        return data[start : start + size_bytes]

    def _file(self, file_name: str) -> Array:
        """The bytes of a weight file, mapped once.

        Args:
            file_name: as the program has it, like ``@model_path/weights/weight.bin``.
        """
        if file_name not in self._files:
            path = inside(self._folder, file_name.removeprefix("@model_path/"))
            if not path.stat().st_size:
                raise BundleError(f"{file_name} is empty: export the package again")
            self._files[file_name] = np.asarray(np.memmap(path, np.uint8, "r"))
        return self._files[file_name]


def dtype_name(value_type: ValueType) -> str:
    """The name of a tensor type's elements: ``FLOAT16``, ``STRING``, ..."""
    names = protobuf("MIL_pb2").DataType
    number = value_type.tensorType.dataType
    return str(names.Name(number)) if number in names.values() else f"type {number}"


def numpy_dtype(value_type: ValueType) -> type[np.generic]:
    """The numpy type of a tensor type's elements."""
    name = dtype_name(value_type)
    if name not in _DTYPES:
        raise UnsupportedError(f"the evaluator has no numbers of type {name}")
    return _DTYPES[name]


def static_shape(value_type: ValueType) -> tuple[int, ...]:
    """The shape of a tensor type, which must have no free dimension."""
    dimensions = value_type.tensorType.dimensions
    if any(dimension.WhichOneof("dimension") != "constant" for dimension in dimensions):
        raise UnsupportedError(
            "the evaluator has no flexible shapes: convert one bucket a function"
        )
    return tuple(int(dimension.constant.size) for dimension in dimensions)


def _decode(raw: Array, name: str, shape: tuple[int, ...]) -> Array:
    """The array that raw bytes hold.

    Args:
        raw: uint8 (bytes,).
        name: of the type: ``FLOAT16``, ``INT4``, ...
        shape: of the array.
    """
    count = math.prod(shape)
    bits = _PACKED_BITS.get(name)
    if bits is None and name not in _DTYPES:
        raise UnsupportedError(f"the evaluator has no numbers of type {name}")
    size_bytes = -(-count * bits // 8) if bits else count * np.dtype(_DTYPES[name]).itemsize
    if raw.size != size_bytes:
        raise BundleError(f"a constant of {size_bytes} bytes has {raw.size}: export it again")
    flat = _unpack(raw, bits, count, name) if bits else raw.view(_DTYPES[name])
    return flat.reshape(shape)


def _unpack(raw: Array, bits: int, count: int, name: str) -> Array:
    """Numbers of a few bits each from bytes, the lowest bits first: ``count`` of them."""
    digits = np.unpackbits(raw, bitorder="little")[: count * bits].reshape(count, bits)
    numbers = digits.astype(np.int16) @ (1 << np.arange(bits, dtype=np.int16))
    if name.startswith("INT"):
        return np.where(numbers >> (bits - 1), numbers - (1 << bits), numbers).astype(np.int8)
    return numbers.astype(np.uint8)


def _immediate(tensor: TensorValue, name: str, shape: tuple[int, ...]) -> Constant:
    """The value of a tensor that is written into the program itself: an array, or texts."""
    kind = tensor.WhichOneof("value")
    values: Any = getattr(tensor, kind).values if kind else ()
    if name == "STRING":
        return list(values) if shape else str(values[0])
    if kind == "bytes":
        return _decode(np.frombuffer(values, np.uint8), name, shape)
    if name not in _DTYPES or len(values) != math.prod(shape):
        raise BundleError(f"a constant of type {name} and shape {shape} has {len(values)} values")
    return np.array(values, _DTYPES[name]).reshape(shape)
