"""A runner inside an app, on whatever phone: each of its commands is a launch of the app.

``docs/app-contract.md`` is what the app implements. A launch is a process of its own: it opens the
file, obeys the commands it was given, those of :mod:`edgekit.benchmarks.devices.protocol`, and
ends. What it answers is a file of JSON lines.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from edgekit.benchmarks.devices.protocol import Runner, RunnerError
from edgekit.benchmarks.devices.watch import Watch

CONTRACT = 1
WARM_UP, TOGETHER = 3, 10  # inferences of a launch: not counted, counted
MOST_SECONDS = 300.0  # for a launch
OUTPUTS = "outputs.bin"  # the one file that an app saves besides its answers
Answers = Sequence[Mapping[str, Any]]


class AppRunner(Runner):
    """What is fed is kept and given to each launch, which also saves its outputs.

    ``launch`` takes the commands of one launch and returns its answers; ``saved`` is where the app
    may write its outputs.
    """

    evicts = False

    def __init__(
        self,
        launch: Callable[[Sequence[str]], Answers],
        saved: str,
        watch: Callable[[float], Watch],
    ) -> None:
        self._launch, self._saved, self._watch = launch, saved, watch
        self._fed = ""
        self._growth_bytes = 0
        loaded = one(launch([]), "loaded")
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
        """The last launch has done so."""
        assert remote == self._saved

    def memory_growth_bytes(self) -> int:
        return self._growth_bytes

    def profile(self, count: int) -> list[Mapping[str, Any]]:
        raise RunnerError("the app has no profiler")

    def watch(self, cool_seconds: float) -> Watch:
        return self._watch(cool_seconds)

    def close(self) -> None:
        """Every launch has ended by itself."""

    def _run(self, *commands: str) -> list[float]:
        answers = self._launch([self._fed, *commands, f"save {self._saved}", "memory"])
        memory = one(answers, "memory")
        growth_bytes = int(memory["peak_bytes"]) - int(memory["before_bytes"])
        self._growth_bytes = max(self._growth_bytes, growth_bytes)
        return [float(each) for each in one(answers, "ran")["ms"]]


def one(answers: Answers, event: str) -> Mapping[str, Any]:
    """The last answer of that kind.

    Raises:
        RunnerError: there is none.
    """
    found = [each for each in answers if each.get("event") == event]
    if not found:
        raise RunnerError(
            f"the app's results have no '{event}': does it keep docs/app-contract.md, version "
            f"{CONTRACT}?"
        )
    return found[-1]


def answers(text: str) -> Answers:
    """Those in a file of results.

    Raises:
        RunnerError: one of them is an error.
    """
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
