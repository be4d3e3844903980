"""The weights that an ONNX file stores, read back from its initialisers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from edgekit.quantize.audit import Wanted
from edgekit.quantize.numerics import Array, Stored


def read(path: Path, wanted: Wanted) -> dict[str, Stored]:
    """What the file has of each tensor, by its name, in the checkpoint's own orientation."""
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(path, load_external_data=False).graph
    arrays: dict[str, Array] = {
        row.name: numpy_helper.to_array(row, base_dir=str(path.parent)) for row in graph.initializer
    }
    found = ((name, _stored(name, arrays)) for name in wanted.tensors)
    return {name: stored for name, stored in found if stored is not None}


def _stored(name: str, arrays: Mapping[str, Array]) -> Stored | None:
    """By the names that ``onnx_ops`` gives: ``.int8`` and ``.scale``, ``.T`` if transposed."""
    levels = _oriented(f"{name}.int8", arrays)
    if levels is None:
        values = _oriented(name, arrays)
        return None if values is None else Stored(values)
    scale = _oriented(f"{name}.scale", arrays)
    return Stored(levels, None if scale is None else scale.reshape(len(levels), -1))


def _oriented(name: str, arrays: Mapping[str, Array]) -> Array | None:
    transposed = arrays.get(f"{name}.T")
    return arrays.get(name) if transposed is None else transposed.T
