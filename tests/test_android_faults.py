"""What goes wrong with phones: cables, adb's server, full disks, silence, and impatient people."""

from __future__ import annotations

import os
import random
import signal
import threading
from pathlib import Path

import pytest
from bay import Bay, plugged_again, running, target, wait_until
from measuring import launch, measure, no_model

from edgekit.benchmarks.devices.android.adb import Adb, DeviceError
from edgekit.benchmarks.devices.android.phone import Android, AndroidRunner
from edgekit.benchmarks.devices.protocol import LostError, RunnerError
from edgekit.benchmarks.results import Store
from edgekit.bundle import Bundle


def test_two_phones_at_once_one_of_them_unplugged_in_mid_run(
    bay: Bay, brief: Bundle, tmp_path: Path
) -> None:
    first, second = bay.phone(), bay.phone()
    first.unplugged = lambda: plugged_again(first)
    first.faults.told = {b"run 1\n": first.unplug}
    names = f"android:{first.serial},android:{second.serial}"
    asked = ("bench", str(brief.path), "--device", names, "--lengths", "10,12", "--seconds", "0.1")
    command = (*asked, "--runtime", "litert", "--recipe", "fp32", "-o", str(tmp_path))
    done = bay.edgekit(*command)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    rows = Store(tmp_path).load()
    assert f"failed: {rows[0].subject.label}: android:{first.serial} is " in done.stderr
    assert f"adb connect {first.serial}" in done.stderr
    assert f"[once more] android:{first.serial}" in done.stderr
    assert len(rows) == 4
    assert all(row.latency_ms and row.failure is None for row in rows)
    again = bay.edgekit(*command)
    assert again.returncode == 0, again.stderr
    assert again.stderr.count("measured before") == 4
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
        rows = measure(phone, brief, lengths=(10, 12))
        plugged.join()
        assert len({row.key for row in rows}) == 2
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
    with pytest.raises(RunnerError, match="gave status"):
        phone.start(launch("litert", no_model(tmp_path, ".tflite")))


def test_a_shell_that_is_cut_off_and_ends_with_0_is_no_answer(tmp_path: Path) -> None:
    """Debian's adb does so; half of the facts would be another phone's."""
    program = tmp_path / "adb"
    program.write_text("#!/bin/sh\necho half\n")
    program.chmod(0o755)
    with pytest.raises(LostError, match="android:one is disconnected: plug it in again"):
        Adb(program, "one").shell("getprop")


def test_a_runner_that_is_cut_off_is_not_to_blame_even_if_the_phone_is_there_again(
    tmp_path: Path,
) -> None:
    program, errors = tmp_path / "adb", tmp_path / "errors"
    program.write_text('#!/bin/sh\ncase "$*" in *devices*) echo "one device";; esac\n')
    program.chmod(0o755)
    adb = Adb(program, "one")

    class Back(Android):
        name, silent_seconds = "android:one", 60.0

        def __init__(self) -> None:
            self._adb = adb

    assert Back().lost() is None
    with pytest.raises(LostError, match="android:one is disconnected: plug it in again"):
        AndroidRunner(Back(), adb.open("runner", errors), errors)


def test_a_phone_that_says_nothing_any_more_is_given_up(bay: Bay, brief: Bundle) -> None:
    device = bay.phone()
    device.faults.told = {b"run 1\n": lambda: True}
    lost, measured = measure(target(bay, device, silent_seconds=6), brief)
    assert "has not answered for 6 s" in str(lost.failure)
    assert measured.failure is None


def test_a_killed_adb_server_costs_one_measurement_at_the_most(bay: Bay, brief: Bundle) -> None:
    device = bay.phone()
    device.faults.told = {b"run 1\n": lambda: bay.adb().run("kill-server") and False}
    *lost, measured = measure(target(bay, device), brief)
    assert [f"adb connect {device.serial}" in str(row.failure) for row in lost] == [True]
    assert measured.failure is None


def test_interrupted_on_two_phones_nothing_runs_on_and_what_is_finished_is_kept(
    bay: Bay, brief: Bundle, tmp_path: Path
) -> None:
    phones = bay.phone(), bay.phone()
    names = ",".join(f"android:{each.serial}" for each in phones)
    asked = ("bench", str(brief.path), "--device", names, "--lengths", "10,11,12,13,14,15")
    command = (*asked, "--runtime", "litert", "--recipe", "fp32", "-o", str(tmp_path))
    with bay.started(*command) as process:
        wait_until(lambda: bool(Store(tmp_path).load()), 60)
        os.killpg(process.pid, signal.SIGINT)
        _, told = process.communicate(timeout=30)
    assert process.returncode == 2, told
    assert f"interrupted: what is finished is in {tmp_path}" in told
    rows = Store(tmp_path).load()
    assert all(row.latency_ms and row.failure is None for row in rows)
    mine = [str(each.root) for each in phones] + [each.serial for each in phones]
    wait_until(lambda: not any(name in line for line in running() for name in mine))
