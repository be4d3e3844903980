"""A static site that runs bundles in a browser: the app of ``web_demo/``, its runtime, bundles.

The app is built once, by ``make web`` in a checkout, and lies in the package: whoever writes a
site needs neither Node.js nor npm. The runtime's files come from npm's registry, checked by their
hashes.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

from edgekit.contents import MANIFEST
from edgekit.errors import OutputError
from edgekit.files import file_sha256, files_sha256, tree
from edgekit.mobile import naming, web_runtimes
from edgekit.mobile.choice import Chosen
from edgekit.mobile.platforms import folder
from edgekit.mobile.web_runtimes import WebRuntime
from edgekit.staging import move, staging
from edgekit.toolchains.setup import Say
from edgekit.version import VERSION

TEMPLATE = folder("web_site")
FACTS = "site.json"
_BUNDLES, _PAGE, _APP, _WORKER = "bundles", "index.html", "app.webmanifest", "service-worker.js"


@dataclass(frozen=True)
class Site:
    """What a site shows.

    Attributes:
        bundles: with their chosen files.
        name: the app's; None makes one of the first bundle's.
    """

    bundles: tuple[Chosen, ...]
    name: str | None = None

    def __post_init__(self) -> None:
        naming.check(self.name)

    @property
    def title(self) -> str:
        """What people see as the app's name."""
        return self.name or naming.made_of(self.bundles[0])

    @property
    def runtimes(self) -> tuple[WebRuntime, ...]:
        """What opens the bundles' files."""
        return web_runtimes.needed(row.format for each in self.bundles for row in each.artifacts)


def write(site: Site, out: Path, say: Say = lambda text: None) -> None:
    """Writes a site, whole or not at all. One that is there is replaced.

    Args:
        site: what it shows.
        out: the folder.
        say: is told what is fetched.

    Raises:
        SetupError: the runtime is not in the cache, and cannot be fetched.
        OutputError: something else stands at ``out``, or it cannot be written.
    """
    _check(out)
    fetched = {runtime: runtime.fetch(say) for runtime in site.runtimes}
    with staging(out) as stage:
        made = stage / "site"
        shutil.copytree(TEMPLATE, made)
        for runtime, files in fetched.items():
            _copy(runtime, files, made)
        for chosen in site.bundles:
            chosen.copy(made / _BUNDLES / chosen.name)
        _name(site, made)
        _list_shell(site, made)
        _write_json(made / FACTS, _facts(site, made))
        move(made, out)


def _copy(runtime: WebRuntime, files: Path, made: Path) -> None:
    """Copies a runtime's files from the cache into a site."""
    place = made / runtime.place
    place.mkdir(exist_ok=True)
    for name in runtime.files:
        shutil.copyfile(files / name, place / name)


def _name(site: Site, made: Path) -> None:
    """Writes what the browser's list of apps calls the site."""
    path = made / _APP
    app = json.loads(path.read_text(encoding="utf-8"))
    _write_json(path, {**app, "name": site.title, "short_name": site.title})


def _list_shell(site: Site, made: Path) -> None:
    """Writes the list of files that the service worker keeps: all but what is loaded on request."""
    on_request = {_WORKER, *(runtime.wasm_path for runtime in site.runtimes)}
    found = (path.relative_to(made).as_posix() for path in tree(made))
    names = [name for name in found if name not in on_request and not _is_of_model(name)]
    shell = {
        "version": files_sha256(made, *(made / name for name in names))[:16],
        "files": ["./", FACTS, *(name for name in names if name != _PAGE)],
    }
    worker = made / _WORKER
    script = f"self.SHELL = {json.dumps(shell)};\n{worker.read_text(encoding='utf-8')}"
    worker.write_text(script, encoding="utf-8")


def _is_of_model(name: str) -> bool:
    return name.startswith(f"{_BUNDLES}/") and name.rpartition("/")[2] != MANIFEST


def _facts(site: Site, made: Path) -> dict[str, object]:
    """The site's JSON of what it consists of.

    The page reads it first; and when the site is written anew, it tells which files are the site's.
    """
    return {
        "app": site.title,
        "edgekit_version": VERSION,
        "bundles": [chosen.name for chosen in site.bundles],
        "runtimes": [_runtime(row, made / row.wasm_path) for row in site.runtimes],
        "files": [FACTS, *(path.relative_to(made).as_posix() for path in tree(made))],
    }


def _runtime(row: WebRuntime, wasm: Path) -> dict[str, object]:
    """What the page has to know of a runtime before it loads it."""
    return {
        "name": row.name,
        "title": row.title,
        "opens": row.opens,
        "accelerator": row.accelerator,
        "file": row.wasm_path,
        "size_bytes": wasm.stat().st_size,
        "sha256": file_sha256(wasm),
    }


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _check(out: Path) -> None:
    """Raises OutputError if ``out`` is not a site, or holds files that are none of it."""
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    if not (out / FACTS).is_file():
        raise OutputError(f"{out} is not a site that edgekit app wrote: choose another -o")
    own = json.loads((out / FACTS).read_text(encoding="utf-8"))["files"]
    names = (path.relative_to(out).as_posix() for path in tree(out))
    for name in (name for name in names if name not in own):
        raise OutputError(
            f"{out} holds {name}, which is not of the site: move it, or choose another -o"
        )


def steps(site: Site, out: Path, bundles: Sequence[Path]) -> tuple[str, ...]:
    """What a person does next with a site, a sentence or a command each."""
    recipe = site.bundles[0].artifacts[0].recipe
    place = quote(str(out))
    return (
        f"edgekit serve {place} --open",
        "open Self-test in it: every golden text has to pass in the browser",
        f"put {place} on any web host with HTTPS, to open it on a phone",
        f"edgekit bench {quote(str(bundles[0]))} --recipe {recipe} --device browser "
        f"--via app:{place}",
    )
