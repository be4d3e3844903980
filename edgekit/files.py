"""Files as every part of edgekit handles them: hashed, written whole, locked, and cached."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from edgekit.errors import OutputError

if TYPE_CHECKING:
    from filelock import FileLock

_CHUNK_BYTES = 1 << 20
_OWN_OUTPUT = (1, 2)  # the descriptors of standard output and standard error


def file_sha256(path: Path) -> str:
    """The SHA-256 of one file's content, as 64 hex digits."""
    total = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            total.update(chunk)
    return total.hexdigest()


def tree_sha256(path: Path) -> str:
    """The SHA-256 of a file, or of a folder (a ``.mlpackage``) as one thing.

    A folder's is that of the lines ``PATH SHA256`` of its files, by sorted path below it: it does
    not depend on times, owners or the order in which the files were written.
    """
    return file_sha256(path) if path.is_file() else files_sha256(path, *tree(path))


def files_sha256(folder: Path, *paths: Path) -> str:
    """One SHA-256 over the names below ``folder`` and the contents of ``paths``, in that order."""
    total = hashlib.sha256()
    for path in paths:
        total.update(f"{path.relative_to(folder).as_posix()} {file_sha256(path)}\n".encode())
    return total.hexdigest()


def external_data(path: Path) -> Path:
    """The path of the file that holds an ONNX model's weights beyond 2 GiB, which one file cannot.

    Args:
        path: of the ONNX file. Neither file has to exist.
    """
    return path.with_name(f"{path.name}.data")


def size_bytes(path: Path) -> int:
    """Bytes of a file, or of all files below a folder."""
    return sum(file.stat().st_size for file in tree(path))


def tree(path: Path) -> list[Path]:
    """The file itself, or every file below a folder in sorted order."""
    if path.is_file():
        return [path]
    return sorted(file for file in path.rglob("*") if file.is_file())


def write_text(path: Path, text: str) -> None:
    """Writes a UTF-8 file as :func:`write_bytes` does.

    Raises:
        OutputError: it cannot be written.
    """
    write_bytes(path, text.encode())


def write_bytes(path: Path, content: bytes) -> None:
    """Writes a file, whole or not at all; its folder is made if it is missing.

    What stood there before stays until the new content is complete. A link stays a link: the file
    that it names is written. Devices and pipes, and a file that is this process's own output
    (``/dev/stdout``), are written to and never replaced.

    Raises:
        OutputError: it cannot be written.
    """
    try:
        if _is_stream(path):
            with path.open("ab") as stream:
                stream.write(content)
            return
        path = path.resolve()
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as folder:
            part = Path(folder) / path.name
            part.write_bytes(content)
            part.replace(path)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}") from error


def _is_stream(path: Path) -> bool:
    """Whether writing goes to a pipe, a device or this process's own output."""
    if not path.exists():
        return False
    own = (os.path.samestat(path.stat(), os.fstat(descriptor)) for descriptor in _OWN_OUTPUT)
    return not path.is_file() or any(own)


@contextlib.contextmanager
def output_folder(path: Path) -> Iterator[Path]:
    """Makes a folder to write into, with its parents where they are missing.

    At the end those of the folders made here that are still empty are removed again, so that a run
    that failed early leaves nothing.

    Yields:
        ``path``.

    Raises:
        OutputError: it cannot be made.
    """
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{path} cannot be written to: {error.strerror}") from error
    try:
        yield path
    finally:
        for folder in missing:
            with contextlib.suppress(OSError):  # it holds something
                folder.rmdir()


def cache_folder(name: str) -> Path:
    """Where edgekit keeps what it fetched or built once: the path of a folder, which is not made.

    It lies in the folder that ``EDGEKIT_CACHE`` names, else in the user's own cache folder.

    Args:
        name: of the folder, such as ``android``.
    """
    import platformdirs

    place = os.environ.get("EDGEKIT_CACHE")
    return Path(place or platformdirs.user_cache_path("edgekit")).absolute() / name


def try_lock(path: Path) -> FileLock | None:
    """Takes the lock that is the file ``path``, or returns None if a living process holds it.

    The system frees the lock of a process that ends, however it ends. Call ``release`` on what is
    returned, or end the process.

    Raises:
        OSError: the file cannot be opened for writing.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return None
    return lock


@contextlib.contextmanager
def locked(path: Path, wait: str, say: Callable[[str], None]) -> Iterator[None]:
    """Holds the lock that is the file ``path`` while the context is open.

    Args:
        path: of the file, made if it is missing.
        wait: a text that is said once if another process has the lock.
        say: is told it.

    Raises:
        OSError: the file cannot be opened for writing.
    """
    from filelock import FileLock

    lock = try_lock(path)
    if lock is None:
        say(wait)
        lock = FileLock(path)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()
