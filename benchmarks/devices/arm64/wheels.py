"""The runtimes of AArch64 phones as data: which packages of PyPI have their C libraries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class RuntimeWheel:
    """A runtime's package for AArch64 Linux on PyPI.

    Attributes:
        package: its name on PyPI.
        version: the release that is fetched.
        folder: where in the package the C library is.
        library: a pattern of the library's name.
    """

    package: str
    version: str
    folder: str
    library: str


WHEELS: Mapping[str, RuntimeWheel] = {  # by the runtime's name
    "onnxruntime": RuntimeWheel("onnxruntime", "1.31.1", "onnxruntime/capi", "libonnxruntime.so.*"),
    # its C functions, declared in runner.c, may move with any release
    "litert": RuntimeWheel("ai-edge-litert", "2.3.0", "ai_edge_litert", "libLiteRt.so"),
}
