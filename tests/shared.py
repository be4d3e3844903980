"""Checkpoints and bundles that tests open: each is made once, whichever process asks first.

They are kept in pytest's cache folder, by a hash of all that makes them: a run after a change of
the code makes them anew, a run after a change of tests alone does not.
"""

from __future__ import annotations

import hashlib
import shutil
import sysconfig
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from filelock import FileLock

from edgekit.bundle import Bundle
from edgekit.conversion import pipeline, plan
from edgekit.conversion.plan import ExportPlan
from edgekit.conversion.request import ConversionRequest
from edgekit.files import files_sha256

_ROOT = Path(__file__).parent.parent
_SOURCES = ("edgekit", "converters", "tests/conftest.py", "tests/distilling.py")
_KEPT_SECONDS = 24 * 60 * 60  # for a run of older code that is still going on


class Shared:
    """A folder of things that are made once."""

    def __init__(self, cache: Path) -> None:
        self._folder = cache / _fingerprint()
        self._folder.mkdir(parents=True, exist_ok=True)
        for old in cache.iterdir():
            if old != self._folder and time.time() - old.stat().st_mtime > _KEPT_SECONDS:
                shutil.rmtree(old, ignore_errors=True)

    def made(self, name: str, make: Callable[[Path], object]) -> Path:
        """The path called ``name``; what is not there yet, ``make`` writes to the path it is given.

        Nobody may change what is there: tests that do so work on a copy.
        """
        place = self._folder / name
        with FileLock(f"{place}.lock"):
            if not place.exists():
                part = self._folder / f"part-{name}"
                shutil.rmtree(part, ignore_errors=True)
                make(part)
                part.rename(place)
        return place


def convert(checkpoint: Path, out: Path, **options: Any) -> Bundle:
    """As :func:`edgekit.convert`, but in this process: it takes a third of the time.

    That stages get along in processes of their own, :mod:`test_cli` and the README's examples tell.
    """
    return pipeline.convert(plan_of(checkpoint, out=out, **options), isolated=False)


def plan_of(model: Path | str, **options: Any) -> ExportPlan:
    """What :func:`edgekit.convert` would do, given the same arguments."""
    return plan.make(ConversionRequest(str(model), **options))


def _fingerprint() -> str:
    sources = (path for name in _SOURCES for path in _python_files(_ROOT / name))
    packages = Path(sysconfig.get_path("purelib")).glob("*.dist-info")
    versions = " ".join(sorted(path.name for path in packages))
    code = files_sha256(_ROOT, *sorted(sources))
    return hashlib.sha256(f"{code} {versions}".encode()).hexdigest()[:16]


def _python_files(path: Path) -> list[Path]:
    return [path] if path.is_file() else sorted(path.rglob("*.py"))
