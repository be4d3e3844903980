"""An emulated arm64 phone as a target: what it computes, instructions, memory; never a latency.

qemu translates: its wall time says nothing of a phone's (int8 looks nine times faster than fp32).
What is true under it: outputs, sizes, instructions of one inference, growth of memory, and whether
a memory budget is enough. The guest's addresses, environment and random bytes are always the same
ones, and so is LiteRT's count; onnxruntime's differs by less than 1%.
"""

from __future__ import annotations

import gzip
import itertools
import re
import subprocess
from pathlib import Path

from edgekit.benchmarks.devices.arm64 import program
from edgekit.benchmarks.devices.arm64.cpus import CORES, CPUS, DEFAULT
from edgekit.benchmarks.devices.arm64.native_runner import NativeRunner
from edgekit.benchmarks.devices.arm64.parts import SETUP
from edgekit.benchmarks.devices.driver import DeviceOptions, Driver, Found
from edgekit.benchmarks.devices.local import LocalFiles
from edgekit.benchmarks.devices.protocol import DeviceFacts, Launch, Runner, RunnerError
from edgekit.benchmarks.devices.runtimes import Platform, runtimes_of
from edgekit.errors import UnsupportedError
from edgekit.toolchains import debian
from edgekit.toolchains.setup import Say, command

_ADDRESSES = 8 * 2**30  # bytes of address space where no budget limits it


class Arm64(LocalFiles):
    """A phone with an emulated CPU.

    Args:
        cpu: a name in :data:`edgekit.benchmarks.devices.arm64.cpus.CPUS`.
        memory_bytes: how much address space a runner may take, or None for no limit.
        say: is told what is set up.

    Raises:
        UnsupportedError: edgekit does not know that CPU, or qemu computes wrongly with it.
        SetupError: the emulator is not set up and cannot be.
    """

    timed = False
    runtimes = runtimes_of(Platform.AARCH64_LINUX)

    def __init__(
        self,
        cpu: str = DEFAULT,
        memory_bytes: int | None = None,
        say: Say = lambda text: None,
    ) -> None:
        super().__init__()
        _check(cpu)
        self._root = SETUP.make(say)
        self._cpu, self._memory_bytes = cpu, memory_bytes
        self._numbers = itertools.count()
        self._facts = _facts(self._root, cpu, memory_bytes)
        self.name = f"arm64:{cpu}"

    def facts(self) -> DeviceFacts:
        """The emulated CPU and what runs on it."""
        return self._facts

    def start(self, launch: Launch) -> Runner:
        """The native runner under qemu; its load times mean nothing, so nothing is evicted.

        Raises:
            RunnerError: it cannot open the file.
            BudgetError: it cannot open the file within the memory budget.
        """
        counted = launch.threads == 1  # the plugin's counter has no lock
        if self._memory_bytes is None:
            return self._opened(launch, counted, None)
        try:
            return self._opened(launch, counted, self._memory_bytes)
        except BudgetError:
            self._opened(launch, False, None).close()  # else the file itself is at fault
            raise

    def _opened(self, launch: Launch, counted: bool, memory_bytes: int | None) -> Runner:
        """A runner under the emulator.

        Args:
            launch: what it opens.
            counted: whether instructions are counted, which makes it slower.
            memory_bytes: how much address space it may take, or None.
        """
        number = next(self._numbers)
        counts, errors = (Path(self.scratch(f"{kind}-{number}")) for kind in ("counts", "errors"))
        library = program.library(self._root, launch.runtime)
        command = [
            *self._qemu(str(memory_bytes or _ADDRESSES), counts if counted else None),
            *program.arguments(launch, self.put(launch.artifact), str(library), self.scratch),
        ]
        with errors.open("w") as stderr:
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                encoding="utf-8",
                errors="replace",
                env={"PATH": "/usr/bin:/bin"},
            )
        return Emulated(process, counts if counted else None, errors, memory_bytes)

    def _qemu(self, end: str, counts: Path | None) -> list[str]:
        """The emulator's command line up to the program's own arguments.

        Args:
            end: the last address that the program may use.
            counts: the file that gets the number of instructions of each inference, or None.
        """
        plugin = f"{_quoted(self._root / 'count.so')},out={_quoted(counts)}" if counts else ""
        return [
            *(str(self._root / "qemu" / "qemu-aarch64"), "-cpu", self._cpu),
            *("-R", end, "-seed", "1", "-L", str(self._root / "cpus" / self._cpu)),
            *(("-plugin", plugin) if plugin else ()),
            *(str(program.runner(self._root)), "--guest-end", end),
        ]


class BudgetError(RunnerError):
    """A runner with a memory budget died or refused."""


class Emulated(NativeRunner):
    """A native runner under qemu.

    Args:
        process: the emulator.
        counts: the file into which its plugin writes the instructions of each inference, or None
            if nothing is counted.
        errors: the file that gets its standard error.
        memory_bytes: the memory budget, which failures are put down to, or None.
    """

    def __init__(
        self,
        process: subprocess.Popen[str],
        counts: Path | None,
        errors: Path,
        memory_bytes: int | None,
    ) -> None:
        self._counts = counts

        def explain(error: RunnerError, told: str) -> RunnerError:
            """A failure in the words of the memory budget, where there is one."""
            if memory_bytes is None:
                return RunnerError(told)
            budget = f"{memory_bytes / 2**20:.4g} MiB"
            return BudgetError(f"does not run within a memory budget of {budget}: {told}")

        super().__init__(process, errors, explain)

    def instructions(self) -> list[int]:
        """How many instructions each inference so far took, in order."""
        if self._counts is None:
            return []
        return [int(line) for line in self._counts.read_text().split()]


def _facts(root: Path, cpu: str, memory_bytes: int | None) -> DeviceFacts:
    """What a result says of the emulated phone: its CPU, the emulator, C library and versions."""
    qemu = _found(
        r"version (\d+\.\d+\.\d+)",
        command([str(root / "qemu" / "qemu-aarch64"), "--version"], {}),
    )
    with gzip.open(root / "sysroot/usr/share/doc/libc6/changelog.Debian.gz", "rt") as file:
        glibc = _found(r"\((.+)\)", file.readline())
    return {
        "machine": f"{cpu}, emulated by qemu {qemu}",
        "cpu": cpu,
        "cores": CORES,
        "features": CPUS[cpu].features.split(),
        "emulated": True,
        "memory_bytes": memory_bytes,
        "os": f"Debian {debian.RELEASE}, glibc {glibc}",
        "qemu": qemu,
        "runtimes": program.versions(),
    }


def _found(pattern: str, text: str) -> str:
    """The first group of a pattern in a text; ``unknown`` without a match."""
    found = re.search(pattern, text)
    return found[1] if found else "unknown"


def _quoted(path: Path) -> str:
    """A path as qemu reads it among options that commas separate."""
    return str(path).replace(",", ",,")


def _check(cpu: str) -> None:
    """Refuses CPUs that edgekit does not know, and the one that qemu computes wrongly with."""
    if cpu == "max":
        raise UnsupportedError(
            "arm64:max is refused: qemu 7.2, like all before 10, computes int8 models wrongly with "
            f"that CPU, without a word: choose from {', '.join(CPUS)}"
        )
    if cpu not in CPUS:
        raise UnsupportedError(f"arm64 has no CPU '{cpu}': choose from {', '.join(CPUS)}")


def _open(options: DeviceOptions) -> Arm64:
    return Arm64(options.chosen or DEFAULT, options.memory_limit_bytes, options.say)


def _find() -> list[Found]:
    """The emulated phones, with what has to be fetched before."""
    missing = SETUP.missing()
    remedy = f"{missing}: edgekit devices setup arm64" if missing else ""
    return [
        Found(f"arm64:{name}", f"emulated phone, {cpu.phones}", remedy)
        for name, cpu in CPUS.items()
    ]


def _set_up(say: Say) -> None:
    SETUP.make(say)


def _clean(chosen: str | None) -> None:
    SETUP.clean()


ARM64 = Driver("arm64", _find, _open, _set_up, _clean)
