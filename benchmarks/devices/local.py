"""What targets on this machine share: files stay where they are, runners are processes here."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from edgekit.benchmarks.devices.watch import ThisMachine


class LocalFiles:
    """The part of a :class:`edgekit.benchmarks.devices.protocol.Target` that is about files."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="edgekit-bench-")

    def put(self, path: Path) -> str:
        """The file's own absolute path: nothing is copied."""
        return str(path.absolute())

    def scratch(self, name: str) -> str:
        """A path in a temporary folder that goes with this object."""
        return str(Path(self._folder.name) / name)

    def get(self, remote: str, local: Path) -> None:
        """Copies the file, unless both are the same."""
        if Path(remote) != local.absolute():
            shutil.copyfile(remote, local)

    def watch(self, cool_seconds: float) -> ThisMachine:
        """Watches this machine, which is never left to cool down."""
        return ThisMachine()


def python_runner(
    module: str, arguments: Sequence[str], environment: Mapping[str, str] | None = None
) -> subprocess.Popen[str]:
    """Starts the ``main`` of one of edgekit's modules, with pipes, as a Python process.

    Args:
        module: the module's full name.
        arguments: the command line of its ``main``.
        environment: variables beside this process's own.
    """
    path = os.pathsep.join(map(os.path.abspath, sys.path))
    return subprocess.Popen(
        [sys.executable, "-c", f"from {module} import main; main()", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
        env={**os.environ, **(environment or {}), "PYTHONPATH": path},
    )
