"""A file as a manifest lists it."""

from __future__ import annotations

from edgekit.manifest.fields import Count, ManifestObject, RelativePath, Sha256


class FileEntry(ManifestObject, frozen=True, kw_only=True):
    """A file or package. Of a package the size is the sum over its files, and the hash that of the
    lines ``PATH SHA256`` of its files in sorted order.
    """

    file: RelativePath
    size_bytes: Count
    sha256: Sha256
