"""The project of a platform's app, copied once, and stamped with bundles as often as one likes.

Whatever else is in the project is its owner's from then on: a second stamping changes the bundles
and the lines that name the app, and nothing besides.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

from edgekit.bundle import unlisted_files
from edgekit.errors import BundleError, OutputError
from edgekit.mobile import naming
from edgekit.mobile.choice import Chosen
from edgekit.mobile.platforms import Project
from edgekit.staging import move, staging

_BUILT = ("build", ".gradle", ".build", ".swiftpm", "DerivedData", "xcuserdata", "local.properties")


@dataclass(frozen=True)
class AppProject:
    """What a project is made of: its platform, its bundles and its names.

    Of ``application_id`` and ``name`` None keeps what is there or, in a new project, makes them of
    the first bundle's name.
    """

    platform: Project
    bundles: tuple[Chosen, ...]
    application_id: str | None = None
    name: str | None = None

    def __post_init__(self) -> None:
        if self.application_id is not None:
            self.platform.check_id(self.application_id)
        naming.check(self.name)

    @property
    def runtimes(self) -> tuple[str, ...]:
        """The project's modules that open the chosen files, in the platform's order."""
        formats = {row.format for chosen in self.bundles for row in chosen.artifacts}
        return tuple(module for name, module in self.platform.runtimes.items() if name in formats)

    def names(self) -> tuple[str, str]:
        """The application id and the app's name.

        Both are made of the first bundle's where none is given.
        """
        first = self.bundles[0]
        plain = re.sub("[^a-z0-9]", "", naming.model_name(first).lower())
        return (
            self.application_id or f"com.example.{plain if plain[:1].isalpha() else f'app{plain}'}",
            self.name or naming.made_of(first),
        )


def stamp(app: AppProject, out: Path) -> None:
    """Puts an app's bundles and names into its project at ``out``, made if it is not there.

    Raises:
        OutputError: something else stands at ``out``, or it cannot be written.
    """
    fresh = not out.exists() or (out.is_dir() and not any(out.iterdir()))
    if not fresh:
        _check(app, out)
    with staging(out) as folder:
        bundles = folder / "bundles"
        bundles.mkdir()
        for chosen in app.bundles:
            chosen.copy(bundles / f"{chosen.name}{app.platform.suffix}")
        if fresh:
            project = folder / "project"
            _copy(app.platform.project, project)
            _place(bundles, project / app.platform.bundles)
            _name(app, project, fresh=True)
            move(project, out)
        else:
            _place(bundles, out / app.platform.bundles)
            _name(app, out, fresh=False)


def _check(app: AppProject, out: Path) -> None:
    """Raises OutputError if stamping would replace somebody's own files.

    Only bundles are replaced, and lines of the settings.
    """
    platform = app.platform
    if not (out / platform.settings).is_file():
        raise OutputError(
            f"{out} is not a project that edgekit app made for {platform.name}: choose another -o"
        )
    for path in _entries(out / platform.bundles):
        try:
            others = unlisted_files(path) if path.is_dir() else [path.name]
        except BundleError:
            others = [path.name]
        if others:
            raise OutputError(
                f"{path} holds {others[0]}, which is not of a bundle: move it, and run again"
            )


def _entries(folder: Path) -> Iterator[Path]:
    """What lies in the folder of bundles, but for files like ``.gitkeep``."""
    if folder.is_dir():
        yield from (path for path in sorted(folder.iterdir()) if not path.name.startswith("."))


def _copy(project: Path, target: Path) -> None:
    """The platform's own project, without what building it has left there."""
    shutil.copytree(project, target, ignore=shutil.ignore_patterns(*_BUILT), symlinks=True)


def _place(made: Path, bundles: Path) -> None:
    """Swaps the new folder of bundles for the old one.

    Hidden files of the old one, copied, stay.
    """
    for path in bundles.iterdir() if bundles.is_dir() else ():
        if path.name.startswith(".") and path.is_file():
            shutil.copyfile(path, made / path.name)
    bundles.parent.mkdir(parents=True, exist_ok=True)
    move(made, bundles)


def _name(app: AppProject, project: Path, *, fresh: bool) -> None:
    """Writes the app's names and modules into the project's settings.

    A new project gets all of them.
    """
    path = project / app.platform.settings
    names = app.names() if fresh else (app.application_id, app.name)
    named = dict(zip(app.platform.keys, (*names, ",".join(app.runtimes)), strict=False))
    text = path.read_text(encoding="utf-8")
    path.write_text(_with(text, named, app.platform), encoding="utf-8")


def _with(text: str, values: Mapping[str, str | None], platform: Project) -> str:
    """The text of a settings file with values set.

    Args:
        text: the file.
        values: by key; None leaves a line as it is.
        platform: says how keys and values are written.
    """
    lines = text.split("\n")
    for place, line in enumerate(lines):
        key = re.split(r"\s*=", line)[0]
        value = values.get(key)
        if value is not None:
            lines[place] = f"{key}{platform.separator}{platform.escape(value)}"
    return "\n".join(lines)


_SELF_TEST = "open Self-test in it: every golden text has to pass on the phone"


def steps(app: AppProject, out: Path, bundles: Sequence[Path]) -> tuple[str, ...]:
    """What a person does next with a project, a sentence or a command each."""
    return (
        app.platform.build.format(out=out),
        f"run it on a phone, and {_SELF_TEST}",
        _bench(app, bundles, _application_id(app.platform, out)),
    )


def steps_of_apk(
    app: AppProject, out: Path, bundles: Sequence[Path], *, installed: bool
) -> tuple[str, ...]:
    """What a person does next with an APK, a sentence or a command each."""
    application_id, _ = app.names()
    start = f"adb shell monkey -p {application_id} 1"
    return (
        start if installed else f"adb install -r {quote(str(out))}",
        _SELF_TEST,
        _bench(app, bundles, application_id),
    )


def _application_id(platform: Project, project: Path) -> str:
    """The id in a project's settings: the project may be older than this call."""
    lines = (project / platform.settings).read_text(encoding="utf-8").splitlines()
    pairs = (re.split(r"\s*=\s*", line, maxsplit=1) for line in lines if "=" in line)
    return dict(pairs)[platform.keys[0]]


def _bench(app: AppProject, bundles: Sequence[Path], application_id: str) -> str:
    """The command that measures the app's first file inside the app."""
    first, platform = app.bundles[0].artifacts[0], app.platform
    return (
        f"edgekit bench {quote(str(bundles[0]))} --recipe {first.recipe} --device "
        f"{platform.device} --via app:{application_id}{platform.activity}"
    )
