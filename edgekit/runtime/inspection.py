"""What is inside an exported file, whoever made it: read from the file, never from a manifest."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from edgekit import formats
from edgekit.converters.facts import FileFacts
from edgekit.errors import BundleError, UnsupportedError


def inspect_file(path: Path) -> FileFacts:
    """The facts of a file, of the format that its suffix says.

    Raises:
        UnsupportedError: another suffix.
        BundleError: it is missing, cannot be read or has no operations.
    """
    if not path.is_file() and not path.is_dir():  # a pipe would never end
        what = "is neither a file nor a folder" if path.exists() else "does not exist"
        raise BundleError(f"{path} {what}: give a bundle, or one file of it")
    format_ = formats.of_suffix(path.suffix)
    if format_ is None:
        known = ", ".join(row.suffix for row in formats.FORMATS.values())
        raise UnsupportedError(f"{path} is no bundle and no {known} file: nothing to inspect")
    format_.require()
    try:
        facts = format_.converter().inspect(path)
    except BundleError:
        raise
    except Exception as error:
        raise BundleError(f"{path} cannot be read as {format_.name}: {error}") from error
    if not facts.operations:
        raise BundleError(f"{path} has no operations: it is empty or cut off, export it again")
    return replace(facts, minimum_os=facts.minimum_os or format_.minimum_os)
