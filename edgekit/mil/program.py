"""Reference evaluation of an ML Program on any machine: never Core ML, always the same numbers.

Every operation computes in float32 and rounds its results to the types the program declares, so a
value too large for float16 becomes inf. Devices fuse operations, and round less or elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from edgekit.errors import BundleError, EdgekitError, PlanError, UnsupportedError
from edgekit.mil.ops_compute import COMPUTE, Array, Kernel
from edgekit.mil.ops_move import MOVE
from edgekit.mil.package import body, read_spec, refuse_damage, spec_path
from edgekit.mil.weights import Constant, Weights, numpy_dtype, static_shape

if TYPE_CHECKING:
    from coremltools.proto.MIL_pb2 import Block, NamedValueType, Operation, Value

OnValue = Callable[[str, str, Array], None]


@dataclass(frozen=True)
class _Tensor:
    """A value that a program declares."""

    name: str
    dtype: type[np.generic]
    shape: tuple[int, ...]

    @classmethod
    def of(cls, named: NamedValueType) -> _Tensor:
        """The tensor that a program declares: it must have a type of numbers and no free axis."""
        return cls(named.name, numpy_dtype(named.type), static_shape(named.type))


@dataclass(frozen=True)
class _Step:
    """One operation of a function.

    Attributes:
        op_type: MIL's name for it.
        kernel: computes it in numpy.
        arguments: the names of the values that it reads, by argument.
        outputs: what it gives.
    """

    op_type: str
    kernel: Kernel
    arguments: Mapping[str, tuple[str, ...]]
    outputs: tuple[_Tensor, ...]


@dataclass(frozen=True)
class Program:
    """One function of a package, ready to be evaluated.

    ``constants`` are its weights, decompressed to the type they are stored in. ``wide`` are those
    of float16 that operations compute with, as float32: to make them anew for each inference takes
    longer than the arithmetic.
    """

    inputs: tuple[_Tensor, ...]
    outputs: tuple[str, ...]
    steps: tuple[_Step, ...]
    constants: Mapping[str, Constant]
    wide: Mapping[str, Array]

    @classmethod
    def load(cls, package: Path, function: str | None = None) -> Program:
        """Opens a function of a ``.mlpackage``, or its default one.

        Raises:
            BundleError: the package is damaged or lacks that function.
            UnsupportedError: it uses an operation or a type that the evaluator does not have.
        """
        spec = read_spec(package)
        name = function or spec.description.defaultFunctionName or "main"
        if name not in spec.mlProgram.functions:
            known = ", ".join(sorted(spec.mlProgram.functions))
            raise BundleError(f"{package.name} has no function '{name}': choose from {known}")
        code = spec.mlProgram.functions[name]
        with refuse_damage(package):
            block = body(code)
            constants, steps = _read(block, Weights(spec_path(package).parent))
            inputs = tuple(_Tensor.of(named) for named in code.inputs)
            _check_names({*constants, *(row.name for row in inputs)}, steps, block.outputs)
            wide = dict(_wide(steps, constants))
            return cls(inputs, tuple(block.outputs), tuple(steps), constants, wide)

    def predict(
        self, feed: Mapping[str, Array], on_value: OnValue | None = None
    ) -> dict[str, Array]:
        """Evaluates the function.

        Args:
            feed: an array for every input, of its shape and type.
            on_value: called with each operation's type, an output's name and its value.

        Raises:
            PlanError: the feed does not fit the inputs.
            BundleError: an operation does not compute what it declares.
        """
        values = {**self.constants, **self._checked(feed)}
        last_use = {
            name: i
            for i, step in enumerate(self.steps)
            for names in step.arguments.values()
            for name in names
        }
        spent: dict[int, list[str]] = {}
        for name, i in last_use.items():
            if name not in self.constants and name not in self.outputs:
                spent.setdefault(i, []).append(name)
        for i, step in enumerate(self.steps):
            for tensor, result in _run(step, values, self.wide):
                values[tensor.name] = result
                if on_value is not None:
                    on_value(step.op_type, tensor.name, result)
            for name in spent.get(i, ()):
                del values[name]
        return {name: np.asarray(values[name]) for name in self.outputs}

    def _checked(self, feed: Mapping[str, Array]) -> dict[str, Array]:
        """The feed, if it has every input in the right shape and type; else PlanError."""
        names = [tensor.name for tensor in self.inputs]
        if set(feed) != set(names):
            raise PlanError(f"the inputs are {', '.join(names)}, not {', '.join(feed) or 'none'}")
        for tensor in self.inputs:
            array, dtype = feed[tensor.name], np.dtype(tensor.dtype)
            if array.shape != tensor.shape or array.dtype != dtype:
                raise PlanError(
                    f"{tensor.name} must be {dtype} of shape {tensor.shape}, "
                    f"not {array.dtype} of shape {array.shape}"
                )
        return dict(feed)


def _read(block: Block, weights: Weights) -> tuple[dict[str, Constant], list[_Step]]:
    """A block's constants, compressed ones already expanded, and its other operations in order."""
    constants: dict[str, Constant] = {}
    steps = []
    for op in block.operations:
        if op.type == "const":
            constants[op.outputs[0].name] = weights.value(op.attributes["val"])
            continue
        step = _step(op, weights, constants)
        if op.type.startswith("constexpr_"):
            constants.update((tensor.name, value) for tensor, value in _run(step, constants, {}))
        else:
            steps.append(step)
    return constants, steps


def _wide(steps: Iterable[_Step], constants: Mapping[str, Constant]) -> Iterator[tuple[str, Array]]:
    """The float16 constants that some operation computes with, by name, as float32."""
    for step in steps:
        if step.op_type in COMPUTE:
            for name in (name for names in step.arguments.values() for name in names):
                value = constants.get(name)
                if isinstance(value, np.ndarray) and value.dtype == np.float16:
                    yield name, value.astype(np.float32)


def _check_names(known: set[str], steps: Iterable[_Step], outputs: Sequence[str]) -> None:
    """Raises BundleError if an operation or an output uses a value that nothing computes before it.

    Args:
        known: names of inputs and constants; it is added to.
        steps: in order.
        outputs: of the function.
    """
    for step in steps:
        missing = {name for names in step.arguments.values() for name in names} - known
        if missing:
            raise BundleError(
                f"'{step.op_type}' needs {', '.join(sorted(missing))}: export it again"
            )
        known |= {tensor.name for tensor in step.outputs}
    if not outputs or not known.issuperset(outputs):
        raise BundleError("the program does not compute its outputs: export it again")


def _step(op: Operation, weights: Weights, constants: dict[str, Constant]) -> _Step:
    """An operation as a step, with the kernel that computes it.

    Args:
        op: the operation.
        weights: decode values that are written into it.
        constants: get those values, under names made here.

    Raises:
        UnsupportedError: the evaluator does not have the operation.
    """
    kernel = MOVE.get(op.type) or COMPUTE.get(op.type)
    if kernel is None:
        raise UnsupportedError(f"the evaluator has no operation '{op.type}'")
    outputs = tuple(_Tensor.of(named) for named in op.outputs)

    def literal(key: str, value: Value) -> str:
        name = f"{outputs[0].name}.{key}"
        constants[name] = weights.value(value)
        return name

    arguments = {
        key: tuple(
            binding.name
            if binding.WhichOneof("binding") == "name"
            else literal(f"{key}.{i}", binding.value)
            for i, binding in enumerate(argument.arguments)
        )
        for key, argument in op.inputs.items()
    }
    if op.type.startswith("constexpr_"):  # before iOS 18 these have attributes instead of inputs
        for key in op.attributes.keys() - {"name"}:
            arguments[key] = (literal(key, op.attributes[key]),)
    return _Step(op.type, kernel, arguments, outputs)


def _run(
    step: _Step, values: Mapping[str, Constant], wide: Mapping[str, Array]
) -> Iterator[tuple[_Tensor, Array]]:
    """Computes one operation; yields its outputs, rounded to their types.

    Args:
        step: the operation.
        values: all that was computed before, and the constants, by name.
        wide: of these what is there as float32 already.
    """
    try:
        widen = step.op_type in COMPUTE
        arguments = {
            key: _argument(key, names, values, wide if widen else None)
            for key, names in step.arguments.items()
        }
        with np.errstate(all="ignore"):  # inf and NaN are results, and are seen in the outputs
            results = step.kernel(**arguments)
            results = results if isinstance(results, list) else [results]
            rounded = [
                np.asarray(result).astype(tensor.dtype, copy=False)
                for tensor, result in zip(step.outputs, results, strict=True)
            ]
    except EdgekitError:
        raise
    except Exception as error:
        raise BundleError(f"'{step.op_type}' cannot be evaluated: {error}") from error
    for tensor, result in zip(step.outputs, rounded, strict=True):
        if result.shape != tensor.shape:
            raise BundleError(f"{tensor.name} has shape {result.shape}, declared {tensor.shape}")
        yield tensor, result


def _argument(
    key: str,
    names: tuple[str, ...],
    values: Mapping[str, Constant],
    wide: Mapping[str, Array] | None,
) -> Constant:
    """One argument of an operation, as its kernel takes it.

    Args:
        key: the argument's name: ``values`` is a list even of one.
        names: of the values that it consists of.
        values: all that there are, by name.
        wide: float32 copies of float16 constants; the other float16 values are widened here. None
            leaves all in their types.
    """
    items = [values[name] for name in names]
    if wide is not None:
        items = [
            item.astype(np.float32)
            if name not in wide and isinstance(item, np.ndarray) and item.dtype == np.float16
            else wide.get(name, item)
            for name, item in zip(names, items, strict=True)
        ]
    return items if key == "values" or len(items) > 1 else items[0]
