"""Files of a package of the npm registry, checked against the hash that npm itself checks."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import tarfile
import urllib.error
import urllib.request
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from edgekit.toolchains.setup import SetupError

_REGISTRY = "https://registry.npmjs.org"
_TIMEOUT_SECONDS = 60


@dataclass(frozen=True)
class Package:
    """A release of a package.

    Attributes:
        name: in the registry.
        version: the release.
        integrity: ``sha512-`` and the hash of the archive in base64, as ``npm view`` shows it.
    """

    name: str
    version: str
    integrity: str

    @property
    def archive(self) -> str:
        """The path of the release's archive below a registry's address."""
        return f"{self.name}/-/{self.name.rpartition('/')[2]}-{self.version}.tgz"


def unpack(package: Package, patterns: tuple[str, ...], folder: Path) -> None:
    """Fetches a package and keeps some of its files, under their paths in the package.

    Args:
        package: what to fetch.
        patterns: of the paths of files to keep, as a shell has them; ``*`` matches ``/`` too.
        folder: where they are put.

    Raises:
        SetupError: the registry cannot be reached, or has another file under that version.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "package.tgz"
    fetch(f"{registry()}/{package.archive}", path)
    found = base64.b64encode(hashlib.sha512(path.read_bytes()).digest()).decode()
    if f"sha512-{found}" != package.integrity:
        raise SetupError(
            f"the registry's {package.name} is not that of {package.version}: nothing is kept; ask "
            "whoever runs the registry, or try another one"
        )
    with tarfile.open(path) as archive:
        for member in archive:
            name = member.name.partition("/")[2]
            if member.isfile() and any(fnmatch(name, pattern) for pattern in patterns):
                _extract(archive, member, folder / name)
    path.unlink()


def _extract(archive: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> None:
    """Writes one file of an archive to ``path``."""
    content = archive.extractfile(member)
    assert content is not None  # it is a file
    path.parent.mkdir(parents=True, exist_ok=True)
    with content, path.open("wb") as file:
        shutil.copyfileobj(content, file)


def registry() -> str:
    """The address in npm's own setting (``npm_config_registry``), or else the public one."""
    settings = {name.lower(): value for name, value in os.environ.items()}  # as npm reads them
    return (settings.get("npm_config_registry") or _REGISTRY).rstrip("/")


def fetch(address: str, path: Path) -> None:
    """Writes what is at an address into a file.

    Raises:
        SetupError: it cannot be reached.
    """
    try:
        with (
            urllib.request.urlopen(address, timeout=_TIMEOUT_SECONDS) as answer,
            path.open("wb") as file,
        ):
            shutil.copyfileobj(answer, file)
    except (OSError, ValueError) as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        raise SetupError(
            f"cannot fetch {address}: {reason}; check the network, or name your registry in "
            "npm_config_registry, and try again"
        ) from error
