"""The table of devices that edgekit measures on. A new one is a file with a driver, and its row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from edgekit.benchmarks.devices.android.device import ANDROID
from edgekit.benchmarks.devices.arm64.device import ARM64
from edgekit.benchmarks.devices.browser.device import BROWSER
from edgekit.benchmarks.devices.driver import DeviceOptions, Driver, Found
from edgekit.benchmarks.devices.host.device import HOST
from edgekit.benchmarks.devices.ios.device import IOS, SIMULATOR
from edgekit.benchmarks.devices.protocol import Target
from edgekit.errors import UnsupportedError
from edgekit.toolchains.setup import Say

DRIVERS: Mapping[str, Driver] = {
    driver.name: driver
    for driver in (
        HOST,
        ARM64,
        ANDROID,
        BROWSER,
        IOS,
        SIMULATOR,
    )
}


def make(
    name: str,
    memory_limit_bytes: int | None = None,
    say: Say = lambda text: None,
    via: str | None = None,
) -> Target:
    """Opens the device that ``--device`` names.

    Args:
        name: a driver's name, like ``host``, or one with a device, like ``arm64:cortex-a53``.
        memory_limit_bytes: how much an emulated process may take, or None for no limit.
        say: is told what happens.
        via: ``app``, or ``app:`` and the name of one, to measure through an app there; or None.

    Raises:
        EdgekitError: there is no device of that name, or what it needs could not be fetched.
    """
    driver, chosen = _parsed(name)
    options = DeviceOptions(chosen, memory_limit_bytes, say=say)
    if via is not None or driver.apps_only:
        options = replace(options, via_app=True, app=_app(driver, name, via or "app"))
    return driver.open(options)


def apart(name: str) -> bool:
    """Whether the device can be measured at the same time as others."""
    driver, _ = _parsed(name)
    return driver.apart


def setup(name: str, say: Say) -> None:
    """Fetches once what a device needs.

    Raises:
        EdgekitError: there is no such device, or something could not be fetched.
    """
    driver, _ = _parsed(name)
    driver.setup(say)


def clean(name: str) -> None:
    """Removes all that edgekit has put on a device, or into its cache for it.

    Raises:
        EdgekitError: there is no such device, or it cannot be reached.
    """
    driver, chosen = _parsed(name)
    driver.clean(chosen)


def find() -> list[Found]:
    """Every device that is reachable, and what is missing to reach the others."""
    return [found for driver in DRIVERS.values() for found in driver.find()]


def _parsed(name: str) -> tuple[Driver, str | None]:
    """The driver that a name asks for, and which of its devices."""
    first, colon, chosen = name.partition(":")
    driver = DRIVERS.get(first)
    if driver is None:
        raise UnsupportedError(f"unknown device '{name}': choose from {', '.join(DRIVERS)}")
    if colon and not chosen.strip():
        raise UnsupportedError(f"device '{name}' names none after the colon: leave the colon out")
    return driver, chosen or None


def _app(driver: Driver, name: str, via: str) -> str | None:
    """The name of the app that ``--via`` asks for; None is edgekit's own.

    Raises:
        UnsupportedError: ``--via`` is something else, or the device has no apps.
    """
    way, colon, app = via.partition(":")
    if way != "app" or not driver.apps:
        able = ", ".join(row.name for row in DRIVERS.values() if row.apps)
        raise UnsupportedError(f"{name} cannot be measured via {via}: --via app is for {able}")
    if colon and not app.strip():
        raise UnsupportedError(f"--via {via} names no app after the colon: leave the colon out")
    return app or None
