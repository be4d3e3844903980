"""A phone or emulator that adb sees, as a target: real hardware, measured from here.

The runner is the same C program as in the emulated phone. It is linked with glibc and brings that
along with its own loader, because Android has another C library: so the runtimes are those that
PyPI has for AArch64 Linux, and not Android's own build of them.
"""

from __future__ import annotations

import itertools
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path

import msgspec

from edgekit.benchmarks.devices.absence import BACK_SECONDS, Absence
from edgekit.benchmarks.devices.android import energy, facts
from edgekit.benchmarks.devices.android.adb import READY, Adb, DeviceError
from edgekit.benchmarks.devices.android.files import Engine, Files
from edgekit.benchmarks.devices.arm64 import program
from edgekit.benchmarks.devices.arm64.native_runner import NativeRunner
from edgekit.benchmarks.devices.arm64.parts import SETUP
from edgekit.benchmarks.devices.cooling import CoolPhone, PhoneState
from edgekit.benchmarks.devices.process_runner import EndedError
from edgekit.benchmarks.devices.protocol import (
    DeviceFacts,
    E,
    Launch,
    LostError,
    Runner,
    RunnerError,
)
from edgekit.benchmarks.devices.runtimes import Platform, runtimes_of
from edgekit.toolchains.setup import Say

ABI = "arm64-v8a"
_FRESH_SECONDS = 30.0  # how old facts that change may be
_SILENT_SECONDS = 300.0  # after which a runner that has not answered is given up
_UNPROVEN = "not proven on a phone yet"


class Android:
    """One phone.

    Args:
        adb: an adb that names the phone.
        say: is told what happens.
        root: the folder of the native runner and its runtimes; None sets it up in the cache.
        back_seconds: how long a phone that went away is waited for.
        silent_seconds: how long a runner may take for an answer before it is given up.

    Raises:
        DeviceError: the phone is not ready, or has another processor than the runner's.
    """

    timed = True
    runtimes = runtimes_of(Platform.AARCH64_LINUX)

    def __init__(
        self,
        adb: Adb,
        say: Say = lambda text: None,
        root: Path | None = None,
        back_seconds: float = BACK_SECONDS,
        silent_seconds: float = _SILENT_SECONDS,
    ) -> None:
        self.silent_seconds = silent_seconds
        self.name = f"android:{adb.serial}"
        self._adb, self._say = adb, say
        self._absence = Absence(self.lost, say, back_seconds, adb.reconnect)
        self._static = facts.ask(adb.shell, facts.STATIC)
        _check(self.name, self._static)
        self._root = root or SETUP.make(say)
        self._files = Files(adb)
        self._folder = tempfile.TemporaryDirectory(prefix="edgekit-android-")
        self._numbers = itertools.count()
        self._asked = -_FRESH_SECONDS
        self._now: DeviceFacts = {}

    def facts(self) -> DeviceFacts:
        """The phone, its state now, and what runs on it."""
        if time.monotonic() - self._asked > _FRESH_SECONDS:
            self._now = self._ask()
            self._asked = time.monotonic()
        found = {**self._static, **self._now}
        return {
            "machine": facts.machine(found),
            "os": f"Android {found['android'] or 'of unknown version'}",
            "emulated": bool(found.pop("emulator")),
            **found,
            "runtimes": program.versions(),
            "runtime_build": "AArch64 Linux with glibc, not Android's own",
            "unproven": _UNPROVEN,
        }

    def put(self, path: Path) -> str:
        """Pushes the file into edgekit's folder, if the phone does not have it."""
        self.back()
        return self._files.put(path, self._files.named(path))

    def scratch(self, name: str) -> str:
        """A path in edgekit's folder on the phone."""
        return self._files.scratch(name)

    def get(self, remote: str, local: Path) -> None:
        """Pulls the file."""
        self._adb.pull(remote, local)

    def start(self, launch: Launch) -> Runner:
        """The native runner on the phone.

        Raises:
            RunnerError: it cannot open the file, or the phone went away.
        """
        self.back()
        place, engine = self.put(launch.artifact), Engine.of(self._root, launch.runtime)
        for name, path in engine.files.items():
            self._files.put(path, f"{engine.folder}/{name}")
        errors = Path(self._folder.name) / f"errors-{next(self._numbers)}"
        line = engine.command(engine.folder, launch, place, self.scratch)
        return AndroidRunner(self, self._adb.open(line, errors), errors)

    def state(self) -> PhoneState:
        """What the phone tells of its heat and power now."""
        return msgspec.convert(self._ask(), PhoneState)

    def shell(self, command: str) -> str:
        """Runs a line in the phone's shell and returns what it printed."""
        return self._adb.shell(command)

    def watch(self, cool_seconds: float) -> CoolPhone:
        """Watches the phone once it is cool."""
        return CoolPhone(self.state, cool_seconds, self._say)

    def lost(self) -> LostError | None:
        """Why the phone cannot be reached now, or None if it can."""
        state = self._adb.state()
        return None if state == READY else self._adb.lost(state)

    def was_lost(self) -> LostError:
        """The error for a phone that went away and may be there again."""
        return self._adb.lost("disconnected")

    def back(self) -> None:
        """Waits for a phone that went away, once; after that it has to be there at once.

        Raises:
            LostError: it is not back.
        """
        if self._absence.wait():
            self._files.forget()

    def _ask(self) -> DeviceFacts:
        """The phone's state now; where it does not answer, nothing of it is known."""
        try:
            return facts.ask(self._adb.shell, facts.NOW)
        except RunnerError:  # whatever is asked of it next says so
            return {**dict.fromkeys(facts.NOW), **self._now}


class AndroidRunner(NativeRunner):
    """A native runner on a phone, where only root could empty the page cache.

    Args:
        phone: the phone.
        process: adb, which passes the runner's streams on.
        errors: the file that gets the runner's standard error.
    """

    evicts = False

    def __init__(self, phone: Android, process: subprocess.Popen[str], errors: Path) -> None:
        self._phone, self._silent = phone, False
        super().__init__(process, errors, self._why)

    def energy_mj(self, latency_ms: float) -> float | None:
        """See :meth:`edgekit.benchmarks.devices.protocol.Runner.energy_mj`."""
        return energy.energy_mj(self._phone.state, self.run, latency_ms)

    def _answer(self, kind: type[E]) -> E:
        """As :class:`NativeRunner`, but that a runner that is silent for too long is given up."""
        limit = threading.Timer(self._phone.silent_seconds, self._give_up)
        limit.daemon = True
        limit.start()
        try:
            return super()._answer(kind)
        finally:
            limit.cancel()

    def _give_up(self) -> None:
        """Ends the process here, when its runner has been silent for too long."""
        self._silent = True
        self._process.kill()

    def _why(self, error: RunnerError, told: str) -> RunnerError:
        """The error for a runner that failed.

        A phone that is silent or went away is told as such.
        """
        if self._silent:
            return LostError(
                f"{self._phone.name} has not answered for {self._phone.silent_seconds:.0f} s: "
                "look at it, or plug it in again"
            )
        if lost := self._phone.lost():
            return lost
        if isinstance(error, EndedError) and error.code == 0:  # no runner does: it was cut off
            return self._phone.was_lost()
        return RunnerError(told)


def _check(name: str, static: Mapping[str, object]) -> None:
    """Refuses a phone whose processor is not that of the runner.

    One that does not tell is tried.
    """
    abis = str(static["abis"] or "")
    wrong = abis and ABI not in abis.split(",")
    if wrong or (not abis and static["architecture"] not in (None, "aarch64", "arm64")):
        told = abis or static["architecture"]
        raise DeviceError(
            f"{name} runs {told} programs and edgekit's are {ABI}: take a phone or emulator image "
            "with 64-bit Arm"
        )
