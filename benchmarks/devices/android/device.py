"""The driver of Android phones and emulators: which there are, and how one is opened."""

from __future__ import annotations

from edgekit.benchmarks.devices.android import files
from edgekit.benchmarks.devices.android.adb import READY, Adb, DeviceError
from edgekit.benchmarks.devices.android.app import ThroughApp
from edgekit.benchmarks.devices.android.phone import Android
from edgekit.benchmarks.devices.arm64.parts import SETUP
from edgekit.benchmarks.devices.driver import DeviceOptions, Driver, Found
from edgekit.benchmarks.devices.protocol import Target
from edgekit.errors import EdgekitError
from edgekit.toolchains.setup import Say

_NONE = "no phone is connected: switch USB debugging on and plug it in, or: adb connect HOST:PORT"


def choose(adb: Adb, serial: str | None) -> Adb:
    """Chooses a phone.

    Args:
        adb: an adb that names no phone.
        serial: the phone's serial number; None takes the only one.

    Returns:
        An adb that names the phone.

    Raises:
        DeviceError: it is not there or not ready, or there are several.
    """
    listed = adb.devices()
    names = ", ".join(f"android:{each.serial}" for each in listed)
    if serial is not None:
        found = [each for each in listed if each.serial == serial]
        if not found:
            raise DeviceError(f"android:{serial} is not connected: adb sees {names or 'none'}")
    else:
        ready = [each for each in listed if each.state == READY]
        found = ready or listed
    if not found:
        raise DeviceError(_NONE)
    if len(found) > 1:
        raise DeviceError(f"several phones are connected: choose with --device {names}")
    (one,) = found
    if one.remedy:
        raise DeviceError(f"android:{one.serial} is {one.state}: {one.remedy}")
    return Adb(adb.program, one.serial, adb.options)


def _open(options: DeviceOptions) -> Target:
    """Opens a phone, or an app on it."""
    phone = Android(choose(Adb.found(), options.chosen), options.say)
    return ThroughApp(phone, options.app) if options.via_app else phone


def _find() -> list[Found]:
    """The phones that adb sees, or why there are none."""
    try:
        listed = Adb.found().devices()
    except EdgekitError as error:
        return [Found("android", "phones that adb sees", str(error))]
    if not listed:
        return [Found("android", "phones that adb sees", _NONE)]
    return [
        Found(
            f"android:{each.serial}",
            f"{each.model or 'Android'}, by adb ({each.state})",
            each.remedy,
        )
        for each in listed
    ]


def _set_up(say: Say) -> None:
    SETUP.make(say)


def _clean(chosen: str | None) -> None:
    files.clean(choose(Adb.found(), chosen))


ANDROID = Driver("android", _find, _open, _set_up, _clean, apart=True, apps=True)
