"""The weights that a ``.mlpackage`` stores, read back from its program and ``weight.bin``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from edgekit.mil.package import body, read_spec, refuse_damage, spec_path
from edgekit.mil.weights import Weights
from edgekit.quantize.audit import Wanted
from edgekit.quantize.numerics import Array, Stored

if TYPE_CHECKING:
    from coremltools.proto.MIL_pb2 import Operation

MADE = re.compile(r"_to_fp16(_\d+)?(_quantized)?$|_quantized$")
"""What coremltools and edgekit's passes put behind a parameter's name."""


def read(package: Path, wanted: Wanted) -> dict[str, Stored]:
    """What the package has of each tensor, by its name; its blobs are mapped, not copied.

    Raises:
        BundleError: the package is damaged.
    """
    spec, named = (
        read_spec(package),
        {row.placeholder: name for name, row in wanted.tensors.items()},
    )
    found: dict[str, Stored] = {}
    with refuse_damage(package):
        weights = Weights(spec_path(package).parent)
        for function in spec.mlProgram.functions.values():
            for operation in body(function).operations:
                name = named.get(MADE.sub("", operation.outputs[0].name))
                if name is not None and name not in found:
                    stored = _stored(operation, weights)
                    if stored is not None:
                        found[name] = stored
    return found


def _stored(operation: Operation, weights: Weights) -> Stored | None:
    """The numbers of an operation that is a weight: a constant, or one made of levels.

    Else None.
    """
    if operation.type == "const":
        return Stored(np.asarray(weights.value(operation.attributes["val"])))
    written = {**operation.attributes}
    written.update((key, row.arguments[0].value) for key, row in operation.inputs.items())
    values = {key: np.asarray(weights.value(value)) for key, value in written.items()}
    if operation.type == "constexpr_blockwise_shift_scale":
        return Stored(values["data"], _flat(values["scale"]), _flat(values["offset"]))
    if operation.type == "constexpr_affine_dequantize":
        return Stored(
            values["quantized_data"],
            _flat(values["scale"]),
            _flat(values["zero_point"]),
        )
    return None


def _flat(parameter: Array) -> Array:
    """A scale or zero point for each row, of any shape, as :class:`Stored` has it: (rows, 1)."""
    return parameter.reshape(-1, 1)
