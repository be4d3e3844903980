"""A bundle is built beside its final place and appears there in one step, or not at all.

The staging folder is locked while its process lives. What a killed run left behind is found by its
name, recognised by its free lock, and removed by the next run.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from edgekit.errors import OutputError
from edgekit.files import locked, try_lock

_LOCK = "lock"
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2


@contextlib.contextmanager
def staging(out: Path) -> Iterator[Path]:
    """A locked folder on the file system of ``out``; removed at the end, whatever happens.

    Raises:
        OutputError: it cannot be made.
    """
    out = out.absolute()
    prefix = f".{out.name}.tmp-"
    made = _missing_parents(out.parent)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        _remove_stale(out.parent, prefix)
        folder = Path(tempfile.mkdtemp(prefix=prefix, dir=out.parent))
    except OSError as error:
        raise OutputError(f"{out.parent} cannot be written to: {error.strerror}") from error
    with locked(folder / _LOCK, "", lambda text: None):
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            for parent in made:
                with contextlib.suppress(OSError):
                    parent.rmdir()  # only if nothing was published into it


def publish(folder: Path, out: Path, *, force: bool) -> None:
    """Moves the finished ``folder`` to ``out`` in one step.

    With ``force`` an existing bundle is swapped for it: at each moment there is a whole one.

    Raises:
        OutputError: something stands at ``out`` and ``force`` is off, or the move fails.
    """
    _sync(folder)
    try:
        if out.exists() and not force:
            raise OutputError(f"{out} exists: pass --force to replace it")
        if out.exists():
            _swap(folder, out)
        else:
            folder.rename(out)
    except OSError as error:
        raise OutputError(f"{out} cannot be written: {error.strerror}") from error


def _missing_parents(folder: Path) -> list[Path]:
    return [parent for parent in (folder, *folder.parents) if not parent.exists()]


def _remove_stale(parent: Path, prefix: str) -> None:
    for folder in parent.glob(f"{prefix}*"):
        with contextlib.suppress(OSError):
            lock = try_lock(folder / _LOCK)
            if lock is not None:
                shutil.rmtree(folder, ignore_errors=True)
                lock.release()


def _swap(folder: Path, out: Path) -> None:
    """Exchanges the names of the two folders, in one system call where there is one."""
    source, target = os.fsencode(folder), os.fsencode(out)
    exchange = _EXCHANGES.get(sys.platform)
    if exchange is None or exchange(source, target) != 0:
        out.rename(folder.parent / "replaced")
        folder.rename(out)


def _exchange_linux(source: bytes, target: bytes) -> int:
    return int(ctypes.CDLL(None).renameat2(_AT_FDCWD, source, _AT_FDCWD, target, _RENAME_EXCHANGE))


def _exchange_macos(source: bytes, target: bytes) -> int:
    return int(ctypes.CDLL(None).renamex_np(source, target, _RENAME_EXCHANGE))


_EXCHANGES = {"linux": _exchange_linux, "darwin": _exchange_macos}


def _sync(folder: Path) -> None:
    """Flushes every file to disk, so that a power cut after the rename leaves whole files."""
    for path in folder.rglob("*"):
        if path.is_file():
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
