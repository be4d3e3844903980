"""A Mac for tests: a scripted xcrun that plays Xcode's tools, and what it is asked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import xcode_output as output

from edgekit.benchmarks.devices.ios import device as ios
from edgekit.benchmarks.devices.ios.device import Ios
from edgekit.benchmarks.devices.ios.xcode import Xcode

_FAMILIES = {each.name: each for each in (ios.PHONES, ios.SIMULATORS)}
_TESTS = Path(__file__).parent


@dataclass(frozen=True)
class Mac:
    """A folder with an xcrun; ``settings`` are what it finds there.

    ``program`` is an app that is really started, with the ``environment`` beside the caller's.
    """

    folder: Path
    phones: Sequence[dict[str, Any]] = (output.phone("a"),)
    simulators: Sequence[dict[str, Any]] = ()
    installed: Sequence[str] = (output.APP,)
    faults: Sequence[dict[str, Any]] = ()
    state: dict[str, Any] | None = None
    program: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)

    def write(self) -> Path:
        """Makes it so, and returns its xcrun."""
        self.folder.mkdir(exist_ok=True)
        names = ("phones", "simulators", "installed", "faults", "program", "environment")
        settings = {**{name: getattr(self, name) for name in names}, "state": self.state or {}}
        (self.folder / "mac.json").write_text(json.dumps(settings))
        program = self.folder / "xcrun"
        begin = f"sys.path.insert(0, {str(_TESTS)!r})\nos.environ['HOME'] = {str(self.folder)!r}"
        play = "import scripted_xcrun\nscripted_xcrun.main()"
        program.write_text(f"#!{sys.executable}\nimport os, sys\n{begin}\n{play}\n")
        program.chmod(0o755)
        return program

    def device(self, kind: str = "ios", udid: str | None = None, app: str | None = None) -> Ios:
        """A device of it, reached through its app."""
        return ios.device(_FAMILIES[kind], udid, app, print, Xcode(self.write()))

    def edgekit(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """edgekit on that Mac, with no other tool on its path."""
        self.write()
        return subprocess.run(
            [sys.executable, "-m", "edgekit", *arguments],
            env={**os.environ, "PATH": str(self.folder)},
            capture_output=True,
            text=True,
            cwd=self.folder,
        )

    def devices(self) -> dict[str, dict[str, Any]]:
        """edgekit devices."""
        rows = json.loads(self.edgekit("devices", "--json").stdout)
        return {row["name"]: row for row in rows if row["name"].startswith("ios")}

    def calls(self, name: str) -> list[list[str]]:
        """The arguments of the calls of one command."""
        rows = map(json.loads, (self.folder / "calls.jsonl").read_text().splitlines())
        return [row[1:] for row in rows if row[0] == name]
