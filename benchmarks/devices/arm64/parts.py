"""The steps of the emulated phone's setup: what is fetched from where, and what is built.

Five parts, each from where its makers publish it: Debian's arm64 C libraries, the runtimes' AArch64
wheels, Debian's user-mode qemu, a cross compiler (gone again when the runner is built), and
edgekit's own runner and instruction counter, compiled here. Versions are edgekit's choice, not the
machine's, so that an instruction count is the same everywhere.
"""

from __future__ import annotations

import hashlib
import os
import sys
from importlib.resources import files
from pathlib import Path

from edgekit.benchmarks.devices.arm64.cpus import CPUS, cpuinfo
from edgekit.benchmarks.devices.arm64.wheels import WHEELS
from edgekit.toolchains import debian
from edgekit.toolchains.setup import Part, Run, Setup

SYSROOT = ("libc6", "libstdc++6", "libgcc-s1")
QEMU = (  # and what it is linked with, so that it runs on any machine
    *("qemu-user", "libc6", "libgcc-s1", "libcapstone4", "libffi8", "libglib2.0-0", "libgmp10"),
    *("libgnutls30", "libhogweed6", "libidn2-0", "libnettle8", "libnuma1", "libp11-kit0"),
    *("libpcre2-8-0", "libtasn1-6", "libunistring2", "liburing2", "zlib1g"),
)
PLATFORMS = ("manylinux_2_28_aarch64", "manylinux_2_27_aarch64", "manylinux2014_aarch64")
COMPILER = "ziglang==0.17.1"


def stamp() -> dict[str, object]:
    """All that the emulator's folder in the cache depends on, as plain JSON values.

    When it changes, the folder is made anew.
    """
    programs = _programs()
    sources = "".join(map(_source, programs))
    return {
        "sources": hashlib.sha256(sources.encode()).hexdigest(),
        "flags": {name: list(flags) for name, (_, flags) in programs.items()},
        "debian": [debian.RELEASE, *SYSROOT, *QEMU],
        "wheels": {wheel.package: wheel.version for wheel in WHEELS.values()},
        "compiler": COMPILER,
        "cpus": {name: cpuinfo(name) for name in CPUS},
    }


def _sysroot(folder: Path, run: Run) -> None:
    """Unpacks Debian's C libraries, and makes a root for each CPU with its ``/proc/cpuinfo``."""
    debian.unpack(SYSROOT, "arm64", folder / "sysroot", run)
    for name in CPUS:
        root = folder / "cpus" / name
        (root / "proc").mkdir(parents=True)
        (root / "proc" / "cpuinfo").write_text(cpuinfo(name))
        for each in (folder / "sysroot").iterdir():
            (root / each.name).symlink_to(Path("../../sysroot") / each.name)


def _runtimes(folder: Path, run: Run) -> None:
    platforms = [part for name in PLATFORMS for part in ("--platform", name)]
    wheels = [f"{wheel.package}=={wheel.version}" for wheel in WHEELS.values()]
    _pip(run, folder / "runtimes", *platforms, "--python-version", "311", *wheels)


def _pip(run: Run, folder: Path, *arguments: str) -> None:
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
    options = ["--no-deps", "--no-compile", "--only-binary=:all:", "--target", str(folder)]
    run([*pip, *options, *arguments], {})


def _qemu(folder: Path, run: Run) -> None:
    """Unpacks qemu, and writes a script that starts it by its own loader.

    A library path in the environment would do as well, but the emulated program would inherit it.
    """
    root = folder / "qemu"
    debian.unpack(QEMU, debian.own_architecture(run), root, run)
    for each in (root / "usr" / "bin").iterdir():  # two dozen other processors
        if each.name != "qemu-aarch64":
            each.unlink()
    (loader,) = (path.relative_to(root) for path in root.glob("lib*/ld-linux-*"))
    (triplet,) = {path.name for path in (root / "lib").glob("*-linux-gnu")}
    start = root / "qemu-aarch64"
    start.write_text(
        "#!/bin/sh\n"
        'root="$(dirname "$(readlink -f "$0")")"\n'
        f'exec "$root/{loader}" --library-path "$root/lib/{triplet}:$root/usr/lib/{triplet}" '
        '"$root/usr/bin/qemu-aarch64" "$@"\n'
    )
    start.chmod(0o755)


def _compiler(folder: Path, run: Run) -> None:
    _pip(run, folder / "compiler", COMPILER)


def _build(folder: Path, run: Run) -> None:
    """Compiles the programs that :func:`_programs` lists."""
    environment = {
        "PYTHONPATH": str(folder / "compiler"),
        "ZIG_GLOBAL_CACHE_DIR": str(folder / "compiler" / "cache"),
        "ZIG_LOCAL_CACHE_DIR": str(folder / "compiler" / "cache"),
    }
    for name, (output, flags) in _programs().items():
        source = folder / "compiler" / name
        source.write_text(_source(name))
        compiler = [sys.executable, "-m", "ziglang", "cc", str(source), "-o", str(folder / output)]
        run([*compiler, *flags], environment)


def _programs() -> dict[str, tuple[str, tuple[str, ...]]]:
    """The programs that are compiled: by the source's name, that of the program and the flags.

    The runner is for arm64 Linux with glibc 2.28 or later, the counter for this machine, where qemu
    loads it.
    """
    machine = "aarch64" if os.uname().machine in ("aarch64", "arm64") else "x86_64"
    common = ("-std=c11", "-O2", "-s", "-Wall", "-Wextra", "-Werror", "-target")
    version = f'-DLITERT_VERSION="{WHEELS["litert"].version}"'
    runner = (*common, "aarch64-linux-gnu.2.28", "-fPIE", "-pie", "-ldl", version)
    counter = (*common, f"{machine}-linux-gnu.2.28", "-fPIC", "-shared")
    return {"runner.c": ("runner", runner), "count.c": ("count.so", counter)}


def _source(name: str) -> str:
    return files("edgekit.benchmarks.devices.arm64").joinpath("native", name).read_text("utf-8")


_PIP = "check the network and pip's settings and try again"
PARTS = (
    Part("fetch arm64 C libraries, 3 MB", debian.REMEDY, _sysroot),
    Part("fetch onnxruntime and LiteRT for arm64, 30 MB", _PIP, _runtimes),
    Part("fetch qemu's user-mode emulator, 30 MB", debian.REMEDY, _qemu),
    Part("fetch a cross compiler, 90 MB", _PIP, _compiler),
    Part("build the runner", "run it again with --debug and report it", _build),
)

SETUP = Setup("arm64", PARTS, stamp, scratch=("compiler",))
