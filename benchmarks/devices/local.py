"""Files of a target that sees this machine's own: nothing is copied."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path


class LocalFiles:
    """``put``, ``scratch`` and ``get`` of :class:`edgekit.benchmarks.devices.protocol.Target`."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="edgekit-bench-")

    def put(self, path: Path) -> str:
        """Nothing to do."""
        return str(path.absolute())

    def scratch(self, name: str) -> str:
        """A path in a folder of this object's own."""
        return str(Path(self._folder.name) / name)

    def get(self, remote: str, local: Path) -> None:
        """Copies it, if it is not the same file."""
        if Path(remote) != local.absolute():
            shutil.copyfile(remote, local)
