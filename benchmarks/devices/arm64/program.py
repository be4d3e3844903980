"""The native runner: the program that opens files on every AArch64 phone, real or emulated.

It is ``native/runner.c``, linked with glibc, and opens a file in the C library of a runtime that
PyPI has for AArch64 Linux. :mod:`edgekit.benchmarks.devices.arm64.parts` builds one and fetches the
other into one folder, ``root`` below.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from edgekit.benchmarks.devices.arm64.wheels import WHEELS
from edgekit.benchmarks.devices.protocol import Launch


def library(root: Path, runtime: str) -> Path:
    """The C library of a runtime.

    Args:
        root: the folder of :func:`edgekit.benchmarks.devices.arm64.parts.SETUP`.
        runtime: a name in :data:`edgekit.benchmarks.devices.arm64.wheels.WHEELS`.
    """
    wheel = WHEELS[runtime]
    (found,) = (root / "runtimes" / wheel.folder).glob(wheel.library)
    return found


def runner(root: Path) -> Path:
    """The native runner's own executable, in the folder of the setup."""
    return root / "runner"


def arguments(
    launch: Launch, place: str, library_place: str, scratch: Callable[[str], str]
) -> list[str]:
    """The program's command line.

    Args:
        launch: what it opens.
        place: where the artifact is on the device.
        library_place: where the runtime's library is on the device.
        scratch: gives the path there of a file that may be written.
    """
    runtime = ["--backend", launch.runtime, "--library", library_place]
    return [*runtime, *launch.arguments(place, scratch)]


def versions() -> dict[str, str]:
    """The packages that the runtimes come from, and their versions, for a device's facts."""
    return {wheel.package: wheel.version for wheel in WHEELS.values()}
