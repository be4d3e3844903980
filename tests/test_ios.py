"""Lists of iPhones and simulators, from a scripted xcrun that plays Xcode's output."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest


def phone(udid: str, **changed: str) -> dict[str, Any]:
    """As devicectl describes one; ``changed`` are its states."""
    states = {"pairingState": "paired", "tunnelState": "connected", **changed}
    return {
        "identifier": "8C2A5B6E-0000-4000-8000-000000000000",
        "connectionProperties": states,
        "deviceProperties": {
            "name": "A phone",
            "osVersionNumber": "18.5",
            "developerModeStatus": changed.get("developerModeStatus", "enabled"),
        },
        "hardwareProperties": {"udid": udid, "marketingName": "iPhone 15", "platform": "iOS"},
    }


PHONES = {
    "a": (phone("a"), "does not measure on it yet"),
    "b": (phone("b", pairingState="unpaired"), "tap Trust"),
    "c": (phone("c", tunnelState="unavailable"), "not connected"),
    "d": (phone("d", developerModeStatus="disabled"), "developer mode is off"),
}
SIMULATORS = {
    "com.apple.CoreSimulator.SimRuntime.iOS-18-5": [
        {"udid": "S1", "name": "iPhone 16", "state": "Booted"},
        {"udid": "S2", "name": "iPhone 16", "state": "Shutdown"},
    ],
    "com.apple.CoreSimulator.SimRuntime.watchOS-11-5": [
        {"udid": "W", "name": "Watch", "state": "Booted"}
    ],
}


def devices(path: str) -> dict[str, dict[str, Any]]:
    """edgekit devices, with only ``path`` to find tools on."""
    result = subprocess.run(
        [sys.executable, "-m", "edgekit", "devices", "--json"],
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    rows = json.loads(result.stdout)
    return {row["name"]: row for row in rows if row["name"].startswith("ios")}


def scripted(folder: Path, body: str) -> str:
    path = folder / "xcrun"
    path.write_text(f"#!{sys.executable}\nimport json, pathlib, sys\n{body}")
    path.chmod(0o755)
    return str(folder)


def test_what_xcode_sees_is_listed_with_its_remedy(tmp_path: Path) -> None:
    listed = {"result": {"devices": [row for row, _ in PHONES.values()]}}
    body = f"""
tool, *rest = sys.argv[1:]
if tool == "devicectl":
    assert rest[:3] == ["list", "devices", "--json-output"]
    pathlib.Path(rest[3]).write_text({json.dumps(listed)!r})
else:
    assert [tool, *rest] == ["simctl", "list", "devices", "available", "--json"]
    print({json.dumps({"devices": SIMULATORS})!r})
"""
    found = devices(scripted(tmp_path, body))
    names = {f"ios:{name}" for name in PHONES} | {"ios-simulator:S1", "ios-simulator:S2"}
    assert set(found) == names
    for name, (_, remedy) in PHONES.items():
        assert remedy in found[f"ios:{name}"]["remedy"]
    assert found["ios-simulator:S2"]["remedy"] == "shut down: xcrun simctl boot S2"
    assert "iOS 18.5" in found["ios-simulator:S1"]["description"]
    assert not any(row["ready"] for row in found.values())


@pytest.mark.parametrize(
    ("body", "remedy"),
    [
        (None, "need a Mac with Xcode"),
        ("sys.exit('xcrun: error: unable to find utility')", "unable to find utility"),
    ],
)
def test_without_xcode_there_is_a_remedy(body: str | None, remedy: str, tmp_path: Path) -> None:
    path = str(tmp_path) if body is None else scripted(tmp_path, body)
    found = devices(path)
    assert set(found) == {"ios", "ios-simulator"}
    assert all(remedy in row["remedy"] for row in found.values())
