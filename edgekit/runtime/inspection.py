"""What is inside an exported file, whoever made it: read from the file, never from a manifest."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgekit.converters.onnx_versions import least_onnxruntime
from edgekit.converters.tflite_versions import FIRST_LITERT, least_tensorflow
from edgekit.errors import BundleError, UnsupportedError
from edgekit.files import external_data, size_bytes
from edgekit.formats import get as get_format
from edgekit.layout import html_table
from edgekit.signature import TensorSpec
from edgekit.words import megabytes

if TYPE_CHECKING:
    from onnx import ValueInfoProto


@dataclass(frozen=True, repr=False)
class FileFacts:
    """What :func:`inspect_file` finds in a file.

    ``version`` is the opset, schema or minimum OS; ``operations`` counts nodes by type;
    ``least_runtime`` has by runtime the first version that opens the file, and is empty where an
    operator is unknown; ``minimum_os`` is the oldest system that both the file and its runtime's
    library run on.
    """

    file: str
    format: str
    size_bytes: int
    version: str
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    operations: Mapping[str, int]
    metadata: Mapping[str, str] = field(default_factory=dict)
    functions: tuple[str, ...] = ()
    least_runtime: Mapping[str, str] = field(default_factory=dict)
    minimum_os: str = ""

    def __repr__(self) -> str:
        return f"<{self.file}: {self.format}, {megabytes(self.size_bytes)}, {self.version}>"

    def _repr_html_(self) -> str:
        """Inputs and outputs, as a notebook shows them."""
        named = [
            *(("input", row) for row in self.inputs),
            *(("output", row) for row in self.outputs),
        ]
        cells = ((row.name, kind, row.dtype, str(list(row.shape))) for kind, row in named)
        return html_table(("name", "", "type", "shape"), cells)


def inspect_file(path: Path) -> FileFacts:
    """The facts of an .onnx, .tflite, .mlpackage, .pte or .aimodel.

    Raises:
        UnsupportedError: another suffix.
        BundleError: it is missing, cannot be read or has no operations.
    """
    if not path.is_file() and not path.is_dir():  # a pipe would never end
        what = "is neither a file nor a folder" if path.exists() else "does not exist"
        raise BundleError(f"{path} {what}")
    if path.suffix not in READERS:
        raise UnsupportedError(
            f"{path} is no bundle and no {', '.join(READERS)} file: nothing to inspect"
        )
    format_name, reader = READERS[path.suffix]
    get_format(format_name).require()
    try:
        facts = reader(path)
    except BundleError:
        raise
    except Exception as error:
        raise BundleError(f"{path} cannot be read as {format_name}: {error}") from error
    if not facts.operations:
        raise BundleError(f"{path} has no operations: it is empty or cut off, export it again")
    return replace(facts, minimum_os=facts.minimum_os or get_format(format_name).minimum_os)


def _onnx(path: Path) -> FileFacts:
    import onnx

    model = onnx.load(path, load_external_data=False)
    opset = next((row.version for row in model.opset_import if not row.domain), 1)
    least = least_onnxruntime(opset)
    opsets = ", ".join(f"{row.domain or 'ai.onnx'} {row.version}" for row in model.opset_import)
    return FileFacts(
        path.name,
        "onnx",
        sum(map(size_bytes, filter(Path.exists, (path, external_data(path))))),
        f"opset {opsets}",
        tuple(map(_onnx_tensor, model.graph.input)),
        tuple(map(_onnx_tensor, model.graph.output)),
        Counter(node.op_type for node in model.graph.node),
        {
            "producer": f"{model.producer_name} {model.producer_version}",
            "description": model.doc_string,
            **{row.key: row.value for row in model.metadata_props},
        },
        least_runtime={} if least is None else {"onnxruntime": least},
    )


def _onnx_tensor(value: ValueInfoProto) -> TensorSpec:
    import onnx

    tensor = value.type.tensor_type
    dtype = onnx.helper.tensor_dtype_to_np_dtype(tensor.elem_type).name
    shape = tuple(axis.dim_param or axis.dim_value for axis in tensor.shape.dim)
    return TensorSpec(value.name, dtype, shape, value.doc_string)


def _tflite(path: Path) -> FileFacts:
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
        _tflite_tensors(runner.get_input_details(), signatures[largest]["inputs"]),
        _tflite_tensors(runner.get_output_details(), signatures[largest]["outputs"]),
        Counter(
            names[model.operatorCodes[operator.opcodeIndex].builtinCode]
            for operator in model.subgraphs[0].operators
        ),
        {"description": (model.description or b"").decode()},
        tuple(signatures),
        _least_tflite(codes),
    )


def function_length(name: str) -> int:
    """The length in tokens that a function of edgekit has in its name; 0 for those of others."""
    last = name.rpartition("_")[2]
    return int(last) if last.isdecimal() else 0


def _least_tflite(codes: list[tuple[str, int]]) -> dict[str, str]:
    """LiteRT began as TensorFlow Lite 2.18, and has all operators that edgekit's files can have."""
    least = least_tensorflow(codes)
    return {} if least is None else {"TensorFlow Lite": least, "LiteRT": FIRST_LITERT}


def _tflite_tensors(details: Mapping[str, Any], order: list[str]) -> tuple[TensorSpec, ...]:
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


def _coreml(path: Path) -> FileFacts:
    from edgekit import mil

    facts = mil.read_facts(path)
    return FileFacts(
        path.name,
        "coreml",
        size_bytes(path),
        facts.minimum_os,
        facts.inputs,
        facts.outputs,
        facts.operations,
        facts.metadata,
        tuple(facts.functions),
        minimum_os=facts.minimum_os,
    )


def _executorch(path: Path) -> FileFacts:
    from edgekit.converters import executorch_file

    program = executorch_file.load(path)
    facts = executorch_file.facts(program)
    maker = facts.pop("executorch", None)
    meta = program.load_method(executorch_file.METHOD).metadata
    return FileFacts(
        path.name,
        "executorch",
        size_bytes(path),
        "batch 1, lengths up to those of the inputs",
        _executorch_tensors(facts.pop("inputs"), meta.input_tensor_meta),
        _executorch_tensors(facts.pop("outputs"), meta.output_tensor_meta),
        executorch_file.operations(path),
        {name: str(value) for name, value in facts.items() if value},
        least_runtime={} if maker is None else {"ExecuTorch": maker},
    )


def _executorch_tensors(names: list[str], meta: Callable[[int], Any]) -> tuple[TensorSpec, ...]:
    """The inputs or outputs of a program.

    Args:
        names: of the tensors, in order.
        meta: ExecuTorch's description of the tensor of that number.
    """
    from edgekit.converters.executorch_file import DTYPES

    return tuple(
        TensorSpec(name, DTYPES[meta(index).dtype()], tuple(meta(index).sizes()))
        for index, name in enumerate(names)
    )


def _coreai(path: Path) -> FileFacts:
    from coreai.authoring import AIModelAsset

    from edgekit.runtime.coreai import FUNCTION, check

    check(path)
    summary = AIModelAsset.load(path).summary()
    if summary is None:
        raise BundleError(f"{path} has no program")
    functions = sorted(summary.function_names, key=lambda name: int(name.removeprefix(FUNCTION)))
    stored = json.loads((path / "metadata.json").read_text("utf-8"))
    own = stored.pop("creatorDefinedMetadata", {})
    version = f"iOS {(summary._compatibility_version or '27.0').removesuffix('.0')}"
    return FileFacts(
        path.name,
        "coreai",
        size_bytes(path),
        version,
        tuple(_coreai_tensor(*row) for row in summary.function_inputs(functions[-1])),
        tuple(_coreai_tensor(*row) for row in summary.function_outputs(functions[-1])),
        dict(summary.operation_distribution),
        {name: str(value) for name, value in {**stored, **own}.items() if value},
        tuple(functions),
        minimum_os=f"{version}, macOS{version.removeprefix('iOS')}",
    )


def _coreai_tensor(name: str, text: str) -> TensorSpec:
    """From Core AI's own words, such as ``NDArray (Int32, 1 × 16)``."""
    dtype, _, shape = text.removeprefix("NDArray (").removesuffix(")").partition(", ")
    return TensorSpec(name, dtype.lower(), tuple(int(size) for size in shape.split(" × ")))


READERS: dict[str, tuple[str, Callable[[Path], FileFacts]]] = {
    ".onnx": ("onnx", _onnx),
    ".tflite": ("tflite", _tflite),
    ".mlpackage": ("coreml", _coreml),
    ".pte": ("executorch", _executorch),
    ".aimodel": ("coreai", _coreai),
}
