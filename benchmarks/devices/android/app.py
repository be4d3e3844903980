"""Measured inside an app on Android: ``am start`` with extras, results in a file of the app's."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping, Sequence
from shlex import quote
from typing import Any

from edgekit.benchmarks.devices import app_runner
from edgekit.benchmarks.devices.android.adb import DeviceError
from edgekit.benchmarks.devices.android.device import Android
from edgekit.benchmarks.devices.android.files import APP, app_folder
from edgekit.benchmarks.devices.app_runner import Answers, AppRunner
from edgekit.benchmarks.devices.protocol import Runner, RunnerError
from edgekit.errors import PlanError

_ASK_EVERY_SECONDS = 0.3
_DEAD, _DEAD_TIMES = "@@1", 5  # it may write right before it ends


class ThroughApp:
    """A phone, measured by an app on it: ``component`` is ``PACKAGE/ACTIVITY``."""

    timed = True

    def __init__(self, phone: Android, component: str | None = None) -> None:
        self._phone, self._component = phone, component or APP
        package, slash, activity = self._component.partition("/")
        if not (package and slash and activity):
            raise PlanError(f"--via app:{component} is not app:PACKAGE/ACTIVITY, like app:{APP}")
        self._package = package
        self.name = f"{phone.name} via app"
        self.runtimes = phone.runtimes
        self.put, self.get = phone.put, phone.get

    def facts(self) -> Mapping[str, Any]:
        """The phone's, and which app it is."""
        build = "the app's own"
        return {**self._phone.facts(), "app": self._component, "runtime_build": build}

    def scratch(self, name: str) -> str:
        """Where the app saves outputs, whatever they are called here."""
        return f"{app_folder(self._package)}/{app_runner.OUTPUTS}"

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
            RunnerError: there is no such app, or it says what it cannot do.
        """
        texts = {"model": model, "runtime": runtime, "inputs": inputs, "outputs": outputs}

        def launch(commands: Sequence[str]) -> Answers:
            return self._launch(texts, threads, commands)

        return AppRunner(launch, self.scratch(""), self._phone.watch)

    def _launch(self, texts: Mapping[str, str], threads: int, commands: Sequence[str]) -> Answers:
        self._phone.back()
        number = secrets.token_hex(6)
        extras = {"id": number, **texts, "commands": ";".join(commands)}
        words = [part for key, text in extras.items() for part in ("--es", key, text)]
        numbers = ["--ei", "threads", str(threads), "--ei", "contract", str(app_runner.CONTRACT)]
        line = ["am", "start", "-S", "-W", "-n", self._component, *words, *numbers]
        told = self._phone.shell(f"{' '.join(map(quote, line))} 2>&1 || true")
        if "Error" in told:
            raise DeviceError(
                f"{self._phone.name} cannot start {self._component}: install the app, or name "
                "yours with --via app:PACKAGE/ACTIVITY"
            )
        return app_runner.answers(self._wait(f"{app_folder(self._package)}/{number}.jsonl"))

    def _wait(self, results: str) -> str:
        """The text of the results, which appear whole when the app is done."""
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
