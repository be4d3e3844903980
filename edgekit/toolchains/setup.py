"""A folder of the cache that is made once, in steps, and appears whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from edgekit.errors import EdgekitError
from edgekit.files import cache_folder, locked

Say: TypeAlias = Callable[[str], None]
Run: TypeAlias = Callable[[Sequence[str], Mapping[str, str]], str]
READY = "ready.json"


class SetupError(EdgekitError):
    """Something could not be fetched or built."""


@dataclass(frozen=True)
class Part:
    """One step of a setup.

    Attributes:
        description: what it does, as the end of "cannot ...".
        remedy: what helps when it fails.
        make: does it, in a folder and with a function that starts tools.
    """

    description: str
    remedy: str
    make: Callable[[Path, Run], None]


@dataclass(frozen=True)
class Setup:
    """What is fetched and built into one folder of edgekit's cache.

    Attributes:
        name: of the folder.
        parts: the steps, in order.
        stamp: everything that the content depends on, as plain JSON values: a folder with another
            stamp is made anew.
        scratch: folders in it that only the steps need: they are removed at the end.
    """

    name: str
    parts: tuple[Part, ...]
    stamp: Callable[[], Mapping[str, object]]
    scratch: tuple[str, ...] = ()

    def folder(self) -> Path:
        """The folder in edgekit's cache, which may not be there yet."""
        return cache_folder(self.name)

    def missing(self, target: Path | None = None) -> str | None:
        """Why the folder cannot be used yet; None if it can.

        Args:
            target: the folder to look into; None is :meth:`folder`.
        """
        try:
            found = json.loads(((target or self.folder()) / READY).read_text())
        except (OSError, ValueError):
            return "not set up"
        return None if found == self.stamp() else "set up for another edgekit or other versions"

    def make(
        self, say: Say = lambda text: None, run: Run | None = None, target: Path | None = None
    ) -> Path:
        """Fetches and builds everything, unless it is there.

        Whoever comes second waits for the first, and what a killed setup left is removed.

        Args:
            say: is told of each step.
            run: starts a tool, with a command line and variables beside the environment's, and
                returns what it printed; None is :func:`command`.
            target: the folder to make; None is :meth:`folder`.

        Returns:
            The folder.

        Raises:
            SetupError: a download or a tool failed; the message says which and what to do.
        """
        target = target or self.folder()
        if self.missing(target) is None:
            return target
        with self._alone(target.parent, say):
            if self.missing(target) is None:  # another process has done it meanwhile
                return target
            self._remove_all(target)
            with tempfile.TemporaryDirectory(prefix=self._unfinished, dir=target.parent) as name:
                folder = Path(name) / target.name
                folder.mkdir()
                self._fill(folder, say, run or command)
                folder.rename(target)
        return target

    def clean(self) -> None:
        """Removes the folder of :meth:`folder`, and what an interrupted setup left beside it."""
        target = self.folder()
        if target.parent.is_dir():
            with self._alone(target.parent, lambda text: None):
                self._remove_all(target)

    def _fill(self, folder: Path, say: Say, run: Run) -> None:
        """Does all steps in a new folder, and marks it as whole."""
        for number, part in enumerate(self.parts, 1):
            say(f"[{number}/{len(self.parts)}] {part.description}")
            part.make(folder, _telling(run, part))
        for name in self.scratch:
            shutil.rmtree(folder / name, ignore_errors=True)
        (folder / READY).write_text(json.dumps(self.stamp()))

    @property
    def _unfinished(self) -> str:
        return f"{self.name}-unfinished-"

    def _remove_all(self, target: Path) -> None:
        for folder in (target, *target.parent.glob(f"{self._unfinished}*")):
            shutil.rmtree(folder, ignore_errors=True)

    @contextmanager
    def _alone(self, folder: Path, say: Say) -> Iterator[None]:
        """Keeps other setups out of a folder while the context lasts.

        Raises:
            SetupError: the folder cannot be written.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
            wait = "another process is setting it up: waiting for it"
            with locked(folder / f"{self.name}.lock", wait, say):
                yield
        except OSError as error:
            reason = error.strerror or error
            raise SetupError(
                f"{folder} cannot be written: {reason}; set EDGEKIT_CACHE to another folder"
            ) from error


def command(arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    """Runs a tool.

    Args:
        arguments: the tool and its arguments.
        environment: variables beside this process's own.

    Returns:
        What it printed on its standard output.

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


def _telling(run: Run, part: Part) -> Run:
    """A function that starts tools as ``run``, whose errors are one line with the part's remedy."""

    def told(arguments: Sequence[str], environment: Mapping[str, str]) -> str:
        """Runs a command; whatever fails is a SetupError that says what the part was for."""
        try:
            return run(arguments, environment)
        except FileNotFoundError as error:
            reason = f"{arguments[0]} is not installed"
            raise SetupError(f"cannot {part.description}: {reason}; {part.remedy}") from error
        except subprocess.CalledProcessError as error:
            raise SetupError(f"cannot {part.description}: {_why(error)}; {part.remedy}") from error

    return told


def _why(error: subprocess.CalledProcessError) -> str:
    """The line of a failed tool's output that says why: the first error, else the last line."""
    lines = str(error.stderr or error.stdout or "").strip().splitlines() or ["no output"]
    found = [line for line in lines if line.startswith("E: ") or "error:" in line.lower()]
    return (found or lines[-1:])[0].strip()[:300]
