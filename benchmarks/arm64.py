"""An emulated arm64 phone as a target: what it computes, instructions, memory; never a latency.

qemu translates: its wall time says nothing of a phone's (int8 looks nine times faster than fp32).
What is true under it: outputs, sizes, instructions of one inference, growth of memory, and whether
a memory budget is enough.
"""

from __future__ import annotations

import itertools
import re
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from edgekit.benchmarks import arm64_setup
from edgekit.benchmarks.arm64_cpus import CORES, CPUS, DEFAULT
from edgekit.benchmarks.protocol import Runner, RunnerError
from edgekit.errors import UnsupportedError

_LIBRARIES = {
    "onnxruntime": ("onnxruntime/capi", "libonnxruntime.so.*"),
    "litert": ("ai_edge_litert", "libLiteRt.so"),
}
_RUNTIMES = {"onnx": ("onnxruntime",), "tflite": ("litert",)}
_FIRST_RIGHT_MAX = 10  # before, qemu's "max" computes int8 wrongly: its SME is to blame


class Arm64:
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
        _check(cpu)
        self._root = arm64_setup.setup(say)
        self._cpu, self._memory_bytes = cpu, memory_bytes
        self._folder = tempfile.TemporaryDirectory(prefix="edgekit-arm64-")
        self._numbers = itertools.count()
        self.name = f"arm64:{cpu}"

    def facts(self) -> Mapping[str, Any]:
        """The emulated CPU and what runs on it."""
        qemu = qemu_version(self._root)
        return {
            "machine": f"{self._cpu}, emulated by qemu {qemu}",
            "cpu": self._cpu,
            "cores": CORES,
            "features": CPUS[self._cpu].features.split(),
            "emulated": True,
            "memory_bytes": self._memory_bytes,
            "os": "Linux, glibc",
            "qemu": qemu,
            "runtimes": arm64_setup.stamp()["wheels"],
        }

    def runtimes(self, format_name: str) -> tuple[str, ...]:
        """Those with an AArch64 wheel and a C interface."""
        return _RUNTIMES.get(format_name, ())

    def put(self, path: Path) -> str:
        """Nothing to do: the guest sees this machine's files."""
        return str(path.absolute())

    def scratch(self, name: str) -> str:
        """A path in a folder of this object's own."""
        return str(Path(self._folder.name) / name)

    def get(self, remote: str, local: Path) -> None:
        """Copies it, if it is not the same file."""
        import shutil

        if Path(remote) != local.absolute():
            shutil.copyfile(remote, local)

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
        """The native runner under qemu; its load times mean nothing, so nothing is evicted."""
        folder, pattern = _LIBRARIES[runtime]
        (library,) = (self._root / "runtimes" / folder).glob(pattern)
        counts = Path(self._folder.name) / f"counts-{next(self._numbers)}"
        limit = [] if self._memory_bytes is None else ["-R", str(self._memory_bytes)]
        process = subprocess.Popen(
            [
                *(str(self._root / "qemu" / "qemu-aarch64"), "-cpu", self._cpu, *limit),
                *("-L", str(self._root / "cpus" / self._cpu)),
                *("-plugin", f"{self._root / 'count.so'},out={counts}"),
                *(str(self._root / "runner"), "--backend", runtime, "--library", str(library)),
                *("--model", model, "--threads", str(threads)),
                *("--inputs", inputs, "--outputs", outputs),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        return Emulated(process, counts, self._memory_bytes)


class Emulated(Runner):
    """A runner under qemu, whose plugin counts each inference's instructions."""

    def __init__(
        self, process: subprocess.Popen[str], counts: Path, memory_bytes: int | None
    ) -> None:
        self._counts, self._memory_bytes = counts, memory_bytes
        super().__init__(process)

    def instructions(self) -> list[int]:
        """Of each inference so far, in order."""
        return [int(line) for line in self._counts.read_text().split()]

    def _answer(self, event: str) -> Mapping[str, Any]:
        try:
            return super()._answer(event)
        except RunnerError as error:
            if self._memory_bytes is None:
                raise
            budget = f"{self._memory_bytes / 2**20:.0f} MiB"
            raise RunnerError(
                f"does not run within a memory budget of {budget}: {error}"
            ) from error


def qemu_version(root: Path) -> str:
    """Like ``7.2``."""
    text = arm64_setup.command([str(root / "qemu" / "qemu-aarch64"), "--version"], {})
    found = re.search(r"version (\d+\.\d+)", text)
    return found[1] if found else "unknown"


def _check(cpu: str) -> None:
    if cpu == "max":
        raise UnsupportedError(
            f"arm64:max: qemu before {_FIRST_RIGHT_MAX} computes int8 models wrongly with it, "
            f"without a word: choose from {', '.join(CPUS)}"
        )
    if cpu not in CPUS:
        raise UnsupportedError(f"unknown CPU '{cpu}': choose from {', '.join(CPUS)}")
