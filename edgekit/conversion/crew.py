"""Who runs the stages of a conversion: worker processes, or this process itself."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from edgekit.conversion.steps import Say
from edgekit.conversion.worker import Worker
from edgekit.errors import ConversionError

T = TypeVar("T")


class Crew:
    """Runs the stages of a conversion in worker processes, and can end all of them at once.

    Args:
        log: the file that the workers' standard error goes to.
        say: is told of each step.
        debug: show their standard error instead.
    """

    def __init__(self, log: Path, say: Say, debug: bool) -> None:
        self._log, self._say, self._debug = log, say, debug
        self._lock = threading.Lock()
        self._workers: list[Worker[Any]] = []
        self._closed = False

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def call(self, share: int, function: Callable[..., T], *args: object) -> T:
        """Runs ``function(*args, say=...)`` in a process of its own and returns its result.

        Args:
            share: how many such processes have to share the cores.
            function: :func:`~edgekit.conversion.trace.trace` or :func:`~.export.export`.
            *args: its arguments.

        Raises:
            EdgekitError: the function's own error.
            ConversionError: the process crashed, or :meth:`kill` came first.
        """
        with self._lock:
            if self._closed:
                raise ConversionError("interrupted")
            threads = max(1, (os.cpu_count() or 1) // share)
            worker = Worker(function, args, self._log, threads=threads, echo=self._debug)
            self._workers.append(worker)
        return worker.result(self._say)

    def kill(self) -> None:
        """Ends every worker at once, and refuses calls that come later."""
        with self._lock:
            self._closed = True
            for worker in self._workers:
                worker.kill()


class Here:
    """Runs a conversion's stages in this process, one after the other, as a :class:`Crew` would.

    Args:
        say: is told of each step.
    """

    def __init__(self, say: Say) -> None:
        self._say = say

    def __enter__(self) -> Here:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is left running."""

    def call(self, share: int, function: Callable[..., T], *args: object) -> T:
        """Returns ``function(*args, say=...)``, and raises what it raises.

        ``share`` plays no part.
        """
        return function(*args, say=self._say)

    def kill(self) -> None:
        """There is nothing to end."""
