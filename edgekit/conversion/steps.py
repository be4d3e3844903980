"""What a conversion says while it runs: steps as they begin and end, with time and memory."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """Something that a stage of a conversion began or finished.

    Attributes:
        stage: ``trace``, or a format.
        action: load, tables, trace, refuse, reference, convert or prove.
        detail: of what, for people.
        seconds: how long it took; None where it has only begun.
        peak_bytes: the most memory of its process so far; None as well where no system tells.
    """

    stage: str
    action: str
    detail: str = ""
    seconds: float | None = None
    peak_bytes: int | None = None

    def __str__(self) -> str:
        ended = "" if self.seconds is None else f", {self.seconds:.1f} s"
        return f"{self.stage}: {self.action} {self.detail}{ended}"


Say = Callable[[Step], None]


class Timed:
    """A context that tells of a step when it begins, and of its time and peak memory when it ends.

    Args:
        say: is told.
        stage: as of :class:`Step`, like the next two.
        action: what is done.
        detail: of what, for people.
    """

    def __init__(self, say: Say, stage: str, action: str, detail: str = "") -> None:
        self._say, self._step = say, (stage, action, detail)

    def __enter__(self) -> None:
        self._say(Step(*self._step))
        self._started = time.perf_counter()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            elapsed = time.perf_counter() - self._started
            self._say(Step(*self._step, seconds=elapsed, peak_bytes=peak_bytes()))


def peak_bytes() -> int | None:
    """The most memory this process has held so far (resident), in bytes.

    None where no system tells.
    """
    try:
        import resource
    except ImportError:
        return None
    import sys

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
