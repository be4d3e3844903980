"""What the emulated phone needs, fetched once into a cache: no root, nothing installed.

Five parts, each from where its makers publish it: Debian's arm64 C libraries, the runtimes' AArch64
wheels, qemu's user-mode emulator (the machine's own, or Debian's), a cross compiler (gone again
when the runner is built), and edgekit's own runner and instruction counter, compiled here.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from edgekit.benchmarks.arm64_cpus import CPUS, cpuinfo
from edgekit.errors import EdgekitError

Run = Callable[[Sequence[str], Mapping[str, str]], str]
Say = Callable[[str], None]
READY = "ready.json"
SYSROOT = ("libc6", "libstdc++6", "libgcc-s1")
QEMU = (
    *("qemu-user", "libcapstone4", "libglib2.0-0", "libgnutls30", "libp11-kit0", "libidn2-0"),
    *("libunistring2", "libtasn1-6", "libnettle8", "libhogweed6", "libgmp10", "libpcre2-8-0"),
    *("libffi8", "zlib1g"),
)
WHEELS = ("onnxruntime", "ai-edge-litert")
PLATFORMS = ("manylinux_2_28_aarch64", "manylinux_2_27_aarch64", "manylinux2014_aarch64")
COMPILER = "ziglang==0.17.1"
LITERT = "2.3.0"  # its C functions, declared in runner.c, may move with any release


class SetupError(EdgekitError):
    """Something could not be fetched or built."""


def cache() -> Path:
    """Where it all is: ``EDGEKIT_CACHE``, or the user's own cache folder."""
    import platformdirs

    place = os.environ.get("EDGEKIT_CACHE")
    return Path(place or platformdirs.user_cache_path("edgekit")).absolute() / "arm64"


def missing() -> str | None:
    """Why the cache cannot be used yet, or None."""
    try:
        found = json.loads((cache() / READY).read_text())
    except (OSError, ValueError):
        return "not set up"
    return None if found == stamp() else "set up for another edgekit or other runtimes"


def stamp() -> dict[str, Any]:
    """What the cache's content depends on."""
    sources = hashlib.sha256("".join(map(_source, ("runner.c", "count.c"))).encode()).hexdigest()
    return {"sources": sources, "wheels": _wheels(), "compiler": COMPILER, "cpus": sorted(CPUS)}


def setup(say: Say = lambda text: None, run: Run | None = None) -> Path:
    """Fetches and builds everything, unless it is there; the cache appears whole or not at all.

    Raises:
        SetupError: a download or a tool failed; the message says which and what to do.
    """
    target = cache()
    if missing() is None:
        say(f"{target} is set up")
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="arm64-", dir=target.parent) as name:
        folder = Path(name) / "arm64"
        folder.mkdir()
        for part in PARTS:
            say(part.description)
            part.make(folder, _telling(run or command, part))
        shutil.rmtree(folder / "compiler", ignore_errors=True)
        (folder / READY).write_text(json.dumps(stamp()))
        clean()
        folder.rename(target)
    return target


def clean() -> None:
    """Removes the cache."""
    shutil.rmtree(cache(), ignore_errors=True)


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
            lines = str(error.stderr or error.stdout or "").strip().splitlines() or ["no output"]
            reason = f"{Path(arguments[0]).name} failed: {lines[-1][:200]}"
            raise SetupError(f"cannot {part.description}: {reason}; {part.remedy}") from error

    return told


def _debian(packages: Sequence[str], architecture: str, folder: Path, run: Run) -> None:
    """Unpacks Debian packages into a folder, with package lists of its own."""
    work = folder.with_name(f"{folder.name}-apt")
    for each in ("state/lists/partial", "cache/archives/partial", "debs"):
        (work / each).mkdir(parents=True)
    (work / "state/status").touch()
    (work / "apt.conf").write_text(
        f'APT::Architecture "{architecture}"; APT::Architectures {{ "{architecture}"; }};\n'
        f'Dir::State "{work}/state"; Dir::State::status "{work}/state/status";\n'
        f'Dir::Cache "{work}/cache"; Acquire::Languages "none"; APT::Sandbox::User "root";\n'
    )
    environment = {"APT_CONFIG": str(work / "apt.conf")}
    run(["apt-get", "update", "-qq"], environment)
    script = 'cd "$1" && shift && exec apt-get download -qq "$@"'
    run(["sh", "-c", script, "sh", str(work / "debs"), *packages], environment)
    for package in sorted((work / "debs").glob("*.deb")):
        run(["dpkg", "-x", str(package), str(folder)], {})
    shutil.rmtree(work)


def _sysroot(folder: Path, run: Run) -> None:
    _debian(SYSROOT, "arm64", folder / "sysroot", run)
    for name in CPUS:
        root = folder / "cpus" / name
        (root / "proc").mkdir(parents=True)
        (root / "proc" / "cpuinfo").write_text(cpuinfo(name))
        for each in (folder / "sysroot").iterdir():
            (root / each.name).symlink_to(Path("../../sysroot") / each.name)


def _wheels() -> list[str]:
    """The host's own versions, so that outputs can be compared."""
    versions = {name: importlib.metadata.version(name) for name in WHEELS}
    versions["ai-edge-litert"] = LITERT
    return [f"{name}=={version}" for name, version in versions.items()]


def _runtimes(folder: Path, run: Run) -> None:
    platforms = [part for name in PLATFORMS for part in ("--platform", name)]
    _pip(run, folder / "runtimes", *platforms, "--python-version", "311", *_wheels())


def _pip(run: Run, folder: Path, *arguments: str) -> None:
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder)]
    run([*pip, "--only-binary=:all:", *arguments], {})


def _qemu(folder: Path, run: Run) -> None:
    """The machine's own emulator if it takes plugins, else Debian's with its libraries."""
    own = shutil.which("qemu-aarch64")
    if own is not None:
        (folder / "qemu").mkdir()
        (folder / "qemu" / "qemu-aarch64").symlink_to(own)
        if "plugin" in run([own, "-h"], {}):
            return
        shutil.rmtree(folder / "qemu")
    architecture = run(["dpkg", "--print-architecture"], {}).strip()
    _debian(QEMU, architecture, folder / "qemu-debian", run)
    root = folder / "qemu-debian" / "usr"
    libraries = " ".join(map(str, sorted(path.name for path in (root / "lib").glob("*-linux-*"))))
    (folder / "qemu").mkdir()
    start = folder / "qemu" / "qemu-aarch64"
    start.write_text(
        "#!/bin/sh\n"
        f'root="$(dirname "$(readlink -f "$0")")/../qemu-debian/usr"\n'
        f'LD_LIBRARY_PATH="$root/lib/{libraries}" exec "$root/bin/qemu-aarch64" "$@"\n'
    )
    start.chmod(0o755)


def _compiler(folder: Path, run: Run) -> None:
    _pip(run, folder / "compiler", COMPILER)


def _build(folder: Path, run: Run) -> None:
    """The runner for arm64 Linux with glibc 2.28 or later, the counter for this machine."""
    machine = "aarch64" if os.uname().machine in ("aarch64", "arm64") else "x86_64"
    kinds = {
        "runner.c": ("aarch64-linux-gnu.2.28", "runner", ("-ldl",)),
        "count.c": (f"{machine}-linux-gnu.2.28", "count.so", ("-shared", "-fPIC")),
    }
    environment = {
        "PYTHONPATH": str(folder / "compiler"),
        "ZIG_GLOBAL_CACHE_DIR": str(folder / "compiler" / "cache"),
        "ZIG_LOCAL_CACHE_DIR": str(folder / "compiler" / "cache"),
    }
    compiler = [sys.executable, "-m", "ziglang", "cc", "-O2", "-std=c11", "-target"]
    for name, (target, output, flags) in kinds.items():
        source = folder / "compiler" / name
        source.write_text(_source(name))
        run([*compiler, target, str(source), "-o", str(folder / output), *flags], environment)


def _source(name: str) -> str:
    return files("edgekit.benchmarks").joinpath("native", name).read_text("utf-8")


_APT = "this needs a Debian system and its package mirror: check the network and try again"
_PIP = "check the network and pip's settings and try again"
PARTS = (
    Part("fetch arm64 C libraries", _APT, _sysroot),
    Part("fetch onnxruntime and LiteRT for arm64", _PIP, _runtimes),
    Part("find or fetch qemu's user-mode emulator", _APT, _qemu),
    Part("fetch a cross compiler", _PIP, _compiler),
    Part("build the runner", "report this with --debug", _build),
)
