"""Phones over adb: the real adb against emulated ones, real models, real inference."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import adbd
import adbutils
import pytest
from adbd import Phone

from edgekit.benchmarks import android, arm64_setup, bench, debian, prepare
from edgekit.benchmarks.adb import Adb
from edgekit.benchmarks.android import Android
from edgekit.benchmarks.measurement import Measurement
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

    def phone(self, **properties: str) -> Phone:
        """A new one, connected."""
        root = self.home / f"phone-{len(list(self.home.iterdir()))}"
        adbd.build(root, self.busybox, {**adbd.PROPERTIES, **properties})
        proot = shutil.which("proot")
        assert proot, "proot is needed: make system"
        return self.connect(Phone(root, adbd.emulated(root, self.cache, proot)).plug())

    def connect(self, phone: Phone) -> Phone:
        self.adb().run("connect", phone.serial)
        return phone

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


def measure(phone: Android, bundle: Bundle, **asked: object) -> list[Measurement]:
    kept: list[Measurement] = []
    suite = Suite("test", (Model(bundle=bundle.path),), lengths=(10,), limits=FAST, **asked)
    bundles = prepare.bundles(suite, bundle.path.parent, print)
    bench.Bench(suite, bundles, kept.append, say=print).run([phone])
    return kept


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_model_is_measured_on_a_phone_by_either_adb(
    open_bay: Callable[[str], Bay], bundle: Bundle, program: str
) -> None:
    bay = open_bay(program)
    device = bay.phone()
    runtime = {"debian": "litert", "adbutils": "onnxruntime"}[program]
    phone = Android(android.choose(bay.adb(), device.serial), print, bay.cache)
    (row,) = measure(phone, bundle, runtimes=(runtime,), recipes=("fp32",))
    assert row.failure is None
    assert len(row.latency_ms) == 5
    assert row.parity is not None
    assert row.parity.passed
    assert row.parity.cases == len(bundle.golden()["cases"])
    assert row.conditions.machine == "Edgekit Emu 7 (Nobody A76), 2 cores"
    assert row.environment["battery_celsius"] == 29.1
    assert row.environment["features"] == ["asimd", "asimddp"]
    assert row.environment["governor"] is None  # a virtual machine has none
    models = [name for name in device.pushed if name.endswith((".onnx", ".tflite"))]
    assert len(models) == 1, "pushed once"
