"""A runner inside an app, on whatever phone: each of its commands is a launch of the app.

``docs/app-contract.md`` is what the app implements. A launch is a process of its own: it opens the
file, obeys the commands it was given, those of :mod:`edgekit.benchmarks.devices.protocol`, and
ends. What it answers is a file of events, one a line.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from edgekit.benchmarks.devices import events
from edgekit.benchmarks.devices.events import Event
from edgekit.benchmarks.devices.protocol import E, Launch, Runner, RunnerError
from edgekit.benchmarks.measurement import Operator

CONTRACT = 1  # the version of docs/app-contract.md
WARM_UP, TOGETHER = 3, 10  # inferences of a launch: not counted, counted
MOST_SECONDS = 300.0  # for a launch
OUTPUTS = "outputs.bin"  # the one file that an app saves besides its answers
Events: TypeAlias = Sequence[Event]


@dataclass(frozen=True)
class AppRequest:
    """What one launch of an app is asked for.

    Attributes:
        id: names the results.
        commands: what the app does, in this order.
        fields: all fields of the contract's request by name, those two among them.
    """

    id: str
    commands: tuple[str, ...]
    fields: dict[str, str | int]

    @classmethod
    def of(
        cls, commands: Sequence[str], launch: Launch | None = None, place: str = ""
    ) -> AppRequest:
        """A new request.

        Args:
            commands: what the app does, in this order.
            launch: what it opens before; None opens nothing.
            place: where the launch's artifact is on the device.
        """
        number = secrets.token_hex(6)
        opened = launch.request(place) if launch else {}
        own: dict[str, str | int] = {"contract": CONTRACT, "id": number}
        fields = {**own, **opened, "commands": ";".join(commands)}
        return cls(number, tuple(commands), fields)


class AppRunner(Runner):
    """A runner whose inputs are kept here and given to each launch, which also saves its outputs.

    Args:
        launch: launches the app with these commands and returns its answers.
        saved: where the app may write its outputs.

    Raises:
        RunnerError: the app cannot open the file, or gives no answer.
    """

    evicts = False

    def __init__(self, launch: Callable[[Sequence[str]], Events], saved: str) -> None:
        self._launch, self._saved = launch, saved
        self._fed = ""
        self._growth_bytes = 0
        loaded = last(launch([]), events.Loaded)
        self.runtime, self.load_ms = loaded.runtime, loaded.load_ms

    def feed(self, length: int, remote: str) -> None:
        """Keeps the inputs for the launches to come.

        Args:
            length: how many tokens each input has, padding included.
            remote: the file of inputs on the device.
        """
        self._fed = f"feed {length} {remote}"

    def run(self, count: int = 1) -> list[float]:
        """The first inferences of a new process, in milliseconds."""
        return self._run(f"run {count}")

    def sample(self, count: int) -> list[float]:
        """Warm inferences of a new process, :data:`TOGETHER` whatever is asked, in milliseconds."""
        return self._run(f"run {WARM_UP}", f"run {TOGETHER}")

    def save(self, remote: str) -> None:
        """Does nothing: the last launch has saved its outputs."""
        assert remote == self._saved

    def memory_growth_bytes(self) -> int:
        """The growth of the app's resident memory, as its launches told it."""
        return self._growth_bytes

    def profile(self, count: int) -> list[Operator]:
        """There is none.

        Raises:
            RunnerError: always: an app has no profiler.
        """
        raise RunnerError("the app has no profiler")

    def close(self) -> None:
        """Does nothing: every launch has ended by itself."""

    def _run(self, *commands: str) -> list[float]:
        """Launches the app with the inputs and these commands, and returns the latencies."""
        answers = self._launch([self._fed, *commands, f"save {self._saved}", "memory"])
        memory = last(answers, events.Memory)
        growth_bytes = memory.peak_bytes - memory.before_bytes
        self._growth_bytes = max(self._growth_bytes, growth_bytes)
        return last(answers, events.Ran).ms


def last(answers: Events, kind: type[E]) -> E:
    """The last answer of a kind among an app's answers.

    Raises:
        RunnerError: there is none.
    """
    found = [each for each in answers if isinstance(each, kind)]
    if not found:
        raise RunnerError(
            f"the app's results have no '{kind.__name__.lower()}': does it keep "
            f"docs/app-contract.md, version {CONTRACT}?"
        )
    return found[-1]


def parsed(text: str) -> Events:
    """The answers in the text of a file of results; other lines are passed over.

    Raises:
        RunnerError: one of them is an error.
    """
    found = [event for event in map(events.decode, text.splitlines()) if event is not None]
    for event in found:
        if isinstance(event, events.Error):
            raise RunnerError(event.message)
    return found
