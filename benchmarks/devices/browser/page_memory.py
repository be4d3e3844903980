"""The memory of the process that the page lives in."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from edgekit.benchmarks.devices import events, memory
from edgekit.benchmarks.devices.browser.page import processes

if TYPE_CHECKING:
    from psutil import Process


class PageMemory:
    """Memory of the process that the page lives in; Chromium's others are not the model's.

    It is counted from when this is made.
    """

    def __init__(self) -> None:
        self._before_bytes = _of_living(memory.reset_peak, _renderers())

    def growth(self) -> events.Memory:
        """The memory at the start and the largest since, in bytes."""
        peaks = _of_living(memory.peak_bytes, self._before_bytes)
        before_bytes = sum(self._before_bytes[number] for number in peaks)
        return events.Memory(before_bytes, sum(peaks.values()))


def _of_living(measure: Callable[[int], int], numbers: Iterable[int]) -> dict[int, int]:
    """Memory of processes, by number; a process that has ended meanwhile is left out.

    Chromium ends helpers of its own at any moment.

    Args:
        measure: bytes of a process, by its number; raises where it has ended.
        numbers: of the processes.
    """
    import psutil

    found = {}
    for number in numbers:
        with contextlib.suppress(OSError, psutil.Error):
            found[number] = measure(number)
    return found


def _renderers() -> list[int]:
    """The numbers of Chromium's processes that pages live in."""
    return [row.pid for row in processes() if "--type=renderer" in _command(row)]


def _command(process: Process) -> list[str]:
    """The words of a process's command line; none of one that has ended since it was listed."""
    import psutil

    try:
        return list(process.cmdline())
    except psutil.Error:
        return []
