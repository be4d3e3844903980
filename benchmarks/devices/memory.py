"""Resident memory of processes, the page cache of files, and the processor's caches.

All of it works on Linux; other systems tell less, as each function says.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

_LINUX = Path("/proc/self/status").exists()
_RESET_PEAK = "5"  # proc(5), /proc/pid/clear_refs


def reset_peak(process: int | None = None) -> int:
    """Forgets a process's peak of resident memory so far, where the system can.

    Args:
        process: the process's number; None is this process.

    Returns:
        Its resident memory now in bytes. On other systems than Linux, which forget nothing, the
        peak so far: what counts then is growth beyond it.
    """
    if not _LINUX:
        return peak_bytes(process)
    try:
        Path(f"/proc/{process or 'self'}/clear_refs").write_text(_RESET_PEAK)
    except PermissionError:  # a sandboxed process of another program
        return peak_bytes(process)
    return _status_bytes(process, "VmRSS")


def peak_bytes(process: int | None = None) -> int:
    """The most resident memory of a process since :func:`reset_peak`, in bytes.

    Args:
        process: the process's number; None is this process. On other systems than Linux, another
            process's resident memory of now is returned, or on Windows its peak since it began.
    """
    if _LINUX:
        return _status_bytes(process, "VmHWM")
    if process is not None or sys.platform == "win32":
        import psutil

        usage = psutil.Process(process).memory_info()
        return int(getattr(usage, "peak_wset", usage.rss))  # Windows tells the peak
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # in bytes on macOS


def evict(path: Path) -> None:
    """Drops a file, or all files of a folder, from the page cache, where the system can."""
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


def caches_bytes() -> int:
    """Bytes of the processor's largest cache, as the system tells.

    A common size where it does not.
    """
    found = Path("/sys/devices/system/cpu/cpu0/cache").glob("index*/size")
    return max((1024 * int(row.read_text().strip().rstrip("K")) for row in found), default=32 << 20)


def cold_ms(infer: Callable[[], Sequence[float]], count: int) -> list[float]:
    """Latencies of inferences that find nothing of the model in the processor's caches.

    Args:
        infer: runs one inference, and returns its latency in milliseconds.
        count: how many there are to be.
    """
    other = np.zeros(2 * caches_bytes(), np.uint8)
    samples: list[float] = []
    for _ in range(count):
        other += 1  # which drives out whatever the caches hold
        samples += infer()
    return samples


def _status_bytes(process: int | None, key: str) -> int:
    """A field of ``/proc/PID/status``, like ``VmHWM``, in bytes."""
    for line in Path(f"/proc/{process or 'self'}/status").read_text().splitlines():
        if line.startswith(f"{key}:"):
            return int(line.split()[1]) * 1024
    raise ProcessLookupError(f"process {process} has ended")  # nobody has asked for its exit code
