"""A native runner's process, of which an error ends with what it wrote last."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

from edgekit.benchmarks.devices.process_runner import ProcessRunner
from edgekit.benchmarks.devices.protocol import E, RunnerError

_NOISE = ("INFO", "WARNING", "qemu: uncaught target signal")
_LONGEST = 200  # characters of what a program wrote


class NativeRunner(ProcessRunner):
    """A native runner, whose failures end with what it wrote last on its standard error.

    Args:
        process: the process, or one that passes it on.
        errors: the file that gets its standard error.
        explain: makes the error that is raised of the one that was met, whose message is complete.

    Raises:
        RunnerError: it cannot open the file.
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
        """The next answer of that kind; an error ends with what the runner wrote last."""
        try:
            return super()._answer(kind)
        except RunnerError as error:
            raise self._explain(error, f"{error}{self._last_words()}") from error

    def _last_words(self) -> str:
        """The last line on its standard error that says anything, in brackets."""
        lines = self._errors.read_text(errors="replace").splitlines()
        told = [line.strip() for line in lines if line.strip() and not line.startswith(_NOISE)]
        return f" ({told[-1][:_LONGEST]})" if told else ""
