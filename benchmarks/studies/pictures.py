"""The README's first screen and the notebook, made anew: all their numbers are of one machine.

``make pictures`` runs the commands of the README's transcript, one after the other in a new folder,
and writes what they print below each; it draws the top of the page that ``edgekit bench`` leaves
there, and executes ``docs/notebook.ipynb``. It wants an idle machine, and takes minutes.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from edgekit.benchmarks.devices.browser import chromium

if TYPE_CHECKING:
    from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parents[2]
README, NOTEBOOK = ROOT / "README.md", ROOT / "docs" / "notebook.ipynb"
PICTURE = ROOT / "docs" / "pictures" / "report.png"
COLUMNS = "80"
_SIZE, _MARGIN = {"width": 1280, "height": 860}, 24
_TRANSCRIPT = re.compile(r"(?<=^```console\n).*?(?=^```$)", re.MULTILINE | re.DOTALL)


def transcript(text: str, folder: Path) -> str:
    """The same commands with what they print here.

    Args:
        text: lines of which those that begin with ``$`` are commands for a shell.
        folder: where they are run, one after the other.

    Raises:
        CalledProcessError: one fails, or prints nothing.
    """
    typed = (line for line in text.splitlines() if line.startswith("$ "))
    return "\n\n".join(f"{line}\n{_printed(line, folder)}" for line in typed) + "\n"


def _printed(line: str, folder: Path) -> str:
    """A command of a transcript with what it prints on a terminal."""
    print(line, flush=True)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    inner = shlex.join(["bash", "-c", line.removeprefix("$ ")])
    done = subprocess.run(
        # a terminal, as commands answer people in other words than programs
        ["script", "-qec", f"{inner} 2>/dev/null", "/dev/null"],
        cwd=folder,
        env={**os.environ, "PATH": path, "COLUMNS": COLUMNS, "TERM": "dumb", "NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    if not done.stdout:  # before a pipe a failure has no other sign; head ends what it has read
        raise subprocess.CalledProcessError(1, line)
    return "\n".join(map(str.rstrip, done.stdout.splitlines())).strip()


def draw(page: Path, picture: Path) -> None:
    """A report as a browser shows it, down to its first chart, as PNG."""
    with chromium.launched() as browser:
        tab = browser.new_page(viewport=_SIZE, color_scheme="light")
        tab.goto(page.resolve().as_uri())
        chart = tab.locator(".figures figure").first.bounding_box()
        assert chart is not None
        shown = {"x": 0, "y": 0, "width": _SIZE["width"]}
        shown["height"] = chart["y"] + chart["height"] + _MARGIN
        tab.screenshot(path=picture, clip=shown, full_page=True)


def executed(notebook: Path, folder: Path) -> NotebookNode:
    """A notebook with the outputs that its cells give, run from top to bottom in ``folder``.

    Raises:
        CellExecutionError: a cell fails.
    """
    import nbformat
    from nbclient import NotebookClient

    found = nbformat.read(notebook, as_version=4)
    client = NotebookClient(
        found, resources={"metadata": {"path": str(folder)}}, record_timing=False
    )
    done = client.execute()
    for cell in done.cells:
        if cell.cell_type == "code":  # libraries tell much of themselves on standard error
            cell.outputs = [each for each in cell.outputs if each.get("name") != "stderr"]
    return done


def main() -> None:
    """Makes all three anew: the README's commands, the picture of the report, the notebook."""
    import nbformat

    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        old = README.read_text(encoding="utf-8")
        new = _TRANSCRIPT.sub(lambda found: transcript(found[0], folder), old)
        (page,) = folder.glob("*.bench/report.html")
        draw(page, PICTURE)
        README.write_text(new, encoding="utf-8")
    with tempfile.TemporaryDirectory() as temporary:
        print(NOTEBOOK.name, flush=True)
        nbformat.write(executed(NOTEBOOK, Path(temporary)), NOTEBOOK)


if __name__ == "__main__":
    main()
