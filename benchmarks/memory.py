"""Resident memory of this process and the page cache of its files. Linux knows all, others some."""

from __future__ import annotations

import os
from pathlib import Path

_LINUX = Path("/proc/self/status").exists()
_RESET_PEAK = "5"  # proc(5), /proc/pid/clear_refs


def reset_peak() -> int:
    """Forgets the peak so far where the system can, and returns the resident memory, in bytes."""
    if not _LINUX:
        return peak_bytes()  # it cannot: what grows beyond the peak so far is what counts
    Path("/proc/self/clear_refs").write_text(_RESET_PEAK)
    return _status_bytes("VmRSS")


def peak_bytes() -> int:
    """The most resident memory since :func:`reset_peak`."""
    if _LINUX:
        return _status_bytes("VmHWM")
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # in bytes on macOS


def evict(path: Path) -> None:
    """Drops a file, or all files of a folder, from the page cache; nothing where that cannot be."""
    if not hasattr(os, "posix_fadvise"):
        return
    for file in [path] if path.is_file() else path.rglob("*"):
        if file.is_file():
            descriptor = os.open(file, os.O_RDONLY)
            try:
                os.fsync(descriptor)  # only what is on disk can be dropped
                os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            finally:
                os.close(descriptor)


def _status_bytes(key: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{key}:"):
            return int(line.split()[1]) * 1024
    raise KeyError(key)
