"""An iPhone or a simulator as a target: an app there opens the files (``docs/app-contract.md``).

Nothing but an app may run on an iPhone, so there is no runner of edgekit's own. Not proven on a
device (see :mod:`edgekit.benchmarks.devices.ios.xcode`).
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from edgekit.benchmarks.devices import app_runner, content, events
from edgekit.benchmarks.devices.absence import BACK_SECONDS, Absence
from edgekit.benchmarks.devices.app_runner import AppRequest, AppRunner, Events
from edgekit.benchmarks.devices.cooling import CoolPhone, PhoneState
from edgekit.benchmarks.devices.driver import DeviceOptions, Driver, Found
from edgekit.benchmarks.devices.ios import listing
from edgekit.benchmarks.devices.ios.links import Link, PhoneLink, SimulatorLink
from edgekit.benchmarks.devices.ios.listing import Device
from edgekit.benchmarks.devices.ios.xcode import AbsentError, Xcode, XcodeError
from edgekit.benchmarks.devices.protocol import DeviceFacts, Launch, LostError, Runner, RunnerError
from edgekit.benchmarks.devices.runtimes import Platform, runtimes_of
from edgekit.benchmarks.devices.watch import ThisMachine
from edgekit.errors import EdgekitError, UnsupportedError
from edgekit.files import size_bytes
from edgekit.toolchains.setup import Say

APP = "dev.edgekit.demo"
ARGUMENT = "--edgekit"  # the one before the request, which is JSON
FILES, RESULTS = "Documents/edgekit-files", "Documents/edgekit"  # edgekit's folder, the app's
FIRST_SECONDS = 60.0  # for the first answer of an app, which may not know the contract
# Android's name of each ProcessInfo.ThermalState
_THERMAL = {"nominal": "none", "fair": "light", "serious": "severe", "critical": "critical"}
_TOLD = ("product", "transport", "os_build")
_TOLD_BY_APP = (
    *("chip", "cores", "memory_bytes", "thermal_state", "low_power", "battery_percent", "plugged"),
    "app_version",
)
T = TypeVar("T")


@dataclass(frozen=True)
class Destination:
    """iPhones, or their simulators.

    Attributes:
        name: what ``--device`` calls it.
        title: what ``edgekit devices`` calls it.
        listed: lists those that Xcode knows.
        link: makes the link to one of them.
        simulated: whether this Mac computes for them.
    """

    name: str
    title: str
    listed: Callable[[Xcode], list[Device]]
    link: Callable[[Xcode, Device], Link]
    simulated: bool


PHONES = Destination("ios", "iPhones that Xcode sees", listing.phones, PhoneLink, False)
SIMULATORS = Destination(
    "ios-simulator", "simulated iPhones of Xcode", listing.simulators, SimulatorLink, True
)


class Ios:
    """One device, reached through an app.

    Args:
        destination: whether it is an iPhone or a simulator.
        link: how it is reached; its Xcode names the app.
        say: is told what happens.
        back_seconds: how long a device that went away is waited for.

    Raises:
        RunnerError: the app cannot be launched there, or does not answer.
    """

    timed = True
    runtimes = runtimes_of(Platform.IOS)

    def __init__(
        self,
        destination: Destination,
        link: Link,
        say: Say = lambda text: None,
        back_seconds: float = BACK_SECONDS,
    ) -> None:
        self.name = f"{destination.name}:{link.device.udid}"
        self._destination, self._link, self._say = destination, link, say
        self._absence = Absence(link.lost, say, back_seconds)
        self._away = False
        self._put: set[str] = set()
        self._state = events.State()
        say(f"{self.name} through the app {link.xcode.app}: {listing.NOT_PROVEN}")
        self._do(link.open)
        self._ask_state(FIRST_SECONDS)

    def facts(self) -> DeviceFacts:
        """What Xcode says of the device, and the app, at its last launch."""
        told, simulated = self._link.facts, self._destination.simulated
        product = "simulated on this Mac" if simulated else told.get("product")
        build = f" ({told['os_build']})" if told.get("os_build") else ""
        return {
            "machine": f"{told['model']} ({product})",
            "os": f"iOS {told['os']}{build}",
            "emulated": simulated,
            **{name: told.get(name) for name in _TOLD},
            **{name: getattr(self._state, name) for name in _TOLD_BY_APP},
            "app": self._link.xcode.app,
            "runtime_build": "the app's own",
            "unproven": listing.NOT_PROVEN,
        }

    def put(self, path: Path) -> str:
        """Copies the file or folder into the app's container, once."""
        remote = f"{FILES}/{content.name(path)}"
        if remote not in self._put:
            self._do(lambda: self._link.put(path.absolute(), remote, size_bytes(path)))
            self._put.add(remote)
        return remote

    def scratch(self, name: str) -> str:
        """The path of the app's outputs: it saves no other file."""
        return f"{RESULTS}/{app_runner.OUTPUTS}"

    def get(self, remote: str, local: Path) -> None:
        """Copies the file from the app's container."""
        self._do(lambda: self._link.get(remote, local.absolute()))

    def start(self, launch: Launch) -> Runner:
        """An app that has opened the file once; each of its commands is a launch.

        Raises:
            RunnerError: the app says what it cannot do, or the device went away.
        """
        place = self.put(launch.artifact)

        def launched(commands: Sequence[str]) -> Events:
            request = AppRequest.of([*commands, "state"], launch, place)
            return self._launched(request, app_runner.MOST_SECONDS)

        return AppRunner(launched, self.scratch(""))

    def watch(self, cool_seconds: float) -> CoolPhone:
        """Watches the device once it is cool, and this Mac with it where it is simulated."""
        beside = ThisMachine() if self._destination.simulated else None
        return CoolPhone(self._heat, cool_seconds, self._say, beside)

    def clean(self) -> None:
        """Has the app remove what edgekit and it have put into its container.

        Raises:
            RunnerError: it could not.
        """
        self._launched(AppRequest.of(["clean"]), FIRST_SECONDS)

    def _heat(self) -> PhoneState:
        """How hot the device is, by the app; where it does not answer, nothing is known."""
        try:
            state = self._ask_state(app_runner.MOST_SECONDS)
        except RunnerError:  # whatever is asked of it next says so
            state = events.State()
        return PhoneState(_THERMAL.get(state.thermal_state or ""), battery_saver=state.low_power)

    def _ask_state(self, seconds: float) -> events.State:
        self._launched(AppRequest.of(["state"]), seconds)
        return self._state

    def _launched(self, request: AppRequest, seconds: float) -> Events:
        """Launches the app and returns its answers; what it says of the device is kept."""
        arguments = (ARGUMENT, json.dumps(request.fields))
        printed = self._do(lambda: self._link.launch(arguments, seconds))
        answers = app_runner.parsed(self._results(request.id, printed))
        if "state" in request.commands:
            self._state = app_runner.last(answers, events.State)
        return answers

    def _results(self, number: str, printed: str) -> str:
        """The text of the results that an app has written into its container.

        Args:
            number: of the launch, which names the file.
            printed: what the app printed, for the error.

        Raises:
            RunnerError: there is no such file.
        """
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
        """Does something on the device, once it can be reached.

        Raises:
            LostError: it failed because the device went away, which is remembered.
            XcodeError: it failed for another reason.
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
    destination: Destination,
    udid: str | None,
    app: str | None = None,
    say: Say = lambda text: None,
    xcode: Xcode | None = None,
) -> Ios:
    """Opens a device.

    Args:
        destination: whether it is an iPhone or a simulator.
        udid: its identifier; None takes the only one that can be used.
        app: the bundle identifier of the app that measures; None is edgekit's own.
        say: is told what happens.
        xcode: Xcode's tools; None finds those of this Mac.

    Raises:
        EdgekitError: there is no Xcode, no such device or app, or it cannot be used.
    """
    xcode = xcode or Xcode.found()
    found = listing.choose(destination.listed(xcode), destination.name, udid)
    xcode = replace(xcode, about=f"{destination.name}:{found.udid}", app=app or APP)
    return Ios(destination, destination.link(xcode, found), say)


def _find(destination: Destination) -> list[Found]:
    """The devices of a destination that Xcode knows, or why there are none."""
    try:
        found = destination.listed(Xcode.found())
    except EdgekitError as error:
        return [Found(destination.name, f"{destination.title} ({listing.NOT_PROVEN})", str(error))]
    return [
        Found(
            f"{destination.name}:{row.udid}",
            f"{row.description} ({listing.NOT_PROVEN})",
            row.remedy and f"it {row.remedy}",
        )
        for row in found
    ] or [Found(destination.name, destination.title, listing.NONE)]


def _set_up(say: Say) -> None:
    raise UnsupportedError("nothing is fetched for iOS: install the app by Xcode (docs/devices.md)")


def _driver(destination: Destination) -> Driver:
    """The driver of iPhones, or of simulators."""

    def opened(options: DeviceOptions) -> Ios:
        return device(destination, options.chosen, options.app, options.say)

    return Driver(
        destination.name,
        find=lambda: _find(destination),
        open=opened,
        setup=_set_up,
        clean=lambda chosen: device(destination, chosen).clean(),
        apart=not destination.simulated,
        apps=True,
        apps_only=True,
    )


IOS, SIMULATOR = _driver(PHONES), _driver(SIMULATORS)
