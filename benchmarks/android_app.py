"""Measured inside an app: ``am start`` with extras, results in a file of the app's and in logcat.

``docs/app-contract.md`` is what the app implements. A launch is a process of its own: it opens the
file, obeys the commands it was given, those of :mod:`edgekit.benchmarks.protocol`, and ends.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from shlex import quote
from typing import Any

from edgekit.benchmarks.adb import DeviceError
from edgekit.benchmarks.android import Android
from edgekit.benchmarks.android_files import APP, app_folder
from edgekit.benchmarks.protocol import Runner, RunnerError
from edgekit.benchmarks.watch import Watch
from edgekit.errors import PlanError

CONTRACT = 1
WARM_UP, TOGETHER = 3, 10  # inferences of a launch: not counted, counted
_ASK_EVERY_SECONDS = 0.3
_MOST_SECONDS = 300.0
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
        self.put, self.scratch, self.get = phone.put, phone.scratch, phone.get

    def facts(self) -> Mapping[str, Any]:
        """The phone's, and which app it is."""
        build = "the app's own"
        return {**self._phone.facts(), "app": self._component, "runtime_build": build}

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

        def launch(commands: Sequence[str]) -> list[Mapping[str, Any]]:
            return self._launch(texts, threads, commands)

        saved = f"{app_folder(self._package)}/outputs.bin"
        return AppRunner(launch, self._phone, saved)

    def _launch(
        self, texts: Mapping[str, str], threads: int, commands: Sequence[str]
    ) -> list[Mapping[str, Any]]:
        self._phone.back()
        number = secrets.token_hex(6)
        extras = {"id": number, **texts, "commands": ";".join(commands)}
        words = [part for key, text in extras.items() for part in ("--es", key, text)]
        numbers = ["--ei", "threads", str(threads), "--ei", "contract", str(CONTRACT)]
        line = ["am", "start", "-S", "-W", "-n", self._component, *words, *numbers]
        told = self._phone.shell(f"{' '.join(map(quote, line))} 2>&1 || true")
        if "Error" in told:
            raise DeviceError(
                f"{self._phone.name} cannot start {self._component}: install the app, or name "
                "yours with --via app:PACKAGE/ACTIVITY"
            )
        return _answers(self._wait(f"{app_folder(self._package)}/{number}.jsonl"))

    def _wait(self, results: str) -> str:
        """The text of the results, which appear whole when the app is done."""
        read = f"cat {quote(results)} 2>/dev/null"
        alive = f"{{ pidof {quote(self._package)} >/dev/null 2>&1; echo @@$?; }}"
        deadline, dead = time.monotonic() + _MOST_SECONDS, 0
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


class AppRunner(Runner):
    """What is fed is kept and given to each launch, which also saves its outputs."""

    evicts = False

    def __init__(
        self, launch: Callable[[Sequence[str]], list[Mapping[str, Any]]], phone: Android, saved: str
    ) -> None:
        self._launch, self._phone, self._saved = launch, phone, saved
        self._fed = ""
        self._growth_bytes = 0
        loaded = _one(launch([]), "loaded")
        self.runtime, self.load_ms = str(loaded["runtime"]), float(loaded["load_ms"])

    def feed(self, length: int, remote: str) -> None:
        self._fed = f"feed {length} {remote}"

    def run(self, count: int = 1) -> list[float]:
        """The first inferences of a process."""
        return self._run(f"run {count}")

    def sample(self) -> list[float]:
        """Warm ones of one process."""
        return self._run(f"run {WARM_UP}", f"run {TOGETHER}")

    def save(self, remote: str) -> None:
        self._phone.shell(f"cat {quote(self._saved)} > {quote(remote)}")

    def memory_growth_bytes(self) -> int:
        return self._growth_bytes

    def profile(self, count: int) -> list[Mapping[str, Any]]:
        raise RunnerError("the app has no profiler")

    def watch(self, cool_seconds: float) -> Watch:
        return self._phone.watch(cool_seconds)

    def close(self) -> None:
        """Every launch has ended by itself."""

    def _run(self, *commands: str) -> list[float]:
        answers = self._launch([self._fed, *commands, f"save {self._saved}", "memory"])
        memory = _one(answers, "memory")
        growth_bytes = int(memory["peak_bytes"]) - int(memory["before_bytes"])
        self._growth_bytes = max(self._growth_bytes, growth_bytes)
        return [float(each) for each in _one(answers, "ran")["ms"]]


def _one(answers: Sequence[Mapping[str, Any]], event: str) -> Mapping[str, Any]:
    """The last answer of that kind."""
    found = [each for each in answers if each.get("event") == event]
    if not found:
        raise RunnerError(f"the app's results have no '{event}'")
    return found[-1]


def _answers(text: str) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = []
    for line in text.splitlines():
        try:
            answer = json.loads(line)
        except ValueError:
            continue
        if isinstance(answer, dict):
            found.append(answer)
    for answer in found:
        if answer.get("event") == "error":
            raise RunnerError(str(answer.get("message")))
    return found
