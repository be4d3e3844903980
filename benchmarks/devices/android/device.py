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
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from edgekit.benchmarks.devices.absence import BACK_SECONDS, Absence
from edgekit.benchmarks.devices.android import facts as android_facts
from edgekit.benchmarks.devices.android import files as android_files
from edgekit.benchmarks.devices.android import state as android_state
from edgekit.benchmarks.devices.android.adb import READY, Adb, DeviceError, Listed
from edgekit.benchmarks.devices.android.files import Files
from edgekit.benchmarks.devices.android.state import Cool
from edgekit.benchmarks.devices.arm64 import setup as arm64_setup
from edgekit.benchmarks.devices.protocol import EndedError, LostError, Runner, RunnerError
from edgekit.benchmarks.devices.watch import Watch

Say = Callable[[str], None]
ABI = "arm64-v8a"
_RUNTIMES = {"onnx": ("onnxruntime",), "tflite": ("litert",)}
_FRESH_SECONDS = 30.0  # how old facts that change may be
_SILENT_SECONDS = 300.0  # after which a runner that has not answered is given up
_NOISE = ("INFO", "WARNING")


class Android:
    """One phone; ``adb`` names it.

    Raises:
        DeviceError: it is not ready, or has another processor than the runner's.
    """

    timed = True

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
        self._static = android_facts.ask(adb.shell, android_facts.STATIC)
        _check(self.name, self._static)
        self._root = root or arm64_setup.setup(say)
        self._files = Files(adb)
        self._folder = tempfile.TemporaryDirectory(prefix="edgekit-android-")
        self._numbers = itertools.count()
        self._asked = -_FRESH_SECONDS
        self._now: Mapping[str, Any] = {}

    def facts(self) -> Mapping[str, Any]:
        """The phone, its state now, and what runs on it."""
        if time.monotonic() - self._asked > _FRESH_SECONDS:
            self._now = self.state()
            self._asked = time.monotonic()
        found = {**self._static, **self._now}
        memory_kb = found.pop("memory_kb")
        return {
            "machine": android_facts.machine(found),
            "os": f"Android {found['android'] or 'of unknown version'}",
            "emulated": bool(found.pop("emulator")),
            "memory_bytes": memory_kb and 1024 * memory_kb,
            **found,
            "runtimes": dict(arm64_setup.WHEELS),
            "runtime_build": "AArch64 Linux with glibc, not Android's own",
            "unproven": _UNPROVEN,
        }

    def runtimes(self, format_name: str) -> tuple[str, ...]:
        """Those with an AArch64 wheel and a C interface."""
        return _RUNTIMES.get(format_name, ())

    def put(self, path: Path) -> str:
        """Pushes it, if the phone does not have it."""
        self.back()
        return self._files.put(path, self._files.named(path))

    def scratch(self, name: str) -> str:
        """A path in edgekit's folder on the phone."""
        return self._files.scratch(name)

    def get(self, remote: str, local: Path) -> None:
        """Pulls it."""
        self._adb.pull(remote, local)

    def start(
        self,
        runtime: str,
        model: str,
        threads: int,
        inputs: str,
        outputs: str,
        *,
        evict: bool = False,
    ) -> Runner:
        """The native runner on the phone.

        Raises:
            RunnerError: it cannot open the file, or the phone went away.
        """
        self.back()
        names = android_files.engine(self._root, runtime)
        folder = android_files.engine_folder(names)
        for name, path in names.items():
            self._files.put(path, f"{folder}/{name}")
        arguments = ["--model", model, "--threads", str(threads)]
        arguments += ["--inputs", inputs, "--outputs", outputs]
        errors = Path(self._folder.name) / f"errors-{next(self._numbers)}"
        line = android_files.command(folder, runtime, names, arguments)
        return Remote(self, self._adb.open(line, errors), errors)

    def state(self) -> Mapping[str, Any]:
        """What changes: heat, battery, clock, screen."""
        try:
            return android_facts.ask(self._adb.shell, android_facts.NOW)
        except RunnerError:  # whatever is asked of it next says so
            return {**dict.fromkeys(android_facts.NOW), **self._now}

    def shell(self, command: str) -> str:
        """Runs a line there and returns what it printed."""
        return self._adb.shell(command)

    def watch(self, cool_seconds: float) -> Watch:
        """Begins when the phone is cool."""
        return Cool(self.state, cool_seconds, self._say)

    def lost(self) -> LostError | None:
        """Whether it is away."""
        state = self._adb.state()
        return None if state == READY else self._adb.lost(state)

    def was_lost(self) -> LostError:
        """It went away, and may be there again."""
        return self._adb.lost("disconnected")

    def back(self) -> None:
        """Waits for a phone that went away, once; after that it has to be there at once.

        Raises:
            LostError: it is not back.
        """
        if self._absence.wait():
            self._files.forget()


class Remote(Runner):
    """A runner on a phone, where only root could empty the page cache."""

    evicts = False

    def __init__(self, phone: Android, process: subprocess.Popen[str], errors: Path) -> None:
        self._phone, self._errors, self._silent = phone, errors, False
        super().__init__(process)

    def watch(self, cool_seconds: float) -> Watch:
        """The phone's."""
        return self._phone.watch(cool_seconds)

    def energy_mj(self, latency_ms: float) -> float | None:
        """By its battery."""
        return android_state.energy_mj(self._phone.state, self.run, latency_ms)

    def _answer(self, event: str) -> Mapping[str, Any]:
        limit = threading.Timer(self._phone.silent_seconds, self._give_up)
        limit.daemon = True
        limit.start()
        try:
            return super()._answer(event)
        except RunnerError as error:
            raise self._why(error) from error
        finally:
            limit.cancel()

    def _give_up(self) -> None:
        self._silent = True
        self._process.kill()

    def _why(self, error: RunnerError) -> RunnerError:
        if self._silent:
            return LostError(
                f"{self._phone.name} has not answered for {self._phone.silent_seconds:.0f} s: "
                "look at it, or plug it in again"
            )
        if lost := self._phone.lost():
            return lost
        if isinstance(error, EndedError) and error.code == 0:  # no runner does: it was cut off
            return self._phone.was_lost()
        return RunnerError(f"{error}{self._last_words()}")

    def _last_words(self) -> str:
        """What the process wrote last on its standard error, if that says anything."""
        lines = self._errors.read_text(errors="replace").splitlines()
        told = [line.strip() for line in lines if line.strip() and not line.startswith(_NOISE)]
        return f" ({told[-1][:200]})" if told else ""


_UNPROVEN = "not proven on a phone yet"


def choose(adb: Adb, serial: str | None) -> Adb:
    """The phone of that serial number, or the only one.

    Raises:
        DeviceError: it is not there or not ready, or there are several.
    """
    listed = adb.devices()
    names = ", ".join(f"android:{each.serial}" for each in listed)
    if serial is not None:
        found = [each for each in listed if each.serial == serial]
        if not found:
            raise DeviceError(f"android:{serial} is not connected: adb sees {names or 'none'}")
    else:
        ready = [each for each in listed if each.state == READY]
        found = ready or listed
    if not found:
        raise DeviceError(NONE)
    if len(found) > 1:
        raise DeviceError(f"several phones are connected: choose with --device {names}")
    (one,) = found
    if one.remedy:
        raise DeviceError(f"android:{one.serial} is {one.state}: {one.remedy}")
    return Adb(adb.program, one.serial, adb.options)


NONE = "no phone is connected: switch USB debugging on and plug it in, or: adb connect HOST:PORT"


def describe(one: Listed) -> str:
    """For the list of devices."""
    return f"{one.model or 'Android'}, by adb ({one.state})"


def _check(name: str, facts: Mapping[str, Any]) -> None:
    """Refuses another processor; a phone that does not tell is tried."""
    abis = str(facts["abis"] or "")
    wrong = abis and ABI not in abis.split(",")
    if wrong or (not abis and facts["architecture"] not in (None, "aarch64", "arm64")):
        told = abis or facts["architecture"]
        raise DeviceError(
            f"{name} runs {told} programs and edgekit's are {ABI}: take a phone or emulator image "
            "with 64-bit Arm"
        )
