"""Google's ``adb`` by its command line: the devices it sees, shell commands and files on one.

Every failure is one line with a remedy. ``adb`` itself says which server it talks to
(``ANDROID_ADB_SERVER_PORT``), so edgekit sees what the user's own ``adb devices`` shows.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from edgekit.benchmarks.devices.protocol import LostError, RunnerError

INSTALL = (
    "no adb here: install it (Debian: apt-get install adb; or pip install adbutils) or name it in "
    "EDGEKIT_ADB"
)
READY = "device"
REMEDIES = {  # by the state that `adb devices` shows
    "unauthorized": "unlock the phone and allow USB debugging in the dialogue it shows",
    "offline": "plug it in again, or: adb reconnect",
    "no permissions": "this user may not use the USB device: see adb's udev rules, or run as root",
    "authorizing": "unlock the phone and allow USB debugging in the dialogue it shows",
    "connecting": "wait a moment and try again",
    "recovery": "boot it into Android",
    "sideload": "boot it into Android",
    "bootloader": "boot it into Android",
}
_ANOTHER_STATE = "boot it into Android and plug it in again"
_END = "@@end"  # of what a shell line printed
_SECONDS = 60.0  # for a command that should take one
_SLOWEST = 200_000  # bytes a second: a slower connection is taken for a dead one
_CUT = re.compile(r"error: (closed|device .*(offline|not found)|protocol fault)|connection reset")


class DeviceError(RunnerError):
    """A phone cannot be used, or a command on it failed: the user has to do something about it."""

    exit_code = 2


@dataclass(frozen=True)
class Listed:
    """A line of ``adb devices``.

    Attributes:
        serial: the device's serial number, or ``HOST:PORT`` on the network.
        state: its state as adb calls it: ``device`` is ready.
        model: the phone's model, empty where adb does not know it.
    """

    serial: str
    state: str
    model: str

    @property
    def remedy(self) -> str:
        """What makes it usable; empty if it is usable."""
        return "" if self.state == READY else REMEDIES.get(self.state, _ANOTHER_STATE)


def find() -> Path | None:
    """The adb that ``EDGEKIT_ADB`` names, on the path, in Android's SDK or in adbutils, if any."""
    named = os.environ.get("EDGEKIT_ADB")
    if named:
        return Path(named)
    on_path = shutil.which("adb")
    places = [Path(on_path)] if on_path else []
    for variable in ("ANDROID_HOME", "ANDROID_SDK_ROOT"):
        if os.environ.get(variable):
            places.append(Path(os.environ[variable]) / "platform-tools" / "adb")
    package = find_spec("adbutils")
    for folder in (package.submodule_search_locations or []) if package else []:
        places.append(Path(folder) / "binaries" / "adb")
    return next(filter(Path.is_file, places), None)


@dataclass(frozen=True)
class Adb:
    """adb, and the device that it talks to.

    Attributes:
        program: the program.
        serial: the device's serial number, or None for commands that are about none.
        options: what stands before every command, like ``-P 5038`` for a server of one's own.
    """

    program: Path
    serial: str | None = None
    options: tuple[str, ...] = ()

    @classmethod
    def found(cls) -> Adb:
        """The adb of this machine, which talks to no device yet.

        Raises:
            DeviceError: there is none.
        """
        program = find()
        if program is None:
            raise DeviceError(INSTALL)
        return cls(program)

    def devices(self) -> list[Listed]:
        """All devices that adb sees, whatever their state.

        Raises:
            DeviceError: adb cannot be run, or its server does not start.
        """
        done = self._completed(("devices", "-l"), _SECONDS)
        if done.returncode != 0:
            raise DeviceError(f"{self.program} does not work: {_last_line(done)}")
        found = []
        for line in done.stdout.splitlines():
            match = re.match(r"(\S+)\s+(no permissions|[a-z]+)\b(.*)", line)
            if match and not line.startswith(("List of", "*")):
                model = re.search(r"\bmodel:(\S+)", match[3])
                name = model[1].replace("_", " ") if model else ""
                found.append(Listed(match[1], match[2], name))
        return found

    def state(self) -> str:
        """The device's state as adb calls it; ``disconnected`` if adb does not see it."""
        states = {each.serial: each.state for each in self.devices()}
        return states.get(str(self.serial), "disconnected")

    def reconnect(self) -> None:
        """Connects to a device on the network again; one at a cable comes by itself."""
        if self._on_network:  # a dead connection is kept, and tried again ever more rarely
            self._completed(("disconnect", str(self.serial)), _SECONDS)
            self._completed(("connect", str(self.serial)), _SECONDS)

    def shell(self, command: str, seconds: float = _SECONDS) -> str:
        """Runs a line in the device's shell.

        A shell that was cut off may end with 0 all the same, so the line's end is marked.

        Args:
            command: the line.
            seconds: how long it may take.

        Returns:
            Its standard output.

        Raises:
            LostError: the device went away.
            DeviceError: the command failed there.
        """
        line = f"( {command} ); code=$?; echo {_END}; exit $code"
        told, end, _ = self.run("shell", line, seconds=seconds).rpartition(_END)
        if not end:
            raise self.lost("disconnected")
        return told

    def push(self, local: Path, remote: str) -> None:
        """Copies a file to the device.

        Raises:
            LostError: the device went away.
            DeviceError: it is full, or refuses the place.
        """
        self.run("push", str(local.absolute()), remote, seconds=_patience(local.stat().st_size))

    def pull(self, remote: str, local: Path) -> None:
        """Copies a file from the device; raises as :meth:`push` does."""
        self.run("pull", remote, str(local.absolute()), seconds=_patience(0))

    def open(self, command: str, errors: Path) -> subprocess.Popen[str]:
        """Starts a command in the device's shell, with pipes.

        Args:
            command: the line for the shell.
            errors: the file that gets what the command writes on its standard error.
        """
        with errors.open("w") as stderr:
            return subprocess.Popen(
                self.line("shell", command),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                encoding="utf-8",
                errors="replace",
            )

    def run(self, *arguments: str, seconds: float = _SECONDS) -> str:
        """Runs a command of adb's own and returns its standard output.

        Raises:
            LostError: the device went away.
            DeviceError: the command failed for another reason.
        """
        done = self._completed(arguments, seconds)
        if done.returncode == 0:
            return done.stdout
        raise self._error(done, arguments[0])

    def _completed(
        self, arguments: Sequence[str], seconds: float
    ) -> subprocess.CompletedProcess[str]:
        """Runs adb to its end, whatever its exit code.

        DeviceError if it cannot be run or takes too long.
        """
        try:
            return subprocess.run(
                self.line(*arguments),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=seconds,
            )
        except subprocess.TimeoutExpired as error:
            raise LostError(
                f"{self._name} did not answer within {seconds:.0f} s: plug it in again"
            ) from error
        except OSError as error:
            raise DeviceError(f"{self.program} cannot be run: {error.strerror}") from error

    def line(self, *arguments: str) -> list[str]:
        """The command line of a process that runs a command of adb's."""
        chosen = ["-s", self.serial] if self.serial else []
        return [str(self.program), *self.options, *chosen, *arguments]

    def _error(self, done: subprocess.CompletedProcess[str], command: str) -> RunnerError:
        """The error for a command that failed, from the device's state or what it said last."""
        text = f"{done.stderr}\n{done.stdout}".strip()
        if "No space left" in text:
            return DeviceError(
                f"{self._name} is full: free some space on it, or: edgekit devices clean "
                f"{self._name}"
            )
        state = self.state() if self.serial else READY
        if state != READY:
            return self.lost(state)
        if _CUT.search(text):  # adb's server has not noticed yet
            return self.lost("disconnected")
        return DeviceError(f"{self._name}, adb {command}: {_last_line(done)}")

    def lost(self, state: str) -> LostError:
        """The error for a device that is in another state than ready."""
        again = f"adb connect {self.serial}" if self._on_network else "plug it in again"
        remedy = again if state == "offline" else REMEDIES.get(state, again)
        return LostError(f"{self._name} is {state}: {remedy}")

    @property
    def _on_network(self) -> bool:
        """Whether the device is reached by ``HOST:PORT``."""
        return ":" in str(self.serial)

    @property
    def _name(self) -> str:
        return f"android:{self.serial}" if self.serial else "adb"


def _last_line(done: subprocess.CompletedProcess[str]) -> str:
    """The last line that a process printed."""
    lines = f"{done.stdout}\n{done.stderr}".strip().splitlines()
    return lines[-1].strip()[:200] if lines else f"exit code {done.returncode}"


def _patience(size_bytes: int) -> float:
    """How many seconds copying a file may take, by its size."""
    return _SECONDS + size_bytes / _SLOWEST
