"""Files on a phone: each pushed once, named by its content, all in one folder that can go again."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from pathlib import Path
from shlex import quote

from edgekit.benchmarks.devices import content
from edgekit.benchmarks.devices.android.adb import Adb
from edgekit.benchmarks.devices.protocol import LostError, RunnerError

FOLDER = "/data/local/tmp/edgekit"  # adb's shell may write and start programs there
APP = "dev.edgekit.demo/.BenchmarkActivity"
LOADER, PROGRAM = "ld-linux-aarch64.so.1", "runner"
_GLIBC = (
    *(LOADER, "libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1"),
    *("libgcc_s.so.1", "libstdc++.so.6"),
)
_LIBRARIES = {
    "onnxruntime": ("onnxruntime/capi", "libonnxruntime.so.*"),
    "litert": ("ai_edge_litert", "libLiteRt.so"),
}


class Files:
    """What edgekit has put on one phone."""

    def __init__(self, adb: Adb) -> None:
        self._adb = adb
        self._sizes: dict[str, Mapping[str, int]] = {}
        self._token = secrets.token_hex(4)

    def put(self, local: Path, remote: str) -> str:
        """Pushes a file, unless one of that name and size is there, and returns ``remote``.

        A name says what the file holds, and a push that was cut off leaves a shorter file.

        Raises:
            RunnerError: it cannot be pushed; what was left of it is removed.
        """
        folder, _, name = remote.rpartition("/")
        if folder not in self._sizes:
            self._sizes[folder] = self._listed(folder)
        size = local.stat().st_size
        if self._sizes[folder].get(name) == size:
            return remote
        try:
            self._adb.push(local, remote)
        except LostError:
            self.forget()
            raise
        except RunnerError:
            self._adb.shell(f"rm -f {quote(remote)}")
            raise
        self._sizes[folder] = {**self._sizes[folder], name: size}
        return remote

    def named(self, local: Path) -> str:
        """Where a file of that content belongs; its own name, whatever it is, stays here."""
        return f"{FOLDER}/files/{content.name(local)}"

    def scratch(self, name: str) -> str:
        """A path of this object's own."""
        folder = f"{FOLDER}/scratch"
        if folder not in self._sizes:
            self._sizes[folder] = self._listed(folder)
        return f"{folder}/{self._token}-{name}"

    def forget(self) -> None:
        """The phone was away: look again at what it has."""
        self._sizes.clear()

    def _listed(self, folder: str) -> Mapping[str, int]:
        """Makes a folder and returns the sizes of its files."""
        text = self._adb.shell(f"mkdir -p {quote(folder)} && ls -ln {quote(folder)}")
        rows = [line.split() for line in text.splitlines()]
        return {row[-1]: int(row[4]) for row in rows if len(row) > 5 and row[4].isdigit()}


def app_folder(package: str) -> str:
    """Where an app may write without asking and adb's shell may read: its external files."""
    return f"/sdcard/Android/data/{package}/files/edgekit"


def clean(adb: Adb) -> None:
    """Removes all of it.

    Raises:
        RunnerError: the phone is not there, or refuses.
    """
    adb.shell(f"rm -rf {quote(FOLDER)} {quote(app_folder(APP.partition('/')[0]))}")


def engine(root: Path, runtime: str) -> Mapping[str, Path]:
    """What a phone needs to run a file: the runner, a runtime, and glibc with its own loader.

    Android has another C library. ``root`` is the folder of
    :mod:`edgekit.benchmarks.devices.arm64.setup`.
    """
    system = root / "sysroot"
    places = (system / "lib/aarch64-linux-gnu", system / "usr/lib/aarch64-linux-gnu")
    found = {
        name: next(place / name for place in places if (place / name).exists()) for name in _GLIBC
    }
    folder, pattern = _LIBRARIES[runtime]
    (library,) = (root / "runtimes" / folder).glob(pattern)
    return {**found, PROGRAM: root / "runner", library.name: library}


def command(folder: str, runtime: str, names: Mapping[str, Path], arguments: list[str]) -> str:
    """The shell line that starts the runner of an engine that was pushed into ``folder``."""
    (library,) = (name for name in names if name not in (*_GLIBC, PROGRAM))
    start = [f"./{LOADER}", "--library-path", ".", f"./{PROGRAM}", "--backend", runtime]
    words = [*start, "--library", f"./{library}", *arguments]
    allowed = f"chmod 755 {LOADER} {PROGRAM}"
    own = 'export HOME="$PWD" TMPDIR="$PWD"'  # onnxruntime leaves files there
    return f"cd {quote(folder)} && {allowed} && {own} && exec {' '.join(map(quote, words))}"


def engine_folder(names: Mapping[str, Path]) -> str:
    """Named by all that is in it."""
    digests = "".join(f"{name} {content.digest(path)}\n" for name, path in sorted(names.items()))
    return f"{FOLDER}/engine-{hashlib.sha256(digests.encode()).hexdigest()[:12]}"
