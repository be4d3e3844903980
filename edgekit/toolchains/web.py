"""Node.js and npm, with which web_demo/ is checked and built: ``make web``.

Node.js is the one that Playwright brings along, so that nothing has to be installed; npm is fetched
from its own registry. As a script without arguments this installs what the project's lock file
names and builds the project, with arguments it runs npm there:
``python -m edgekit.toolchains.web run dev``.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from edgekit.files import cache_folder, files_sha256
from edgekit.toolchains import npm
from edgekit.toolchains.setup import Part, Run, Setup, SetupError

NPM = npm.Package(
    "npm",
    "12.2.2",
    "sha512-KglgbZyacf7jH+FHuNRqVuCzQi8VhI2a7J87Ix43FsPTuZoGWmIXXGdZtBUOA79vwL+IJREqURVzupA7PsQTcA==",
)
_REMEDY = "check the network and npm_config_registry and try again"
_STEPS = (("ci", "--no-audit", "--no-fund"), ("run", "check"), ("run", "build"))
_SOURCES = ("src", "public", "index.html", "vite.config.ts", "package.json", "package-lock.json")
_NOT_BUILT = ("src/tests/", "src/tools/")
SITE_OF = "site.sha256"  # which sources web_demo/site was built from


def _fetch(folder: Path, run: Run) -> None:
    npm.unpack(NPM, ("*",), folder)


SETUP = Setup(
    "npm",
    (Part(f"fetch npm {NPM.version}, 3 MB", _REMEDY, _fetch),),
    lambda: {"npm": [NPM.version, NPM.integrity]},
)


def node() -> Path:
    """Node.js's executable.

    Raises:
        SetupError: Playwright is not installed.
    """
    spec = find_spec("playwright")
    if spec is None or spec.origin is None:
        raise SetupError("Node.js is missing: pip install 'edgekit[browser]', which brings it")
    (found,) = (Path(spec.origin).parent / "driver").glob("node*")
    return found


def run_npm(project: Path, *arguments: str) -> int:
    """Runs npm in the folder of a project, which prints what it prints.

    Args:
        project: the folder with package.json.
        *arguments: of npm.

    Returns:
        Its exit code.

    Raises:
        SetupError: npm cannot be fetched, or there is no Node.js.
    """
    command = [str(node()), str(SETUP.make(print) / "bin" / "npm-cli.js"), *arguments]
    own = {
        "PATH": f"{node().parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "npm_config_cache": str(cache_folder("npm-packages")),
    }
    return subprocess.run(command, cwd=project, env={**os.environ, **own}).returncode


def sources_sha256(project: Path) -> str:
    """One hash of all that the app is built from."""
    files = (
        path for name in _SOURCES for path in sorted([project / name, *(project / name).rglob("*")])
    )
    built = (path.relative_to(project).as_posix() for path in files if path.is_file())
    names = [name for name in built if not name.startswith(_NOT_BUILT)]
    return files_sha256(project, *(project / name for name in names))


def main(arguments: Sequence[str]) -> int:
    """Runs npm in web_demo/, or all that makes the app.

    Returns:
        The exit code of the first step that fails.
    """
    project = Path.cwd() / "web_demo"
    steps = [tuple(arguments)] if arguments else _STEPS
    try:
        codes = (run_npm(project, *step) for step in steps)
        failed = next((code for code in codes if code), 0)
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    if not failed and not arguments:
        (project / SITE_OF).write_text(f"{sources_sha256(project)}\n", encoding="utf-8")
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
