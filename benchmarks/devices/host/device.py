"""This machine as a target: runners are Python processes, files stay where they are."""

from __future__ import annotations

from collections.abc import Sequence

from edgekit import extras
from edgekit.benchmarks.devices.driver import DeviceOptions, Driver, Found
from edgekit.benchmarks.devices.host.facts import facts
from edgekit.benchmarks.devices.local import LocalFiles, python_runner
from edgekit.benchmarks.devices.process_runner import ProcessRunner
from edgekit.benchmarks.devices.protocol import DeviceFacts, Launch, Runner
from edgekit.benchmarks.devices.runtimes import PYTORCH, DeviceRuntime, Platform, runtimes_of
from edgekit.errors import MissingExtraError, UnsupportedError
from edgekit.runtime import table

_POOLS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")  # those of NumPy and OpenMP


_RUNNER = f"{__package__}.runner"  # a program of its own: nothing here imports it


def _available(name: str) -> bool:
    """Whether the runner can open a file in that runtime, by its name in launches."""
    if name == PYTORCH:
        return not extras.missing("pytorch")
    return any(row.name == name and row.available for row in table.RUNTIMES)


class Host(LocalFiles):
    """The machine that edgekit runs on."""

    name = "host"
    timed = True

    @property
    def runtimes(self) -> Sequence[DeviceRuntime]:
        """The runtimes that are installed here."""
        return tuple(row for row in runtimes_of(Platform.PYTHON) if _available(row.launched_as))

    def facts(self) -> DeviceFacts:
        """See :func:`edgekit.benchmarks.devices.host.facts.facts`."""
        return facts()

    def start(self, launch: Launch) -> Runner:
        """A Python process that has opened the file; its thread pools have the launch's size."""
        arguments = [
            *("--runtime", launch.runtime),
            *launch.arguments(self.put(launch.artifact), self.scratch),
        ]
        evict = ["--evict"] if launch.evict else []
        pools = dict.fromkeys(_POOLS, str(launch.threads))
        return ProcessRunner(python_runner(_RUNNER, [*arguments, *evict], pools))


def _open(options: DeviceOptions) -> Host:
    """This machine; UnsupportedError if a name follows ``host``."""
    extras.require("bench")
    if options.chosen is not None:
        raise UnsupportedError(f"host has no '{options.chosen}': say just --device host")
    return Host()


def _find() -> list[Found]:
    """This machine, or what is not installed that measuring it needs."""
    try:
        here = _open(DeviceOptions()).facts()
    except MissingExtraError as error:
        return [Found("host", "this machine", str(error))]
    return [Found("host", f"{here['machine']}, {here['os']}")]


HOST = Driver("host", _find, _open)
