"""An app as a signed APK, without Gradle or Java: shell, libraries and bundles in one file."""

from __future__ import annotations

import tempfile
from pathlib import Path

from edgekit.benchmarks.devices.android.adb import Adb
from edgekit.benchmarks.devices.android.device import choose
from edgekit.files import cache_folder, tree, write_bytes
from edgekit.mobile import apk, parts, signing
from edgekit.mobile.project import App
from edgekit.mobile.signing import Key

DEBUG_KEY = "android-key/debug.p12"  # in the cache
_SECONDS = 600.0  # to copy an APK to a phone and install it there


def package(app: App, out: Path, *, key: Key, archive: Path | None = None) -> None:
    """Writes the APK of an app, whole or not at all.

    Args:
        app: its bundles hold files of formats that ``parts.ARCHIVES`` has a library for.
        out: the file.
        key: that signs it.
        archive: the library's .aar; None takes the one that ``make android`` has fetched.

    Raises:
        PlanError: the library is not here, or another one.
        OutputError: the shell is not here, or the file cannot be written.
    """
    shell = parts.shell()
    files: dict[str, bytes] = {}
    for module in app.runtimes:
        files |= parts.libraries(module, archive)
    with tempfile.TemporaryDirectory() as folder:
        for chosen in app.bundles:
            copied = Path(folder) / chosen.name
            chosen.copy(copied)
            files |= {
                f"assets/bundles/{path.relative_to(folder).as_posix()}": path.read_bytes()
                for path in tree(copied)
            }
    identifier, name = app.names()
    write_bytes(out, signing.sign(apk.assemble(shell, apk.Contents(identifier, name, files)), key))


def key(path: Path | None, password: str) -> Key:
    """The key at ``path``, or edgekit's own for this machine.

    Raises:
        MissingExtraError: the package cryptography is not installed.
        PlanError: the file is no key store for this password.
    """
    signing.check_installed()
    return (
        signing.debug_key(cache_folder(DEBUG_KEY))
        if path is None
        else signing.read_key(path, password)
    )


def install(path: Path, adb: Adb, serial: str | None) -> str:
    """Installs an APK on a phone, over an older one that the same key signed.

    Args:
        path: the file.
        adb: that names no phone.
        serial: the phone's serial number; None takes the only one.

    Returns:
        The phone's serial number.

    Raises:
        DeviceError: no phone, or it refused.
    """
    phone = choose(adb, serial)
    phone.run("install", "-r", str(path), seconds=_SECONDS)
    return phone.serial or ""
