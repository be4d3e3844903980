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

from edgekit.bundle import unlisted_files
from edgekit.errors import BundleError, OutputError
from edgekit.files import locked, output_folder, try_lock

_LOCK = "lock"
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2


@contextlib.contextmanager
def staging(out: Path) -> Iterator[Path]:
    """A locked folder to build in, on the file system of ``out``; removed at the end in any case.

    Raises:
        OutputError: it cannot be made.
    """
    out = out.absolute()
    prefix = f".{out.name}.tmp-"
    with output_folder(out.parent) as parent:
        try:
            _remove_stale(parent, prefix)
            folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
        except OSError as error:
            raise OutputError(f"{parent} cannot be written to: {error.strerror}") from error
        with locked(folder / _LOCK, "", lambda text: None):
            try:
                yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)


def publish(folder: Path, out: Path, *, force: bool) -> None:
    """Moves the finished ``folder`` to ``out`` in one step.

    With ``force`` an existing bundle is swapped for it: at each moment there is a whole one.

    Raises:
        OutputError: something stands at ``out`` that may not be replaced, or the move fails.
    """
    check_replaceable(out, force=force)
    move(folder, out)


def move(folder: Path, out: Path) -> None:
    """Moves a finished folder to ``out`` in one step, and swaps it for what stands there.

    Raises:
        OutputError: the move fails.
    """
    _sync(folder)
    try:
        if out.exists():
            _swap(folder, out)
        else:
            folder.rename(out)
    except OSError as error:
        raise OutputError(f"{out} cannot be written: {error.strerror}") from error


def check_replaceable(out: Path, *, force: bool) -> None:
    """Checks that a bundle may be published at ``out``.

    Only an empty folder is replaced, or one that is a bundle by its manifest and holds nothing but
    that bundle's files: somebody's own files are never deleted.

    Raises:
        OutputError: something else stands there, or anything at all without ``force``.
    """
    if not out.exists():
        return
    if not force:
        raise OutputError(f"{out} exists: pass --force to replace it, or -o another folder")
    if not out.is_dir():
        raise OutputError(f"{out} is a file: it will not be replaced, choose another -o")
    if not any(out.iterdir()):
        return
    try:
        others = unlisted_files(out)
    except BundleError as error:
        raise OutputError(
            f"{out} is not a bundle, so it will not be replaced ({error}): choose another -o"
        ) from error
    if others:
        raise OutputError(
            f"{out} holds {others[0]}, which is not of its bundle: move it, or choose another -o"
        )


def _remove_stale(parent: Path, prefix: str) -> None:
    """Deletes what interrupted runs left in ``parent``.

    These are folders of that prefix that no process locks.
    """
    for folder in parent.glob(f"{prefix}*"):
        with contextlib.suppress(OSError):
            lock = try_lock(folder / _LOCK)
            if lock is not None:
                shutil.rmtree(folder, ignore_errors=True)
                lock.release()


def _swap(folder: Path, out: Path) -> None:
    """Puts ``folder`` in the place of ``out``, in one system call where the system has one for it.

    Where it has not, ``out`` is missing for a moment between two renames.
    """
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
