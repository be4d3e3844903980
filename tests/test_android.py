"""Phones over adb: the real adb against emulated ones, real models, real inference."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import emulated_phone
import msgspec
import pytest
from bay import PROGRAMS, Bay, target, wait_until
from measuring import QUICK, launch, measure, no_model

from edgekit.benchmarks.devices import app_runner, content
from edgekit.benchmarks.devices.android import device as android
from edgekit.benchmarks.devices.android import facts
from edgekit.benchmarks.devices.android.adb import Adb, DeviceError
from edgekit.benchmarks.devices.android.app import ThroughApp
from edgekit.benchmarks.devices.android.energy import energy_mj
from edgekit.benchmarks.devices.cooling import PhoneState, heat
from edgekit.benchmarks.devices.protocol import RunnerError
from edgekit.bundle import Bundle
from edgekit.errors import UnsupportedError


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_model_is_measured_on_a_phone_by_either_adb(
    open_bay: Callable[[str], Bay], bundle: Bundle, program: str
) -> None:
    bay = open_bay(program)
    device = bay.phone()
    runtime = {"debian": "litert", "adbutils": "onnxruntime"}[program]
    (row,) = measure(target(bay, device), bundle, runtimes=(runtime,))
    assert row.failure is None
    assert len(row.latency_ms) == 5
    assert row.load_evicted_ms == ()
    assert row.parity is not None
    assert row.parity.passed
    assert row.parity.cases == len(bundle.golden().cases)
    assert row.conditions.machine == "Edgekit Emu 7 (Nobody A76), 2 cores"
    assert row.environment["battery_celsius"] == 29.1
    assert row.environment["features"] == ["asimd", "asimddp"]
    assert row.environment["governor"] is None  # a virtual machine has none
    models = [name for name in device.pushed if name.endswith((".onnx", ".tflite"))]
    assert len(models) == 1, "pushed once"


@pytest.mark.parametrize(
    ("state", "remedy"), [("unauthorized", "allow USB debugging"), ("offline", "adb reconnect")]
)
def test_a_phone_that_is_not_ready_has_a_remedy(bay: Bay, state: str, remedy: str) -> None:
    device = bay.phone(connect=False)
    device.faults.state = state
    adb = bay.adb()
    with subprocess.Popen([*adb.line("connect", device.serial)], stdout=subprocess.DEVNULL) as link:
        wait_until(lambda: state in {each.state for each in adb.devices()})
        with pytest.raises(DeviceError, match=remedy):
            android.choose(adb, device.serial)
        listed = bay.edgekit("devices", "--json")
        link.kill()
    found = {row["name"]: row for row in json.loads(listed.stdout)}
    assert not found[f"android:{device.serial}"]["ready"]
    assert remedy in found[f"android:{device.serial}"]["remedy"]
    adb.run("disconnect", device.serial)


def test_the_wrong_phone_and_the_choice_of_several_are_one_line_each(bay: Bay) -> None:
    tablet = bay.phone(**{"ro.product.cpu.abilist": "x86_64,x86"})
    with pytest.raises(DeviceError, match="runs x86_64,x86 programs and edgekit's are arm64-v8a"):
        target(bay, tablet)
    other = bay.phone()
    with pytest.raises(DeviceError, match="choose with --device .*" + other.serial):
        android.choose(bay.adb(), None)
    with pytest.raises(DeviceError, match=f"not connected: adb sees .*{other.serial}"):
        android.choose(bay.adb(), "nobody")
    with pytest.raises(DeviceError, match="cannot be run"):
        Adb(Path("/nowhere/adb")).devices()


def test_an_app_that_keeps_the_contract_is_measured(
    bay: Bay, brief: Bundle, tmp_path: Path
) -> None:
    device = bay.phone()
    emulated_phone.App(device, bay.cache)
    phone = target(bay, device)
    (row,) = measure(ThroughApp(phone), brief, limits=QUICK)
    assert row.failure is None
    assert row.parity is not None
    assert row.parity.passed
    assert len(row.latency_ms) >= app_runner.TOGETHER
    assert row.peak_memory_bytes
    assert row.environment["runtime_build"] == "the app's own"
    asked = {"runtimes": ("onnxruntime",), "recipes": ("int8",), "limits": QUICK}
    (row,) = measure(ThroughApp(phone), brief, **asked)
    assert row.failure is None
    asked = launch("litert", no_model(tmp_path, ".tflite"))
    with pytest.raises(RunnerError, match="gave status"):
        ThroughApp(phone).start(asked)
    with pytest.raises(DeviceError, match="install the app"):
        ThroughApp(phone, "org.nobody/.Here").start(asked)


def test_a_file_with_its_weights_beside_it_is_not_pushed_without_them(tmp_path: Path) -> None:
    model = no_model(tmp_path, ".onnx")
    assert content.name(model).endswith(".onnx")
    (tmp_path / "no.onnx.data").touch()
    with pytest.raises(UnsupportedError, match="beyond 2 GiB: measure it on host"):
        content.name(model)


def test_a_phone_that_tells_nothing_has_no_facts() -> None:
    asks = {**facts.STATIC, **facts.NOW}
    told = facts.ask(lambda line: "", asks)
    assert told == dict.fromkeys(asks)
    assert facts.machine(told) == "unknown model"
    assert heat(msgspec.convert(told, PhoneState)) is None


def test_a_hot_phone_is_left_to_cool_within_a_limit(bay: Bay) -> None:
    device = bay.phone()
    phone = target(bay, device)
    thermal = device.root / "dumps" / "thermalservice"
    thermal.write_text("Thermal Status: 3\n")
    with phone.watch(0.1) as watch:
        assert watch.load().hot
    threading.Timer(0.5, lambda: thermal.write_text("Thermal Status: 0\n")).start()
    with phone.watch(60) as watch:
        assert watch.load().hot is False


def test_energy_is_the_charge_that_left_the_battery_times_its_voltage() -> None:
    idle = PhoneState(plugged=False, battery_volts=4.0)
    runs: list[int] = []

    def run(count: int) -> list[float]:
        runs.append(count)
        return [10.0] * count

    def energy(*states: dict[str, int | bool]) -> float | None:
        after = iter([replace(idle, **state) for state in states])
        return energy_mj(lambda: next(after), run, 10.0)

    falling = [{"charge_uah": 3_000_000 - 500 * index} for index in range(5)]
    assert energy(*falling) == pytest.approx(2e-3 * 3600 * 4 * 1000 / sum(runs))
    assert energy({}, *[{"current_ua": -250_000}] * 4) == pytest.approx(0.25 * 4 * 10)
    assert energy({"plugged": True}) is None
    assert energy(*[{}] * 5) is None
