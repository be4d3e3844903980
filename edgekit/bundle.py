"""A bundle: ``manifest.json``, the tokenizer, golden files and the artifacts in a folder.

``manifest.schema.json`` beside this file documents the manifest and checks it whenever a bundle is
opened. Every file is listed with its size and SHA-256.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from edgekit.errors import BundleError
from edgekit.files import size_bytes, tree_sha256
from edgekit.signature import Signature

SCHEMA_VERSION = "1.3"
MANIFEST = "manifest.json"
GOLDEN = "golden.json"
POSTPROCESS = "postprocess.json"
TOKENIZER = "tokenizer"


@dataclass(frozen=True)
class Artifact:
    """One exported model of a bundle. ``row`` is its entry in the manifest."""

    path: Path
    row: Mapping[str, Any]

    @property
    def format(self) -> str:
        """``onnx``, ``tflite`` or ``coreml``."""
        return str(self.row["format"])

    @property
    def recipe(self) -> str:
        """``fp32``, ``fp16`` or ``int8``."""
        return str(self.row["recipe"])

    @property
    def size_bytes(self) -> int:
        """Of the file, or of all files of a package."""
        return int(self.row["size_bytes"])

    @property
    def takes_text(self) -> bool:
        """Whether it takes text instead of ids."""
        return "operators" in self.row

    @property
    def passed(self) -> bool:
        """Whether every runtime it was proven in agreed with PyTorch."""
        return all(proof["passed"] for proof in self.row["proofs"])


@dataclass(frozen=True)
class Bundle:
    """An opened bundle, its manifest valid against the schema."""

    path: Path
    manifest: Mapping[str, Any]

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, check_hashes: bool = True) -> Bundle:
        """Reads and checks a bundle.

        Raises:
            BundleError: no bundle, a manifest of another major version or not valid, a file that is
                missing, or (with ``check_hashes``) one whose content is not what was published.
        """
        folder = Path(path)
        bundle = cls(folder, _read_manifest(folder))
        for row in bundle._files():
            bundle._check(row, check_hashes)
        return bundle

    @property
    def name(self) -> str:
        """The model's name."""
        return str(self.manifest["name"])

    @property
    def artifacts(self) -> tuple[Artifact, ...]:
        """In the order they were asked for."""
        return tuple(Artifact(self.path / row["file"], row) for row in self.manifest["artifacts"])

    @property
    def text_artifacts(self) -> tuple[Artifact, ...]:
        """The files that take text instead of ids; none unless they were asked for."""
        rows = self.manifest.get("text_artifacts", ())
        return tuple(Artifact(self.path / row["file"], row) for row in rows)

    @property
    def signature(self) -> Signature:
        """Inputs, outputs and buckets, the same for every artifact."""
        row = self.manifest["artifacts"][0]
        shared = {key: self.manifest[key] for key in ("buckets", "pad_id") if key in self.manifest}
        return Signature.from_json({**row, **shared})

    def golden(self) -> dict[str, Any]:
        """The content of ``golden.json``."""
        return dict(_read_json(self.path / self.manifest["golden"]["file"]))

    def postprocess(self) -> dict[str, Any] | None:
        """The content of ``postprocess.json``; None without a tokenizer, or before version 1.1."""
        row = self.manifest.get("postprocess")
        return None if row is None else dict(_read_json(self.path / row["file"]))

    def _files(self) -> Iterator[Mapping[str, Any]]:
        yield from self.manifest["artifacts"]
        yield from self.manifest.get("text_artifacts", ())
        yield self.manifest["golden"]
        yield from filter(None, [self.manifest.get("postprocess")])
        yield from (self.manifest["tokenizer"] or {}).get("files", ())

    def _check(self, row: Mapping[str, Any], check_hash: bool) -> None:
        path = self.path / row["file"]
        if not path.resolve().is_relative_to(self.path.resolve()):
            raise BundleError(f"{MANIFEST} names {row['file']}, which lies outside the bundle")
        if not path.exists():
            raise BundleError(f"{row['file']} is missing from {self.path}: convert again")
        if size_bytes(path) != row["size_bytes"] or (
            check_hash and tree_sha256(path) != row["sha256"]
        ):
            raise BundleError(
                f"{row['file']} is not the file that was published (its size or SHA-256 differs "
                f"from {MANIFEST}): copy the bundle again or convert again"
            )


def strangers(folder: Path) -> list[str]:
    """What lies in a bundle's folder and is not the bundle's, by path below it.

    Damaged files are still the bundle's. A package that has grown is named as a whole.

    Raises:
        BundleError: the folder is no bundle, or its manifest is not valid.
    """
    bundle = Bundle(folder, _read_manifest(folder))
    rows = {folder / row["file"]: row for row in bundle._files()}
    packages = {path: row for path, row in rows.items() if path.is_dir()}
    grown = [path for path, row in packages.items() if size_bytes(path) > row["size_bytes"]]
    known = {folder / MANIFEST, *rows}
    others = (
        path
        for path in sorted(folder.rglob("*"))
        if path not in known and not packages.keys() & set(path.parents)
        if path.is_symlink() or not path.is_dir()
    )
    return [path.relative_to(folder).as_posix() for path in (*grown, *others)]


def _read_manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    if not path.is_file():
        raise BundleError(f"{folder} is no bundle: it has no {MANIFEST}")
    manifest = _read_json(path)
    version = str(manifest.get("schema_version", "none")) if isinstance(manifest, dict) else "none"
    if version.split(".")[0] != SCHEMA_VERSION.split(".")[0]:
        raise BundleError(
            f"{path} has schema version {version}, and this edgekit reads "
            f"{SCHEMA_VERSION.split('.')[0]}.x: install a matching edgekit"
        )
    validate(manifest)
    return dict(manifest)


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BundleError(f"{path} is not readable JSON: {error}") from error


def validate(manifest: Mapping[str, Any]) -> None:
    """Checks a manifest against the schema.

    Raises:
        BundleError: naming the place and what is wrong there.
    """
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    schema = json.loads(files("edgekit").joinpath("manifest.schema.json").read_text("utf-8"))
    error = best_match(Draft202012Validator(schema).iter_errors(manifest))
    if error is not None:
        raise BundleError(f"{MANIFEST} is not valid at {error.json_path}: {error.message[:200]}")


def entry(folder: Path, path: Path) -> dict[str, Any]:
    """A file's or package's row: its path in the bundle, its size and its SHA-256."""
    return {
        "file": path.relative_to(folder).as_posix(),
        "size_bytes": size_bytes(path),
        "sha256": tree_sha256(path),
    }
