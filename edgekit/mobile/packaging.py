"""An app as a signed APK, without Gradle or Java: shell, libraries and bundles in one file."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from edgekit.benchmarks.devices.android.adb import Adb
from edgekit.benchmarks.devices.android.device import choose
from edgekit.files import cache_folder, tree, write_bytes
from edgekit.mobile import apk, signing
from edgekit.mobile.project import AppProject
from edgekit.mobile.signing import Key

DEBUG_KEY = "android-key/debug.p12"  # in the cache
_SECONDS = 600.0  # to copy an APK to a phone and install it there


def package(
    app: AppProject, out: Path, *, shell: Path, libraries: Mapping[str, bytes], key: Key
) -> None:
    """Writes the APK of an app, whole or not at all.

    Args:
        app: what goes in.
        out: the file.
        shell: an APK with the app's code and resources.
        libraries: native ones, by their names in the APK.
        key: that signs it.

    Raises:
        OutputError: the file would be too large, or cannot be written.
    """
    files = dict(libraries)
    with tempfile.TemporaryDirectory() as folder:
        for chosen in app.bundles:
            copied = Path(folder) / chosen.name
            chosen.copy(copied)
            for path in tree(copied):
                name = path.relative_to(folder).as_posix()
                files[f"assets/bundles/{name}"] = path.read_bytes()
    identifier, name = app.names()
    made = apk.assemble(shell, apk.Contents(identifier, name, files))
    write_bytes(out, signing.sign(made, key))


def key(path: Path | None, password: str) -> Key:
    """The key that signs an APK.

    Args:
        path: of a key store; None is edgekit's own on this machine, which is made if need be.
        password: of the key store.

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
