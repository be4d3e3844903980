"""What is inside an ONNX file."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from edgekit.converters.facts import FileFacts
from edgekit.converters.onnx_versions import least_onnxruntime
from edgekit.files import external_data, size_bytes
from edgekit.signature import TensorSpec

if TYPE_CHECKING:
    from onnx import ValueInfoProto


def read(path: Path) -> FileFacts:
    """What is in an ONNX file; its weights are not read.

    Any error says that it is damaged.
    """
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
        tuple(map(_tensor, model.graph.input)),
        tuple(map(_tensor, model.graph.output)),
        Counter(node.op_type for node in model.graph.node),
        {
            "producer": f"{model.producer_name} {model.producer_version}",
            "description": model.doc_string,
            **{row.key: row.value for row in model.metadata_props},
        },
        least_runtime={} if least is None else {"onnxruntime": least},
    )


def _tensor(value: ValueInfoProto) -> TensorSpec:
    """An input or output as a file declares it."""
    import onnx

    tensor = value.type.tensor_type
    dtype = onnx.helper.tensor_dtype_to_np_dtype(tensor.elem_type).name
    shape = tuple(axis.dim_param or axis.dim_value for axis in tensor.shape.dim)
    return TensorSpec(value.name, dtype, shape, value.doc_string)
