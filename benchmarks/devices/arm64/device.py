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
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from edgekit.benchmarks.devices.arm64 import debian
from edgekit.benchmarks.devices.arm64 import setup as arm64_setup
from edgekit.benchmarks.devices.arm64.cpus import CORES, CPUS, DEFAULT
from edgekit.benchmarks.devices.local import LocalFiles
from edgekit.benchmarks.devices.protocol import Runner, RunnerError
from edgekit.errors import UnsupportedError

_LIBRARIES = {
    "onnxruntime": ("onnxruntime/capi", "libonnxruntime.so.*"),
    "litert": ("ai_edge_litert", "libLiteRt.so"),
}
_RUNTIMES = {"onnx": ("onnxruntime",), "tflite": ("litert",)}
_ADDRESSES = 8 * 2**30  # bytes of address space where no budget limits it
_NOISE = ("INFO", "WARNING", "qemu: uncaught target signal")


class Arm64(LocalFiles):
    """A phone with one of :data:`CPUS`; ``memory_bytes`` limits the guest's address space.

    Raises:
        UnsupportedError: edgekit does not know that CPU, or qemu computes wrongly with it.
        SetupError: the emulator is not set up and cannot be.
    """

    timed = False

    def __init__(
        self,
        cpu: str = DEFAULT,
        memory_bytes: int | None = None,
        say: Callable[[str], None] = lambda text: None,
    ) -> None:
        super().__init__()
        _check(cpu)
        self._root = arm64_setup.setup(say)
        self._cpu, self._memory_bytes = cpu, memory_bytes
        self._numbers = itertools.count()
        self._facts = _facts(self._root, cpu, memory_bytes)
        self.name = f"arm64:{cpu}"

    def facts(self) -> Mapping[str, Any]:
        """The emulated CPU and what runs on it."""
        return self._facts

    def runtimes(self, format_name: str) -> tuple[str, ...]:
        """Those with an AArch64 wheel and a C interface."""
        return _RUNTIMES.get(format_name, ())

    def start(
        self,
        runtime: str,
        model: str,
        threads: int,
        inputs: str,
        outputs: str,
        *,
        evict: bool = False,
    ) -> Runner:
        """The native runner under qemu; its load times mean nothing, so nothing is evicted.

        Raises:
            RunnerError: it cannot open the file, or not within the memory budget.
        """
        arguments = (
            *("--model", model, "--threads", str(threads)),
            *("--inputs", inputs, "--outputs", outputs),
        )
        if self._memory_bytes is None:
            return self._open(runtime, arguments, threads == 1, None)
        try:
            return self._open(runtime, arguments, threads == 1, self._memory_bytes)
        except BudgetError:
            self._open(runtime, arguments, False, None).close()  # else the file itself is at fault
            raise

    def _open(
        self, runtime: str, arguments: tuple[str, ...], counted: bool, memory_bytes: int | None
    ) -> Runner:
        folder, pattern = _LIBRARIES[runtime]
        (library,) = (self._root / "runtimes" / folder).glob(pattern)
        number = next(self._numbers)
        counts, errors = (Path(self.scratch(f"{kind}-{number}")) for kind in ("counts", "errors"))
        end = str(memory_bytes or _ADDRESSES)
        plugin = f"{_quoted(self._root / 'count.so')},out={_quoted(counts)}"
        with errors.open("w") as stderr:
            process = subprocess.Popen(
                [
                    *(str(self._root / "qemu" / "qemu-aarch64"), "-cpu", self._cpu),
                    *("-R", end, "-seed", "1", "-L", str(self._root / "cpus" / self._cpu)),
                    *(("-plugin", plugin) if counted else ()),
                    *(str(self._root / "runner"), "--backend", runtime, "--library", str(library)),
                    *("--guest-end", end, *arguments),
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                encoding="utf-8",
                errors="replace",
                env={"PATH": "/usr/bin:/bin"},
            )
        return Emulated(process, counts if counted else None, errors, memory_bytes)


class BudgetError(RunnerError):
    """A runner with a memory budget died or refused."""


class Emulated(Runner):
    """A runner under qemu, whose plugin writes each inference's instructions into ``counts``.

    None: it counts nothing, as with more than one thread, since the plugin's counter has no lock.
    """

    def __init__(
        self,
        process: subprocess.Popen[str],
        counts: Path | None,
        errors: Path,
        memory_bytes: int | None,
    ) -> None:
        self._counts, self._errors, self._memory_bytes = counts, errors, memory_bytes
        super().__init__(process)

    def instructions(self) -> list[int]:
        """Of each inference so far, in order."""
        if self._counts is None:
            return []
        return [int(line) for line in self._counts.read_text().split()]

    def _answer(self, event: str) -> Mapping[str, Any]:
        try:
            return super()._answer(event)
        except RunnerError as error:
            text = f"{error}{self._last_words()}"
            if self._memory_bytes is None:
                raise RunnerError(text) from error
            budget = f"{self._memory_bytes / 2**20:.4g} MiB"
            raise BudgetError(f"does not run within a memory budget of {budget}: {text}") from error

    def _last_words(self) -> str:
        """What the process wrote last on its standard error, if that says anything."""
        lines = self._errors.read_text(errors="replace").splitlines()
        told = [line.strip() for line in lines if line.strip() and not line.startswith(_NOISE)]
        return f" ({told[-1][:200]})" if told else ""


def _facts(root: Path, cpu: str, memory_bytes: int | None) -> Mapping[str, Any]:
    qemu = _found(
        r"version (\d+\.\d+\.\d+)",
        arm64_setup.command([str(root / "qemu" / "qemu-aarch64"), "--version"], {}),
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
        "runtimes": dict(arm64_setup.WHEELS),
    }


def _found(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    return found[1] if found else "unknown"


def _quoted(path: Path) -> str:
    """As qemu reads a path among options separated by commas."""
    return str(path).replace(",", ",,")


def _check(cpu: str) -> None:
    if cpu == "max":
        raise UnsupportedError(
            "arm64:max is refused: qemu 7.2, like all before 10, computes int8 models wrongly with "
            f"that CPU, without a word: choose from {', '.join(CPUS)}"
        )
    if cpu not in CPUS:
        raise UnsupportedError(f"arm64 has no CPU '{cpu}': choose from {', '.join(CPUS)}")
