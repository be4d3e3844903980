"""Measured inside an app on Android: ``am start`` with extras, results in a file of the app's."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from shlex import quote

from edgekit.benchmarks.devices import app_runner
from edgekit.benchmarks.devices.android.adb import DeviceError
from edgekit.benchmarks.devices.android.files import APP, app_folder
from edgekit.benchmarks.devices.android.phone import Android
from edgekit.benchmarks.devices.app_runner import AppRequest, AppRunner, Events
from edgekit.benchmarks.devices.cooling import CoolPhone
from edgekit.benchmarks.devices.protocol import DeviceFacts, Launch, Runner, RunnerError
from edgekit.benchmarks.devices.runtimes import Platform, runtimes_of
from edgekit.errors import PlanError

_ASK_EVERY_SECONDS = 0.3
_DEAD, _DEAD_TIMES = "@@1", 5  # it may write right before it ends


class ThroughApp:
    """A phone, measured by an app on it.

    Args:
        phone: the phone.
        component: the app's activity, as ``PACKAGE/ACTIVITY``; None is edgekit's own.

    Raises:
        PlanError: the component is no such name.
    """

    timed = True
    runtimes = runtimes_of(Platform.ANDROID)

    def __init__(self, phone: Android, component: str | None = None) -> None:
        self._phone, self._component = phone, component or APP
        package, slash, activity = self._component.partition("/")
        if not (package and slash and activity):
            raise PlanError(f"--via app:{component} is not app:PACKAGE/ACTIVITY, like app:{APP}")
        self._package = package
        self.name = f"{phone.name} via app"

    def facts(self) -> DeviceFacts:
        """The phone's facts, and which app it is."""
        build = "the app's own"
        return {**self._phone.facts(), "app": self._component, "runtime_build": build}

    def put(self, path: Path) -> str:
        """Pushes the file where any app can read it."""
        return self._phone.put(path)

    def scratch(self, name: str) -> str:
        """The path of the app's outputs: it saves no other file."""
        return f"{app_folder(self._package)}/{app_runner.OUTPUTS}"

    def get(self, remote: str, local: Path) -> None:
        """Pulls the file."""
        self._phone.get(remote, local)

    def watch(self, cool_seconds: float) -> CoolPhone:
        """Watches the phone once it is cool."""
        return self._phone.watch(cool_seconds)

    def start(self, launch: Launch) -> Runner:
        """An app that has opened the file once; each of its commands is a launch.

        Raises:
            RunnerError: there is no such app, or it says what it cannot do.
        """
        place = self.put(launch.artifact)

        def launched(commands: Sequence[str]) -> Events:
            return self._launched(AppRequest.of(commands, launch, place))

        return AppRunner(launched, self.scratch(""))

    def _launched(self, request: AppRequest) -> Events:
        """Starts the app once, and returns its answers."""
        self._phone.back()
        extras = [
            word
            for name, value in request.fields.items()
            for word in ("--ei" if isinstance(value, int) else "--es", name, str(value))
        ]
        line = ["am", "start", "-S", "-W", "-n", self._component, *extras]
        told = self._phone.shell(f"{' '.join(map(quote, line))} 2>&1 || true")
        if "Error" in told:
            raise DeviceError(
                f"{self._phone.name} cannot start {self._component}: install the app, or name "
                "yours with --via app:PACKAGE/ACTIVITY"
            )
        results = f"{app_folder(self._package)}/{request.id}.jsonl"
        return app_runner.parsed(self._awaited(results))

    def _awaited(self, results: str) -> str:
        """The text of a file of results, which appears whole when the app is done."""
        read = f"cat {quote(results)} 2>/dev/null"
        alive = f"{{ pidof {quote(self._package)} >/dev/null 2>&1; echo @@$?; }}"
        deadline, dead = time.monotonic() + app_runner.MOST_SECONDS, 0
        while time.monotonic() < deadline and dead < _DEAD_TIMES:
            text = self._phone.shell(f"{read} || {alive}")
            if text.strip() and not text.startswith("@@"):
                self._phone.shell(f"rm -f {quote(results)}")
                return text
            dead = dead + 1 if text.strip() == _DEAD else 0
            time.sleep(_ASK_EVERY_SECONDS)
        raise RunnerError(
            f"{self._component} on {self._phone.name} gave no results: see adb logcat -s edgekit"
        )
