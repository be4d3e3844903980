"""What lies in the folder of a bundle: the names of its files, and how the manifest lists one."""

from __future__ import annotations

from pathlib import Path

from edgekit.files import size_bytes, tree_sha256
from edgekit.manifest.files import FileEntry

MANIFEST = "manifest.json"
GOLDEN = "golden.json"
POSTPROCESS = "postprocess.json"
TOKENIZER = "tokenizer"


def entry(folder: Path, path: Path) -> FileEntry:
    """Lists a file or package as a manifest does: name, size and hash.

    Args:
        folder: the bundle's, which names are relative to.
        path: of the file.
    """
    return FileEntry(
        file=path.relative_to(folder).as_posix(),
        size_bytes=size_bytes(path),
        sha256=tree_sha256(path),
    )
