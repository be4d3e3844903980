"""CPUs of phones as data: what qemu emulates and what ``/proc/cpuinfo`` says of it.

The runtimes choose their kernels by that file, so it has to match the emulated CPU: with another
one they crash or are slower than the phone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_V8 = "fp asimd evtstrm aes pmull sha1 sha2 crc32 cpuid"
_V82 = f"{_V8} atomics fphp asimdhp asimdrdm lrcpc dcpop asimddp"
_ARM = 0x41
CORES = 2


@dataclass(frozen=True)
class Cpu:
    """One core's identity (Arm's part numbers) and the features its kernel lists."""

    part: int
    variant: int
    revision: int
    features: str
    phones: str


CPUS: Mapping[str, Cpu] = {
    "cortex-a53": Cpu(0xD03, 0, 4, _V8, "entry phones of 2014 to 2020; no dot product"),
    "cortex-a72": Cpu(0xD08, 0, 3, _V8, "flagships of 2016; no dot product"),
    "cortex-a76": Cpu(0xD0B, 4, 1, _V82, "flagships of 2019, mid-range of 2022; dot product"),
    "neoverse-n1": Cpu(0xD0C, 4, 1, _V82, "arm64 servers; dot product"),
}
DEFAULT = "cortex-a76"


def cpuinfo(name: str) -> str:
    """The file ``/proc/cpuinfo`` of a phone with that CPU."""
    cpu = CPUS[name]
    return "".join(
        f"processor\t: {core}\nBogoMIPS\t: 26.00\nFeatures\t: {cpu.features}\n"
        f"CPU implementer\t: 0x{_ARM:02x}\nCPU architecture: 8\nCPU variant\t: 0x{cpu.variant:x}\n"
        f"CPU part\t: 0x{cpu.part:03x}\nCPU revision\t: {cpu.revision}\n\n"
        for core in range(CORES)
    )
