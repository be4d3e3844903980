"""What the emulated phone needs, fetched and built once into a cache, without root."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from edgekit.benchmarks.devices.arm64 import parts
from edgekit.benchmarks.devices.arm64.debian import Run
from edgekit.benchmarks.devices.arm64.parts import Part
from edgekit.benchmarks.devices.driver import Say
from edgekit.errors import EdgekitError
from edgekit.files import cache_folder, locked

READY = "ready.json"


class SetupError(EdgekitError):
    """Something could not be fetched or built."""


def cache() -> Path:
    """The folder of what is fetched and built, maybe not there: in edgekit's cache folder."""
    return cache_folder("arm64")


def missing(target: Path | None = None) -> str | None:
    """Why the emulated phone cannot be used yet, or None if it can.

    Args:
        target: The folder to look into; None is :func:`cache`.
    """
    try:
        found = json.loads(((target or cache()) / READY).read_text())
    except (OSError, ValueError):
        return "not set up"
    return None if found == parts.stamp() else "set up for another edgekit or other runtimes"


def setup(say: Say = lambda text: None, run: Run | None = None, target: Path | None = None) -> Path:
    """Fetches and builds everything, unless it is there; the folder appears whole or not at all.

    Whoever comes second waits for the first, and what a killed setup left is removed.

    Args:
        say: Is told of each step.
        run: Starts a tool, with a command line and variables beside the environment's, and returns
            what it printed; None is :func:`command`.
        target: The folder to make; None is :func:`cache`.

    Returns:
        The folder.

    Raises:
        SetupError: A download or a tool failed; the message says which and what to do.
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
            for number, part in enumerate(parts.PARTS, 1):
                say(f"[{number}/{len(parts.PARTS)}] {part.description}")
                part.make(folder, _telling(run or command, part))
            shutil.rmtree(folder / "compiler", ignore_errors=True)
            (folder / READY).write_text(json.dumps(parts.stamp()))
            folder.rename(target)
    return target


def clean() -> None:
    """Removes the folder of :func:`cache`, and what an interrupted setup left beside it."""
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
    """Keeps other setups out of a folder while the context lasts.

    Raises:
        SetupError: The folder cannot be written.
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
    """Runs a tool.

    Args:
        arguments: The tool and its arguments.
        environment: Variables beside this process's own.

    Returns:
        What it printed on its standard output.

    Raises:
        OSError: The tool is not there.
        CalledProcessError: It failed.
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
    """The same function, but its failures are one line with the part's remedy."""

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
