"""What Xcode's tools answer, in the shapes that they have: devicectl before and since Xcode 27."""

from __future__ import annotations

from typing import Any

APP = "dev.edgekit.demo"
CORE, OPEN = "com.apple.dt.CoreDeviceError", "FBSOpenApplicationErrorDomain"
OPEN_SERVICE = "FBSOpenApplicationServiceErrorDomain"
RUNTIME = "com.apple.CoreSimulator.SimRuntime.iOS-18-5"


def phone(udid: str, **changed: str) -> dict[str, Any]:
    """As devicectl 518 of Xcode 26 describes one; ``changed`` are its states."""
    states = {"pairingState": "paired", "tunnelState": "disconnected", **changed}
    mode = {"developerModeStatus": changed["developerMode"]} if "developerMode" in changed else {}
    return {
        "identifier": f"8C2A5B6E-0000-4000-8000-{udid:0>12}",
        "connectionProperties": {**states, "transportType": "wired"},
        "deviceProperties": {
            "bootState": "booted",
            "name": "A phone",
            "osBuildUpdate": "22E252",
            "osVersionNumber": "18.4.1",
            **mode,
        },
        "hardwareProperties": {
            "deviceType": "iPhone",
            "marketingName": "iPhone 14 Pro",
            "platform": "iOS",
            "productType": "iPhone15,2",
            "reality": "physical",
            "udid": udid,
        },
    }


def newer_phone(udid: str, reality: str = "physical", mode: str = "enabled") -> dict[str, Any]:
    """As Xcode 27 does, without what it deprecates."""
    return {
        "identifier": f"8C2A5B6E-0000-4000-8000-{udid:0>12}",
        "properties": {
            "connection": {"pairingState": "paired", "state": "connected"},
            "hardware": {
                "marketingName": "iPhone 18 Pro",
                "platform": "iOS",
                "productType": "iPhone19,1",
                "reality": reality,
                "udid": udid,
            },
            "software": {"osVersionNumber": {"components": [27, 0], "stringValue": "27.0"}},
            "state": {"developerModeStatus": {mode: {"mode": 1}}, "name": "A phone"},
        },
    }


def simulator(udid: str, state: str, **changed: Any) -> dict[str, Any]:
    """One of ``simctl list --json``."""
    return {"udid": udid, "name": "iPhone 16", "state": state, "isAvailable": True, **changed}


def runtimes() -> list[dict[str, Any]]:
    """The installed ones."""
    return [{"identifier": RUNTIME, "version": "18.5", "buildversion": "22F77", "name": "iOS 18.5"}]


def error(*chain: tuple[str, int, str]) -> dict[str, Any]:
    """An error and what caused it, from the outside in: domain, code, text."""
    (domain, code, text), *causes = chain
    info: dict[str, Any] = {"NSLocalizedDescription": {"string": text}} if text else {}
    if causes:
        info["NSUnderlyingError"] = {"error": error(*causes)}
    return {"code": code, "domain": domain, "userInfo": info}


def _not_launched(*causes: tuple[str, int, str]) -> dict[str, Any]:
    return error((CORE, 10002, "The application failed to launch."), *causes)


_DENIED = (OPEN_SERVICE, 1, f'The request to open "{APP}" failed.')
LOCKED = _not_launched(
    _DENIED,
    (OPEN, 7, f"Unable to launch {APP} because the device was not, or could not be, unlocked."),
)
UNTRUSTED = _not_launched(_DENIED, (OPEN, 3, f"Unable to launch {APP} because it has an invalid"))
MISSING = error(
    (CORE, 10002, f"The application failed to launch. The requested application {APP} is not")
)
MISSING["userInfo"]["NSLocalizedFailureReason"] = {
    "string": f"The requested application {APP} is not installed."
}
INVALID = _not_launched(("NSPOSIXErrorDomain", 22, "Invalid argument"))
NO_IMAGE = error((CORE, 12040, "The developer disk image could not be mounted on this device."))
UNPAIRED = error((CORE, 2, "The device must be paired before it can be connected."))
NOT_FOUND = error((CORE, 1011, "CoreDeviceService was unable to locate a device matching"))
NO_TUNNEL = error(
    (CORE, 4, "The tunnel connection failed."), ("com.apple.dt.RemotePairingError", 4, "")
)
UNKNOWN = error((CORE, 31337, "Something that nobody has seen before."))


def no_file(source: str) -> dict[str, Any]:
    """Of ``device copy from``."""
    return error((CORE, 7000, f"Failed to retrieve the file node for {source}"))
