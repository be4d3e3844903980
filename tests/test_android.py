"""Phones over adb: the real adb against emulated ones, real models, real inference."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import adbd
import adbutils
import emulated_phone
import pytest
from adbd import Phone

from edgekit.benchmarks import (
    android,
    android_facts,
    android_state,
    arm64_setup,
    bench,
    debian,
    prepare,
)
from edgekit.benchmarks.adb import Adb, DeviceError
from edgekit.benchmarks.android import Android
from edgekit.benchmarks.android_app import ThroughApp
from edgekit.benchmarks.measurement import Measurement
from edgekit.benchmarks.protocol import LostError, RunnerError, Target
from edgekit.benchmarks.results import Store
from edgekit.benchmarks.spec import Limits, Model, Suite
from edgekit.bundle import Bundle

FAST = Limits(min_samples=5, max_samples=5, seconds=5.0, warm_up=1, loads=1)
PROGRAMS = {"debian": shutil.which("adb"), "adbutils": adbutils.adb_path()}


@dataclass
class Bay:
    """Phones, and an adb server of its own that sees nothing else."""

    program: str
    port: int
    home: Path
    busybox: Path
    cache: Path

    def phone(self, connect: bool = True, **properties: str) -> Phone:
        """A new one."""
        root = self.home / f"phone-{len(list(self.home.iterdir()))}"
        emulated_phone.build(root, self.busybox, {**emulated_phone.PROPERTIES, **properties})
        proot = shutil.which("proot")
        assert proot, "proot is needed: make system"
        found = Phone(root, emulated_phone.emulated(root, self.cache, proot)).plug()
        if connect:
            self.adb().run("connect", found.serial)
        return found

    def adb(self, phone: Phone | None = None) -> Adb:
        return Adb(Path(self.program), phone and phone.serial, ("-P", str(self.port)))

    @property
    def environment(self) -> dict[str, str]:
        """For an edgekit of its own process."""
        return {
            **os.environ,
            "ANDROID_ADB_SERVER_PORT": str(self.port),
            "EDGEKIT_ADB": self.program,
        }

    def edgekit(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        start = [sys.executable, "-m", "edgekit", *arguments]
        return subprocess.run(start, env=self.environment, capture_output=True, text=True)


@pytest.fixture(scope="session")
def cache() -> Path:
    return arm64_setup.setup(print)


@pytest.fixture(scope="session")
def busybox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("debian") / "busybox"
    debian.unpack(("busybox-static",), "arm64", folder, arm64_setup.command)
    return folder / "bin" / "busybox"


@pytest.fixture(scope="session")
def open_bay(
    cache: Path, busybox: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Bay]]:
    """An adb server for each program, with a home folder and a port of its own."""
    bays: dict[str, Bay] = {}

    def opened(name: str) -> Bay:
        if name not in bays:
            program = PROGRAMS[name]
            assert program, "adb is needed: make system"
            home, port = tmp_path_factory.mktemp(name), adbd.free_port()
            own = {"HOME": str(home), "ADB_LOCAL_TRANSPORT_MAX_PORT": "5554"}
            start = [program, "-P", str(port), "start-server"]
            subprocess.run(start, env={**os.environ, **own}, check=True)
            bays[name] = Bay(program, port, home, busybox, cache)
        return bays[name]

    yield opened
    for bay in bays.values():
        bay.adb().run("kill-server")


@pytest.fixture(scope="module")
def bay(open_bay: Callable[[str], Bay]) -> Bay:
    return open_bay("adbutils")


def target(bay: Bay, device: Phone, **changed: float) -> Android:
    return Android(bay.adb(device), print, bay.cache, **changed)


def measure(device: Target, bundle: Bundle, **asked: object) -> list[Measurement]:
    kept: list[Measurement] = []
    asked = {"runtimes": ("litert",), "recipes": ("fp32",), "lengths": (10,), **asked}
    suite = Suite("test", (Model(bundle=bundle.path),), limits=FAST, **asked)
    bundles = prepare.bundles(suite, bundle.path.parent, print)
    bench.Bench(suite, bundles, kept.append, say=print).run([device])
    return kept


def plugged_again(device: Phone, seconds: float = 1.0) -> None:
    """The cable goes back in, a moment after it was pulled."""
    threading.Timer(seconds, device.plug).start()


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
    assert row.parity.cases == len(bundle.golden()["cases"])
    assert row.conditions.machine == "Edgekit Emu 7 (Nobody A76), 2 cores"
    assert row.environment["battery_celsius"] == 29.1
    assert row.environment["features"] == ["asimd", "asimddp"]
    assert row.environment["governor"] is None  # a virtual machine has none
    models = [name for name in device.pushed if name.endswith((".onnx", ".tflite"))]
    assert len(models) == 1, "pushed once"


def test_two_phones_at_once_one_of_them_unplugged_in_mid_run(
    bay: Bay, brief: Bundle, tmp_path: Path
) -> None:
    first, second = bay.phone(), bay.phone()
    first.unplugged = lambda: plugged_again(first)
    first.faults.stdin_text = b"run 1\n"
    names = f"android:{first.serial},android:{second.serial}"
    asked = ("bench", str(brief.path), "--device", names, "--lengths", "10,12", "--seconds", "0.1")
    command = (*asked, "--runtime", "litert", "--recipe", "fp32", "-o", str(tmp_path))
    done = bay.edgekit(*command)
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    rows = Store(tmp_path).load()
    (lost,) = (row for row in rows if row.failure)
    assert lost.conditions.device == f"android:{first.serial}"
    assert f"adb connect {first.serial}" in str(lost.failure)
    assert len([row for row in rows if row.latency_ms]) == 3
    again = bay.edgekit(*command)
    assert again.returncode == 0, again.stderr
    assert again.stderr.count("measured before") == 3
    assert all(row.latency_ms for row in Store(tmp_path).load())
    cleaned = bay.edgekit("devices", "clean", f"android:{first.serial}")
    assert cleaned.returncode == 0, cleaned.stderr
    assert not list((first.root / "data/local/tmp").iterdir())


def test_killed_at_random_moments_a_run_still_ends_in_order(bay: Bay, brief: Bundle) -> None:
    device, chance = bay.phone(), random.Random(5)
    phone = target(bay, device, back_seconds=20)
    for _ in range(2):
        seconds = chance.uniform(0.1, 4)
        pulled = threading.Timer(seconds, device.unplug)
        plugged = threading.Timer(seconds + 0.5, device.plug)
        pulled.start()
        plugged.start()
        rows = measure(phone, brief, lengths=(10, 12, 14))
        plugged.join()
        assert len(rows) == 3
        assert all(bool(row.latency_ms) != bool(row.failure) for row in rows)
    assert all(row.latency_ms for row in measure(phone, brief))


def test_a_push_that_is_cut_off_or_finds_no_room_leaves_nothing_that_is_used(
    bay: Bay, tmp_path: Path
) -> None:
    device = bay.phone()
    device.faults.noise = b"WARNING: linker: \xff\n"
    device.faults.delay_seconds = 0.01
    phone = target(bay, device, back_seconds=20)
    model = tmp_path / "-rf 'my' \"model\" $(exit); é\n.tflite"
    model.write_bytes(random.Random(1).randbytes(500_000))
    device.faults.push_bytes = 100_000
    with pytest.raises(LostError, match="adb connect"):
        phone.put(model)
    device.plug()
    assert (device.path(phone.put(model))).read_bytes() == model.read_bytes()
    model.write_bytes(bytes(500_000))
    device.faults.room_bytes = 1000
    with pytest.raises(DeviceError, match="is full: free some space"):
        phone.put(model)
    assert len(list(device.path("/data/local/tmp/edgekit/files").iterdir())) == 1
    device.faults.room_bytes = None
    with pytest.raises(RunnerError, match="gave status 500"):
        phone.start("litert", "/nowhere", 1, "a", "b")


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


def wait_until(true: Callable[[], bool], seconds: float = 15.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.1)


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


def test_an_app_that_keeps_the_contract_is_measured(bay: Bay, brief: Bundle) -> None:
    device = bay.phone()
    emulated_phone.App(device, bay.cache)
    phone = target(bay, device)
    (row,) = measure(ThroughApp(phone), brief)
    assert row.failure is None
    assert row.parity is not None
    assert row.parity.passed
    assert len(row.latency_ms) >= 20
    assert row.peak_memory_bytes
    assert row.environment["runtime_build"] == "the app's own"
    (row,) = measure(ThroughApp(phone), brief, runtimes=("onnxruntime",), recipes=("int8",))
    assert row.failure is None
    with pytest.raises(RunnerError, match="gave status 500"):
        ThroughApp(phone).start("litert", "/nowhere", 1, "a", "b")
    with pytest.raises(DeviceError, match="install the app"):
        ThroughApp(phone, "org.nobody/.Here").start("litert", "/nowhere", 1, "a", "b")


def test_a_phone_that_tells_nothing_has_no_facts() -> None:
    asks = {**android_facts.STATIC, **android_facts.NOW}
    facts = android_facts.ask(lambda line: "", asks)
    assert facts == dict.fromkeys(asks)
    assert android_facts.machine(facts) == "unknown model"
    assert android_state.heat(facts) is None


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
    idle = {"plugged": False, "battery_volts": 4.0, "charge_uah": None, "current_ua": None}
    runs: list[int] = []

    def run(count: int) -> list[float]:
        runs.append(count)
        return [10.0] * count

    def energy(*states: dict[str, object]) -> float | None:
        after = iter([{**idle, **state} for state in states])
        return android_state.energy_mj(lambda: next(after), run, 10.0)

    falling = [{"charge_uah": 3_000_000 - 500 * index} for index in range(5)]
    assert energy(*falling) == pytest.approx(2e-3 * 3600 * 4 * 1000 / sum(runs))
    assert energy({}, *[{"current_ua": -250_000}] * 4) == pytest.approx(0.25 * 4 * 10)
    assert energy({"plugged": True}) is None
    assert energy(*[{}] * 5) is None
