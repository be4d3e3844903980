"""iPhones and simulators that a Mac's Xcode knows, and what keeps one from being used.

Not proven on a device (see :mod:`edgekit.benchmarks.devices.ios.xcode`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from edgekit.benchmarks.devices.ios.xcode import DEVELOPER_MODE, Xcode, XcodeError

NOT_PROVEN = "not proven on a real device or a Mac yet"
NONE = "Xcode knows none: connect one, or add one in Xcode"
_BOOTED = "Booted"
# Where devicectl says what: since Xcode 27 (its JSON version 5), and before.
_FIELDS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "udid": (("properties", "hardware", "udid"), ("hardwareProperties", "udid")),
    "model": (("properties", "hardware", "marketingName"), ("hardwareProperties", "marketingName")),
    "product": (("properties", "hardware", "productType"), ("hardwareProperties", "productType")),
    "platform": (("properties", "hardware", "platform"), ("hardwareProperties", "platform")),
    "reality": (("properties", "hardware", "reality"), ("hardwareProperties", "reality")),
    "os": (
        ("properties", "software", "osVersionNumber", "stringValue"),
        ("deviceProperties", "osVersionNumber"),
    ),
    "os_build": (
        ("properties", "software", "osBuildUpdate", "stringValue"),
        ("properties", "software", "osBuildUpdate"),
        ("deviceProperties", "osBuildUpdate"),
    ),
    "developer_mode": (
        ("properties", "state", "developerModeStatus"),
        ("deviceProperties", "developerModeStatus"),
    ),
    "pairing": (
        ("properties", "connection", "pairingState"),
        ("connectionProperties", "pairingState"),
    ),
    "connection": (("properties", "connection", "state"), ("connectionProperties", "tunnelState")),
    "transport": (
        ("properties", "connection", "transportType"),
        ("connectionProperties", "transportType"),
    ),
}


@dataclass(frozen=True)
class Device:
    """One iPhone, iPad or simulator.

    Attributes:
        udid: Apple's identifier of it.
        description: what it is, for people.
        remedy: what makes it usable, as the end of a sentence about it; empty if it is usable.
        facts: what Xcode says of it, for a result's environment; None is what it does not tell.
    """

    udid: str
    description: str
    remedy: str = ""
    facts: Mapping[str, str | None] = field(default_factory=dict)


def phones(xcode: Xcode) -> list[Device]:
    """All iPhones and iPads that Xcode has seen, connected or not.

    Raises:
        RunnerError: Xcode's tool fails.
    """
    rows = xcode.devicectl("list", "devices").result.get("devices") or []
    found = [{name: _at(row, paths) for name, paths in _FIELDS.items()} for row in rows]
    return [
        _phone(row)
        for row in found
        if row["udid"] and row["platform"] == "iOS" and row["reality"] != "simulated"
    ]


def simulators(xcode: Xcode) -> list[Device]:
    """All simulated iPhones and iPads whose iOS is installed, running or not.

    Raises:
        RunnerError: Xcode's tool fails.
    """
    try:
        listed = json.loads(xcode.simctl("list", "--json"))
        runtimes = {row["identifier"]: row for row in listed["runtimes"]}
        return [
            _simulator(runtimes[runtime], row)
            for runtime, rows in listed["devices"].items()
            if ".iOS-" in runtime and runtime in runtimes
            for row in rows
            if row.get("isAvailable", True)
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise XcodeError("simctl gave no list: install Xcode 16 or newer") from error


def choose(devices: Sequence[Device], family: str, udid: str | None) -> Device:
    """Chooses one of the devices that Xcode knows.

    Args:
        devices: all of them.
        family: the first part of their names, ``ios`` or ``ios-simulator``.
        udid: the identifier of the one wanted, in any case. None is the only one that can be used;
            of several simulators, the one that runs.

    Raises:
        XcodeError: it is not there or cannot be used, or there are several.
    """

    def names(several: Sequence[Device]) -> str:
        return ", ".join(f"{family}:{each.udid}" for each in several) or "none"

    if udid is not None:
        found = [each for each in devices if each.udid.lower() == udid.lower()]
        if not found:
            raise XcodeError(f"{family}:{udid} is unknown to Xcode: it knows {names(devices)}")
    else:
        ready = [each for each in devices if not each.remedy]
        found = [each for each in ready if each.facts.get("state") == _BOOTED] or ready
        found = found or list(devices)
    if not found:
        raise XcodeError(NONE)
    if len(found) > 1:
        raise XcodeError(f"Xcode knows several: choose with --device {names(found)}")
    (one,) = found
    if one.remedy:
        raise XcodeError(f"{family}:{one.udid} {one.remedy}")
    return one


def _at(row: Mapping[str, object], paths: tuple[tuple[str, ...], ...]) -> str | None:
    """The text at the first of these paths through nested tables that has one, or None.

    Newer versions of Xcode say ``{"enabled": {...}}`` where others say ``"enabled"``.
    """
    for path in paths:
        value: object = row
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        if isinstance(value, dict):
            value = next(iter(value), None)
        if isinstance(value, str) and value:
            return value
    return None


def _phone(row: Mapping[str, str | None]) -> Device:
    """A row of ``devicectl`` as a device, with what keeps it from being used."""
    model = row["model"] or row["product"] or "iPhone"
    remedy = next(filter(None, (check(row) for check in _CHECKS)), "")
    names = ("model", "product", "os", "os_build", "transport")
    facts = {**{name: row[name] for name in names}, "model": model}
    return Device(str(row["udid"]), f"{model}, iOS {row['os']}", remedy, facts)


def _pairing(row: Mapping[str, str | None]) -> str:
    """What is to be done about a phone that is not paired; empty if it is, or may be."""
    unpaired = row["pairing"] not in (None, "paired")
    return "is not paired: unlock it, plug it in and tap Trust" if unpaired else ""


def _connection(row: Mapping[str, str | None]) -> str:
    """What is to be done about a phone that is away; empty if it can be reached.

    An idle phone is ``disconnected``, and a command connects it.
    """
    away = row["connection"] == "unavailable"
    return "is not connected: plug it in and unlock it" if away else ""


def _developer_mode(row: Mapping[str, str | None]) -> str:
    """What is to be done about developer mode.

    Empty if it is on, or not told: the phone was never here.
    """
    off = row["developer_mode"] == "disabled"
    return DEVELOPER_MODE if off else ""


_CHECKS: tuple[Callable[[Mapping[str, str | None]], str], ...] = (
    _pairing,
    _connection,
    _developer_mode,
)


def _simulator(runtime: Mapping[str, str], row: Mapping[str, str]) -> Device:
    """A row of ``simctl`` as a device."""
    facts = {
        "model": row["name"],
        "os": runtime.get("version"),
        "os_build": runtime.get("buildversion"),
        "state": row["state"],
    }
    running = "" if row["state"] == _BOOTED else " (shut down)"
    return Device(
        row["udid"], f"simulated {row['name']}, iOS {runtime.get('version')}{running}", "", facts
    )
