"""A phone's heat and power: what it tells of them, and waiting until it is cool."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from edgekit.benchmarks.devices.warnings import Load
from edgekit.benchmarks.devices.watch import Watch

MOST_CELSIUS = 40.0  # of the battery: phones begin to slow down at about 45
_ASK_EVERY_SECONDS = 5.0


@dataclass(frozen=True)
class PhoneState:
    """What a phone tells of itself at one moment; None is what it does not tell.

    Attributes:
        thermal_status: Android's name of it (``PowerManager``): ``none``, ``light``, ...
        battery_celsius: the battery's temperature in °C.
        battery_volts: the battery's voltage.
        battery_saver: whether the phone saves its battery, which limits its clock.
        clock_limit_khz: the sum over all cores of the clock that the phone allows itself.
        plugged: whether it is on a charger.
        charge_uah: the battery's charge in microampere hours.
        current_ua: the current into or out of the battery in microamperes; its sign is the maker's.
    """

    thermal_status: str | None = None
    battery_celsius: float | None = None
    battery_volts: float | None = None
    battery_saver: bool | None = None
    clock_limit_khz: int | None = None
    plugged: bool | None = None
    charge_uah: int | None = None
    current_ua: int | None = None


def heat(state: PhoneState) -> str | None:
    """Why a phone is too hot to be measured, or None; what it does not tell counts as cool."""
    if state.thermal_status not in (None, "none"):
        return f"thermal status {state.thermal_status}"
    celsius = state.battery_celsius
    if celsius is not None and celsius > MOST_CELSIUS:
        return f"battery at {celsius:.1f} °C, limit {MOST_CELSIUS:.0f} °C"
    return None


class CoolPhone:
    """A watch over a phone (see :class:`edgekit.benchmarks.devices.watch.Watch`) that cools first.

    Args:
        ask: asks the phone for its state now.
        seconds: how long to wait until it is cool, at most.
        say: is told that there is a wait, and why.
        beside: watches the machine that computes for the phone, where that is a simulator.
    """

    def __init__(
        self,
        ask: Callable[[], PhoneState],
        seconds: float,
        say: Callable[[str], None],
        beside: Watch | None = None,
    ) -> None:
        self._ask, self._seconds, self._say, self._beside = ask, seconds, say, beside

    def __enter__(self) -> CoolPhone:
        deadline = time.monotonic() + self._seconds
        self._before = self._ask()
        if reason := heat(self._before):
            self._say(f"    too hot ({reason}): waiting {self._seconds:.0f} s at most")
        while heat(self._before) and (left := deadline - time.monotonic()) > 0:
            time.sleep(min(_ASK_EVERY_SECONDS, left))
            self._before = self._ask()
        if self._beside:
            self._beside.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        if self._beside:
            self._beside.__exit__(None, None, None)

    def load(self) -> Load:
        """What the phone did meanwhile: see :meth:`edgekit.benchmarks.devices.watch.Watch.load`."""
        now, before = self._ask(), self._before
        load = self._beside.load() if self._beside else Load()
        if now.clock_limit_khz and before.clock_limit_khz:
            load = replace(load, clock_share=now.clock_limit_khz / before.clock_limit_khz)
        hot = bool(heat(before) or heat(now))
        return replace(load, hot=hot, saving=bool(now.battery_saver))
