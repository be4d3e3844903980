"""The weights that an .aimodel stores. Its program keeps no names: each is found by its content."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from edgekit.converters.content import stored_in
from edgekit.quantize.audit import Wanted
from edgekit.quantize.numerics import Stored


def read(path: Path, wanted: Wanted) -> dict[str, Stored]:
    """What an asset stores of the wanted tensors, found by their content; see :func:`stored_in`."""
    return stored_in(constants(path), wanted)


def constants(path: Path) -> Iterator[bytes]:
    """The content of every constant tensor, read back from the saved program.

    coreai-core has no public way to a constant's numbers: these are the bindings that Apple's own
    coreai-opt reads them by.
    """
    from coreai._compiler._mlir_libs._coreaiIR import _bindings
    from coreai._compiler.ir import RankedTensorType, WalkResult
    from coreai.authoring import AIModelAsset

    bindings: Any = _bindings
    copy = bindings.compiler.copy_constant_value_to_array
    operations: list[Any] = []

    def keep(operation: Any) -> WalkResult:
        if operation.name == "coreai.constant":
            operations.append(operation)
        return WalkResult.ADVANCE

    program = AIModelAsset.load(path).program
    program._module._mlir_module.operation.walk(keep)
    for operation in operations:
        kind = operation.results[0].type
        if isinstance(kind, RankedTensorType) and kind.has_static_shape:
            size_bytes = max(1, kind.element_type.width // 8)  # a truth comes as a byte, not a bit
            content = np.zeros(int(np.prod(kind.shape)) * size_bytes, np.uint8)
            copy(constant_op=operation, destination=content)
            yield content.tobytes()
