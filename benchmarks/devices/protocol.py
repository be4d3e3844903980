"""The conversation with a runner: a process on a device that has opened one file.

Every runner, in Python (:mod:`edgekit.benchmarks.devices.host.runner`) or C (``runner.c``), speaks
it: one command a line on its standard input, one event (:mod:`edgekit.benchmarks.devices.events`)
a line on its standard output.

============== ================= =================================================================
command        answer
============== ================= =================================================================
on start       ``loaded``        the file is open
feed N PATH    ``fed``           reads int32 values, little-endian, N for each input in the
                                 manifest's order: the text, padded
run COUNT      ``ran``           inferences one after the other, each timed alone
cold COUNT     ``ran``           the same, but other memory goes through the processor's caches
                                 before each
save PATH      ``saved``         writes the last outputs, float32, little-endian, one after the
                                 other in the manifest's order
memory         ``memory``        resident bytes before the file was opened, and the peak since
profile COUNT  ``profile``       time by operator, averaged over so many inferences
quit                             ends the process, as the end of its input does
============== ================= =================================================================

Whatever fails is the event ``error`` and a non-zero exit code. Other lines are passed over. Around
each inference an emulated runner calls ``prctl(0x454b4d4b, 1)`` and ``prctl(0x454b4d4b, 2)``, where
the emulator counts instructions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias, TypeVar

from edgekit.benchmarks.devices import content, events
from edgekit.benchmarks.devices.runtimes import DeviceRuntime
from edgekit.benchmarks.devices.watch import Watch
from edgekit.benchmarks.measurement import Operator
from edgekit.errors import EdgekitError

# Plain JSON values by name, for the environment of a result.
DeviceFacts: TypeAlias = Mapping[str, object]
E = TypeVar("E", bound=events.Event)


class RunnerError(EdgekitError):
    """A runner died or refused; the message says what it said last."""

    exit_code = 1


class LostError(RunnerError):
    """The device went away: what failed now may work once it is back."""


@dataclass(frozen=True)
class Launch:
    """What a runner opens, and how.

    Attributes:
        runtime: which runtime opens the file, as
            :data:`edgekit.benchmarks.devices.runtimes.RUNTIMES` has it for launches.
        artifact: the file or folder on this machine. For ``pytorch``, the bundle's folder.
        threads: how many threads the runtime may use, 1 or more.
        inputs: the names of the inputs, in the order in which they are fed.
        outputs: the names of the outputs, in the order in which they are saved.
        evict: whether the file is dropped from the page cache first, where the device can do that.
        weight_cache: whether the runtime keeps packed weights in a file beside, one for each
            content of the artifact.
    """

    runtime: str
    artifact: Path
    threads: int
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    evict: bool = False
    weight_cache: bool = False

    @property
    def cache_name(self) -> str:
        """The name of the file of packed weights: another artifact has another one."""
        return f"{content.digest(self.artifact)[:32]}.xnnpack"

    def request(self, place: str) -> dict[str, str | int]:
        """The launch by the names of ``docs/app-contract.md``.

        Args:
            place: where the artifact is on the device, as :meth:`Target.put` has returned it.
        """
        return {
            "model": place,
            "runtime": self.runtime,
            "threads": self.threads,
            "inputs": ",".join(self.inputs),
            "outputs": ",".join(self.outputs),
        }

    def arguments(self, place: str, scratch: Callable[[str], str]) -> list[str]:
        """The launch as the options of a runner's command line, its runtime left out.

        Args:
            place: where the artifact is on the device.
            scratch: gives the path there of a file that may be written.
        """
        options = {name: value for name, value in self.request(place).items() if name != "runtime"}
        if self.weight_cache:
            options["weight-cache"] = scratch(self.cache_name)
        return [part for name, value in options.items() for part in (f"--{name}", str(value))]


class Runner(Protocol):
    """One file, opened on a device. Leaving its context closes it.

    Every method raises RunnerError where the runner fails, LostError where its device went away.

    Attributes:
        runtime: the runtime's name and version as the runner tells them.
        load_ms: how long opening the file took, in milliseconds.
        evicts: whether the runner is able to drop the file from the page cache when it is told to.
    """

    runtime: str
    load_ms: float
    evicts: bool = True

    def feed(self, length: int, remote: str) -> None:
        """Reads the inputs of the next inferences.

        Args:
            length: how many tokens each input has, padding included.
            remote: a file on the device of int32 values: each input, one after the other. Where the
                runtime is ``batched``, an input may be several texts, one after the other.
        """
        ...

    def run(self, count: int = 1) -> list[float]:
        """Runs inferences one after the other.

        Args:
            count: how many.

        Returns:
            The latency of each in milliseconds.
        """
        ...

    def save(self, remote: str) -> None:
        """Writes the outputs of the last inference to a file.

        Args:
            remote: a path on the device. The file has float32 values, one output after the other.
        """
        ...

    def memory_growth_bytes(self) -> int:
        """The growth of resident memory from before the file was opened to the peak so far."""
        ...

    def profile(self, count: int) -> list[Operator]:
        """Profiles inferences with the runtime's own profiler.

        Args:
            count: over how many the times are averaged.

        Returns:
            Each kind of operator with its calls and milliseconds in one inference.
        """
        ...

    def close(self) -> None:
        """Ends the runner, whatever state it is in."""
        ...

    def instructions(self) -> list[int]:
        """How many instructions each inference so far took; empty where nothing counts them."""
        return []

    def sample(self, count: int) -> list[float]:
        """Latencies of warm inferences, one right after the other, in milliseconds.

        Args:
            count: how many; a runner whose processes do always the same number does those.
        """
        return self.run(1 + count)[1:]  # the first finds what others have left in the caches

    def cold(self, count: int) -> list[float]:
        """Latencies of inferences that find nothing of theirs in the processor's caches, in ms.

        Args:
            count: how many.

        Returns:
            Nothing where the runner cannot empty the caches.
        """
        return []

    def energy_mj(self, latency_ms: float) -> float | None:
        """An estimate of one inference's energy in millijoules, or None without a battery.

        Args:
            latency_ms: how long an inference takes, about.
        """
        return None

    def __enter__(self) -> Runner:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Target(Protocol):
    """A device that files are measured on.

    Attributes:
        name: what ``--device`` calls it, like ``arm64:cortex-a53``.
        timed: whether its clock says anything about speed. An emulator's does not.
    """

    name: str
    timed: bool

    @property
    def runtimes(self) -> Sequence[DeviceRuntime]:
        """The runtimes that the device has, of any format."""
        ...

    def facts(self) -> DeviceFacts:
        """Processor, memory, system and versions; ``machine`` names the hardware in one line."""
        ...

    def put(self, path: Path) -> str:
        """Makes a file or folder of this machine available on the device.

        Args:
            path: the file or folder here.

        Returns:
            Its path there.
        """
        ...

    def scratch(self, name: str) -> str:
        """A path on the device at which a file may be written and read again.

        Args:
            name: what the file is called.
        """
        ...

    def get(self, remote: str, local: Path) -> None:
        """Copies a file from the device to this machine.

        Args:
            remote: its path there.
            local: where it is written here.
        """
        ...

    def start(self, launch: Launch) -> Runner:
        """Puts the launch's artifact there and returns a runner that has opened it.

        Raises:
            RunnerError: the file cannot be opened there, or the device went away.
        """
        ...

    def watch(self, cool_seconds: float) -> Watch:
        """Watches the machine whose processor computes, which need not be this one.

        Args:
            cool_seconds: how long a hot device is left to cool down before, at most.
        """
        ...
