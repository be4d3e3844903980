"""A bundle: ``manifest.json``, the tokenizer, golden files and the artifacts in a folder.

Every file is listed in the manifest with its size and SHA-256, and is held against both whenever a
bundle is opened.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from edgekit import documents, recipe
from edgekit.contents import MANIFEST
from edgekit.errors import BundleError
from edgekit.files import size_bytes, tree_sha256
from edgekit.golden import Golden
from edgekit.layout import html_table
from edgekit.manifest import SCHEMA_VERSION, Manifest
from edgekit.manifest.artifacts import ArtifactEntry
from edgekit.manifest.files import FileEntry
from edgekit.signature import Signature
from edgekit.tolerance import Tolerance
from edgekit.words import count, megabytes

REMEDY = "copy the bundle again or convert again"


class Artifact(ArtifactEntry, frozen=True, kw_only=True):
    """One exported model of an opened bundle: its entry in the manifest, and where it lies.

    ``tolerance`` is what its answers are held to wherever it runs: what its proof was held to, and
    never more than its recipe allows, whatever the manifest says.
    """

    path: Path
    tolerance: Tolerance

    @classmethod
    def of(cls, folder: Path, entry: ArtifactEntry, task: str) -> Artifact:
        """Makes the artifact of an entry of a manifest.

        Args:
            folder: the bundle's.
            entry: of its manifest.
            task: the model's, which decides the tolerance.
        """
        facts = {name: getattr(entry, name) for name in ArtifactEntry.__struct_fields__}
        tolerance, known = entry.proofs[0].tolerance, recipe.RECIPES.get(entry.recipe)
        if known is not None:
            tolerance = tolerance.stricter(known.tolerance_of(task))
        return cls(path=folder / entry.file, tolerance=tolerance, **facts)


@dataclass(frozen=True, repr=False)
class Bundle:
    """An opened bundle.

    Attributes:
        path: its folder.
        manifest: what ``manifest.json`` says, checked.
    """

    path: Path
    manifest: Manifest

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, check_hashes: bool = True) -> Bundle:
        """Reads and checks a bundle.

        Args:
            path: its folder.
            check_hashes: read every file and compare its SHA-256, not only its size.

        Raises:
            BundleError: no bundle, a manifest of another major version or not valid, a file that is
                missing, or (with ``check_hashes``) one whose content is not what was published.
        """
        folder = Path(path)
        bundle = cls(folder, _read_manifest(folder))
        for file in bundle.files():
            bundle._check(file, check_hashes)
        return bundle

    def __fspath__(self) -> str:
        return os.fspath(self.path)

    def __repr__(self) -> str:
        files = count(len(self.manifest.artifacts), "file")
        return f"<bundle {self.name!r}: {self.manifest.task}, {files} in {str(self.path)!r}>"

    def _repr_html_(self) -> str:
        """The files with their sizes and proofs, as a notebook shows them."""
        sizes = {each.file: megabytes(each.total_bytes) for each in self.artifacts}
        proofs = [(each.file, proof) for each in self.artifacts for proof in each.proofs]
        rows = (
            (file, sizes[file], proof.runtime, f"{proof.max_abs:.1e}", f"{proof.cosine:.6f}")
            for file, proof in proofs
        )
        return html_table(("file", "size", "proven in", "max abs", "cosine"), rows)

    @property
    def name(self) -> str:
        """The model's name."""
        return self.manifest.name

    @property
    def id(self) -> str:
        """The SHA-256 of the manifest, which has that of every file."""
        return hashlib.sha256((self.path / MANIFEST).read_bytes()).hexdigest()

    @property
    def artifacts(self) -> tuple[Artifact, ...]:
        """The files that take ids, in the order they were asked for."""
        return self._opened(self.manifest.artifacts)

    @property
    def text_artifacts(self) -> tuple[Artifact, ...]:
        """The files that take text instead of ids; none unless they were asked for."""
        return self._opened(self.manifest.text_artifacts)

    def select(self, *names: str) -> tuple[Artifact, ...]:
        """The files that are meant, each once.

        Args:
            *names: of a file, of a format or of a recipe, like ``tflite`` or ``int8``. A format or
                a recipe means files that take ids.

        Raises:
            BundleError: the bundle has nothing of that name.
        """
        found: list[Artifact] = []
        for name in names:
            chosen = [row for row in self.artifacts if name in (row.format, row.recipe)]
            everything = (*self.artifacts, *self.text_artifacts)
            chosen += [row for row in everything if row.path.name == Path(name).name]
            if not chosen:
                raise BundleError(
                    f"{self.path} has no '{name}': name a file of it "
                    f"({', '.join(row.path.name for row in everything)}), a format or a recipe"
                )
            found += (row for row in chosen if row not in found)
        return tuple(found)

    @property
    def signature(self) -> Signature:
        """The inputs and outputs of the first artifact, and the bundle's buckets."""
        first = self.manifest.artifacts[0]
        return Signature(first.inputs, first.outputs, self.manifest.buckets, self.manifest.pad_id)

    def golden(self) -> Golden:
        """The content of ``golden.json``.

        Raises:
            BundleError: the file is not valid.
        """
        path = self.path / self.manifest.golden.file
        golden = documents.read_json(path, Golden, BundleError, REMEDY)
        names = [spec.name for spec in self.signature.outputs]
        for number, case in enumerate(golden.cases):
            if fault := case.fault(names):
                raise BundleError(f"{path}: cases[{number}].{fault}: {REMEDY}")
        return golden

    def files(self) -> Iterator[FileEntry]:
        """Every file that the manifest lists."""
        for artifact in (*self.manifest.artifacts, *self.manifest.text_artifacts):
            yield artifact
            if artifact.data is not None:
                yield artifact.data
        yield self.manifest.golden
        if self.manifest.postprocess is not None:
            yield self.manifest.postprocess
        if self.manifest.tokenizer is not None:
            yield from self.manifest.tokenizer.files

    def _opened(self, entries: Sequence[ArtifactEntry]) -> tuple[Artifact, ...]:
        """Entries of the manifest as artifacts, in the same order."""
        return tuple(Artifact.of(self.path, entry, self.manifest.task) for entry in entries)

    def _check(self, entry: FileEntry, check_hash: bool) -> None:
        """Compares one listed file or package with its entry.

        Raises:
            BundleError: it is missing, unreadable, outside the bundle's folder, or of another size;
                with ``check_hash`` also of another SHA-256.
        """
        path = self.path / entry.file
        try:
            if not path.resolve().is_relative_to(self.path.resolve()):
                raise BundleError(f"{MANIFEST} names {entry.file}, which lies outside the bundle")
            if not path.exists():
                raise BundleError(f"{entry.file} is missing from {self.path}: {REMEDY}")
            same = size_bytes(path) == entry.size_bytes
            same = same and not (check_hash and tree_sha256(path) != entry.sha256)
        except (OSError, RuntimeError) as error:  # RuntimeError: links in a circle
            raise BundleError(f"{entry.file} in {self.path} cannot be read: {error}") from error
        if not same:
            raise BundleError(
                f"{entry.file} is not the file that was published (its size or SHA-256 differs "
                f"from {MANIFEST}): {REMEDY}"
            )


def unlisted_files(folder: Path) -> list[str]:
    """The files in a bundle's folder that are none of the bundle's, by path below it.

    Damaged files are still the bundle's. A package that has grown is named as a whole.

    Raises:
        BundleError: the folder is no bundle, or its manifest is not valid.
    """
    rows = {folder / row.file: row for row in Bundle(folder, _read_manifest(folder)).files()}
    packages = {path: row for path, row in rows.items() if path.is_dir()}
    grown = [path for path, row in packages.items() if size_bytes(path) > row.size_bytes]
    known = {folder / MANIFEST, *rows}
    others = (
        path
        for path in sorted(folder.rglob("*"))
        if path not in known and not packages.keys() & set(path.parents)
        if path.is_symlink() or not path.is_dir()
    )
    return [path.relative_to(folder).as_posix() for path in (*grown, *others)]


def _read_manifest(folder: Path) -> Manifest:
    """The manifest of a bundle's folder.

    BundleError if it is missing, damaged or of another major.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise BundleError(_no_bundle(folder))
    data = documents.read_bytes(path, BundleError)
    documents.check_major(data, SCHEMA_VERSION, str(path), BundleError)
    return documents.decode_json(data, Manifest, str(path), BundleError, REMEDY)


def _no_bundle(path: Path) -> str:
    """The message about a path that is no bundle: what it is, and what to do with it."""
    remedy = "give the folder that edgekit convert made"
    if not path.exists():
        return f"{path} does not exist: {remedy}"
    if not path.is_dir():
        return f"{path} is a file, and no bundle: {remedy}"
    if (path / "config.json").is_file():
        return f"{path} is a checkpoint, not a bundle: convert it first: edgekit convert {path}"
    return f"{path} is no bundle, for it has no {MANIFEST}: {remedy}"
