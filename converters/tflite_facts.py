"""What is inside a TFLite file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from edgekit.converters.facts import FileFacts, function_length
from edgekit.converters.tflite_versions import FIRST_LITERT, least_tensorflow
from edgekit.files import size_bytes
from edgekit.signature import TensorSpec


def read(path: Path) -> FileFacts:
    """What is in a .tflite file: inputs and outputs are those of its longest signature.

    Any error says that it is damaged.
    """
    from ai_edge_litert import schema_py_generated as schema
    from ai_edge_litert.interpreter import Interpreter

    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(path.read_bytes(), 0))
    names = {code: name for name, code in vars(schema.BuiltinOperator).items()}
    signatures = Interpreter(model_path=str(path)).get_signature_list()
    codes = [(names[code.builtinCode], code.version) for code in model.operatorCodes]
    largest = max(signatures, key=function_length)
    runner = Interpreter(model_path=str(path)).get_signature_runner(largest)
    return FileFacts(
        path.name,
        "tflite",
        size_bytes(path),
        f"schema {model.version}",
        _tensors(runner.get_input_details(), signatures[largest]["inputs"]),
        _tensors(runner.get_output_details(), signatures[largest]["outputs"]),
        Counter(
            names[model.operatorCodes[operator.opcodeIndex].builtinCode]
            for operator in model.subgraphs[0].operators
        ),
        {"description": (model.description or b"").decode()},
        tuple(signatures),
        _least_runtime(codes),
    )


def _least_runtime(codes: list[tuple[str, int]]) -> dict[str, str]:
    """The first version of each runtime that has all operators of a file; empty if one is unknown.

    LiteRT began as TensorFlow Lite 2.18, and has all operators that edgekit's files can have.
    """
    least = least_tensorflow(codes)
    return {} if least is None else {"TensorFlow Lite": least, "LiteRT": FIRST_LITERT}


def _tensors(details: Mapping[str, Any], order: list[str]) -> tuple[TensorSpec, ...]:
    """The inputs or outputs of a signature.

    Args:
        details: what LiteRT's signature runner says of each tensor, by name: ``dtype`` and
            ``shape``.
        order: the names in the signature's order.
    """
    return tuple(
        TensorSpec(name, details[name]["dtype"].__name__, tuple(map(int, details[name]["shape"])))
        for name in order
    )
