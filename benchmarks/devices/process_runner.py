"""A runner that is a process: commands on its standard input, answers on its standard output."""

from __future__ import annotations

import contextlib
import signal
import subprocess

from edgekit.benchmarks.devices import events
from edgekit.benchmarks.devices.protocol import E, Runner, RunnerError
from edgekit.benchmarks.measurement import Operator


class EndedError(RunnerError):
    """A runner ended without an answer; ``code`` is its exit code, as :mod:`subprocess` has it."""

    def __init__(self, code: int, awaited: str) -> None:
        super().__init__(f"the runner {_ending(code)} instead of '{awaited}'")
        self.code = code


class ProcessRunner(Runner):
    """A runner that is a process of this machine, or one that this machine passes on.

    Args:
        process: a process with pipes as standard input and output. It is waited for here until the
            file is open.

    Raises:
        RunnerError: it cannot open the file.
    """

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        loaded = self._answer(events.Loaded)
        self.runtime, self.load_ms = loaded.runtime, loaded.load_ms

    def feed(self, length: int, remote: str) -> None:
        """See :meth:`Runner.feed`."""
        self._ask(f"feed {length} {remote}", events.Fed)

    def run(self, count: int = 1) -> list[float]:
        """See :meth:`Runner.run`."""
        return self._ask(f"run {count}", events.Ran).ms

    def cold(self, count: int) -> list[float]:
        """See :meth:`Runner.cold`."""
        return self._ask(f"cold {count}", events.Ran).ms if count else []

    def save(self, remote: str) -> None:
        """See :meth:`Runner.save`."""
        self._ask(f"save {remote}", events.Saved)

    def memory_growth_bytes(self) -> int:
        """See :meth:`Runner.memory_growth_bytes`."""
        memory = self._ask("memory", events.Memory)
        return max(0, memory.peak_bytes - memory.before_bytes)

    def profile(self, count: int) -> list[Operator]:
        """See :meth:`Runner.profile`."""
        return self._ask(f"profile {count}", events.Profile).operators

    def close(self) -> None:
        """Closes the pipes, at which the process ends, and kills it if it does not."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _ask(self, command: str, kind: type[E]) -> E:
        """Sends a command and waits for its answer of that kind."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):  # it has died: its last line says why
            self._process.stdin.write(command + "\n")
            self._process.stdin.flush()
        return self._answer(kind)

    def _answer(self, kind: type[E]) -> E:
        """The next answer of that kind; other output is passed over.

        Raises:
            RunnerError: it is an error, or the process has ended.
        """
        assert self._process.stdout is not None
        for line in self._process.stdout:
            event = events.decode(line)
            if isinstance(event, kind):
                return event
            if isinstance(event, events.Error):
                self.close()
                raise RunnerError(event.message)
        raise EndedError(self._process.wait(), kind.__name__.lower())


def _ending(code: int) -> str:
    """How a process ended, in words, by its exit code.

    The system kills one that takes too much memory.
    """
    if code >= 0:
        return f"ended with exit code {code}"
    name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
    return f"was ended by {name}{' (out of memory?)' if name == 'SIGKILL' else ''}"
