"""Xcode's tools through ``xcrun``: ``devicectl`` for phones, ``simctl`` for simulators.

Of ``devicectl``, only the JSON file is read, which Apple versions and promises to keep. A failed
command has an error there, with the errors that caused it inside; ``FAULTS`` says what they mean.
Not proven with a real device: written from Apple's help texts and from published output.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any, TypeAlias

from edgekit.benchmarks.devices.protocol import LostError, RunnerError
from edgekit.errors import UnsupportedError

Json: TypeAlias = Mapping[str, Any]  # of Apple's layout, which changes with Xcode
SECONDS = 60.0  # for a command that should take a few
DEVELOPER_MODE = "has developer mode off: Settings, Privacy & Security, Developer Mode"
_TAP_TRUST = "is not paired: unlock it, plug it in and tap Trust"
_UNREACHABLE = "cannot be reached: plug it in and unlock it"
_SELECT = "has no Xcode: install it, then sudo xcode-select -s /Applications/Xcode.app"


class XcodeError(RunnerError):
    """A device cannot be used, or one of Xcode's tools failed."""

    exit_code = 2


class AbsentError(XcodeError):
    """There is no such file in the app's container."""


class AgainError(XcodeError):
    """A command of Xcode's failed as it sometimes does, and may work the next time."""


@dataclass(frozen=True)
class Fault:
    """What an error of Xcode's tools means.

    Attributes:
        pattern: what is found in its lines ``DOMAIN CODE: text``, as a regular expression.
        says: the end of a sentence that begins with the device and says what to do.
        kind: the error that is raised.
    """

    pattern: str
    says: str
    kind: type[RunnerError] = XcodeError


FAULTS: tuple[Fault, ...] = (
    Fault(r"unable to find utility|invalid active developer path|no developer tools", _SELECT),
    Fault(r"license agreement", "waits for Xcode's licence: sudo xcodebuild -license accept"),
    Fault(
        r"is not installed|FBSApplicationLibrary.*nil|\(NSPOSIXErrorDomain 2\)",
        "does not have the app {app}: install it by Xcode, or name yours with --via app:BUNDLE-ID",
    ),
    Fault(r"(?i)developer mode is (disabled|off)", DEVELOPER_MODE),
    Fault(
        r"FBSOpenApplicationErrorDomain 7\b|(?i:device is locked|reason: locked|not be, unlocked)",
        "is locked: unlock it and keep its screen on (Settings, Display & Brightness)",
    ),
    Fault(
        r"FBSOpenApplicationErrorDomain 3\b",
        "does not trust the app {app}: Settings, General, VPN & Device Management",
    ),
    Fault(r"CoreDeviceError 2\b|(?i:must be paired|not paired)", _TAP_TRUST),
    Fault(
        r"CoreDeviceError 12040\b|(?i:developer disk image could not)",
        "cannot mount the developer disk image: unlock it, and open Xcode with it plugged in",
    ),
    Fault(r"NSPOSIXErrorDomain 22\b", "could not start {app}: try again", AgainError),
    Fault(r"FBSOpenApplicationServiceErrorDomain 4\b", "cannot start {app}: install it again"),
    Fault(r"Failed to retrieve the file node", "has no such file in {app}", AbsentError),
    Fault(
        r"CoreDeviceError (1|4|1000|1001|1011|4000)\b|RemotePairingError|mobiledevice -402653181",
        _UNREACHABLE,
        LostError,
    ),
    Fault(r"Invalid device", "does not exist: xcrun simctl list devices"),
    Fault(r"current state: (Shutdown|Shutting)", "was shut down: start it again", LostError),
)


@dataclass(frozen=True)
class Reply:
    """What a ``devicectl`` command gave.

    Attributes:
        result: the table ``result`` of its JSON.
        printed: what it printed, including what an app that it launched printed.
    """

    result: Json
    printed: str


@dataclass(frozen=True)
class Xcode:
    """Xcode's tools, and what they are used on.

    Attributes:
        program: the program ``xcrun``.
        about: the device that errors are about, like ``ios:UDID``.
        app: the bundle identifier of the app that measures.
    """

    program: Path
    about: str = "this Mac"
    app: str = ""

    @classmethod
    def found(cls) -> Xcode:
        """The tools of this machine.

        Raises:
            UnsupportedError: this is no Mac, or it has no Xcode.
        """
        program = shutil.which("xcrun")
        if program is None:
            raise UnsupportedError(
                "iOS devices need a Mac with Xcode 16 or newer: install it from the App Store and "
                "open it once"
            )
        return cls(Path(program))

    def devicectl(self, *words: str, rest: Sequence[str] = (), seconds: float = SECONDS) -> Reply:
        """Runs a command of ``devicectl`` and returns its answer.

        Args:
            words: the command and its options.
            rest: arguments that have to stand at its end.
            seconds: how long it may take.

        Raises:
            XcodeError: it failed.
            LostError: it failed because the device went away.
        """
        with tempfile.TemporaryDirectory(prefix="edgekit-xcode-") as folder:
            path = Path(folder) / "answer.json"
            line = ("devicectl", *words, "--json-output", str(path), *rest)
            done = self._completed(line, seconds)
            answer = _json(path.read_text("utf-8", "replace")) if path.exists() else None
        if answer and isinstance(answer.get("result"), dict):
            return Reply(answer["result"], done.stdout)
        if answer and answer.get("error"):
            lines = list(_told(answer["error"]))
            raise self.error("\n".join(lines), lines[0].partition(": ")[2])
        if done.returncode == 0:
            raise XcodeError(f"{self.about}: devicectl gave no JSON: install Xcode 16 or newer")
        raise self.error(f"{done.stderr}\n{done.stdout}", _first(done))

    def simctl(self, *words: str, seconds: float = SECONDS) -> str:
        """Runs a command of ``simctl`` and returns what it printed.

        Raises as :meth:`devicectl` does.
        """
        done = self._completed(("simctl", *words), seconds)
        if done.returncode == 0:
            return done.stdout
        text = re.sub(r"domain=([\w.]+), code=(\d+)", r"\1 \2", f"{done.stderr}\n{done.stdout}")
        raise self.error(text, _first(done))

    def error(self, told: str, short: str) -> RunnerError:
        """The error for what a tool has told.

        Args:
            told: its lines ``DOMAIN CODE: text``, which :data:`FAULTS` are looked for in.
            short: the line that is shown where no fault is found.
        """
        for fault in FAULTS:
            if re.search(fault.pattern, told):
                return fault.kind(f"{self.about} {fault.says.format(app=self.app)}")
        return XcodeError(f"{self.about}: {short[:200]}")

    def _completed(self, words: Sequence[str], seconds: float) -> subprocess.CompletedProcess[str]:
        """Runs a tool to its end, whatever its exit code.

        XcodeError if it cannot be run or takes too long.
        """
        try:
            return subprocess.run(
                [str(self.program), *words],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=seconds,
            )
        except subprocess.TimeoutExpired as error:
            command = " ".join(takewhile(lambda word: not word.startswith("-"), words))
            raise LostError(
                f"{self.about} gave no answer to {command} within {seconds:.0f} s: "
                "unlock it and plug it in again"
            ) from error
        except OSError as error:
            raise XcodeError(f"{self.program} cannot be run: {error.strerror}") from error


def _told(error: Json) -> Iterator[str]:
    """An error and those that caused it, from the outside in, each as ``DOMAIN CODE: text``."""
    while error:
        info = error.get("userInfo") or {}
        texts = [
            str(info[name]["string"])
            for name in ("NSLocalizedDescription", "NSLocalizedFailureReason")
            if isinstance(info.get(name), dict) and "string" in info[name]
        ]
        yield f"{error.get('domain')} {error.get('code')}: {' '.join(texts)}"
        error = (info.get("NSUnderlyingError") or {}).get("error") or {}


def _first(done: subprocess.CompletedProcess[str]) -> str:
    """The first line of what a tool printed that is not a heading."""
    lines = [line.strip() for line in f"{done.stderr}\n{done.stdout}".splitlines() if line.strip()]
    told = [line for line in lines if not line.startswith("An error was encountered processing")]
    return (told or lines or [f"exit code {done.returncode}"])[0]


def _json(text: str) -> Json | None:
    """A JSON object; None for any other text."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
