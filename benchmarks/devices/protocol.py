"""The conversation with a runner: a process on a target that has opened one file.

Every runner, in Python (:mod:`edgekit.benchmarks.devices.host.runner`) or C (``runner.c``), speaks
it: one command a line on its standard input, one JSON object a line on its standard output.

============== ========================================================================
on start       ``{"event": "loaded", "runtime": "LiteRT 2.3.0", "load_ms": 12.3}``
feed N PATH    reads int32 values, N for each input in the manifest's order: the text, padded
run COUNT      ``{"event": "ran", "ms": [1.2, 1.3]}``
save PATH      writes the last outputs, float32 one after the other in the manifest's order
memory         ``{"event": "memory", "before_bytes": 1, "peak_bytes": 2}``
profile COUNT  ``{"event": "profile", "operators": [{"name": "", "calls": 1, "time_ms": 1.2}]}``
quit           ends the process, as the end of its input does
============== ========================================================================

``feed`` and ``save`` answer ``{"event": "fed"}`` and ``{"event": "saved"}``. Whatever fails is
``{"event": "error", "message": "..."}`` and a non-zero exit code. Other lines are noise, passed
over. ``before_bytes`` is the resident memory right before the file was opened, the runtime's
library already loaded; both are in bytes. Around each inference an emulated runner calls
``prctl(0x454b4d4b, 1)`` and ``prctl(0x454b4d4b, 2)``, where the emulator counts instructions.
"""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from edgekit.benchmarks.devices.watch import Here, Watch
from edgekit.errors import EdgekitError


class RunnerError(EdgekitError):
    """A runner died or refused; the message says what it said last."""

    exit_code = 1


class EndedError(RunnerError):
    """A runner ended without an answer; ``code`` is its process's, as :mod:`subprocess` has it."""

    def __init__(self, code: int, event: str) -> None:
        super().__init__(f"the runner {_end(code)} instead of '{event}'")
        self.code = code


class LostError(RunnerError):
    """The device went away: what failed now may work once it is back."""


class Runner:
    """One running runner. Leaving its context ends it.

    ``evicts`` is whether it was able to drop the file from the page cache when it was told to.
    """

    evicts = True

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        loaded = self._answer("loaded")
        self.runtime = str(loaded["runtime"])
        self.load_ms = float(loaded["load_ms"])

    def feed(self, length: int, remote: str) -> None:
        """Reads the inputs from a file on the target."""
        self._ask(f"feed {length} {remote}", "fed")

    def run(self, count: int = 1) -> list[float]:
        """Inferences one after the other, each in milliseconds."""
        return [float(value) for value in self._ask(f"run {count}", "ran")["ms"]]

    def save(self, remote: str) -> None:
        """Writes the outputs of the last inference to a file on the target."""
        self._ask(f"save {remote}", "saved")

    def memory_growth_bytes(self) -> int:
        """From before the file was opened to the peak so far."""
        answer = self._ask("memory", "memory")
        return max(0, int(answer["peak_bytes"]) - int(answer["before_bytes"]))

    def profile(self, count: int) -> list[Mapping[str, Any]]:
        """Time by operator in one inference, averaged over ``count``."""
        return list(self._ask(f"profile {count}", "profile")["operators"])

    def instructions(self) -> list[int]:
        """What an emulator counted of each inference so far; nothing on real hardware."""
        return []

    def sample(self) -> list[float]:
        """Warm inferences that belong together, in milliseconds; as many each time."""
        return self.run(1)

    def watch(self, cool_seconds: float) -> Watch:
        """Of the machine that it runs on, which gets so much time to cool down before."""
        return Here()

    def energy_mj(self, latency_ms: float) -> float | None:
        """An estimate of what one inference takes, where a battery tells."""
        return None

    def __enter__(self) -> Runner:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the process, whatever state it is in."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _ask(self, command: str, event: str) -> Mapping[str, Any]:
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):  # it has died: its last line says why
            self._process.stdin.write(command + "\n")
            self._process.stdin.flush()
        return self._answer(event)

    def _answer(self, event: str) -> Mapping[str, Any]:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            answer = _parsed(line)
            if answer.get("event") == event:
                return answer
            if answer.get("event") == "error":
                self.close()
                raise RunnerError(str(answer.get("message")))
        raise EndedError(self._process.wait(), event)


def _end(code: int) -> str:
    """How a process ended; the system kills one that takes too much memory."""
    if code >= 0:
        return f"ended with exit code {code}"
    name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
    return f"was ended by {name}{' (out of memory?)' if -code == signal.SIGKILL else ''}"


def _parsed(line: str) -> Mapping[str, Any]:
    try:
        answer = json.loads(line)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


class Target(Protocol):
    """A device: it takes files, runs a command, gives files back and says what it is.

    ``name`` is what ``--device`` calls it; ``timed`` is whether its clock says anything about
    speed: an emulator's does not.
    """

    name: str
    timed: bool

    def facts(self) -> Mapping[str, Any]:
        """CPU and features, OS, memory, runtime versions; ``machine`` names it in one line."""
        ...

    def runtimes(self, format_name: str) -> tuple[str, ...]:
        """Keys of :data:`edgekit.runtime.table.RUNTIMES` that open a format there; maybe none."""
        ...

    def put(self, path: Path) -> str:
        """Makes a file or folder available there and returns its path there."""
        ...

    def scratch(self, name: str) -> str:
        """Where on the target a file of that name may be written and read again."""
        ...

    def get(self, remote: str, local: Path) -> None:
        """Fetches a file."""
        ...

    def start(
        self,
        runtime: str,
        model: str,
        threads: int,
        inputs: str,
        outputs: str,
        *,
        evict: bool = False,
    ) -> Runner:
        """A runner that has opened ``model``, a path there; names separated by commas.

        ``evict`` drops the file from the page cache first, where the target can.
        """
        ...
