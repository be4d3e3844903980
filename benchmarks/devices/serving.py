"""What the runners in Python share: commands from standard input, events on standard output."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol, TypeAlias

from edgekit.benchmarks.devices import events
from edgekit.benchmarks.devices.events import Event

Send: TypeAlias = Callable[[Event], None]


class Opened(Protocol):
    """The protocol of a file that a runner in Python has opened.

    Each method obeys the command of its name (:mod:`edgekit.benchmarks.devices.protocol`) and
    returns its answer; ``argument`` is what follows the name on the line.
    """

    def feed(self, argument: str) -> Event:
        """Reads the inputs of the next inferences; ``argument`` is a length and a path."""
        ...

    def run(self, argument: str) -> Event:
        """Runs as many inferences as ``argument`` says, each timed alone."""
        ...

    def cold(self, argument: str) -> Event:
        """Runs as many inferences, other memory going through the caches before each."""
        ...

    def save(self, argument: str) -> Event:
        """Writes the float32 outputs of the last inference to the path ``argument``."""
        ...

    def memory(self, argument: str) -> Event:
        """Tells the resident memory before the file was opened and its peak since."""
        ...

    def profile(self, argument: str) -> Event:
        """Profiles as many inferences as ``argument`` says."""
        ...


def output() -> Send:
    """Takes standard output for events; what libraries print goes to standard error from now on.

    Returns:
        A function that writes an event at once.
    """
    stream = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def send(event: Event) -> None:
        stream.write(events.encode(event) + "\n")
        stream.flush()

    return send


def serve(opened: Opened, send: Send, lines: Iterable[str] = sys.stdin) -> None:
    """Obeys commands until one of them is ``quit`` or there are no more.

    Args:
        opened: the file that the commands are for.
        send: writes an answer.
        lines: the commands, one a line.
    """
    commands: Mapping[str, Callable[[str], Event]] = {
        "feed": opened.feed,
        "run": opened.run,
        "cold": opened.cold,
        "save": opened.save,
        "memory": opened.memory,
        "profile": opened.profile,
    }
    for line in lines:
        command, _, argument = line.rstrip("\n").partition(" ")
        if command == "quit":
            return
        send(commands[command](argument))


def failed(send: Send, message: str) -> None:
    """Answers that something failed, in one line."""
    send(events.Error(" ".join(message.split())))
