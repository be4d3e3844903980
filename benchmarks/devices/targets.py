"""The devices that edgekit measures on. A new one is a file with its target and a row here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from edgekit.benchmarks.devices.protocol import Target
from edgekit.errors import EdgekitError, MissingExtraError, UnsupportedError

Say = Callable[[str], None]


@dataclass(frozen=True)
class Found:
    """One device on the list of ``edgekit devices``; ``remedy`` is what makes it usable."""

    name: str
    description: str
    ready: bool
    remedy: str = ""


@dataclass(frozen=True)
class Kind:
    """A kind of device. ``make`` takes what follows the colon, or None, and a memory limit.

    ``setup`` fetches what it needs, as ``make`` does on first use, and ``clean``, which takes what
    follows the colon, removes all that edgekit has put there. ``apart`` ones have processors of
    their own, so that several are measured at the same time. ``app`` makes a target that measures
    through an app there, named or edgekit's own; ``only_app`` ones cannot be measured otherwise.
    """

    name: str
    make: Callable[[str | None, int | None, Say], Target]
    find: Callable[[], list[Found]]
    setup: Callable[[Say], object] = lambda say: None
    clean: Callable[[str | None], object] = lambda argument: None
    apart: bool = False
    app: Callable[[Any, str | None], Target] | None = None
    only_app: bool = False


def _host(argument: str | None, memory_limit_bytes: int | None, say: Say) -> Target:
    from edgekit.benchmarks.devices.host.device import Host

    if find_spec("psutil") is None:
        raise MissingExtraError("psutil", "bench")
    if argument is not None:
        raise UnsupportedError(f"host has no '{argument}': say just --device host")
    return Host()


def _find_host() -> list[Found]:
    facts: Mapping[str, Any] = _host(None, None, print).facts()
    return [Found("host", f"{facts['machine']}, {facts['os']}", True)]


def _arm64(argument: str | None, memory_limit_bytes: int | None, say: Say) -> Target:
    from edgekit.benchmarks.devices.arm64.cpus import DEFAULT
    from edgekit.benchmarks.devices.arm64.device import Arm64

    return Arm64(argument or DEFAULT, memory_limit_bytes, say)


def _find_arm64() -> list[Found]:
    from edgekit.benchmarks.devices.arm64 import setup as arm64_setup
    from edgekit.benchmarks.devices.arm64.cpus import CPUS

    missing = arm64_setup.missing()
    remedy = f"{missing}: edgekit devices setup arm64" if missing else ""
    return [
        Found(f"arm64:{name}", f"emulated phone, {cpu.phones}", missing is None, remedy)
        for name, cpu in CPUS.items()
    ]


def _set_up_arm64(say: Say) -> None:
    from edgekit.benchmarks.devices.arm64 import setup as arm64_setup

    arm64_setup.setup(say)


def _clean_arm64(argument: str | None) -> None:
    from edgekit.benchmarks.devices.arm64 import setup as arm64_setup

    arm64_setup.clean()


def _browser(argument: str | None, memory_limit_bytes: int | None, say: Say) -> Target:
    from edgekit.benchmarks.devices.browser.device import Browser

    if argument is not None:
        raise UnsupportedError(f"browser has no '{argument}': say just --device browser")
    return Browser(say)


def _find_browser() -> list[Found]:
    from edgekit.benchmarks.devices.browser import chromium
    from edgekit.benchmarks.devices.browser import setup as browser_setup

    name = f"onnxruntime-web {browser_setup.VERSION} in headless Chromium"
    try:
        chromium.executable()
    except EdgekitError as error:
        return [Found("browser", name, False, str(error))]
    missing = browser_setup.missing()
    remedy = f"{missing}: edgekit devices setup browser" if missing else ""
    return [Found("browser", name, missing is None, remedy)]


def _set_up_browser(say: Say) -> None:
    from edgekit.benchmarks.devices.browser import setup as browser_setup

    browser_setup.setup(say)


def _clean_browser(argument: str | None) -> None:
    from edgekit.benchmarks.devices.browser import setup as browser_setup

    browser_setup.clean()


def _android(argument: str | None, memory_limit_bytes: int | None, say: Say) -> Target:
    from edgekit.benchmarks.devices.android import device as android
    from edgekit.benchmarks.devices.android.adb import Adb

    return android.Android(android.choose(Adb.found(), argument), say)


def _android_app(phone: Any, component: str | None) -> Target:
    from edgekit.benchmarks.devices.android.app import ThroughApp

    return ThroughApp(phone, component)


def _find_android() -> list[Found]:
    from edgekit.benchmarks.devices.android import adb
    from edgekit.benchmarks.devices.android import device as android

    try:
        listed = adb.Adb.found().devices()
    except EdgekitError as error:
        return [Found("android", "phones that adb sees", False, str(error))]
    return [
        Found(f"android:{each.serial}", android.describe(each), not each.remedy, each.remedy)
        for each in listed
    ] or [Found("android", "phones that adb sees", False, android.NONE)]


def _clean_android(argument: str | None) -> None:
    from edgekit.benchmarks.devices.android import device as android
    from edgekit.benchmarks.devices.android import files as android_files
    from edgekit.benchmarks.devices.android.adb import Adb

    android_files.clean(android.choose(Adb.found(), argument))


def _ios(kind: str) -> Callable[[str | None, int | None, Say], Target]:
    def make(argument: str | None, memory_limit_bytes: int | None, say: Say) -> Target:
        from edgekit.benchmarks.devices.ios import device as ios

        return ios.device(kind, argument, say)

    return make


def _ios_app(device: Any, app: str | None) -> Target:
    found: Target = device.through(app)
    return found


def _find_ios(kind: str, what: str) -> list[Found]:
    from edgekit.benchmarks.devices.ios import listing as ios_devices
    from edgekit.benchmarks.devices.ios.xcode import Xcode

    find = {"ios": ios_devices.phones, "ios-simulator": ios_devices.simulators}[kind]
    try:
        found = find(Xcode.found())
    except EdgekitError as error:
        return [Found(kind, f"{what} ({ios_devices.NOT_PROVEN})", False, str(error))]
    return [
        Found(
            f"{kind}:{row.udid}",
            f"{row.description} ({ios_devices.NOT_PROVEN})",
            not row.remedy,
            row.remedy and f"it {row.remedy}",
        )
        for row in found
    ] or [Found(kind, what, False, ios_devices.NONE)]


def _clean_ios(kind: str) -> Callable[[str | None], object]:
    def clean(argument: str | None) -> None:
        from edgekit.benchmarks.devices.ios import device as ios

        ios.device(kind, argument).through(None).clean()

    return clean


def _set_up_ios(say: Say) -> None:
    raise UnsupportedError("nothing is fetched for iOS: install the app by Xcode (docs/devices.md)")


def _ios_kind(name: str, what: str) -> Kind:
    return Kind(
        name,
        _ios(name),
        lambda: _find_ios(name, what),
        _set_up_ios,
        _clean_ios(name),
        apart=name == "ios",
        app=_ios_app,
        only_app=True,
    )


KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("host", _host, _find_host),
        Kind("arm64", _arm64, _find_arm64, _set_up_arm64, _clean_arm64),
        Kind(
            "android",
            _android,
            _find_android,
            _set_up_arm64,
            _clean_android,
            apart=True,
            app=_android_app,
        ),
        Kind("browser", _browser, _find_browser, _set_up_browser, _clean_browser),
        _ios_kind("ios", "iPhones that Xcode sees"),
        _ios_kind("ios-simulator", "simulated iPhones of Xcode"),
    )
}


def make(
    name: str,
    memory_limit_bytes: int | None = None,
    say: Say = lambda text: None,
    via: str | None = None,
) -> Target:
    """The target that ``--device`` names, like ``host`` or ``arm64:cortex-a53``.

    ``via`` is ``app``, or ``app:`` and the name of one.

    Raises:
        EdgekitError: there is none of that name, or what it needs could not be fetched.
    """
    kind, (_, _, argument) = _kind(name), name.partition(":")
    found = kind.make(argument or None, memory_limit_bytes, say)
    if via is None and not kind.only_app:
        return found
    way, _, component = (via or "app").partition(":")
    if way != "app" or kind.app is None:
        able = ", ".join(row.name for row in KINDS.values() if row.app)
        raise UnsupportedError(f"{name} cannot be measured via {via}: --via app is for {able}")
    return kind.app(found, component or None)


def apart(name: str) -> bool:
    """Whether it can be measured at the same time as others."""
    return _kind(name).apart


def setup(name: str, say: Say) -> None:
    """Fetches once what a device needs.

    Raises:
        EdgekitError: there is no such device, or something could not be fetched.
    """
    _kind(name).setup(say)


def clean(name: str) -> None:
    """Removes all that edgekit has put on a device, or into its cache for it.

    Raises:
        EdgekitError: there is no such device, or it cannot be reached.
    """
    _kind(name).clean(name.partition(":")[2] or None)


def _kind(name: str) -> Kind:
    kind = KINDS.get(name.partition(":")[0])
    if kind is None:
        raise UnsupportedError(f"unknown device '{name}': choose from {', '.join(KINDS)}")
    if name.endswith(":"):
        raise UnsupportedError(f"device '{name}' names none after the colon: leave the colon out")
    return kind


def find() -> list[Found]:
    """Every device that is reachable, and what is missing to reach the others."""
    return [found for kind in KINDS.values() for found in kind.find()]
