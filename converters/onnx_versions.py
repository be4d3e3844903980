"""Which opset an ONNX file asks for, and which onnxruntime is the first to read it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING

from edgekit.errors import ConversionError

if TYPE_CHECKING:
    from onnx import NodeProto
    from onnx.onnx_cpp2py_export.checker import CheckerContext

OPSETS = range(15, 21)  # of ai.onnx, for which the lowerings are written
# https://onnxruntime.ai/docs/reference/compatibility.html, and its onnx in cmake/deps.txt
_ONNXRUNTIME: Mapping[int, str] = {
    13: "1.6.0",
    14: "1.8.0",
    15: "1.9.0",
    16: "1.11.0",
    17: "1.12.0",
    18: "1.14.0",
    19: "1.15.0",
    20: "1.17.0",
    21: "1.18.0",
}


def least_opset(nodes: Iterable[NodeProto], most: int) -> int:
    """The least opset of ai.onnx that has every operator as it is used.

    Each form of an operator is held against the schemas of one opset after the other. The
    ``since_version`` of the newest schema would ask for more: it counts new types, too.

    Raises:
        ConversionError: an operator is not in opset ``most``.
    """
    alike = {_form(node): node for node in nodes if not node.domain}
    return max((_since(node, most) for node in alike.values()), default=OPSETS.start)


def _form(node: NodeProto) -> tuple[object, ...]:
    """What decides since which opset a node exists: nodes alike in it are asked once."""
    names = tuple(sorted(row.name for row in node.attribute))
    return node.op_type, len(node.input), len(node.output), names


def _since(node: NodeProto, most: int) -> int:
    """The least opset, up to ``most``, that has a node as it is; ConversionError if none has."""
    for opset in OPSETS:
        if opset <= most and _has(opset, node):
            return opset
    raise ConversionError(f"opset {most} has no {node.op_type} like this: ask for a newer --opset")


def _has(opset: int, node: NodeProto) -> bool:
    """Whether ONNX's own checker takes a node in an opset."""
    from onnx import checker

    try:
        checker.check_node(node, _context(opset))
    except checker.ValidationError:
        return False
    return True


@cache
def _context(opset: int) -> CheckerContext:
    """What ONNX's checker has to know of an opset."""
    from onnx import checker

    context = checker.C.CheckerContext()
    context.ir_version, context.opset_imports = ir_version(opset), {"": opset}
    return context


def ir_version(opset: int) -> int:
    """The version of ONNX's file format that came with an opset."""
    from onnx import helper

    return int(helper.find_min_ir_version_for([helper.make_opsetid("", opset)]))


def least_onnxruntime(opset: int) -> str | None:
    """The first onnxruntime that reads an opset of ai.onnx; None where the table has none."""
    return _ONNXRUNTIME.get(max(opset, min(_ONNXRUNTIME)))
