"""An iPhone or a simulator as a target: an app there opens the files (``docs/app-contract.md``).

Nothing but an app may run on an iPhone, so there is no runner of edgekit's own. Not proven on a
device (see :mod:`edgekit.benchmarks.devices.ios.xcode`).
"""

from __future__ import annotations

import json
import secrets
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from edgekit.benchmarks.devices import app_runner, content
from edgekit.benchmarks.devices.absence import BACK_SECONDS, Absence
from edgekit.benchmarks.devices.android.state import Cool
from edgekit.benchmarks.devices.app_runner import Answers, AppRunner
from edgekit.benchmarks.devices.ios import listing as ios_devices
from edgekit.benchmarks.devices.ios.links import Link, Phone, Simulator
from edgekit.benchmarks.devices.ios.xcode import AbsentError, Xcode, XcodeError
from edgekit.benchmarks.devices.protocol import LostError, Runner, RunnerError
from edgekit.benchmarks.devices.watch import Watch
from edgekit.files import size_bytes

APP = "dev.edgekit.demo"
ARGUMENT = "--edgekit"  # the one before the request, which is JSON
FILES, RESULTS = "Documents/edgekit-files", "Documents/edgekit"  # edgekit's folder, the app's
FIRST_SECONDS = 60.0  # for the first answer of an app, which may not know the contract
_RUNTIMES = {"onnx": ("onnxruntime",), "tflite": ("litert",), "coreml": ("coreml",)}
_THERMAL = {"nominal": "none", "fair": "light", "serious": "severe", "critical": "critical"}
_TOLD = ("product", "transport", "os_build")
_TOLD_BY_APP = (
    *("chip", "cores", "memory_bytes", "thermal_state", "low_power", "battery_percent", "plugged"),
    "app_version",
)
T = TypeVar("T")
Say = Callable[[str], None]


class Ios:
    """One device; ``kind`` is ``ios`` or ``ios-simulator``."""

    timed = True

    def __init__(
        self,
        kind: str,
        link: Link,
        say: Say = lambda text: None,
        back_seconds: float = BACK_SECONDS,
    ) -> None:
        self.name = f"{kind}:{link.device.udid}"
        self._kind, self._link, self._say, self._back_seconds = kind, link, say, back_seconds
        self._absence = Absence(link.lost, say, back_seconds)
        self._away = False
        self._put: set[str] = set()
        self._state: Mapping[str, Any] = {}

    def through(self, app: str | None) -> Ios:
        """The same device, measured by the app of that bundle identifier.

        Raises:
            RunnerError: the app cannot be launched there, or does not answer.
        """
        found = Ios(self._kind, _with_app(self._link, app or APP), self._say, self._back_seconds)
        self._say(f"{self.name} through the app {app or APP}: {ios_devices.NOT_PROVEN}")
        found._do(found._link.open)
        found._ask_state(FIRST_SECONDS)
        return found

    def facts(self) -> Mapping[str, Any]:
        """What Xcode says of the device, and the app, at its last launch."""
        told, simulated = self._link.facts, self._kind != "ios"
        product = "simulated on this Mac" if simulated else told.get("product")
        build = f" ({told['os_build']})" if told.get("os_build") else ""
        return {
            "machine": f"{told['model']} ({product})",
            "os": f"iOS {told['os']}{build}",
            "emulated": simulated,
            **{name: told.get(name) for name in _TOLD},
            **{name: self._state.get(name) for name in _TOLD_BY_APP},
            "app": self._link.xcode.app,
            "runtime_build": "the app's own",
            "unproven": ios_devices.NOT_PROVEN,
        }

    def runtimes(self, format_name: str) -> tuple[str, ...]:
        """Those of the contract; an app that lacks one says so."""
        return _RUNTIMES.get(format_name, ())

    def put(self, path: Path) -> str:
        """Copies it into the app's container, once."""
        remote = f"{FILES}/{content.name(path)}"
        if remote not in self._put:
            self._do(lambda: self._link.put(path.absolute(), remote, size_bytes(path)))
            self._put.add(remote)
        return remote

    def scratch(self, name: str) -> str:
        """Where the app saves outputs, whatever they are called here."""
        return f"{RESULTS}/{app_runner.OUTPUTS}"

    def get(self, remote: str, local: Path) -> None:
        """Copies it from the app's container."""
        self._do(lambda: self._link.get(remote, local.absolute()))

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
        """An app that has opened the file once; each of its commands is a launch.

        Raises:
            RunnerError: the app says what it cannot do, or the device went away.
        """
        request = {"model": model, "runtime": runtime, "threads": threads}
        request.update(inputs=inputs, outputs=outputs)

        def launch(commands: Sequence[str]) -> Answers:
            return self._launch(request, [*commands, "state"], app_runner.MOST_SECONDS)

        return AppRunner(launch, self.scratch(""), self.watch)

    def watch(self, cool_seconds: float) -> Watch:
        """Begins when the device is cool."""
        return Cool(self._heat, cool_seconds, self._say)

    def clean(self) -> None:
        """The app removes what edgekit and it have put into its container.

        Raises:
            RunnerError: it could not.
        """
        self._launch({}, ["clean"], FIRST_SECONDS)

    def _heat(self) -> Mapping[str, Any]:
        """As :class:`Cool` reads it; what iOS does not tell is None."""
        try:
            state = self._ask_state(app_runner.MOST_SECONDS)
        except RunnerError:  # whatever is asked of it next says so
            state = {}
        return {
            "thermal_status": _THERMAL.get(state.get("thermal_state", "")),
            "battery_saver": state.get("low_power"),
            "battery_celsius": None,
            "clock_limit_khz": None,
        }

    def _ask_state(self, seconds: float) -> Mapping[str, Any]:
        self._launch({}, ["state"], seconds)
        return self._state

    def _launch(
        self, request: Mapping[str, Any], commands: Sequence[str], seconds: float
    ) -> Answers:
        number = secrets.token_hex(6)
        asked = {"contract": app_runner.CONTRACT, "id": number, **request}
        asked["commands"] = ";".join(commands)
        arguments = (ARGUMENT, json.dumps(asked))
        printed = self._do(lambda: self._link.launch(arguments, seconds))
        answers = app_runner.answers(self._results(number, printed))
        if "state" in commands:
            self._state = app_runner.one(answers, "state")
        return answers

    def _results(self, number: str, printed: str) -> str:
        with tempfile.TemporaryDirectory(prefix="edgekit-ios-") as folder:
            local = Path(folder) / "results.jsonl"
            try:
                self.get(f"{RESULTS}/{number}.jsonl", local)
            except AbsentError:
                said = [line.strip() for line in printed.splitlines() if line.strip()]
                last = f" (it printed last: {said[-1][:200]})" if said else ""
                raise RunnerError(
                    f"{self._link.xcode.app} on {self.name} ended without results{last}: does it "
                    "keep docs/app-contract.md?"
                ) from None
            return local.read_text("utf-8", "replace")

    def _do(self, action: Callable[[], T]) -> T:
        """Waits for a device that went away; notices one that goes away now.

        Raises:
            LostError: it is away.
            XcodeError: something else is wrong.
        """
        if self._away:
            self._absence.wait()
            self._away = False
        try:
            return action()
        except OSError as error:
            raise XcodeError(f"{self.name}: {error.filename} {error.strerror}") from error
        except LostError:
            self._away = True
            raise
        except AbsentError:
            raise
        except XcodeError as error:
            lost = self._link.lost()
            self._away = lost is not None
            raise (lost or error) from error


def device(
    kind: str, udid: str | None, say: Say = lambda text: None, xcode: Xcode | None = None
) -> Ios:
    """The device that ``--device`` names; ``kind`` is ``ios`` or ``ios-simulator``.

    Raises:
        EdgekitError: there is no Xcode, or no such device, or it cannot be used.
    """
    xcode = xcode or Xcode.found()
    phones = kind == "ios"
    listed = ios_devices.phones(xcode) if phones else ios_devices.simulators(xcode)
    found = ios_devices.choose(listed, kind, udid)
    xcode = replace(xcode, about=f"{kind}:{found.udid}")
    link: Link = Phone(xcode, found) if phones else Simulator(xcode, found)
    return Ios(kind, link, say)


def _with_app(link: Link, app: str) -> Phone | Simulator:
    return replace(link, xcode=replace(link.xcode, app=app))
