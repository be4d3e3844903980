"""What a machine does while samples are taken on it: the material of the warnings."""

from __future__ import annotations

import time
from typing import Protocol

from edgekit.benchmarks.devices.warnings import Load


class Watch(Protocol):
    """Entered right before the samples, asked while the runners are still alive."""

    def __enter__(self) -> Watch: ...

    def __exit__(self, *_: object) -> None: ...

    def load(self) -> Load:
        """Since the beginning."""
        ...


class Here:
    """This machine, as far as it tells."""

    def __enter__(self) -> Here:
        self._started = time.monotonic()
        self._before, self._own = _times(), _own_seconds()
        self._clock = _clock()
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def load(self) -> Load:
        elapsed = time.monotonic() - self._started
        now, own = _times(), _own_seconds() - self._own
        change = {name: now[name] - self._before[name] for name in now}
        total = sum(change.values())
        idle = change.get("idle", 0.0) + change.get("iowait", 0.0)
        stolen = change.get("steal", 0.0)
        others = (total - idle - stolen - own) / elapsed if elapsed else 0.0
        clock = _clock()
        return Load(
            max(0.0, others),
            stolen / total if total else 0.0,
            clock / self._clock if clock and self._clock else None,
        )


def _times() -> dict[str, float]:
    import psutil

    found = psutil.cpu_times()._asdict()
    return {name: value for name, value in found.items() if not name.startswith("guest")}


def _own_seconds() -> float:
    """Processor time of this process and its living children."""
    import psutil

    me = psutil.Process()
    total = 0.0
    for process in (me, *me.children(recursive=True)):
        try:
            times = process.cpu_times()
        except psutil.Error:
            continue
        total += times.user + times.system
    return total


def _clock() -> float | None:
    import psutil

    found = psutil.cpu_freq()
    return float(found.current) if found else None
