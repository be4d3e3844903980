"""Debian packages without root and without touching the machine's own: fetched, and unpacked.

apt works with a configuration, package lists and a cache of its own, which are gone afterwards. The
release does not depend on the machine's own, so that everybody gets the same files.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from edgekit.toolchains.setup import Run

RELEASE = "bookworm"  # unless another is asked for
MIRROR = "http://deb.debian.org/debian"  # apt checks signatures: it needs no https
KEYS = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
REMEDY = (
    "this needs the network, apt, dpkg and debian-archive-keyring: where there are none, work in a "
    "Debian container"
)
_OWN = ("Acquire::http", "Acquire::https", "Acquire::Check-")  # proxies, mostly: these are kept


def unpack(
    packages: Sequence[str],
    architecture: str,
    folder: Path,
    run: Run,
    release: str = RELEASE,
) -> None:
    """Fetches packages and unpacks them into a folder, without those that they depend on.

    Args:
        packages: their names in Debian, also ``NAME=VERSION``. They are unpacked by the alphabet.
        architecture: Debian's name of it, like ``arm64``.
        folder: where they are unpacked, as if it were the root.
        run: starts a tool (see :func:`edgekit.toolchains.setup.command`).
        release: Debian's, like ``trixie``.

    Raises:
        OSError: apt or dpkg is not installed.
        CalledProcessError: one of them failed.
    """
    work = folder.with_name(f"{folder.name}-apt")
    for each in ("etc", "state/lists/partial", "cache/archives/partial", "debs"):
        (work / each).mkdir(parents=True)
    (work / "state" / "status").touch()
    (work / "etc" / "sources.list").write_text(f"deb [signed-by={KEYS}] {MIRROR} {release} main\n")
    (work / "apt.conf").write_text(_configuration(work, architecture, run))
    environment = {"APT_CONFIG": str(work / "apt.conf")}
    run(["apt-get", "update", "-qq"], environment)
    script = 'cd "$0" && exec apt-get download -qq "$@"'  # it writes to where it is started
    run(["sh", "-c", script, str(work / "debs"), *packages], environment)
    for package in sorted((work / "debs").glob("*.deb")):
        run(["dpkg", "-x", str(package), str(folder)], {})
    shutil.rmtree(work)


def own_architecture(run: Run) -> str:
    """Debian's name of this machine's architecture, like ``amd64``."""
    return run(["dpkg", "--print-architecture"], {}).strip()


def _configuration(work: Path, architecture: str, run: Run) -> str:
    """The text of an apt.conf: of the machine's own only the network's settings are kept.

    Its hooks are left out, since some of them clean the machine's own cache.
    """
    own = [line for line in run(["apt-config", "dump"], {}).splitlines() if line.startswith(_OWN)]
    return "\n".join(
        [
            *own,
            f'APT::Architecture "{architecture}";',
            f'APT::Architectures {{ "{architecture}"; }};',
            'APT::Sandbox::User "root";',
            'APT::Update::Error-Mode "any";',
            'Acquire::Languages "none";',
            'Acquire::Retries "3";',
            f'Dir::Etc "{work}/etc";',
            f'Dir::State "{work}/state";',
            f'Dir::State::status "{work}/state/status";',
            f'Dir::Cache "{work}/cache";',
            "",
        ]
    )
