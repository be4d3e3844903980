"""Emulated phones at an adb server of their own, and what tests do with them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import adbd
import adbutils
import emulated_phone
import psutil
import pytest
from adbd import Phone

from edgekit.benchmarks.devices.android.adb import Adb
from edgekit.benchmarks.devices.android.phone import Android


def needed_proot() -> str:
    """proot's path; the test is skipped where there is none."""
    return shutil.which("proot") or pytest.skip("no proot, which emulates phones: make system")


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
        found = Phone(root, emulated_phone.emulated(root, self.cache, needed_proot())).plug()
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

    def started(self, *arguments: str) -> subprocess.Popen[str]:
        """An edgekit in a process group of its own, as a shell starts it."""
        return subprocess.Popen(
            [sys.executable, "-m", "edgekit", *arguments],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def edgekit(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        with self.started(*arguments) as process:
            told = process.communicate()
        return subprocess.CompletedProcess(arguments, process.returncode, *told)


@contextmanager
def opened(
    cache: Path, busybox: Path, home: Callable[[str], Path]
) -> Iterator[Callable[[str], Bay]]:
    """An adb server for each program, with a home folder and a port of its own."""
    bays: dict[str, Bay] = {}

    def bay(name: str) -> Bay:
        if name not in bays:
            program = PROGRAMS[name] or pytest.skip(f"no adb of {name}: make system")
            folder, port = home(name), adbd.free_port()
            own = {"HOME": str(folder), "ADB_LOCAL_TRANSPORT_MAX_PORT": "5554"}
            start = [program, "-P", str(port), "start-server"]
            subprocess.run(start, env={**os.environ, **own}, check=True)
            bays[name] = Bay(program, port, folder, busybox, cache)
        return bays[name]

    try:
        yield bay
    finally:
        for each in bays.values():
            each.adb().run("kill-server")


def target(bay: Bay, device: Phone, **changed: float) -> Android:
    return Android(bay.adb(device), print, bay.cache, **changed)


def plugged_again(device: Phone, seconds: float = 1.0) -> None:
    """The cable goes back in, a moment after it was pulled."""
    threading.Timer(seconds, device.plug).start()


def wait_until(true: Callable[[], bool], seconds: float = 15.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def running() -> list[str]:
    """What this machine runs."""
    found = psutil.process_iter(["cmdline"])
    return [" ".join(each.info["cmdline"] or ()) for each in found]
