"""iPhones and simulators, from a scripted xcrun that plays Xcode's tools and the app."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import xcode_output as output

from edgekit.benchmarks.measurement import Measurement
from edgekit.benchmarks.results import Store
from edgekit.bundle import Bundle

TESTS = Path(__file__).parent
LAUNCH, COPY_TO, LIST = (
    *("devicectl device process launch", "devicectl device copy to", "devicectl list devices"),
)
FAST = ("--lengths", "10", "--seconds", "0.01", "--recipe", "fp32")


@dataclass(frozen=True)
class Mac:
    """A folder with an xcrun; ``settings`` are what it finds there."""

    folder: Path
    phones: Sequence[dict[str, Any]] = (output.phone("a"),)
    simulators: Sequence[dict[str, Any]] = ()
    installed: Sequence[str] = (output.APP,)
    faults: Sequence[dict[str, Any]] = ()
    state: dict[str, Any] | None = None

    def edgekit(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """edgekit on that Mac, with no other tool on its path."""
        self.folder.mkdir(exist_ok=True)
        names = ("phones", "simulators", "installed", "faults")
        settings = {**{name: getattr(self, name) for name in names}, "state": self.state or {}}
        (self.folder / "mac.json").write_text(json.dumps(settings))
        program = self.folder / "xcrun"
        program.write_text(f"#!{sys.executable}\nimport scripted_xcrun\nscripted_xcrun.main()\n")
        program.chmod(0o755)
        return subprocess.run(
            [sys.executable, "-m", "edgekit", *arguments],
            env={**os.environ, **self._environment},
            capture_output=True,
            text=True,
            cwd=self.folder,
        )

    @property
    def _environment(self) -> dict[str, str]:
        paths = [str(TESTS), os.environ.get("PYTHONPATH", "")]
        return {
            "PATH": str(self.folder),
            "PYTHONPATH": os.pathsep.join(filter(None, paths)),
            "SCRIPTED_XCODE": str(self.folder),
            "OMP_NUM_THREADS": "1",
        }

    def measure(
        self, bundle: Bundle, *arguments: str, code: int = 0
    ) -> tuple[list[Measurement], subprocess.CompletedProcess[str]]:
        """What a benchmark there leaves."""
        done = self.edgekit("bench", str(bundle.path), *FAST, *arguments, "-o", "out")
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        return Store(self.folder / "out").load(), done

    def devices(self) -> dict[str, dict[str, Any]]:
        """edgekit devices."""
        rows = json.loads(self.edgekit("devices", "--json").stdout)
        return {row["name"]: row for row in rows if row["name"].startswith("ios")}

    def calls(self, name: str) -> list[list[str]]:
        """The arguments of the calls of one command."""
        rows = map(json.loads, (self.folder / "calls.jsonl").read_text().splitlines())
        return [row[1:] for row in rows if row[0] == name]


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


def test_a_phone_is_measured_by_its_app(mac: Mac, brief: Bundle) -> None:
    rows, done = mac.measure(brief, "--device", "ios")
    assert {row.subject.runtime for row in rows} == {"onnxruntime", "LiteRT", "Core ML"}
    for row in rows:
        assert row.failure is None
        assert row.parity is not None
        assert row.parity.passed
        assert row.parity.cases == 3
        assert len(row.latency_ms) >= 20
        assert row.peak_memory_bytes
        assert "unproven" in row.warnings
        assert row.conditions.machine == "iPhone 14 Pro (iPhone15,2)"
        assert row.environment["os"] == "iOS 18.4.1 (22E252)"
        assert row.environment["thermal_state"] == "nominal"
    for text in (done.stdout, done.stderr):
        assert "not proven on a real device" in text
    pushed = [words[words.index("--destination") + 1] for words in mac.calls(COPY_TO)]
    assert len(set(pushed)) == len(pushed), "once"
    folder = mac.folder / "containers/a" / output.APP / "Documents"
    assert len(list((folder / "edgekit-files").iterdir())) == len(pushed)
    cleaned = mac.edgekit("devices", "clean", "ios:a")
    assert cleaned.returncode == 0, cleaned.stderr
    assert not (folder / "edgekit-files").exists()


def test_a_simulator_is_started_and_its_state_told(mac: Mac, brief: Bundle) -> None:
    simulated = (output.simulator("S2", "Shutdown"),)
    here = replace(mac, simulators=simulated, state={"thermal_state": "serious", "low_power": True})
    asked = ("--device", "ios-simulator", "--runtime", "onnxruntime", "--cool", "0")
    (row,), _ = here.measure(brief, *asked)
    assert row.failure is None
    assert row.conditions.device == "ios-simulator:S2"
    assert row.environment["emulated"]
    assert row.environment["os"] == "iOS 18.5 (22F77)"
    assert {"hot", "battery-saver", "unproven"} <= set(row.warnings)


def test_a_phone_lost_in_mid_run_loses_one_measurement(mac: Mac, brief: Bundle) -> None:
    fault = {"command": LAUNCH, "after": 6, "error": output.NO_TUNNEL}
    asked = ("--device", "ios:a", "--runtime", "onnxruntime,litert")
    rows, done = replace(mac, faults=[fault]).measure(brief, *asked, code=1)
    lost, measured = sorted(rows, key=lambda row: len(row.latency_ms))
    assert lost.failure == "ios:a cannot be reached: plug it in and unlock it"
    assert f"failed: {lost.subject.label}: ios:a cannot be reached" in done.stderr
    assert measured.failure is None


APP_FAULTS = {
    "dies": "ended without results (it printed last: App terminated due to signal 6.)",
    "garbage": "the app's results have no 'loaded'",
}


@pytest.mark.parametrize("app", APP_FAULTS)
def test_an_app_that_answers_nonsense_fails_in_one_line(mac: Mac, brief: Bundle, app: str) -> None:
    fault = {"command": LAUNCH, "after": 1, "times": 100, "app": app}
    asked = ("--device", "ios", "--runtime", "onnxruntime")
    (row,), _ = replace(mac, faults=[fault]).measure(brief, *asked, code=1)
    assert APP_FAULTS[app] in str(row.failure)


REFUSALS: dict[str, tuple[dict[str, Any], str, str]] = {
    "locked": ({"error": output.LOCKED}, LAUNCH, "ios:a is locked: unlock it"),
    "untrusted": ({"error": output.UNTRUSTED}, LAUNCH, "VPN & Device Management"),
    "no image": ({"error": output.NO_IMAGE}, LAUNCH, "developer disk image"),
    "unpaired": ({"error": output.UNPAIRED}, LAUNCH, "not paired: unlock it"),
    "gone": ({"error": output.NOT_FOUND}, LAUNCH, "cannot be reached: plug it in"),
    "unknown": ({"error": output.UNKNOWN}, LAUNCH, "Something that nobody has seen before."),
    "no tool": (
        {"stderr": 'xcrun: error: unable to find utility "devicectl", not a developer tool'},
        LIST,
        "xcode-select -s",
    ),
    "licence": ({"stderr": "You have not agreed to the Xcode license agreements."}, LIST, "accept"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_xcode_refuses_is_one_line_with_a_remedy(mac: Mac, brief: Bundle, name: str) -> None:
    fault, command, remedy = REFUSALS[name]
    faults = [{"command": command, "times": 9, **fault}]
    _, done = replace(mac, faults=faults).measure(brief, "--device", "ios", code=2)
    assert remedy in done.stderr.splitlines()[-1]


def test_the_wrong_device_or_app_is_one_line(mac: Mac, brief: Bundle) -> None:
    simulated = (output.simulator("S1", "Booted"), output.simulator("S2", "Booted"))
    here = replace(mac, phones=(PHONES["d"][0],), simulators=simulated, installed=())
    for device, remedy in (
        ("ios", "ios:d has developer mode off: Settings"),
        ("ios:nobody", "ios:nobody is unknown to Xcode: it knows ios:d"),
        ("ios-simulator", "choose with --device ios-simulator:S1, ios-simulator:S2"),
        ("ios-simulator:S1", f"does not have the app {output.APP}: install it"),
    ):
        _, done = here.measure(brief, "--device", device, code=2)
        assert remedy in done.stderr
    _, done = mac.measure(brief, "--device", "ios", "--via", "app:org.nobody", code=0)


def test_a_launch_that_sometimes_fails_is_tried_again(mac: Mac, brief: Bundle) -> None:
    fault = {"command": LAUNCH, "error": output.INVALID}
    here = replace(mac, faults=[fault])
    cleaned = here.edgekit("devices", "clean", "ios")
    assert cleaned.returncode == 0, cleaned.stderr
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
