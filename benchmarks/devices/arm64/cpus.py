"""CPUs of phones as data: what qemu emulates and what ``/proc/cpuinfo`` says of it.

The runtimes choose their kernels by that file, so it has to match the emulated CPU: with another
one they crash or are slower than the phone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_V8 = "fp asimd evtstrm aes pmull sha1 sha2 crc32 cpuid"
_V82 = f"{_V8} atomics fphp asimdhp asimdrdm lrcpc dcpop asimddp"
_ARM = 0x41  # the implementer
CORES = 2  # of an emulated phone


@dataclass(frozen=True)
class Cpu:
    """A CPU as Linux shows it.

    Attributes:
        part: Arm's part number, in the main ID register (MIDR_EL1), as ``CPU part`` shows it.
        variant: the major revision, in the same register.
        revision: the minor revision, in the same register.
        features: the features that the kernel lists (HWCAP), separated by spaces.
        phones: which phones have it, and whether it has int8 dot products.
    """

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
    """The text of ``/proc/cpuinfo`` on a phone with that CPU.

    Args:
        name: a name in :data:`CPUS`.
    """
    cpu = CPUS[name]
    return "".join(
        f"processor\t: {core}\nBogoMIPS\t: 26.00\nFeatures\t: {cpu.features}\n"
        f"CPU implementer\t: 0x{_ARM:02x}\nCPU architecture: 8\nCPU variant\t: 0x{cpu.variant:x}\n"
        f"CPU part\t: 0x{cpu.part:03x}\nCPU revision\t: {cpu.revision}\n\n"
        for core in range(CORES)
    )
