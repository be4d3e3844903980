"""What a machine does while samples are taken on it: the material of the warnings."""

from __future__ import annotations

import time
from typing import Protocol

from edgekit.benchmarks.devices.warnings import Load


class Watch(Protocol):
    """The protocol of what watches the machine that computes, from the first sample to the last.

    Entering its context may take a while: a phone cools down first.
    """

    def __enter__(self) -> Watch: ...

    def __exit__(self, *_: object) -> None: ...

    def load(self) -> Load:
        """What the machine did since the context was entered; its runners have to live still."""
        ...


class ThisMachine:
    """Watches the machine that edgekit runs on, as far as its system tells (by psutil)."""

    def __enter__(self) -> ThisMachine:
        self._started = time.monotonic()
        self._before, self._own = _cpu_seconds(), _own_seconds()
        self._clock_mhz = _clock_mhz()
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def load(self) -> Load:
        """What this machine did since the context was entered, of whatever its system tells."""
        elapsed = time.monotonic() - self._started
        now, own = _cpu_seconds(), _own_seconds() - self._own
        change = {name: now[name] - self._before[name] for name in now}
        total = sum(change.values())
        idle = change.get("idle", 0.0) + change.get("iowait", 0.0)
        stolen = change.get("steal", 0.0)
        others = (total - idle - stolen - own) / elapsed if elapsed else 0.0
        clock = _clock_mhz()
        return Load(
            max(0.0, others),
            stolen / total if total else 0.0,
            clock / self._clock_mhz if clock and self._clock_mhz else None,
        )


def _cpu_seconds() -> dict[str, float]:
    """Seconds of all cores together since the system's start, by what they did.

    Linux counts guests' time as user time already: it is left out.
    """
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


def _clock_mhz() -> float | None:
    """The clock of the processor now, on average over its cores.

    None where the system does not tell.
    """
    import psutil

    found = psutil.cpu_freq()
    return float(found.current) if found else None
