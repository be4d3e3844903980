"""What a runner answers: one JSON object a line, told apart by its field ``event``.

The commands that bring these answers are documented in :mod:`edgekit.benchmarks.devices.protocol`.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from edgekit.benchmarks.measurement import Operator


class Event(msgspec.Struct, frozen=True, tag_field="event", tag=str.lower):
    """One answer of a runner. Its tag is the name of its class in lower case."""


class Loaded(Event, frozen=True):
    """The file is open.

    Attributes:
        runtime: the runtime's name and version, like ``LiteRT 2.3.0``.
        load_ms: how long opening the file took, in milliseconds.
    """

    runtime: str
    load_ms: float


class Fed(Event, frozen=True):
    """The inputs of the next inferences have been read."""


class Ran(Event, frozen=True):
    """Inferences are done; ``ms`` is the latency of each, in milliseconds."""

    ms: list[float]


class Saved(Event, frozen=True):
    """The outputs of the last inference are in the file that was named."""


class Memory(Event, frozen=True):
    """Resident memory of the process, in bytes.

    Attributes:
        before_bytes: right before the file was opened, the runtime's library already loaded.
        peak_bytes: the most since then.
    """

    before_bytes: int
    peak_bytes: int


class Profile(Event, frozen=True):
    """Each kind of operator with its calls and milliseconds in one inference, averaged."""

    operators: list[Operator]


class State(Event, frozen=True):
    """What only an app on iOS can tell of its device (``docs/app-contract.md``)."""

    thermal_state: str | None = None
    low_power: bool | None = None
    chip: str | None = None
    cores: int | None = None
    memory_bytes: int | None = None
    battery_percent: int | float | None = None
    plugged: bool | None = None
    app_version: str | None = None


class Cleaned(Event, frozen=True):
    """An app has removed the files that edgekit copied into its container."""


class Error(Event, frozen=True):
    """What was asked failed; ``message`` says why, in one line."""

    message: str


AnyEvent: TypeAlias = Loaded | Fed | Ran | Saved | Memory | Profile | State | Cleaned | Error
_DECODER: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)


def encode(event: Event) -> str:
    """An answer as one line of JSON, without the line's end."""
    return msgspec.json.encode(event).decode()


def decode(line: str) -> AnyEvent | None:
    """The answer that stands on a line of output.

    Args:
        line: whatever was printed.

    Returns:
        The answer; None for a line of a library's.
    """
    try:
        return _DECODER.decode(line.encode())
    except msgspec.MsgspecError:
        return None
