"""How edgekit reaches an app on an iPhone, and one in a simulator: files, and launches.

Both know the same folder, the app's container, and take paths in it. Not proven on a device (see
:mod:`edgekit.benchmarks.devices.ios.xcode`).
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from edgekit.benchmarks.devices.app_runner import MOST_SECONDS
from edgekit.benchmarks.devices.ios import listing as ios_devices
from edgekit.benchmarks.devices.ios.listing import Device
from edgekit.benchmarks.devices.ios.xcode import SECONDS, AbsentError, AgainError, Xcode
from edgekit.benchmarks.devices.protocol import LostError

_SLOWEST = 1_000_000  # bytes a second: a slower connection is taken for a dead one


@dataclass(frozen=True)
class PhoneLink:
    """A link to an iPhone by ``devicectl``, over a cable or the network.

    Attributes:
        xcode: Xcode's tools; they name the app.
        device: the iPhone.
    """

    xcode: Xcode
    device: Device

    @property
    def facts(self) -> Mapping[str, str | None]:
        """What Xcode says of the device."""
        return self.device.facts

    def open(self) -> None:
        """Does nothing: a command connects the phone."""

    def put(self, local: Path, remote: str, size_bytes: int) -> None:
        """Copies a file or a folder; ``devicectl`` passes over what has not changed.

        Args:
            local: the file or folder here.
            remote: its path in the app's container.
            size_bytes: how large it is, which decides how long the copy may take.
        """
        source = ("--source", str(local), "--destination", remote)
        self.xcode.devicectl(
            *("device", "copy", "to", *self._device, *self._container, *source),
            seconds=SECONDS + size_bytes / _SLOWEST,
        )

    def get(self, remote: str, local: Path) -> None:
        """Copies a file of the app's container here.

        Raises:
            AbsentError: there is no such file.
        """
        source = ("--source", remote, "--destination", str(local))
        self.xcode.devicectl("device", "copy", "from", *self._device, *self._container, *source)
        if not local.is_file():
            raise AbsentError(f"{self.xcode.about}: devicectl did not bring {remote}")

    def launch(self, arguments: Sequence[str], seconds: float = MOST_SECONDS) -> str:
        """Starts the app afresh, waits until it has ended, and returns what it printed.

        Args:
            arguments: the app's command line.
            seconds: how long it may take.
        """
        words = ("device", "process", "launch", *self._device, "--console", "--terminate-existing")
        rest = (self.xcode.app, "--", *arguments)
        try:
            return self.xcode.devicectl(*words, rest=rest, seconds=seconds).printed
        except AgainError:
            return self.xcode.devicectl(*words, rest=rest, seconds=seconds).printed

    def lost(self) -> LostError | None:
        """Why the device cannot be reached now, or None if it can."""
        try:
            listed = ios_devices.phones(self.xcode)
        except LostError as error:
            return error
        found = [each for each in listed if each.udid == self.device.udid]
        if found and not found[0].remedy:
            return None
        why = found[0].remedy if found else "is unknown to Xcode: plug it in again"
        return LostError(f"{self.xcode.about} {why}")

    @property
    def _device(self) -> tuple[str, ...]:
        return ("--device", self.device.udid)

    @property
    def _container(self) -> tuple[str, ...]:
        return ("--domain-type", "appDataContainer", "--domain-identifier", self.xcode.app)


@dataclass(frozen=True)
class SimulatorLink:
    """A link to a simulator by ``simctl``, with the methods of :class:`PhoneLink`.

    The app's container is a folder of this Mac.
    """

    xcode: Xcode
    device: Device

    @property
    def facts(self) -> Mapping[str, str | None]:
        """What Xcode says of the simulator, but for its state, which changes."""
        return {name: value for name, value in self.device.facts.items() if name != "state"}

    def open(self) -> None:
        """Starts the simulator, waits until it has started, and looks for the app."""
        self.xcode.simctl("bootstatus", self.device.udid, "-b", seconds=MOST_SECONDS)
        self._container()

    def put(self, local: Path, remote: str, size_bytes: int) -> None:
        """Copies a file or a folder; what is there already under that name is left as it is.

        Args:
            local: the file or folder here.
            remote: its path in the app's container.
            size_bytes: not looked at: a copy on this Mac has no limit.
        """
        path = self._container() / remote
        part = path.with_name(f"{path.name}.part")
        if path.exists():
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        if local.is_dir():
            shutil.rmtree(part, ignore_errors=True)
            shutil.copytree(local, part)
        else:
            shutil.copyfile(local, part)
        part.replace(path)

    def get(self, remote: str, local: Path) -> None:
        """Copies a file of the app's container here.

        Raises:
            AbsentError: there is no such file.
        """
        path = self._container() / remote
        if not path.is_file():
            raise AbsentError(f"{self.xcode.about} has no {remote}")
        shutil.copyfile(path, local)

    def launch(self, arguments: Sequence[str], seconds: float = MOST_SECONDS) -> str:
        """Starts the app afresh, waits until it has ended, and returns what it printed.

        Args:
            arguments: the app's command line.
            seconds: how long it may take.
        """
        return self.xcode.simctl(
            *("launch", "--console-pty", "--terminate-running-process", self.device.udid),
            *(self.xcode.app, *arguments),
            seconds=seconds,
        )

    def lost(self) -> LostError | None:
        """What to do about a simulator that does not run now, or None if it does."""
        listed = {each.udid: each for each in ios_devices.simulators(self.xcode)}
        found = listed.get(self.device.udid)
        if found and found.facts["state"] == "Booted":
            return None
        return LostError(f"{self.xcode.about} was shut down: xcrun simctl boot {self.device.udid}")

    def _container(self) -> Path:
        """The app's container, which moves when the app is installed again."""
        words = ("get_app_container", self.device.udid, self.xcode.app, "data")
        return Path(self.xcode.simctl(*words).strip())


Link: TypeAlias = PhoneLink | SimulatorLink
