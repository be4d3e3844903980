"""What this machine is: processor, memory and system, as far as it tells."""

from __future__ import annotations

import os
import platform
from pathlib import Path

from edgekit.benchmarks.devices.protocol import DeviceFacts

_FEATURES = (  # what the runtimes' kernels choose by
    *("avx2", "fma", "avx512f", "avx512_vnni", "avx_vnni", "avx512_bf16", "amx_int8", "amx_bf16"),
    *("asimd", "asimddp", "i8mm", "bf16", "sve", "sme"),
)
_GOVERNOR = Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")


def facts() -> DeviceFacts:
    """What a result says of this machine: processor, memory, system, versions of libraries.

    Returns:
        Plain JSON values by name; ``machine`` names the hardware in one line.
    """
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


def _cpu() -> tuple[str, frozenset[str]]:
    """The processor's name and its features; ``/proc/cpuinfo`` has them on Linux."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    rows = dict(line.split(":", 1) for line in reversed(lines) if ":" in line)
    listed = {key.strip(): value.strip() for key, value in rows.items()}
    features = listed.get("flags", listed.get("Features", ""))  # x86, Arm
    name = listed.get("model name") or platform.processor() or platform.machine()
    return name, frozenset(features.split())


def _system() -> str:
    """The name of the system with its kernel's version."""
    try:
        name = platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:
        return platform.platform(terse=True)
    return f"{name}, kernel {platform.release()}"
