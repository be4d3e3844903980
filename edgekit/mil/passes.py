"""Graph passes of edgekit, registered with coremltools by its own ``register_pass``.

They need coremltools' base classes, so :func:`register` makes them on demand.
"""

from __future__ import annotations

import hashlib
from functools import cache
from typing import Any

import numpy as np

from edgekit.mil.toolbox import coremltools

FLOAT16 = "edgekit::add_fp16_cast"
QUANTIZE = "edgekit::linear_quantize_weights"
SHARE = "edgekit::share_weights"
_FLOAT16_MAX = float(np.finfo(np.float16).max)
_SHARED_FROM = 10  # elements: coremltools writes smaller constants into the program itself


@cache
def register() -> None:
    """Makes :data:`FLOAT16`, :data:`QUANTIZE` and :data:`SHARE` known to pass pipelines."""
    coremltools()
    from coremltools.converters.mil.mil.passes.graph_pass import AbstractGraphPass
    from coremltools.converters.mil.mil.passes.pass_registry import PASS_REGISTRY, register_pass

    cast_pass: Any = type(PASS_REGISTRY["common::add_fp16_cast"])
    quantize_pass: Any = type(PASS_REGISTRY["compression::linear_quantize_weights"])

    @register_pass("edgekit", name="add_fp16_cast")
    class Float16(cast_pass):  # type: ignore[misc]
        """The pass as it is, with a first look at each weight that needs no copy of it.

        The original's masks and index arrays take a gigabyte for BERT's embeddings alone.
        """

        @staticmethod
        def fp16_overflow(op: Any) -> bool:
            return _may_overflow(op) and bool(cast_pass.fp16_overflow(op))

    @register_pass("edgekit", name="linear_quantize_weights")
    class LinearQuantize(quantize_pass):  # type: ignore[misc]
        """The pass as it is, doing equal weights of several functions once, and in float32.

        In float16, the type of the weights, levels of 8 bits round to the wrong neighbour. What is
        cut to a function's length (positions, masks, rotations) has other extremes in each: it
        stays in float16, lest an answer depend on its padding.
        """

        def is_valid_op(self, op: Any) -> bool:
            return bool(super().is_valid_op(op)) and _is_weight_matrix(op)

        def apply(self, prog: Any) -> None:
            self.done: dict[tuple[Any, ...], Any] = {}
            with np.errstate(invalid="ignore"):  # 0/0 for a row of zeros, which becomes 0
                super().apply(prog)

        def blockwise_compress_by_dtype(
            self, original_data: Any, dtype: Any, mode: str, block_sizes: list[int]
        ) -> Any:
            if original_data.ndim > 2:
                block_sizes = [0, 1, *block_sizes[2:]]  # a scale for each head
            key = (digest(original_data), dtype, mode, tuple(block_sizes))
            if key not in self.done:
                made = super().blockwise_compress_by_dtype(
                    original_data.astype(np.float32), dtype, mode, block_sizes
                )
                self.done[key] = made and made._replace(
                    scale=made.scale.astype(original_data.dtype)
                )
            return self.done[key]

    @register_pass("edgekit", name="share_weights")
    class ShareWeights(AbstractGraphPass):  # type: ignore[misc]
        """Gives equal constants one ``weight_id`` and one array.

        They are then held, and written, once: by all functions that saw the same ``pool``.
        """

        def __init__(self) -> None:
            self.pool: dict[str, Any] = {}

        def apply(self, prog: Any) -> None:
            for function in prog.functions.values():
                with function:
                    for op in list(function.operations):
                        if _is_weight(op) and op.weight_id is None:
                            _share(function, op, self.pool)


def digest(array: np.ndarray[Any, Any]) -> str:
    """SHA-256 of an array's dtype, shape and bytes."""
    content = hashlib.sha256(f"{array.dtype} {array.shape} ".encode())
    content.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
    return content.hexdigest()


def _share(function: Any, op: Any, pool: dict[str, Any]) -> None:
    from coremltools.converters.mil import Builder

    value = op.outputs[0].val
    key = digest(value)
    first = pool.setdefault(key, value)
    if first is not value:
        old, op = op, Builder.const(val=first, name=op.outputs[0].name, before_op=op).op
        function.replace_uses_of_var_after_op(old, old.outputs[0], op.outputs[0])
        function.remove_ops([old])
    op.weight_id = key


def _is_weight(op: Any) -> bool:
    if op.op_type != "const":
        return False
    value = op.outputs[0].val
    return isinstance(value, np.ndarray) and value.size >= _SHARED_FROM


def _is_weight_matrix(op: Any) -> bool:
    """A weight of two axes, or what DeBERTa's attention multiplies: (1, heads, rows, columns)."""
    output = op.outputs[0]
    return output.rank == 2 or any(user.op_type == "matmul" for user in output.child_ops)


def _may_overflow(op: Any) -> bool:
    """Whether any constant that feeds the op has a value beyond float16."""
    for inputs in op.inputs.values():
        for var in inputs if isinstance(inputs, (list, tuple)) else [inputs]:
            value = None if var.op is None or var.op.op_type != "const" else var.val
            if isinstance(value, (np.ndarray, np.floating)) and value.dtype == np.float32:
                array = np.asarray(value)
                if array.size and not -_FLOAT16_MAX <= array.min() <= array.max() <= _FLOAT16_MAX:
                    return True
    return False
