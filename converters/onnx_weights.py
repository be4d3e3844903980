"""The weights that an ONNX file stores, read back from its initialisers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from edgekit.quantize.audit import Wanted
from edgekit.quantize.numerics import Array, Stored
from edgekit.quantize.selector import JOIN

# In the names that ``onnx_ops`` and ``onnx_int8`` give to tensors.
_TRANSPOSED, _LEVELS, _BIAS = ".T", ".int8", f".shift{JOIN}"


def read(path: Path, wanted: Wanted) -> dict[str, Stored]:
    """What the file has of each tensor, by its name, in the checkpoint's own orientation."""
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(path, load_external_data=False).graph
    arrays: dict[str, Array] = {
        row.name: numpy_helper.to_array(row, base_dir=str(path.parent)) for row in graph.initializer
    }
    arrays |= {name.partition(_BIAS)[2]: row[1] for name, row in arrays.items() if _BIAS in name}
    names = (name.removesuffix(_TRANSPOSED).removesuffix(_LEVELS) for name in arrays)
    found: dict[str, Stored] = {}
    for name in filter(wanted.asks_for, dict.fromkeys(names)):
        found.update(wanted.parts(name, _stored(name, arrays)))
    return found


def _stored(name: str, arrays: Mapping[str, Array]) -> Stored:
    """The numbers of one tensor: floats, or levels with their scales."""
    levels = _oriented(f"{name}{_LEVELS}", arrays)
    if levels is None:
        values = _oriented(name, arrays)
        assert values is not None
        return Stored(values)
    scale = _oriented(f"{name}.scale", arrays)
    return Stored(levels, None if scale is None else scale.reshape(len(levels), -1))


def _oriented(name: str, arrays: Mapping[str, Array]) -> Array | None:
    """An array of the file as the checkpoint has it: some are stored transposed.

    None without one.
    """
    transposed = arrays.get(f"{name}{_TRANSPOSED}")
    return arrays.get(name) if transposed is None else transposed.T
