"""The devices that edgekit measures on. A new one is a file with its target and a row here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from edgekit.benchmarks.protocol import Target
from edgekit.errors import MissingExtraError, UnsupportedError


@dataclass(frozen=True)
class Found:
    """One device on the list of ``edgekit devices``; ``remedy`` is what makes it usable."""

    name: str
    description: str
    ready: bool
    remedy: str = ""


@dataclass(frozen=True)
class Kind:
    """A kind of device. ``make`` takes what follows the colon, or None, and a memory limit."""

    name: str
    make: Callable[[str | None, int | None], Target]
    find: Callable[[], list[Found]]


def _host(argument: str | None, memory_limit_bytes: int | None) -> Target:
    from edgekit.benchmarks.host import Host

    if find_spec("psutil") is None:
        raise MissingExtraError("psutil", "bench")
    if argument is not None:
        raise UnsupportedError(f"host has no '{argument}': say just --device host")
    return Host()


def _find_host() -> list[Found]:
    facts: Mapping[str, Any] = _host(None, None).facts()
    return [Found("host", f"{facts['machine']}, {facts['os']}", True)]


KINDS: Mapping[str, Kind] = {kind.name: kind for kind in (Kind("host", _host, _find_host),)}


def make(name: str, memory_limit_bytes: int | None = None) -> Target:
    """The target that ``--device`` names, like ``host`` or ``arm64:cortex-a53``.

    Raises:
        UnsupportedError: there is none of that name.
    """
    kind, _, argument = name.partition(":")
    if kind not in KINDS:
        raise UnsupportedError(f"unknown device '{name}': choose from {', '.join(KINDS)}")
    return KINDS[kind].make(argument or None, memory_limit_bytes)


def find() -> list[Found]:
    """Every device that is reachable, and what is missing to reach the others."""
    return [found for kind in KINDS.values() for found in kind.find()]
