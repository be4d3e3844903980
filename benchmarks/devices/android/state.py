"""A phone's heat and battery: waiting until it is cool, and what an inference takes.

``State`` below is what :data:`edgekit.benchmarks.devices.android.facts.NOW` asks, at this moment.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from edgekit.benchmarks.devices.warnings import Load

State = Callable[[], Mapping[str, Any]]
CELSIUS = 40.0  # of the battery: phones begin to slow down at about 45
ASK_EVERY_SECONDS = 5.0
PIECES, PIECE_MS = 4, 3000.0  # of an energy estimate; batteries report every second or so


def heat(facts: Mapping[str, Any]) -> str | None:
    """Why a phone is too hot to measure, or None; what it does not tell is taken for cool."""
    if facts["thermal_status"] not in (None, "none"):
        return f"thermal status {facts['thermal_status']}"
    celsius = facts["battery_celsius"]
    if celsius is not None and celsius > CELSIUS:
        return f"battery at {celsius:.1f} °C, limit {CELSIUS:.0f} °C"
    return None


class Cool:
    """A watch (see :mod:`edgekit.benchmarks.devices.watch`) that waits until the phone is cool."""

    def __init__(self, state: State, seconds: float, say: Callable[[str], None]) -> None:
        self._state, self._seconds, self._say = state, seconds, say

    def __enter__(self) -> Cool:
        deadline = time.monotonic() + self._seconds
        self._before = self._state()
        if reason := heat(self._before):
            self._say(f"    too hot ({reason}): waiting {self._seconds:.0f} s at most")
        while heat(self._before) and (left := deadline - time.monotonic()) > 0:
            time.sleep(min(ASK_EVERY_SECONDS, left))
            self._before = self._state()
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def load(self) -> Load:
        """Heat now or before; the clock that the phone allows itself, relative to before."""
        now = self._state()
        clocks = (now["clock_limit_khz"], self._before["clock_limit_khz"])
        return Load(
            clock_share=clocks[0] / clocks[1] if all(clocks) else None,
            hot=bool(heat(self._before) or heat(now)),
            saving=bool(now["battery_saver"]),
        )


def energy_mj(
    state: State, run: Callable[[int], Sequence[float]], latency_ms: float
) -> float | None:
    """Millijoules an inference takes, the whole phone's; None while it is plugged in.

    By the charge that left the battery, or, if its counter is too coarse for that, by the current
    between pieces of work.
    """
    before = state()
    if before["plugged"] is not False or not before["battery_volts"]:
        return None
    count, elapsed_ms, states = math.ceil(PIECE_MS / latency_ms), 0.0, [before]
    for _ in range(PIECES):
        elapsed_ms += sum(run(count))
        states.append(state())
    volts = sum(each["battery_volts"] or before["battery_volts"] for each in states) / len(states)
    charges = [each["charge_uah"] for each in states if each["charge_uah"] is not None]
    currents = [abs(each["current_ua"]) for each in states[1:] if each["current_ua"]]
    if len(charges) > 1 and charges[0] > charges[-1]:
        coulombs = 3600e-6 * (charges[0] - charges[-1])
    elif currents:
        coulombs = 1e-6 * sum(currents) / len(currents) * elapsed_ms / 1000
    else:
        return None
    return float(1000 * coulombs * volts / (PIECES * count))
