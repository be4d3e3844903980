"""How every part of edgekit opens an ONNX file in onnxruntime."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import onnxruntime

_DTYPES = {"tensor(int32)": np.int32, "tensor(int64)": np.int64}


def open_session(
    model: Path | bytes,
    threads: int = 0,
    *,
    operators: str | None = None,
    profile: Path | None = None,
) -> onnxruntime.InferenceSession:
    """Opens an ONNX file in onnxruntime on the CPU; of its messages only errors are printed.

    Args:
        model: the file, or its content.
        threads: of one operator; 0 is onnxruntime's own choice.
        operators: the shared library of custom operators that the file needs.
        profile: where the times of all operators go: a prefix, to which a date is added.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    if operators is not None:
        options.register_custom_ops_library(operators)
    if profile is not None:
        options.enable_profiling = True
        options.profile_file_prefix = str(profile)
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def as_declared(
    session: onnxruntime.InferenceSession, feed: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """The feed, int32, in the types that the file's inputs have: int32, or int64 on request."""
    return {
        row.name: feed[row.name].astype(_DTYPES[row.type], copy=False)
        for row in session.get_inputs()
    }
