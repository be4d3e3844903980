"""Runs one function in a Python process of its own.

A converter gets a clean interpreter (coremltools must not meet TensorFlow, a crash in C++ must not
take the caller along) and gives its memory back when it is done. The child reads a pickled call
from its standard input and answers on its standard output; what libraries print goes to a log.
It ends itself when its parent dies, so that a killed run leaves nothing behind that still writes.
"""

from __future__ import annotations

import contextlib
import gc
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Generic, TypeVar, cast

from edgekit.errors import ConversionError, EdgekitError, OutputError, first_line

T = TypeVar("T")
M = TypeVar("M")
_ENOSPC_MARGIN_BYTES = 1 << 20  # less is full: some libraries fail without telling why


@dataclass(frozen=True)
class Failure:
    """An exception on its way to the parent: one of edgekit's own errors, and where it arose.

    Any other exception becomes a ConversionError first: the parent may not have its class.
    """

    error: EdgekitError
    traceback: str


class Worker(Generic[T]):
    """A running child: :meth:`result` waits for it, and :meth:`kill` ends it.

    Args:
        function: what the child calls, a function of a module; besides ``args`` it gets ``say``,
            which sends a message to the parent.
        args: its arguments, which are pickled.
        log: the file to which the child's standard error is added; its folder is where it works.
        threads: how many threads numerical libraries may use in it.
        echo: show standard error instead.
    """

    def __init__(
        self,
        function: Callable[..., T],
        args: tuple[object, ...],
        log: Path,
        *,
        threads: int,
        echo: bool = False,
        name: str = "",
    ) -> None:
        self._log = log
        self._name = name or function.__name__
        with log.open("ab") as stderr:
            self._process = subprocess.Popen(
                [sys.executable, "-c", "from edgekit.conversion.worker import main; main()"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=None if echo else stderr,
                cwd=log.parent,  # Python imports from here first: not from the user's folder
                env=_environment(threads),
                start_new_session=True,
            )
        _send(self._stdin, (function, args))

    @property
    def _stdin(self) -> IO[bytes]:
        assert self._process.stdin is not None
        return self._process.stdin

    def result(self, say: Callable[[M], None]) -> T:
        """Passes the child's messages to ``say`` and returns what its function returned.

        Raises:
            EdgekitError: the child's own error.
            CrashError: the child crashed or was killed.
        """
        assert self._process.stdout is not None
        try:
            while True:
                kind, value = pickle.load(self._process.stdout)
                if kind == "say":
                    say(value)
                elif kind == "done":
                    return cast(T, value)
                else:
                    value.error.__cause__ = RemoteError(value.traceback)
                    raise value.error
        except EOFError:
            code = self._process.wait()
            raise CrashError(_crash(self._name, code, self._log)) from None
        finally:
            self.kill()

    def kill(self) -> None:
        """Ends the child and everything it started."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if hasattr(os, "killpg"):
                os.killpg(self._process.pid, signal.SIGKILL)
            else:  # Windows has no groups: what the child started ends when its pipe does
                self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


def _environment(threads: int) -> dict[str, str]:
    """The child's environment: numerical libraries in it take ``threads`` threads.

    Two processes that each take all cores wait for each other and are several times slower.
    """
    pools = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    path = os.pathsep.join(map(os.path.abspath, sys.path))
    return {**dict.fromkeys(pools, str(threads)), **os.environ, "PYTHONPATH": path}


def alone(
    function: Callable[..., T],
    *args: object,
    debug: bool = False,
    say: Callable[[M], None] | None = None,
) -> T:
    """Calls a function in a process of its own: what libraries print stays there.

    Its working directory is another one: paths have to be absolute.

    Args:
        function: of a module.
        *args: its arguments, which are pickled.
        debug: show what the process prints to standard error.
        say: is told what the function tells its argument of that name; None: it has none.

    Returns:
        What the function returned.

    Raises:
        EdgekitError: the function's own error.
        ConversionError: the process crashed or was killed.
    """
    with tempfile.TemporaryDirectory() as folder:
        log, threads = Path(folder) / "log", os.cpu_count() or 1
        call: Callable[..., T] = _call if say is None else _call_saying
        worker = Worker(
            call, (function, *args), log, threads=threads, echo=debug, name=function.__name__
        )
        return worker.result(say or _unheard)


def _call(function: Callable[..., T], *args: object, say: Callable[[object], None]) -> T:
    return function(*args)


def _call_saying(function: Callable[..., T], *args: object, say: Callable[[object], None]) -> T:
    return function(*args, say=say)


def _unheard(message: object) -> None:
    """For a function that says nothing."""


class CrashError(ConversionError):
    """The child ended without an answer: a library aborted, or it was killed."""


class RemoteError(Exception):
    """The child's traceback, shown with --debug."""


def _crash(name: str, code: int, log: Path) -> str:
    """The message about a child that ended without an answer: how, and the last line of its log."""
    reason = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
    hint = " (out of memory?)" if reason.endswith("SIGKILL") else ""
    text = log.read_text("utf-8", errors="replace") if log.exists() else ""
    last = text.strip().splitlines()[-1:]
    return f"the process of '{name}' died by {reason}{hint}{': ' + last[0] if last else ''}"


def _send(pipe: IO[bytes], value: object) -> None:
    pickle.dump(value, pipe)
    pipe.flush()


def disk_error(error: BaseException, folder: Path) -> OutputError | None:
    """An OutputError if an error came of a full disk, in whatever words a library says so.

    Else None.

    Args:
        error: what was raised.
        folder: the staging folder, whose disk is looked at.
    """
    import errno
    import shutil

    full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    full = full or os.strerror(errno.ENOSPC) in str(error)
    if not full and shutil.disk_usage(folder).free > _ENOSPC_MARGIN_BYTES:
        return None
    return OutputError(f"the disk is full at {folder.parent}: free some space or choose another -o")


def main() -> None:
    """What the child runs: it reads one call, and writes messages and one answer."""
    gc.set_threshold(100_000)  # importing torch makes millions of objects that all stay
    source, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not end up between the answers
    function, args = pickle.load(source)
    threading.Thread(target=_end_with_parent, args=(source,), daemon=True).start()
    try:
        result = function(*args, say=lambda text: _send(answers, ("say", text)))
        _send(answers, ("done", result))
    except BaseException as error:
        _send(answers, ("failed", _failure(error)))
    sys.stdout.flush()
    os._exit(0)  # C++ destructors of the libraries have crashed here: nothing is left to save


def _failure(error: BaseException) -> Failure:
    """An exception as the parent may get it."""
    import traceback

    text = traceback.format_exc()
    if isinstance(error, EdgekitError):
        return Failure(error, text)
    disk = disk_error(error, Path.cwd()) if isinstance(error, Exception) else None
    if disk is not None:
        return Failure(disk, text)
    message = f"{type(error).__name__}: {first_line(error)} (--debug shows where)"
    return Failure(ConversionError(message), text)


def _end_with_parent(source: IO[bytes]) -> None:
    """Ends this process when ``source``, the pipe from its parent, is closed.

    Then the parent has died.
    """
    source.read()
    os._exit(1)
