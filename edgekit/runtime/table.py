"""The runtimes of each format: a table of how a file is opened on this machine."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from edgekit import extras
from edgekit.errors import BundleError, UnsupportedError
from edgekit.runtime.coreai import CoreAi
from edgekit.runtime.interpreters import (
    CoreMl,
    ExecuTorch,
    OnnxRuntime,
    ReferenceEvaluator,
    open_litert,
    open_tensorflow,
)
from edgekit.runtime.session import Session

PACKED_BYTES = 4 * 2**30  # BERT-base with six signatures has 2.5 GiB, BERT-large 7.5


@dataclass(frozen=True)
class Runtime:
    """One way to open a format on this machine.

    Attributes:
        name: as manifests and reports have it, without a version.
        format: the name of the format.
        open: opens a path with a number of threads, 0 for the runtime's own choice.
        libraries: the modules that opening and running import, which takes longer than opening a
            file: whoever measures imports them first.
        extra: of edgekit, that brings it.
        exists: whether it is made for this system.
        measures: off where its speed says nothing.
        aborts: whether a damaged file ends the process instead of raising an error: it is opened in
            one of its own.
        prove: opens a file for its proof, where that is to be another way.
    """

    name: str
    format: str
    open: Callable[[Path, int], Session]
    libraries: tuple[str, ...]
    extra: str
    exists: Callable[[], bool] = lambda: True
    measures: bool = True
    aborts: bool = False
    prove: Callable[[Path, int], Session] | None = None

    @property
    def available(self) -> bool:
        """Whether a file can be opened in it here and now."""
        return self.exists() and not extras.missing(self.extra)


RUNTIMES: tuple[Runtime, ...] = (
    Runtime("onnxruntime", "onnx", OnnxRuntime, ("onnxruntime",), "onnx"),
    Runtime(
        "litert",
        "tflite",
        open_litert,
        ("ai_edge_litert.interpreter",),
        "tflite",
        prove=partial(open_litert, most_bytes=PACKED_BYTES),
    ),
    Runtime(
        "tensorflow",
        "tflite",
        open_tensorflow,
        ("tensorflow", "tensorflow.lite.python.interpreter"),
        "tensorflow",
        prove=partial(open_tensorflow, most_bytes=PACKED_BYTES),
    ),
    Runtime(
        "executorch",
        "executorch",
        ExecuTorch,
        (
            "torch",
            "executorch.runtime",
            "executorch.kernels.quantized",
            "executorch.extension.pybindings.portable_lib",
        ),
        "executorch",
        aborts=True,
    ),
    Runtime(
        "coreai", "coreai", CoreAi, ("coreai.runtime", "coreai.authoring"), "coreai", aborts=True
    ),
    Runtime(
        "coreml", "coreml", CoreMl, ("coremltools",), "coreml", lambda: sys.platform == "darwin"
    ),
    Runtime(
        "reference",
        "coreml",
        ReferenceEvaluator,
        ("edgekit.mil.program",),
        "coreml",
        lambda: sys.platform != "darwin",
        measures=False,
    ),
)


def opening(format_name: str) -> list[Runtime]:
    """The runtimes of this machine that open files of a format, the first choice first.

    Raises:
        MissingExtraError: it would have one, which is not installed.
        UnsupportedError: none is made for this system.
    """
    existing = [row for row in RUNTIMES if row.format == format_name and row.exists()]
    if not existing:
        raise UnsupportedError(f"no runtime of this machine opens the format '{format_name}'")
    found = [row for row in existing if row.available]
    if not found:
        extras.require(existing[0].extra)
    return found


def sessions(path: Path, format_name: str) -> Iterator[Session]:
    """Opens a file in every runtime of this machine, one after the other, as a proof wants it.

    Args:
        path: the file.
        format_name: its format.

    Raises:
        BundleError: a runtime refuses the file.
        EdgekitError: there is none: see :func:`opening`.
    """
    for runtime in opening(format_name):
        yield open_in(replace(runtime, open=runtime.prove or runtime.open), path)


def open_in(runtime: Runtime, path: Path, threads: int = 0) -> Session:
    """Opens a file in one runtime.

    Args:
        runtime: a row of the table.
        path: the file.
        threads: how many it may use; 0 is the runtime's own choice.

    Raises:
        BundleError: the runtime refuses the file.
    """
    try:
        return runtime.open(path, threads)
    except (ImportError, MemoryError):
        raise
    except Exception as error:
        raise BundleError(f"{path.name} cannot be opened: {error}") from error
