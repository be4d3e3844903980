"""Graph passes of edgekit, registered with coremltools by its own ``register_pass``.

They need coremltools' base classes, so :func:`register` makes them on demand.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from edgekit.mil.toolbox import coremltools
from edgekit.quantize.numerics import Array, Stored, quantize
from edgekit.quantize.scheme import FLOAT16, Scheme

if TYPE_CHECKING:
    from coremltools.converters.mil import Function, Operation, Program, Var
    from coremltools.converters.mil.mil.passes.graph_pass import AbstractGraphPass

CAST = "edgekit::add_fp16_cast"
STORE = "edgekit::store_weights"
SHARE = "edgekit::share_weights"
Choose = Callable[[str, bool], Scheme]
Done = dict[tuple[str, Scheme], Stored]  # by a constant's digest and how it is stored
_FLOAT16_MAX = float(np.finfo(np.float16).max)
_SHARED_FROM = 10  # elements: coremltools writes smaller constants into the program itself


@cache
def register() -> None:
    """Makes :data:`CAST`, :data:`STORE` and :data:`SHARE` known to pass pipelines."""
    coremltools()
    from coremltools.converters.mil.mil.passes.graph_pass import AbstractGraphPass
    from coremltools.converters.mil.mil.passes.pass_registry import PASS_REGISTRY, register_pass

    cast_pass: type[AbstractGraphPass] = type(PASS_REGISTRY["common::add_fp16_cast"])

    @register_pass("edgekit", name="add_fp16_cast")
    class Float16(cast_pass):  # type: ignore[misc]
        """coremltools' own pass to float16, made cheaper for weights.

        It looks first whether a weight has values beyond float16: the original's masks and index
        arrays take a gigabyte for BERT's embeddings alone.
        """

        @staticmethod
        def fp16_overflow(op: Operation) -> bool:
            return _may_overflow(op) and bool(cast_pass.fp16_overflow(op))

    @register_pass("edgekit", name="store_weights")
    class StoreWeights(AbstractGraphPass):  # type: ignore[misc]
        """Stores each constant in the scheme that ``choose`` names.

        ``choose`` takes a constant's name and whether it is a matrix (see :func:`_is_matrix`). A
        constant in floats stays as it is, and so does one beyond float16, which is still in float32
        here. Equal ones of several functions are quantised once.
        """

        def __init__(self) -> None:
            self.choose: Choose = lambda name, matrix: FLOAT16

        def apply(self, prog: Program) -> None:
            """Replaces the weights of all functions."""
            done: Done = {}
            for function in prog.functions.values():
                with function:
                    for op in list(function.operations):
                        if _is_weight(op):
                            scheme = self.choose(op.name, _is_matrix(op))
                            if not scheme.floating and op.outputs[0].val.dtype == np.float16:
                                _store(function, op, scheme, done)

    @register_pass("edgekit", name="share_weights")
    class ShareWeights(AbstractGraphPass):  # type: ignore[misc]
        """Gives equal constants one ``weight_id`` and one array, so that they are written once.

        All functions that saw the same ``pool`` share.
        """

        def __init__(self) -> None:
            self.pool: dict[str, Array] = {}

        def apply(self, prog: Program) -> None:
            """Lets the weights of all functions share arrays."""
            for function in prog.functions.values():
                with function:
                    for op in list(function.operations):
                        if _is_weight(op) and op.weight_id is None:
                            _share(function, op, self.pool)


def digest(array: Array) -> str:
    """SHA-256 of an array's dtype, shape and bytes."""
    content = hashlib.sha256(f"{array.dtype} {array.shape} ".encode())
    content.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
    return content.hexdigest()


def _share(function: Function, op: Operation, pool: dict[str, Array]) -> None:
    """Lets a constant use the array of an equal one in ``pool``, or puts its own there."""
    from coremltools.converters.mil import Builder

    value = op.outputs[0].val
    key = digest(value)
    first = pool.setdefault(key, value)
    if first is not value:
        old, op = op, Builder.const(val=first, name=op.outputs[0].name, before_op=op).op
        function.replace_uses_of_var_after_op(old, old.outputs[0], op.outputs[0])
        function.remove_ops([old])
    op.weight_id = key


def _store(function: Function, op: Operation, scheme: Scheme, done: Done) -> None:
    """Replaces a constant by its levels and an operation that computes its values from them.

    Args:
        function: of the program.
        op: the constant.
        scheme: how it is stored.
        done: what was quantised before, by content and scheme; it is added to.
    """
    value = op.outputs[0].val
    key = (digest(value), scheme)
    if key not in done:
        done[key] = quantize(_channels_first(value).astype(np.float32), scheme)
    made = _constexpr(op, done[key], value.shape)
    function.replace_uses_of_var_after_op(op, op.outputs[0], made, force_replace=True)
    function.remove_ops([op])


def _channels_first(value: Array) -> Array:
    """A weight as rows that have a scale each: heads, where it is (1, heads, rows, columns).

    That becomes (heads, rows * columns); a matrix stays as it is.
    """
    return value if value.ndim == 2 else value.reshape(value.shape[1], -1)


def _constexpr(op: Operation, stored: Stored, shape: tuple[int, ...]) -> Var:
    """The operation that computes a weight from its levels.

    It is one of the iOS version that the program is for.

    Args:
        op: the constant that it replaces.
        stored: levels, scales and zero points.
        shape: of the weight.
    """
    from coremltools.converters.mil import Builder
    from coremltools.converters.mil._deployment_compatibility import AvailableTarget
    from coremltools.converters.mil.mil.block import is_current_opset_version_compatible_with

    assert stored.scale is not None
    levels, scale = stored.levels.reshape(shape), stored.scale
    zero_point = np.zeros(scale.shape, np.int8) if stored.zero_point is None else stored.zero_point
    axis = 0 if levels.ndim == 2 else 1
    name = f"{op.name}_quantized"
    if not is_current_opset_version_compatible_with(AvailableTarget.iOS18):
        return Builder.constexpr_affine_dequantize(
            quantized_data=levels,
            zero_point=zero_point[:, 0],
            scale=scale[:, 0],
            axis=np.int32(axis),
            before_op=op,
            name=name,
        )
    per_axis = [1] * levels.ndim
    per_axis[axis] = len(scale)
    return Builder.constexpr_blockwise_shift_scale(
        data=levels,
        scale=scale.reshape(per_axis),
        offset=zero_point.reshape(per_axis),
        before_op=op,
        name=name,
    )


def _is_weight(op: Operation) -> bool:
    """Whether a constant is an array large enough to be shared or quantised."""
    if op.op_type != "const":
        return False
    value = op.outputs[0].val
    return isinstance(value, np.ndarray) and value.size >= _SHARED_FROM


def _is_matrix(op: Operation) -> bool:
    """Whether a constant has two axes, or is an operand of DeBERTa's attention.

    That is (1, heads, rows, columns).
    """
    output = op.outputs[0]
    return output.rank == 2 or any(user.op_type == "matmul" for user in output.child_ops)


def _may_overflow(op: Operation) -> bool:
    """Whether any constant that feeds the op has a value beyond float16."""
    for inputs in op.inputs.values():
        for var in inputs if isinstance(inputs, (list, tuple)) else [inputs]:
            value = None if var.op is None or var.op.op_type != "const" else var.val
            if isinstance(value, (np.ndarray, np.floating)) and value.dtype == np.float32:
                array = np.asarray(value)
                if array.size and not -_FLOAT16_MAX <= array.min() <= array.max() <= _FLOAT16_MAX:
                    return True
    return False
