"""Files on a phone: each pushed once, named by its content, all in one folder that can go again."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

from edgekit.benchmarks.devices import content
from edgekit.benchmarks.devices.android.adb import Adb
from edgekit.benchmarks.devices.arm64 import program
from edgekit.benchmarks.devices.protocol import Launch, LostError, RunnerError

FOLDER = "/data/local/tmp/edgekit"  # adb's shell may write and start programs there
APP = "dev.edgekit.demo/.BenchmarkActivity"
LOADER, PROGRAM = "ld-linux-aarch64.so.1", "runner"
_GLIBC = (
    *(LOADER, "libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1"),
    *("libgcc_s.so.1", "libstdc++.so.6"),
)


class Files:
    """The files that edgekit has put on one phone.

    Args:
        adb: an adb that names the phone.
    """

    def __init__(self, adb: Adb) -> None:
        self._adb = adb
        self._sizes: dict[str, Mapping[str, int]] = {}
        self._token = secrets.token_hex(4)

    def put(self, local: Path, remote: str) -> str:
        """Pushes a file, unless one of that name and size is there.

        A name says what the file holds, and a push that was cut off leaves a shorter file.

        Args:
            local: the file here.
            remote: its path on the phone, named by its content.

        Returns:
            ``remote``.

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
        """The path on the phone for a file of that content, whatever it is called here."""
        return f"{FOLDER}/files/{content.name(local)}"

    def scratch(self, name: str) -> str:
        """A path on the phone that no other object of this class gives out."""
        folder = f"{FOLDER}/scratch"
        if folder not in self._sizes:
            self._sizes[folder] = self._listed(folder)
        return f"{folder}/{self._token}-{name}"

    def forget(self) -> None:
        """Forgets what the phone has, which is looked up again: it was away meanwhile."""
        self._sizes.clear()

    def _listed(self, folder: str) -> Mapping[str, int]:
        """Makes a folder on the phone and returns the sizes of its files in bytes by name."""
        text = self._adb.shell(f"mkdir -p {quote(folder)} && ls -ln {quote(folder)}")
        rows = [line.split() for line in text.splitlines()]
        return {row[-1]: int(row[4]) for row in rows if len(row) > 5 and row[4].isdigit()}


def app_folder(package: str) -> str:
    """The folder of an app's external files, where it may write and adb's shell may read."""
    return f"/sdcard/Android/data/{package}/files/edgekit"


def clean(adb: Adb) -> None:
    """Removes all that edgekit has put on a phone.

    Raises:
        RunnerError: the phone is not there, or refuses.
    """
    adb.shell(f"rm -rf {quote(FOLDER)} {quote(app_folder(APP.partition('/')[0]))}")


@dataclass(frozen=True)
class Engine:
    """All that a phone needs to run a file: the native runner, a runtime and a C library.

    Android has another one than glibc, so the program brings that along, with its loader.

    Attributes:
        files: the files here by their names there.
        library: the name of the runtime's library.
    """

    files: Mapping[str, Path]
    library: str

    @classmethod
    def of(cls, root: Path, runtime: str) -> Engine:
        """The engine of a runtime.

        Args:
            root: the folder of :func:`edgekit.benchmarks.devices.arm64.parts.SETUP`.
            runtime: the runtime's name.
        """
        system = root / "sysroot"
        places = (system / "lib/aarch64-linux-gnu", system / "usr/lib/aarch64-linux-gnu")
        glibc = {
            name: next(place / name for place in places if (place / name).exists())
            for name in _GLIBC
        }
        library = program.library(root, runtime)
        files = {**glibc, PROGRAM: program.runner(root), library.name: library}
        return cls(files, library.name)

    @property
    def folder(self) -> str:
        """The folder on the phone, named by the contents of all files in it."""
        digests = (f"{name} {content.digest(path)}\n" for name, path in sorted(self.files.items()))
        return f"{FOLDER}/engine-{hashlib.sha256(''.join(digests).encode()).hexdigest()[:12]}"

    def command(
        self, folder: str, launch: Launch, place: str, scratch: Callable[[str], str]
    ) -> str:
        """The shell line that starts the runner.

        Args:
            folder: the folder on the phone with the engine's files.
            launch: what the runner opens.
            place: where the artifact is on the phone.
            scratch: gives the path there of a file that may be written.
        """
        start = [f"./{LOADER}", "--library-path", ".", f"./{PROGRAM}"]
        words = [*start, *program.arguments(launch, place, f"./{self.library}", scratch)]
        allowed = f"chmod 755 {LOADER} {PROGRAM}"
        own = 'export HOME="$PWD" TMPDIR="$PWD"'  # onnxruntime leaves files there
        return f"cd {quote(folder)} && {allowed} && {own} && exec {' '.join(map(quote, words))}"
