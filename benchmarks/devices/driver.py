"""A driver: how edgekit finds, prepares and opens the devices of one kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from edgekit.benchmarks.devices.protocol import Target
from edgekit.toolchains.setup import Say


@dataclass(frozen=True)
class Found:
    """One line of ``edgekit devices``.

    Attributes:
        name: what ``--device`` calls it.
        description: what it is.
        remedy: what makes it usable; empty if it is usable now.
    """

    name: str
    description: str
    remedy: str = ""

    @property
    def ready(self) -> bool:
        """Whether it can be measured on now."""
        return not self.remedy


@dataclass(frozen=True)
class DeviceOptions:
    """How a device is opened.

    Attributes:
        chosen: which one: a CPU, a serial number, a UDID. None is the only one, or the default.
        memory_limit_bytes: how much an emulated process may take, or None for no limit.
        via_app: whether an app on the device is to open the files.
        app: the name of that app; None is edgekit's own.
        say: is told what happens.
    """

    chosen: str | None = None
    memory_limit_bytes: int | None = None
    via_app: bool = False
    app: str | None = None
    say: Say = print


def _nothing_to_set_up(say: Say) -> None:
    """In the place of ``setup`` for devices that need nothing beside edgekit: does nothing."""


def _nothing_to_clean(chosen: str | None) -> None:
    """In the place of ``clean`` for devices on which edgekit leaves nothing: does nothing."""


@dataclass(frozen=True)
class Driver:
    """One kind of device.

    Attributes:
        name: the first part of its devices' names, before the colon.
        find: lists the devices that are there, or why there are none.
        open: makes the target that is measured on. It sets up what is missing.
        setup: fetches once what its devices need, which ``open`` does as well.
        clean: removes all that edgekit has put on a device, or into its cache for it.
        apart: whether each device has a processor of its own, so that several can be measured at
            the same time.
        apps: whether files can be measured by an app there (``docs/app-contract.md``).
        apps_only: whether they can be measured in no other way.
    """

    name: str
    find: Callable[[], list[Found]]
    open: Callable[[DeviceOptions], Target]
    setup: Callable[[Say], None] = _nothing_to_set_up
    clean: Callable[[str | None], None] = _nothing_to_clean
    apart: bool = False
    apps: bool = False
    apps_only: bool = False
