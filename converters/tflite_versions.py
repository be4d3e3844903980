"""Which version of each operator a TFLite file asks for, and which runtime is the first to have it.

A runtime refuses by name a version that it does not have. A file that asks for less than it uses is
computed wrongly instead: TensorFlow Lite before 2.18 reads one scale of an int8 table that has a
scale for each row. So each use of an operator gets the version that TensorFlow's own converter
would give it. The table has the operators, and the conditions, that edgekit's files can have, from
``op_version.cc`` and ``runtime_version.cc`` in
https://github.com/google-ai-edge/LiteRT/tree/main/tflite/tools/versioning.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from edgekit.errors import ConversionError


@dataclass(frozen=True)
class Operand:
    """A tensor that an operator reads; ``scales`` is how many it is quantised with, 0 for none."""

    dtype: str
    shape: tuple[int, ...]
    scales: int = 0


@dataclass(frozen=True)
class Use:
    """One use of an operator in a graph.

    Attributes:
        kind: TFLite's name of the operator.
        operands: what it reads; one that is left out is None.
        options: the operator's own.
    """

    kind: str
    operands: Sequence[Operand | None]
    options: Mapping[str, object]

    def operand(self, place: int) -> Operand:
        """The operand at that place, which must not be left out."""
        found = self.operands[place]
        assert found is not None
        return found


Rule = Callable[[Use], bool]


@dataclass(frozen=True)
class _Version:
    """A version, the first TensorFlow Lite that has it, and the uses that need it."""

    version: int
    since: str
    needed: Rule


def _always(use: Use) -> bool:
    return True


def _is(place: int, *dtypes: str) -> Rule:
    return lambda use: use.operand(place).dtype in dtypes


def _per_channel(place: int) -> Rule:
    return lambda use: use.operand(place).scales > 1


def _rank_above(rank: int) -> Rule:
    return lambda use: len(use.operand(0).shape) > rank


def _option(name: str) -> Rule:
    return lambda use: bool(use.options.get(name))


def _broadcast_above_rank_4(use: Use) -> bool:
    shapes = {operand.shape for operand in use.operands if operand is not None}
    return len(shapes) > 1 and max(map(len, shapes)) > 4


def _first(since: str) -> tuple[_Version, ...]:
    """The versions of an operator that has only the first one."""
    return (_Version(1, since, _always),)


FIRST_LITERT = "1.0.1"  # the first that was released
NARROW_WEIGHTS = "2.18.0"  # the first TensorFlow Lite whose kernels read a scale for each row
_NARROW = ("int4", "int8")
_READ_NARROW = ("DEQUANTIZE", "EMBEDDING_LOOKUP", "FULLY_CONNECTED")
_BROADCAST = (_Version(3, "2.3.0", _broadcast_above_rank_4), *_first("1.14.0"))
_TABLE: Mapping[
    str, Sequence[_Version]
] = {  # of an operator's rows the first that is needed counts
    "ABS": (_Version(5, "2.12.0", _is(0, "int32")), *_first("1.13.0")),
    "ADD": _first("1.5.0"),
    "BATCH_MATMUL": _first("2.3.0"),
    "BROADCAST_TO": (_Version(2, "2.5.0", _always),),  # its first version was withdrawn
    "CAST": _first("1.5.0"),
    "CONCATENATION": _first("1.5.0"),
    "COS": _first("1.14.0"),
    "CUMSUM": _first("2.4.0"),
    "DEQUANTIZE": (
        _Version(6, "2.18.0", _is(0, "int4")),
        _Version(5, "2.7.0", _per_channel(0)),
        _Version(2, "1.14.0", _always),
    ),
    "DIV": (_Version(2, "2.3.0", _broadcast_above_rank_4), *_first("1.6.0")),
    "EMBEDDING_LOOKUP": (
        _Version(4, "2.18.0", _is(1, "int4")),
        _Version(4, NARROW_WEIGHTS, _per_channel(1)),
        *_first("1.13.0"),
    ),
    "EXP": _first("1.7.0"),
    "FULLY_CONNECTED": (
        _Version(12, "2.17.0", _per_channel(1)),
        _Version(5, "2.0.0", _option("keepNumDims")),
        _Version(3, "1.14.0", _is(1, *_NARROW)),
        *_first("1.5.0"),
    ),
    "GATHER": (
        _Version(5, "2.5.0", _option("batchDims")),
        _Version(3, "1.15.0", _is(0, "bool")),
        *_first("1.6.0"),
    ),
    "GELU": _first("2.9.0"),
    "GREATER_EQUAL": _first("1.14.0"),
    "LESS": _first("1.14.0"),
    "LESS_EQUAL": _first("1.14.0"),
    "LOG": _first("1.14.0"),
    "LOGICAL_AND": _first("1.11.0"),
    "MAXIMUM": _BROADCAST,
    "MEAN": _first("1.6.0"),
    "MINIMUM": _BROADCAST,
    "MUL": _first("1.5.0"),
    "NEG": _first("1.9.0"),
    "NOT_EQUAL": _first("1.14.0"),
    "PAD": (_Version(4, "2.6.0", _rank_above(4)), *_first("1.5.0")),
    "POW": _first("1.10.0"),
    "REDUCE_MAX": _first("1.11.0"),
    "RELU": _first("1.5.0"),
    "RESHAPE": _first("1.5.0"),
    "RSQRT": _first("1.10.0"),
    "SELECT_V2": _first("2.2.0"),
    "SIN": _first("1.9.0"),
    "SLICE": (_Version(5, "2.5.0", _rank_above(4)), *_first("1.14.0")),
    "SOFTMAX": _first("1.5.0"),
    "SQRT": _first("1.10.0"),
    "SUB": (_Version(3, "2.3.0", _broadcast_above_rank_4), *_first("1.6.0")),
    "SUM": _first("1.10.0"),
    "TANH": _first("1.14.0"),
    "TRANSPOSE": (
        _Version(6, "2.12.0", _rank_above(5)),
        _Version(4, "2.3.0", _rank_above(4)),
        _Version(3, "1.15.0", _is(0, "bool")),
        *_first("1.6.0"),
    ),
}


def operator_version(use: Use) -> int:
    """The version that a file must ask for where it uses an operator like this.

    Raises:
        ConversionError: the table has no row for such a use.
    """
    narrow = any(operand is not None and operand.dtype in _NARROW for operand in use.operands)
    if use.kind not in _TABLE or (narrow and use.kind not in _READ_NARROW):
        what = " with narrow weights" if narrow else ""
        raise ConversionError(
            f"no version is known for TFLite's {use.kind}{what}: add a row to tflite_versions"
        )
    return next(row.version for row in _TABLE[use.kind] if row.needed(use))


def least_tensorflow(codes: Iterable[tuple[str, int]]) -> str | None:
    """The first TensorFlow Lite that has all of these operators, each in its version.

    Args:
        codes: names of operators and their versions, as a file's table of operators has them.

    Returns:
        A version such as ``2.9.0``; None where an operator is not in the table, because another
        tool made the file.
    """
    since = {(kind, row.version): row.since for kind, rows in _TABLE.items() for row in rows}
    found = [since.get(code) for code in codes]
    known = [version for version in found if version is not None]
    return max(known, key=release) if known and len(known) == len(found) else None


def release(version: str) -> tuple[int, ...]:
    """A version, like ``2.9.0``, as numbers that compare as versions do."""
    return tuple(map(int, version.split(".")))
