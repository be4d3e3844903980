"""The runtimes of each format: a table of how a file is opened on this machine."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from edgekit.errors import BundleError
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

    ``open`` takes a path and a number of threads, 0 for the runtime's own choice; ``available``
    says whether this machine has it; ``library`` is the module it imports, which takes longer than
    opening a file. ``measures`` is off where its speed says nothing. ``aborts`` says that a damaged
    file ends the process instead of raising an error: it is opened in one of its own. ``prove``
    opens a file for its proof where that is to be another way.
    """

    name: str
    format: str
    open: Callable[[Path, int], Session]
    library: str
    available: Callable[[], bool] = lambda: True
    measures: bool = True
    aborts: bool = False
    prove: Callable[[Path, int], Session] | None = None


def _has(module: str) -> Callable[[], bool]:
    return lambda: find_spec(module) is not None


RUNTIMES: tuple[Runtime, ...] = (
    Runtime("onnxruntime", "onnx", OnnxRuntime, "onnxruntime"),
    Runtime(
        "litert",
        "tflite",
        open_litert,
        "ai_edge_litert.interpreter",
        prove=partial(open_litert, most_bytes=PACKED_BYTES),
    ),
    Runtime(
        "tensorflow",
        "tflite",
        open_tensorflow,
        "tensorflow.lite",
        _has("tensorflow"),
        prove=partial(open_tensorflow, most_bytes=PACKED_BYTES),
    ),
    Runtime("executorch", "executorch", ExecuTorch, "executorch.runtime", aborts=True),
    Runtime("coreai", "coreai", CoreAi, "coreai.runtime", aborts=True),
    Runtime("coreml", "coreml", CoreMl, "coremltools", lambda: sys.platform == "darwin"),
    Runtime(
        "reference",
        "coreml",
        ReferenceEvaluator,
        "edgekit.mil",
        lambda: sys.platform != "darwin",
        measures=False,
    ),
)


def sessions(path: Path, format_name: str) -> Iterator[Session]:
    """Every runtime of this machine that can open the file, one after the other, for proofs.

    Raises:
        BundleError: a runtime refuses the file.
    """
    for runtime in RUNTIMES:
        if runtime.format == format_name and runtime.available():
            yield open_in(replace(runtime, open=runtime.prove or runtime.open), path)


def open_in(runtime: Runtime, path: Path, threads: int = 0) -> Session:
    """The file in one runtime, with that many threads; 0 is the runtime's own choice.

    Raises:
        BundleError: the runtime refuses the file.
    """
    try:
        return runtime.open(path, threads)
    except (ImportError, MemoryError):
        raise
    except Exception as error:
        raise BundleError(f"{path.name} cannot be opened: {error}") from error
