"""What the emulated phone needs, fetched once into a cache: no root, nothing installed.

Five parts, each from where its makers publish it: Debian's arm64 C libraries, the runtimes' AArch64
wheels, Debian's user-mode qemu, a cross compiler (gone again when the runner is built), and
edgekit's own runner and instruction counter, compiled here. Versions are edgekit's choice, not the
machine's, so that an instruction count is the same everywhere.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from edgekit.benchmarks.devices.arm64 import debian
from edgekit.benchmarks.devices.arm64.cpus import CPUS, cpuinfo
from edgekit.benchmarks.devices.arm64.debian import Run
from edgekit.errors import EdgekitError
from edgekit.files import cache_folder, locked

Say = Callable[[str], None]
READY = "ready.json"
SYSROOT = ("libc6", "libstdc++6", "libgcc-s1")
QEMU = (  # and what it is linked with, so that it runs on any machine
    *("qemu-user", "libc6", "libgcc-s1", "libcapstone4", "libffi8", "libglib2.0-0", "libgmp10"),
    *("libgnutls30", "libhogweed6", "libidn2-0", "libnettle8", "libnuma1", "libp11-kit0"),
    *("libpcre2-8-0", "libtasn1-6", "libunistring2", "liburing2", "zlib1g"),
)
WHEELS = {
    "onnxruntime": "1.31.1",
    "ai-edge-litert": "2.3.0",  # its C functions, declared in runner.c, may move with any release
}
PLATFORMS = ("manylinux_2_28_aarch64", "manylinux_2_27_aarch64", "manylinux2014_aarch64")
COMPILER = "ziglang==0.17.1"


class SetupError(EdgekitError):
    """Something could not be fetched or built."""


def cache() -> Path:
    """Where it all is: ``EDGEKIT_CACHE``, or the user's own cache folder."""
    return cache_folder("arm64")


def missing(target: Path | None = None) -> str | None:
    """Why the cache, or a folder in its place, cannot be used yet, or None."""
    try:
        found = json.loads(((target or cache()) / READY).read_text())
    except (OSError, ValueError):
        return "not set up"
    return None if found == stamp() else "set up for another edgekit or other runtimes"


def stamp() -> dict[str, Any]:
    """What the cache's content depends on."""
    programs = _programs()
    sources = "".join(map(_source, programs))
    return {
        "sources": hashlib.sha256(sources.encode()).hexdigest(),
        "flags": {name: list(flags) for name, (_, flags) in programs.items()},
        "debian": [debian.RELEASE, *SYSROOT, *QEMU],
        "wheels": WHEELS,
        "compiler": COMPILER,
        "cpus": {name: cpuinfo(name) for name in CPUS},
    }


def setup(say: Say = lambda text: None, run: Run | None = None, target: Path | None = None) -> Path:
    """Fetches and builds everything, unless it is there; the cache appears whole or not at all.

    Whoever comes second waits for the first, and what a killed one left is removed. ``run`` starts
    the tools, ``target`` is a folder in the cache's place.

    Raises:
        SetupError: a download or a tool failed; the message says which and what to do.
    """
    target = target or cache()
    if missing(target) is None:
        return target
    with _alone(target.parent, say):
        if missing(target) is None:  # another process has done it meanwhile
            return target
        _remove_all(target)
        with tempfile.TemporaryDirectory(prefix=_UNFINISHED, dir=target.parent) as name:
            folder = Path(name) / target.name
            folder.mkdir()
            for number, part in enumerate(PARTS, 1):
                say(f"[{number}/{len(PARTS)}] {part.description}")
                part.make(folder, _telling(run or command, part))
            shutil.rmtree(folder / "compiler", ignore_errors=True)
            (folder / READY).write_text(json.dumps(stamp()))
            folder.rename(target)
    return target


def clean() -> None:
    """Removes the cache, and what an interrupted setup left."""
    target = cache()
    if target.parent.is_dir():
        with _alone(target.parent, lambda text: None):
            _remove_all(target)


_UNFINISHED = "arm64-unfinished-"


def _remove_all(target: Path) -> None:
    for folder in (target, *target.parent.glob(f"{_UNFINISHED}*")):
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _alone(folder: Path, say: Say) -> Iterator[None]:
    """No other process changes what is in it meanwhile; the system frees a killed process's lock.

    Raises:
        SetupError: the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        wait = "another process is setting it up: waiting for it"
        with locked(folder / "arm64.lock", wait, say):
            yield
    except OSError as error:
        reason = error.strerror or error
        raise SetupError(
            f"{folder} cannot be written: {reason}; set EDGEKIT_CACHE to another folder"
        ) from error


def command(arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    """Runs a tool and returns what it printed.

    Raises:
        OSError: the tool is not there.
        CalledProcessError: it failed.
    """
    return subprocess.run(
        arguments,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    ).stdout


@dataclass(frozen=True)
class Part:
    """One thing to fetch or build; ``remedy`` is what helps when that fails."""

    description: str
    remedy: str
    make: Callable[[Path, Run], None]


def _telling(run: Run, part: Part) -> Run:
    """The same, but failures are one line with the part's remedy."""

    def told(arguments: Sequence[str], environment: Mapping[str, str]) -> str:
        try:
            return run(arguments, environment)
        except FileNotFoundError as error:
            reason = f"{arguments[0]} is not installed"
            raise SetupError(f"cannot {part.description}: {reason}; {part.remedy}") from error
        except subprocess.CalledProcessError as error:
            raise SetupError(f"cannot {part.description}: {_why(error)}; {part.remedy}") from error

    return told


def _why(error: subprocess.CalledProcessError) -> str:
    """The first line that looks like an error, else the last one."""
    lines = str(error.stderr or error.stdout or "").strip().splitlines() or ["no output"]
    found = [line for line in lines if line.startswith("E: ") or "error:" in line.lower()]
    return (found or lines[-1:])[0].strip()[:300]


def _sysroot(folder: Path, run: Run) -> None:
    """Debian's, and for each CPU a root that differs by its ``/proc/cpuinfo``."""
    debian.unpack(SYSROOT, "arm64", folder / "sysroot", run)
    for name in CPUS:
        root = folder / "cpus" / name
        (root / "proc").mkdir(parents=True)
        (root / "proc" / "cpuinfo").write_text(cpuinfo(name))
        for each in (folder / "sysroot").iterdir():
            (root / each.name).symlink_to(Path("../../sysroot") / each.name)


def _runtimes(folder: Path, run: Run) -> None:
    platforms = [part for name in PLATFORMS for part in ("--platform", name)]
    wheels = [f"{name}=={version}" for name, version in WHEELS.items()]
    _pip(run, folder / "runtimes", *platforms, "--python-version", "311", *wheels)


def _pip(run: Run, folder: Path, *arguments: str) -> None:
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
    options = ["--no-deps", "--no-compile", "--only-binary=:all:", "--target", str(folder)]
    run([*pip, *options, *arguments], {})


def _qemu(folder: Path, run: Run) -> None:
    """Started by its own loader, so that the guest inherits no library path of the host's."""
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
    """Compiles what :func:`_programs` lists."""
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
    """The runner for arm64 Linux with glibc 2.28 or later, the counter for this machine."""
    machine = "aarch64" if os.uname().machine in ("aarch64", "arm64") else "x86_64"
    common = ("-std=c11", "-O2", "-s", "-Wall", "-Wextra", "-Werror", "-target")
    version = f'-DLITERT_VERSION="{WHEELS["ai-edge-litert"]}"'
    runner = (*common, "aarch64-linux-gnu.2.28", "-fPIE", "-pie", "-ldl", version)
    counter = (*common, f"{machine}-linux-gnu.2.28", "-fPIC", "-shared")
    return {"runner.c": ("runner", runner), "count.c": ("count.so", counter)}


def _source(name: str) -> str:
    return files("edgekit.benchmarks.devices.arm64").joinpath("native", name).read_text("utf-8")


_APT = (
    "this needs the network, apt, dpkg and debian-archive-keyring: where there are none, work in a "
    "Debian container"
)
_PIP = "check the network and pip's settings and try again"
PARTS = (
    Part("fetch arm64 C libraries, 3 MB", _APT, _sysroot),
    Part("fetch onnxruntime and LiteRT for arm64, 30 MB", _PIP, _runtimes),
    Part("fetch qemu's user-mode emulator, 30 MB", _APT, _qemu),
    Part("fetch a cross compiler, 90 MB", _PIP, _compiler),
    Part("build the runner", "run it again with --debug and report it", _build),
)
