"""The native runner: the program that opens files on every AArch64 phone, real or emulated.

It is ``native/runner.c``, linked with glibc, and opens a file in the C library of a runtime that
PyPI has for AArch64 Linux. :mod:`edgekit.benchmarks.devices.arm64.parts` builds one and fetches the
other into one folder, ``root`` below.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

from edgekit.benchmarks.devices.arm64.parts import WHEELS
from edgekit.benchmarks.devices.process_runner import ProcessRunner
from edgekit.benchmarks.devices.protocol import E, Launch, RunnerError

_NOISE = ("INFO", "WARNING", "qemu: uncaught target signal")
_LONGEST = 200  # characters of what a program wrote


def library(root: Path, runtime: str) -> Path:
    """The C library of a runtime.

    Args:
        root: The folder of :func:`edgekit.benchmarks.devices.arm64.parts.SETUP`.
        runtime: A name in :data:`edgekit.benchmarks.devices.arm64.parts.WHEELS`.
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
        launch: What it opens.
        place: Where the artifact is on the device.
        library_place: Where the runtime's library is on the device.
        scratch: Gives the path there of a file that may be written.
    """
    runtime = ["--backend", launch.runtime, "--library", library_place]
    return [*runtime, *launch.arguments(place, scratch)]


def versions() -> dict[str, str]:
    """The packages that the runtimes come from, and their versions, for a device's facts."""
    return {wheel.package: wheel.version for wheel in WHEELS.values()}


class NativeRunner(ProcessRunner):
    """A native runner, whose failures end with what it wrote last on its standard error.

    Args:
        process: The process, or one that passes it on.
        errors: The file that gets its standard error.
        explain: Makes the error that is raised of the one that was met, whose message is complete.

    Raises:
        RunnerError: It cannot open the file.
    """

    def __init__(
        self,
        process: subprocess.Popen[str],
        errors: Path,
        explain: Callable[[RunnerError, str], RunnerError] = lambda error, told: RunnerError(told),
    ) -> None:
        self._errors, self._explain = errors, explain
        super().__init__(process)

    def _answer(self, kind: type[E]) -> E:
        try:
            return super()._answer(kind)
        except RunnerError as error:
            raise self._explain(error, f"{error}{self._last_words()}") from error

    def _last_words(self) -> str:
        """The last line on its standard error that says anything, in brackets."""
        lines = self._errors.read_text(errors="replace").splitlines()
        told = [line.strip() for line in lines if line.strip() and not line.startswith(_NOISE)]
        return f" ({told[-1][:_LONGEST]})" if told else ""
