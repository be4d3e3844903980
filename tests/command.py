"""``edgekit``, run in this process or in one of its own, as a script would see it."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from edgekit.cli.main import main

Result = subprocess.CompletedProcess[str]


def edgekit_cli(*arguments: object, cwd: Path) -> Result:
    """What a command prints and exits with, in this process: to import it all anew takes longer.

    What libraries print by themselves is not seen: that needs :func:`edgekit_process`.
    """
    command, out, err = list(map(str, arguments)), io.StringIO(), io.StringIO()
    with _in(cwd), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main(command)
        except SystemExit as ended:
            code = ended.code
    assert isinstance(code, int)
    return subprocess.CompletedProcess(command, code, out.getvalue(), err.getvalue())


def edgekit_process(*arguments: object, cwd: Path, **environment: str) -> Result:
    """The same in a process of its own."""
    command = [sys.executable, "-m", "edgekit", *map(str, arguments)]
    return subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, env={**os.environ, **environment}
    )


def absent(*names: str) -> dict[str, str]:
    """Variables of a process that lacks them."""
    here = Path(__file__).parent
    path = os.pathsep.join([str(here / "absent"), str(here.parent)])
    return {"EDGEKIT_ABSENT": ",".join(names), "PYTHONPATH": path}


@contextlib.contextmanager
def _in(folder: Path) -> Iterator[None]:
    """Works in a folder, and undoes what :func:`main` does to signals."""
    here, before = Path.cwd(), signal.getsignal(signal.SIGTERM)
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(here)
        signal.signal(signal.SIGTERM, before)
