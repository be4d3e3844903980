"""onnxruntime-web, fetched once from the npm registry into edgekit's cache.

Of the package's 130 MB six files are kept, each checked against its SHA-256 when it is fetched
and whenever it is used. They appear together or not at all.
"""

from __future__ import annotations

import hashlib
import shutil
import tarfile
from collections.abc import Mapping
from pathlib import Path

from edgekit import staging
from edgekit.files import cache_folder, file_sha256
from edgekit.toolchains import npm
from edgekit.toolchains.setup import Say, SetupError

VERSION = "1.30.0"
WASM_FILES: Mapping[str, str] = {
    "ort.wasm.min.mjs": "219e6a1fc8a9938268d18efca3c91d310bd2f4a59bbd13744df5b2b7fc6cee3b",
    "ort-wasm-simd-threaded.mjs": (
        "e13f7f94fc51b4ca72b12faeb1ee95f4ace6dfbc8939bc718aabdc0a27c4299b"
    ),
    "ort-wasm-simd-threaded.wasm": (
        "3398c10d07d229bd91b364548e130e0e51a8e5704b88c7c083ebbeb78842dee2"
    ),
}
WEBGPU_FILES: Mapping[str, str] = {  # which apps load on request; edgekit measures without them
    "ort.jspi.min.mjs": "bc57179d923fda2d88d4a395359c8df44399dde087bf9ff44fc0e40ab398e4d9",
    "ort-wasm-simd-threaded.jspi.mjs": (
        "270e2c6da9f297239d301d329782b6446641cb1e16a77967690adcfca35f3268"
    ),
    "ort-wasm-simd-threaded.jspi.wasm": (
        "a54c76f86b0f0d9572380cf1c6292a7b3903716ffcbcd6b0e5c7050bf430eb93"
    ),
}
FILES: Mapping[str, str] = {**WASM_FILES, **WEBGPU_FILES}


def folder() -> Path:
    """The folder in edgekit's cache for the files of onnxruntime-web, maybe not there yet."""
    return cache_folder("browser")


def missing() -> str | None:
    """Why the files in the cache cannot be used yet, or None if they can."""
    found = {name: folder() / name for name in FILES}
    if not all(path.is_file() for path in found.values()):
        return "onnxruntime-web is not set up"
    if any(file_sha256(path) != FILES[name] for name, path in found.items()):
        return f"onnxruntime-web in the cache is damaged, or not {VERSION}"
    return None


def setup(say: Say = lambda text: None, registry: str | None = None) -> Path:
    """Fetches the files of onnxruntime-web into edgekit's cache, unless they are there.

    Args:
        say: is told what is fetched.
        registry: the address of an npm registry; None is npm's own setting
            (``npm_config_registry``), or else the public one.

    Returns:
        Their folder.

    Raises:
        SetupError: the registry cannot be reached, or has other files under that version.
        OutputError: the cache cannot be written.
    """
    if missing() is None:
        return folder()
    archive = f"onnxruntime-web/-/onnxruntime-web-{VERSION}.tgz"
    address = f"{(registry or npm.registry()).rstrip('/')}/{archive}"
    say(f"fetch onnxruntime-web {VERSION}, 33 MB")
    with staging.staging(folder()) as stage:
        whole = stage / "whole"
        whole.mkdir()
        npm.fetch(address, stage / "package.tgz")
        _unpack(stage / "package.tgz", whole)
        staging.move(whole, folder())
    return folder()


def clean() -> None:
    """Removes the files of onnxruntime-web from edgekit's cache."""
    shutil.rmtree(folder(), ignore_errors=True)


def _unpack(package: Path, place: Path) -> None:
    """Takes the wanted files out of a package, each only if it is the one that edgekit knows."""
    try:
        with tarfile.open(package) as archive:
            for name, digest in FILES.items():
                member = archive.extractfile(f"package/dist/{name}")
                content = member.read() if member else b""
                if hashlib.sha256(content).hexdigest() != digest:
                    raise SetupError(
                        f"the registry's {name} is not that of onnxruntime-web {VERSION}: nothing "
                        "is kept; ask whoever runs the registry, or try another one"
                    )
                (place / name).write_bytes(content)
    except (tarfile.TarError, KeyError, EOFError, OSError) as error:
        raise SetupError(f"the registry's package cannot be read: {error}; try again") from error
