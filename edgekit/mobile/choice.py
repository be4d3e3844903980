"""Which files of a bundle go into an app, and the bundle that is left of it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from edgekit.bundle import Artifact, Bundle
from edgekit.contents import MANIFEST
from edgekit.errors import PlanError
from edgekit.manifest.checkpoint import SourceFacts
from edgekit.mobile.platforms import AppPlatform

_SUFFIX = ".edgekit"
_SINCE = (1, 5)  # of the manifest's schema: what the phone libraries read


@dataclass(frozen=True)
class Chosen:
    """A bundle with the files of it that an app gets; the first is the one it opens by itself."""

    bundle: Bundle
    artifacts: tuple[Artifact, ...]

    @property
    def name(self) -> str:
        """What the bundle is called in the app: its folder, without the suffix."""
        return self.bundle.path.absolute().name.removesuffix(_SUFFIX)

    @property
    def size_bytes(self) -> int:
        """Bytes of the chosen files."""
        return sum(row.total_bytes for row in self.artifacts)

    def copy(self, folder: Path) -> None:
        """Writes a bundle of only the chosen files, with the tokenizer's files that apps read.

        Args:
            folder: where; it must not be there.
        """
        folder.mkdir(parents=True)
        for name in self._files():
            source, target = self.bundle.path / name, folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            (shutil.copytree if source.is_dir() else shutil.copyfile)(source, target)
        text = json.dumps(self._manifest(), indent=2, ensure_ascii=False)
        (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")

    def _files(self) -> Iterator[str]:
        """The names of the files that an app needs of the bundle, without the manifest."""
        listed = self.bundle.manifest
        for row in self.artifacts:
            yield row.file
            if row.data is not None:
                yield row.data.file
        yield listed.golden.file
        if listed.postprocess is not None:
            yield listed.postprocess.file
        if listed.tokenizer is not None and listed.tokenizer.app is not None:
            yield from (listed.tokenizer.app.settings, listed.tokenizer.app.vocabulary)

    def _manifest(self) -> dict[str, object]:
        """The bundle's manifest without the files that were left out.

        Fields of later versions stay.

        Where the checkpoint lay on somebody's disk is left out, too: whoever gets the app need not
        know.
        """
        stored = json.loads((self.bundle.path / MANIFEST).read_text(encoding="utf-8"))
        rows = {row["file"]: row for row in stored["artifacts"]}
        kept, tokenizer = set(self._files()), stored["tokenizer"]
        files = [row for row in tokenizer["files"] if row["file"] in kept]
        return {
            **stored,
            "source": {**stored["source"], "origin": _published(self.bundle.manifest.source)},
            "artifacts": [rows[row.file] for row in self.artifacts],
            "text_artifacts": [],
            "tokenizer": {**tokenizer, "files": files},
        }


def _published(source: SourceFacts) -> str:
    """What an app's manifest calls the checkpoint: a hub's id, or the last name of a path."""
    kind, colon, path = source.origin.rpartition("config:")
    return (
        f"{kind}{colon}{Path(path).name}" if source.kind in ("folder", "config") else source.origin
    )


def choose(
    bundles: Sequence[Bundle], names: Sequence[str], platform: AppPlatform
) -> tuple[Chosen, ...]:
    """The files of each bundle that go into an app.

    Args:
        bundles: opened.
        names: of files, the first of a bundle's being its default; none takes of each bundle the
            smallest file of the formats that the platform prefers, or else of all that it opens.
        platform: that the app is for.

    Raises:
        PlanError: a file is in no bundle or not for the platform, a bundle would have none or lacks
            what an app reads, or two bundles have the same name.
    """
    for bundle in bundles:
        _check(bundle)
    known = {row.file for bundle in bundles for row in bundle.artifacts}
    for name in names:
        if name not in known:
            raise PlanError(f"no bundle has a file {name}: choose from {', '.join(sorted(known))}")
    chosen = tuple(Chosen(bundle, _artifacts(bundle, names, platform)) for bundle in bundles)
    called = [row.name for row in chosen]
    for name in called:
        if called.count(name) > 1:
            raise PlanError(f"two bundles are called {name}: rename the folder of one")
    return chosen


def _artifacts(bundle: Bundle, names: Sequence[str], platform: AppPlatform) -> tuple[Artifact, ...]:
    """The files of one bundle that go into an app: those named, or the smallest that it prefers.

    Raises:
        PlanError: the platform does not open one of them, or any of the bundle.
    """
    files = {row.file: row for row in bundle.artifacts}
    named = tuple(files[name] for name in dict.fromkeys(names) if name in files)
    for row in named:
        if row.format not in platform.runtimes:
            raise PlanError(
                f"{row.file} is {row.format}, which the app for {platform.name} does not open: "
                f"choose a file of {', '.join(platform.runtimes)}{platform.otherwise}"
            )
    if named:
        return named
    opened = [row for row in bundle.artifacts if row.format in platform.runtimes]
    preferred = [row for row in opened if row.format in platform.preferred] or opened
    if names:
        raise PlanError(
            f"{bundle.path} has none of the files that were named: name one of {', '.join(files)}"
        )
    if not preferred:
        opens = ", ".join(platform.runtimes)
        raise PlanError(
            f"{bundle.path} has no file for {platform.name}, which opens {opens}: convert with "
            f"--to {platform.preferred[0]}{platform.otherwise}"
        )
    return (min(preferred, key=lambda row: row.total_bytes),)


def _check(bundle: Bundle) -> None:
    """Raises PlanError if a bundle lacks what an app reads: version, tokenizer, its app files."""
    manifest = bundle.manifest
    version = tuple(map(int, manifest.schema_version.split(".")))
    if version < _SINCE:
        raise PlanError(
            f"{bundle.path} has schema version {manifest.schema_version}, and an app reads "
            f"{'.'.join(map(str, _SINCE))}: convert again"
        )
    if manifest.tokenizer is None:
        raise PlanError(f"{bundle.path} has no tokenizer: convert a checkpoint that brings one")
    if manifest.tokenizer.app is None:
        raise PlanError(
            f"the tokenizer of {bundle.path} has a step that the apps have not: see "
            "docs/tokenizers.md"
        )
