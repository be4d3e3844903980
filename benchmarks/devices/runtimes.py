"""Which runtime opens which format on which platform: the one table of it.

A device says which platform its runners are built for. What opens files on this machine is in
:data:`edgekit.runtime.table.RUNTIMES`, by the same names: a row here is for what runs elsewhere,
too, and for what there is to say beside that. A format without a row has a runtime of its own
name on this machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from edgekit import formats

PYTORCH = "pytorch"  # a runtime, and the format of what it opens: the checkpoint of a bundle


class Platform(Enum):
    """What a build of a runtime is made for: devices of one platform run the same builds."""

    PYTHON = "Python packages"
    AARCH64_LINUX = "C libraries for AArch64 Linux"
    WEB = "WebAssembly"
    ANDROID = "apps on Android"
    IOS = "apps on iOS"


@dataclass(frozen=True)
class DeviceRuntime:
    """A runtime that devices of some platforms have.

    Attributes:
        name: what ``--runtime`` calls it.
        title: what people call it, in results and reports.
        format: the format that it opens (see :data:`edgekit.formats.FORMATS`).
        platforms: what it is built for.
        engine: what launches call it; empty is its name.
        weight_cache: whether it keeps packed weights in a file (:mod:`edgekit.runtime.litert`).
        batched: whether the runner of this machine takes several texts at once in it.
        optional: whether a benchmark measures it only where it is named, or where the device has
            nothing else for the format: no phone has it, and it takes seconds to import.
    """

    name: str
    title: str
    format: str
    platforms: frozenset[Platform]
    optional: bool = False
    engine: str = ""
    weight_cache: bool = False
    batched: bool = False

    @property
    def launched_as(self) -> str:
        """The name by which a launch asks for it: that of its engine, if it has one."""
        return self.engine or self.name


_PYTHON = frozenset({Platform.PYTHON})
_NATIVE = _PYTHON | {Platform.AARCH64_LINUX, Platform.ANDROID, Platform.IOS}
_ROWS = (
    DeviceRuntime("onnxruntime", "onnxruntime", "onnx", _NATIVE, batched=True),
    DeviceRuntime("onnxruntime-web", "onnxruntime-web", "onnx", frozenset({Platform.WEB})),
    DeviceRuntime("litert", "LiteRT", "tflite", _NATIVE),
    DeviceRuntime(
        *("litert-cached", "LiteRT cached", "tflite", _PYTHON | {Platform.AARCH64_LINUX}),
        engine="litert",
        weight_cache=True,
    ),
    DeviceRuntime("tensorflow", "TensorFlow Lite", "tflite", _PYTHON, optional=True),
    DeviceRuntime("coreml", "Core ML", "coreml", _PYTHON | {Platform.IOS}),
)
_ONLY_HERE = tuple(  # named as in edgekit.runtime.table, whose imports would slow down --help
    DeviceRuntime(row.name, row.runtime, row.name, _PYTHON)
    for row in formats.FORMATS.values()
    if all(row.name != other.format for other in _ROWS)
)
_EAGER = DeviceRuntime(PYTORCH, "PyTorch eager", PYTORCH, _PYTHON, optional=True, batched=True)
RUNTIMES: tuple[DeviceRuntime, ...] = (*_ROWS, *_ONLY_HERE, _EAGER)
NAMES = tuple(row.name for row in RUNTIMES)


def runtimes_of(platform: Platform) -> tuple[DeviceRuntime, ...]:
    """The runtimes that are built for a platform, in the table's order."""
    return tuple(row for row in RUNTIMES if platform in row.platforms)


def opening(runtimes: Iterable[DeviceRuntime], format_name: str) -> tuple[DeviceRuntime, ...]:
    """The runtimes among those given that open files of a format, in their order.

    Args:
        runtimes: what a device has.
        format_name: a format, or :data:`PYTORCH`.
    """
    return tuple(row for row in runtimes if row.format == format_name)


def asked(
    runtimes: Iterable[DeviceRuntime], format_name: str, names: Sequence[str] | None
) -> tuple[DeviceRuntime, ...]:
    """Those of some runtimes in which a benchmark measures files of a format, in their order.

    Args:
        runtimes: what a device has.
        format_name: a format, or :data:`PYTORCH`.
        names: the runtimes that are asked for; None leaves out what is optional.
    """
    found = opening(runtimes, format_name)
    if names is not None:
        return tuple(row for row in found if row.name in names)
    return tuple(row for row in found if not row.optional) or found[:1]
