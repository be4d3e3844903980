"""Which runtime opens which format on which device: the one table of it.

A new format is a row here. How this machine opens a file is
:data:`edgekit.runtime.table.RUNTIMES`, by the same names.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

PYTORCH = "pytorch"  # a runtime, and the format of what it opens: the checkpoint of a bundle
_PHONES = ("arm64", "android", "ios", "ios-simulator")


@dataclass(frozen=True)
class DeviceRuntime:
    """A runtime that some devices have.

    Attributes:
        name: What ``--runtime`` and launches call it.
        title: What people call it, in results and reports.
        format: The format that it opens (see :data:`edgekit.formats.FORMATS`).
        devices: The names of the drivers whose devices have it.
    """

    name: str
    title: str
    format: str
    devices: tuple[str, ...]


RUNTIMES: tuple[DeviceRuntime, ...] = (
    DeviceRuntime("onnxruntime", "onnxruntime", "onnx", ("host", *_PHONES)),
    DeviceRuntime("onnxruntime-web", "onnxruntime-web", "onnx", ("browser",)),
    DeviceRuntime("litert", "LiteRT", "tflite", ("host", *_PHONES)),
    DeviceRuntime("tensorflow", "TensorFlow Lite", "tflite", ("host",)),
    DeviceRuntime("executorch", "ExecuTorch", "executorch", ("host",)),
    DeviceRuntime("coreml", "Core ML", "coreml", ("host", "ios", "ios-simulator")),
    DeviceRuntime(PYTORCH, "PyTorch eager", PYTORCH, ("host",)),
)
NAMES = tuple(row.name for row in RUNTIMES)


def runtimes_of(device: str) -> tuple[DeviceRuntime, ...]:
    """The runtimes that devices of a driver have, in the table's order."""
    return tuple(row for row in RUNTIMES if device in row.devices)


def opening(runtimes: Iterable[DeviceRuntime], format_name: str) -> tuple[DeviceRuntime, ...]:
    """Those of some runtimes that open files of a format, in their order."""
    return tuple(row for row in runtimes if row.format == format_name)
