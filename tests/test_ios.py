"""iPhones and simulators, from a scripted xcrun that plays Xcode's tools and the app."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import xcode_output as output
from measuring import QUICK, measure
from msgspec import structs
from scripted_mac import Mac

from edgekit.benchmarks.devices import app_runner
from edgekit.benchmarks.devices.ios.xcode import Xcode, XcodeError
from edgekit.benchmarks.devices.protocol import LostError, RunnerError
from edgekit.benchmarks.results import Store
from edgekit.bundle import Bundle

LAUNCH, COPY_TO, LIST = (
    *("devicectl device process launch", "devicectl device copy to", "devicectl list devices"),
)


@pytest.fixture
def mac(tmp_path: Path) -> Mac:
    return Mac(tmp_path / "a mac's")


PHONES = {
    "a": (output.phone("a"), ""),
    "b": (output.phone("b", pairingState="unpaired"), "tap Trust"),
    "c": (output.phone("c", tunnelState="unavailable"), "not connected"),
    "d": (output.phone("d", developerMode="disabled"), "developer mode off"),
    "e": (output.newer_phone("e"), ""),
    "f": (output.newer_phone("f", mode="disabled"), "developer mode off"),
}


def test_what_xcode_sees_is_listed_with_its_remedy(mac: Mac) -> None:
    phones = [*(row for row, _ in PHONES.values()), output.newer_phone("S1", reality="simulated")]
    simulated = (output.simulator("S1", "Booted"), output.simulator("S2", "Shutdown"))
    gone = output.simulator("S3", "Shutdown", isAvailable=False)
    found = replace(mac, phones=phones, simulators=(*simulated, gone)).devices()
    names = {f"ios:{name}" for name in PHONES} | {"ios-simulator:S1", "ios-simulator:S2"}
    assert set(found) == names
    for name, (_, remedy) in PHONES.items():
        assert remedy in found[f"ios:{name}"]["remedy"]
        assert found[f"ios:{name}"]["ready"] == (not remedy)
    assert "iPhone 14 Pro, iOS 18.4.1" in found["ios:a"]["description"]
    assert "iPhone 18 Pro, iOS 27.0" in found["ios:e"]["description"]
    assert all("not proven" in row["description"] for row in found.values())


def documented(heading: str) -> set[str]:
    """The names in the first column of a table in the contract."""
    text = (Path(__file__).parent.parent / "docs" / "app-contract.md").read_text("utf-8")
    rows = [row for row in text.split(heading)[1].split("## ")[0].splitlines() if "| `" in row[:3]]
    names = [name for row in rows for name in row.split("|")[1].split("`")[1::2]]
    return {name.split()[0] for name in names}


def assert_documented(requests: Sequence[dict[str, Any]]) -> None:
    assert {name for each in requests for name in each} == documented("## The request")
    commands = [command for each in requests for command in each["commands"].split(";") if command]
    sent = {command.split()[0] for command in commands}
    assert sent | {"clean"} == documented("## Commands")


SUITE = """
devices = ["ios"]
lengths = [10]
recipes = ["fp32"]
runtimes = ["coreml"]
limits = {{ min_samples = 2, max_samples = 2, warm_up = 0, processes = 1 }}
models = [{{ bundle = {bundle} }}]
"""


def test_a_phone_is_measured_by_its_app(mac: Mac, brief: Bundle) -> None:
    suite = mac.folder.with_suffix(".toml")
    suite.write_text(SUITE.format(bundle=json.dumps(str(brief.path))))
    done = mac.edgekit("bench", "--suite", str(suite), "-o", "out")
    assert done.returncode == 0, done.stderr
    (row,) = Store(mac.folder / "out").load()
    assert row.subject.runtime == "Core ML"
    assert row.failure is None
    assert row.parity is not None
    assert row.parity.passed
    assert row.parity.cases == 3
    assert len(row.latency_ms) == app_runner.TOGETHER
    assert row.peak_memory_bytes
    assert "unproven" in row.warnings
    assert row.conditions.machine == "iPhone 14 Pro (iPhone15,2)"
    assert row.environment["os"] == "iOS 18.4.1 (22E252)"
    assert row.environment["thermal_state"] == "nominal"
    for text in (done.stdout, done.stderr):
        assert "not proven on a real device" in text
        assert "ios:a" in text, "which is no emoji"
    pushed = [words[words.index("--destination") + 1] for words in mac.calls(COPY_TO)]
    assert len(set(pushed)) == len(pushed), "once"
    folder = mac.folder / "containers/a" / output.APP / "Documents"
    assert len(list((folder / "edgekit-files").iterdir())) == len(pushed)
    assert_documented([json.loads(words[-1]) for words in mac.calls(LAUNCH)])
    mac.device().clean()
    assert not (folder / "edgekit-files").exists()


def test_a_simulator_is_started_and_its_state_told(mac: Mac, brief: Bundle) -> None:
    simulated = (output.simulator("S2", "Shutdown"),)
    state = {"thermal_state": "serious", "low_power": True}
    device = replace(mac, simulators=simulated, state=state).device("ios-simulator")
    limits = structs.replace(QUICK, cool_seconds=0)
    (row,) = measure(device, brief, limits=limits)
    assert row.failure is None
    assert row.conditions.device == "ios-simulator:S2"
    assert row.environment["emulated"]
    assert row.environment["os"] == "iOS 18.5 (22F77)"
    assert {"hot", "battery-saver", "unproven"} <= set(row.warnings)


def test_a_phone_lost_in_mid_run_loses_one_measurement(mac: Mac, brief: Bundle) -> None:
    fault = {"command": LAUNCH, "after": 8, "error": output.NO_TUNNEL}
    device = replace(mac, faults=[fault]).device()
    *before, lost, again = measure(device, brief, runtimes=("onnxruntime",), limits=QUICK)
    assert lost.failure == "ios:a cannot be reached: plug it in and unlock it"
    assert again.failure is None
    assert not before


APP_FAULTS = {
    "dies": "ended without results (it printed last: App terminated due to signal 6.)",
    "garbage": "the app's results have no 'state'",
}


@pytest.mark.parametrize("app", APP_FAULTS)
def test_an_app_that_answers_nonsense_fails_in_one_line(mac: Mac, brief: Bundle, app: str) -> None:
    fault = {"command": LAUNCH, "after": 1, "times": 100, "app": app}
    device = replace(mac, faults=[fault]).device()
    (row,) = measure(device, brief, runtimes=("onnxruntime",))
    assert APP_FAULTS[app] in str(row.failure)


REFUSALS: dict[str, tuple[str, dict[str, Any], str]] = {
    "locked": (LAUNCH, {"error": output.LOCKED}, "ios:a is locked: unlock it"),
    "untrusted": (LAUNCH, {"error": output.UNTRUSTED}, "VPN & Device Management"),
    "no image": (LAUNCH, {"error": output.NO_IMAGE}, "developer disk image"),
    "unpaired": (LAUNCH, {"error": output.UNPAIRED}, "not paired: unlock it"),
    "gone": (LAUNCH, {"error": output.NOT_FOUND}, "cannot be reached: plug it in"),
    "unknown": (LAUNCH, {"error": output.UNKNOWN}, "Something that nobody has seen before."),
    "no results": (LAUNCH, {"app": "dies"}, "does it keep docs/app-contract.md"),
    "no tool": (
        LIST,
        {"stderr": 'xcrun: error: unable to find utility "devicectl", not a developer tool'},
        "xcode-select -s",
    ),
    "no JSON": (LIST, {"raw": "{"}, "devicectl gave no JSON: install Xcode 16"),
    "another layout": (LIST, {"raw": '{"result": {"devices": [1, {}]}}'}, "Xcode knows none"),
    "licence": (LIST, {"stderr": "You have not agreed to the Xcode license agreements."}, "accept"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_xcode_refuses_is_one_line_with_a_remedy(mac: Mac, name: str) -> None:
    command, fault, remedy = REFUSALS[name]
    with pytest.raises(RunnerError) as error:
        replace(mac, faults=[{"command": command, "times": 9, **fault}]).device()
    assert remedy in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("raw", ["{", "[]", '{"devices": {}}'])
def test_a_list_of_simulators_that_is_none_is_one_line(mac: Mac, raw: str) -> None:
    faults = [{"command": "simctl list", "raw": raw}]
    with pytest.raises(XcodeError, match="simctl gave no list"):
        replace(mac, faults=faults).device("ios-simulator")


def test_the_wrong_device_or_app_is_one_line(mac: Mac) -> None:
    states = {"S1": "Booted", "S2": "Booted", "S3": "Shutdown"}
    simulated = [output.simulator(*each) for each in states.items()]
    here = replace(mac, phones=(PHONES["d"][0],), simulators=simulated, installed=())
    for asked, remedy in (
        (("ios",), "ios:d has developer mode off: Settings"),
        (("ios", "nobody"), "ios:nobody is unknown to Xcode: it knows ios:d"),
        (("ios-simulator",), "choose with --device ios-simulator:S1, ios-simulator:S2"),  # they run
        (("ios-simulator", "s1"), f"does not have the app {output.APP}: install it"),
    ):
        with pytest.raises(XcodeError, match=re.escape(remedy)):
            here.device(*asked)
    with pytest.raises(XcodeError, match=r"does not have the app org\.nobody"):
        mac.device(app="org.nobody")


def test_an_unknown_error_of_a_phone_that_is_away_is_no_fault_of_the_file(
    mac: Mac, tmp_path: Path
) -> None:
    away = [output.phone("a", tunnelState="unavailable")]
    faults = [
        {"command": COPY_TO, "error": output.UNKNOWN},
        {"command": LIST, "after": 1, "phones": away},
    ]
    device = replace(mac, faults=faults).device()
    (tmp_path / "text.bin").write_bytes(b"text")
    with pytest.raises(LostError, match="is not connected: plug it in"):
        device.put(tmp_path / "text.bin")
    remote = device.put(tmp_path / "text.bin")
    assert (mac.folder / "containers/a" / output.APP / remote).read_bytes() == b"text"


def test_a_phone_that_hangs_is_given_up(mac: Mac) -> None:
    fault = {"command": LIST, "seconds": 60}
    with pytest.raises(LostError, match="gave no answer to devicectl list devices within 1 s"):
        Xcode(replace(mac, faults=[fault]).write()).devicectl("list", "devices", seconds=1)


def test_a_launch_that_sometimes_fails_is_tried_again(mac: Mac) -> None:
    here = replace(mac, faults=[{"command": LAUNCH, "error": output.INVALID}])
    here.device()
    assert len(here.calls(LAUNCH)) == 2
    words = here.calls(LAUNCH)[0]
    options = ["--device", "a", "--console", "--terminate-existing", "--json-output"]
    assert words[:-5] == ["devicectl", "device", "process", "launch", *options]
    assert words[-4:-1] == [output.APP, "--", "--edgekit"]
    assert json.loads(words[-1])["commands"] == "state"


def test_without_a_mac_there_is_a_remedy(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "edgekit", "devices", "--json"],
        env={**os.environ, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    found = {row["name"]: row for row in json.loads(done.stdout)}
    assert all(
        "need a Mac with Xcode" in found[name]["remedy"] for name in ("ios", "ios-simulator")
    )
