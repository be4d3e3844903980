"""iPhones and simulators that a Mac's Xcode knows, and what keeps one from being used.

Written from what is known of the JSON of ``devicectl`` and ``simctl``; not proven on a device.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgekit.errors import EdgekitError, UnsupportedError

NOT_YET = "edgekit finds it, and does not measure on it yet (not proven on a device)"
_SECONDS = 60
_PAIRED, _DEVELOPER = "paired", "enabled"


class XcodeError(EdgekitError):
    """One of Xcode's tools failed."""


@dataclass(frozen=True)
class Device:
    """One iPhone, iPad or simulator; ``remedy`` says what makes it usable, if something does."""

    udid: str
    description: str
    remedy: str = ""


def xcrun() -> str:
    """Where it is.

    Raises:
        UnsupportedError: this is no Mac, or it has no Xcode.
    """
    found = shutil.which("xcrun")
    if found is None:
        raise UnsupportedError(
            "iOS devices need a Mac with Xcode 15 or newer: install it from the App Store and run "
            "xcode-select --install"
        )
    return found


def phones() -> list[Device]:
    """All that Xcode has seen, connected or not.

    Raises:
        EdgekitError: there is no Xcode, or its tool fails.
    """
    tool = xcrun()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "devices.json"  # the only output that Apple promises to keep
        _run([tool, "devicectl", "list", "devices", "--json-output", str(path)])
        rows = _json(path.read_text("utf-8"))["result"]["devices"]
    return [_phone(row) for row in rows if row["hardwareProperties"].get("platform") == "iOS"]


def simulators() -> list[Device]:
    """Those whose runtime is installed, running or not.

    Raises:
        EdgekitError: there is no Xcode, or its tool fails.
    """
    answer = _json(_run([xcrun(), "simctl", "list", "devices", "available", "--json"]))
    return [
        _simulator(runtime.rpartition(".")[2], row)
        for runtime, rows in answer["devices"].items()
        if ".iOS-" in runtime
        for row in rows
    ]


def _phone(row: Mapping[str, Any]) -> Device:
    hardware, device = row["hardwareProperties"], row["deviceProperties"]
    what = f"{hardware.get('marketingName')}, iOS {device.get('osVersionNumber')}"
    return Device(hardware["udid"], what, next(filter(None, (each(row) for each in _CHECKS)), ""))


def _pairing(row: Mapping[str, Any]) -> str:
    if row["connectionProperties"].get("pairingState") == _PAIRED:
        return ""
    return "it is not paired: unlock it, plug it in and tap Trust"


def _developer_mode(row: Mapping[str, Any]) -> str:
    if row["deviceProperties"].get("developerModeStatus") == _DEVELOPER:
        return ""
    return "developer mode is off: Settings, Privacy & Security, Developer Mode"


def _connection(row: Mapping[str, Any]) -> str:
    if row["connectionProperties"].get("tunnelState") != "unavailable":
        return ""
    return "it is not connected: plug it in and unlock it"


_CHECKS: tuple[Callable[[Mapping[str, Any]], str], ...] = (_pairing, _connection, _developer_mode)


def _simulator(runtime: str, row: Mapping[str, Any]) -> Device:
    system = "iOS " + runtime.removeprefix("iOS-").replace("-", ".")
    remedy = "" if row["state"] == "Booted" else f"shut down: xcrun simctl boot {row['udid']}"
    return Device(row["udid"], f"simulated {row['name']}, {system}", remedy)


def _run(arguments: list[str]) -> str:
    try:
        return subprocess.run(
            arguments,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_SECONDS,
            check=True,
        ).stdout
    except subprocess.TimeoutExpired as error:
        raise XcodeError(f"{arguments[1]} gave no answer in {_SECONDS} s: try again") from error
    except (OSError, subprocess.CalledProcessError) as error:
        said = str(getattr(error, "stderr", "") or error).strip().splitlines()
        raise XcodeError(
            f"{arguments[1]} failed: {said[0]}; open Xcode once, or see xcode-select --print-path"
        ) from error


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise XcodeError(
            f"Xcode's tool gave no JSON: {error}; install Xcode 15 or newer"
        ) from error
