"""This machine as a target: runners are Python processes, files stay where they are."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from edgekit.benchmarks.devices.host import runner
from edgekit.benchmarks.devices.local import LocalFiles
from edgekit.benchmarks.devices.protocol import Runner

_FEATURES = (  # what the runtimes' kernels choose by
    *("avx2", "fma", "avx512f", "avx512_vnni", "avx_vnni", "avx512_bf16", "amx_int8", "amx_bf16"),
    *("asimd", "asimddp", "i8mm", "bf16", "sve", "sme"),
)
_GOVERNOR = Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")


class Host(LocalFiles):
    """The machine that edgekit runs on."""

    name = "host"
    timed = True

    def facts(self) -> Mapping[str, Any]:
        """CPU, memory and system; ``machine`` is the hardware in one line."""
        import psutil

        cpu, flags = _cpu()
        cores = os.cpu_count() or 1
        return {
            "machine": f"{cpu}, {cores} cores",
            "cpu": cpu,
            "cores": cores,
            "features": [name for name in _FEATURES if name in flags],
            "virtual": "hypervisor" in flags,
            "memory_bytes": psutil.virtual_memory().total,
            "os": _system(),
            "governor": _GOVERNOR.read_text().strip() if _GOVERNOR.exists() else None,
            "python": platform.python_version(),
        }

    def runtimes(self, format_name: str) -> tuple[str, ...]:
        """Those that are installed and whose speed means something."""
        return tuple(
            row.name
            for row in runner.RUNTIMES.values()
            if row.format == format_name and row.measures and row.available()
        )

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
        """A Python process with one file open; ``evict`` drops it from the page cache first."""
        arguments = {
            "--runtime": runtime,
            "--model": model,
            "--threads": str(threads),
            "--inputs": inputs,
            "--outputs": outputs,
        }
        process = subprocess.Popen(
            [
                sys.executable,
                *("-c", "from edgekit.benchmarks.devices.host.runner import main; main()"),
                *(part for pair in arguments.items() for part in pair),
                *(["--evict"] if evict else []),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=_environment(threads),
        )
        return Runner(process)


def _environment(threads: int) -> dict[str, str]:
    """Thread pools of NumPy and OpenMP must not be larger than what is measured."""
    pools = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    path = os.pathsep.join(map(os.path.abspath, sys.path))
    return {**os.environ, **dict.fromkeys(pools, str(threads)), "PYTHONPATH": path}


def _cpu() -> tuple[str, frozenset[str]]:
    """The processor's name and flags, as far as the system tells."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    rows = dict(line.split(":", 1) for line in reversed(lines) if ":" in line)
    facts = {key.strip(): value.strip() for key, value in rows.items()}
    flags = facts.get("flags", facts.get("Features", ""))
    name = facts.get("model name") or platform.processor() or platform.machine()
    return name, frozenset(flags.split())


def _system() -> str:
    try:
        name = platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:
        return platform.platform(terse=True)
    return f"{name}, kernel {platform.release()}"
