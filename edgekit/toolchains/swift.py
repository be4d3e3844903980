"""Swift where there is no Mac: Debian's, unpacked into the cache, and run from there.

``make swift`` is this file as a script. Without arguments it builds, tests and lints ``ios_demo/``,
with them it runs a command: ``python -m edgekit.toolchains.swift swift --version``.

A compiler cannot do without its own ``/usr``, so each command gets a mount namespace in which the
unpacked folder is the root and the folders that it needs lie where they lie outside. This takes
root, or a kernel that lets users make namespaces. What it built runs without any of that, by the
loader of the unpacked folder.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edgekit.files import cache_folder
from edgekit.toolchains import debian
from edgekit.toolchains.setup import Part, Run, Setup

RELEASE = "trixie"
VERSION = "6.0.3"
_COMPILER = tuple(f"{name}={VERSION}-2" for name in ("swiftlang", "libswiftlang"))
_LIBRARIES = (  # what the compiler and the programs that it makes are linked with
    *("libbinutils", "libbrotli1", "libc6", "libcom-err2", "libctf0", "libcurl4t64", "libffi8"),
    *("libgcc-s1", "libgmp10", "libgnutls30t64", "libgssapi-krb5-2", "libhogweed6t64", "libidn2-0"),
    *("libjansson4", "libk5crypto3", "libkeyutils1", "libkrb5-3", "libkrb5support0", "libldap2"),
    *("liblzma5", "libncurses6", "libnettle8t64", "libnghttp2-14", "libnghttp3-9", "libp11-kit0"),
    *("libpsl5t64", "librtmp1", "libsasl2-2", "libsframe1", "libsqlite3-0", "libssh2-1t64"),
    *("libssl3t64", "libstdc++6", "libtasn1-6", "libtinfo6", "libunistring5", "libuuid1"),
    *("libxml2", "libzstd1", "zlib1g"),
)
_BUILDING = (  # a linker, C headers, the root's links, and env
    *("binutils", "binutils-x86-64-linux-gnu", "libc6-dev", "linux-libc-dev", "libgcc-14-dev"),
    *("libstdc++-14-dev", "libcrypt-dev", "base-files", "coreutils"),
)
_UNUSED = (  # 600 MB: debuggers, editors' services, static and embedded Swift, documents
    *("**/lldb*", "**/liblldb*", "**/libsourcekitdInProc*", "**/libswiftGenericMetadataBuilder*"),
    *("**/swift_static", "**/embedded", "**/clangd", "**/sourcekit-lsp", "**/libLTO*", "**/docc"),
    *("usr/share/doc", "usr/share/man", "usr/share/locale"),
)
_VARIABLES = ("HOME=/tmp", "LANG=C.UTF-8", "TERM=dumb", "PATH=/usr/libexec/swift/bin:/usr/bin")
_SYSTEM = (Path("/proc"), Path("/dev"))
_FLAGS = ("-Xlinker", "--allow-shlib-undefined")  # Debian's libswiftObservation.so wants it


def _fetch(folder: Path, run: Run) -> None:
    """Fetches the toolchain, and removes what of it nothing here needs."""
    root = folder / "root"
    packages = (*_COMPILER, *_LIBRARIES, *_BUILDING)
    debian.unpack(packages, "amd64", root, run, RELEASE)
    for unused in [path for pattern in _UNUSED for path in root.glob(pattern)]:
        if unused.is_dir() and not unused.is_symlink():
            shutil.rmtree(unused)
        else:
            unused.unlink(missing_ok=True)


def _stamp() -> dict[str, object]:
    return {"debian": [RELEASE, *_COMPILER, *_LIBRARIES, *_BUILDING], "unused": list(_UNUSED)}


SETUP = Setup(
    "swift",
    (Part(f"fetch Swift {VERSION} of Debian {RELEASE}, 474 MB", debian.REMEDY, _fetch),),
    _stamp,
)


@dataclass(frozen=True)
class Swift:
    """A Swift toolchain, and the command lines that use it.

    Attributes:
        root: where it is unpacked; None is the machine's own, found by its name.
    """

    root: Path | None

    def tool(self, arguments: Sequence[str], place: Path, *folders: Path) -> list[str]:
        """The command line that runs a tool of the toolchain.

        Args:
            arguments: the tool's name and what it gets.
            place: the folder to run in.
            folders: other folders that the tool reads or writes. They have to exist.
        """
        if self.root is None:
            return ["env", "-C", str(place), *arguments]
        mounts = [
            f"mkdir -p {there} && mount --rbind {shlex.quote(str(folder))} {there}"
            for folder in (*_SYSTEM, place, *folders)
            for there in [shlex.quote(f"{self.root}{folder.absolute()}")]
        ]
        inside = ["env", "-i", "-C", str(place.absolute()), *_VARIABLES, *arguments]
        enter = shlex.join(["exec", "/usr/sbin/chroot", str(self.root), *inside])
        user = [] if os.geteuid() == 0 else ["--map-root-user"]
        return ["unshare", "--mount", *user, "sh", "-c", " && ".join([*mounts, enter])]

    def program(self, path: Path) -> list[str]:
        """The command line, without arguments, of a program that the toolchain built."""
        if self.root is None:
            return [str(path)]
        usr = self.root / "usr"
        libraries = (usr / "lib/x86_64-linux-gnu", usr / "libexec/swift/lib/swift/linux")
        loader = self.root / "lib64/ld-linux-x86-64.so.2"
        return [str(loader), "--library-path", ":".join(map(str, libraries)), str(path)]

    def package(self, verb: str, package: Path, *arguments: str) -> list[str]:
        """The command line of ``swift build``, ``swift test`` and their like.

        Args:
            verb: what to do: ``build``, ``test``, ``run``.
            package: the folder with Package.swift. Nothing is written into it.
            arguments: more of them.
        """
        scratch = scratch_folder(package)
        scratch.mkdir(parents=True, exist_ok=True)
        options = ["--scratch-path", str(scratch), *(_FLAGS if self.root else ())]
        return self.tool(["swift", verb, *options, *arguments], package.absolute(), scratch)


def found() -> Swift | None:
    """A toolchain that can be used now: the machine's own, else that in edgekit's cache."""
    if shutil.which("swift"):
        return Swift(None)
    return Swift(SETUP.folder() / "root") if SETUP.missing() is None else None


def scratch_folder(package: Path) -> Path:
    """Where a package is built: a folder of edgekit's cache, one for each place of a package."""
    name = hashlib.sha256(str(package.resolve()).encode()).hexdigest()[:12]
    return cache_folder("swift-build") / name


def main(arguments: Sequence[str]) -> int:
    """Fetches the toolchain if it is not there, and runs a command in it or all checks.

    Returns:
        The exit code of the command, or of the first check that fails.
    """
    swift = found() or Swift(SETUP.make(print) / "root")
    place = Path.cwd()
    commands = [swift.tool(arguments, place)] if arguments else _checks(swift, place / "ios_demo")
    codes = (subprocess.run(command).returncode for command in commands)
    return next((code for code in codes if code), 0)


def _checks(swift: Swift, package: Path) -> list[list[str]]:
    """The command lines of all checks of a package: build, test and format."""
    folders = ("Sources", "Stubs", "Tests", "App/EdgekitDemo")
    lint = ["swift", "format", "lint", "--strict", "--recursive", "Package.swift", *folders]
    return [
        swift.package("build", package),
        swift.package("test", package),
        swift.tool(lint, package),
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
