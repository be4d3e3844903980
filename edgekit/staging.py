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
from typing import IO

from edgekit.errors import OutputError

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
    with _locked(folder):
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


def write(path: Path, text: str) -> None:
    """Writes a text file, whole or not at all; its folder is made if it is missing.

    Raises:
        OutputError: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as folder:
            part = Path(folder) / path.name
            part.write_text(text, encoding="utf-8")
            part.replace(path)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}") from error


def _missing_parents(folder: Path) -> list[Path]:
    return [parent for parent in (folder, *folder.parents) if not parent.exists()]


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with (folder / _LOCK).open("w") as file:
        _try_lock(file)
        yield


def _try_lock(file: IO[str]) -> bool:
    """Takes the lock if no living process holds it; where locks do not exist, nothing is stale."""
    try:
        import fcntl
    except ImportError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _remove_stale(parent: Path, prefix: str) -> None:
    for folder in parent.glob(f"{prefix}*"):
        with contextlib.suppress(OSError), (folder / _LOCK).open("a") as file:
            if _try_lock(file):
                shutil.rmtree(folder, ignore_errors=True)


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
