"""onnxruntime-web, fetched once from a registry: only the pinned files, and all of them."""

from __future__ import annotations

import functools
import http.server
import io
import json
import os
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from edgekit.benchmarks.devices.browser import chromium
from edgekit.benchmarks.devices.browser import setup as browser_setup

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(chromium.find() is None, reason="no Chromium: make system"),
]


@contextmanager
def registry(content: bytes, folder: Path) -> Iterator[str]:
    """A registry on loopback that has one package."""
    path = folder / f"onnxruntime-web/-/onnxruntime-web-{browser_setup.VERSION}.tgz"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def package(change: bytes) -> bytes:
    """The published package's files as they are in the cache, with something added to each."""
    whole, file = browser_setup.setup(), io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name in browser_setup.FILES:
            content = (whole / name).read_bytes() + change
            member = tarfile.TarInfo(f"package/dist/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return file.getvalue()


def test_setup_takes_only_the_pinned_files_and_all_of_them(tmp_path: Path) -> None:
    good, cache = package(b""), tmp_path / "cache"

    def set_up(address: str) -> tuple[int, str]:
        result = subprocess.run(
            [sys.executable, "-m", "edgekit", "devices", "setup", "browser"],
            env={**os.environ, "EDGEKIT_CACHE": str(cache), "npm_config_registry": address},
            capture_output=True,
            text=True,
        )
        return result.returncode, result.stderr

    refusals = {"forged": package(b"!"), "cut": good[: len(good) // 2], "empty": b""}
    for name, content in refusals.items():
        with registry(content, tmp_path / name) as address:
            code, stderr = set_up(address)
        assert code == 2, name
        assert "the registry's" in stderr
        assert not (cache / "browser").exists()
    code, stderr = set_up(address)  # it is gone
    assert (code, "check the network" in stderr) == (2, True)
    with registry(good, tmp_path / "good") as address:
        assert set_up(address)[0] == 0
    wasm = cache / "browser" / "ort-wasm-simd-threaded.wasm"
    wasm.write_bytes(wasm.read_bytes()[:-1])
    assert "damaged" in listed(cache)["remedy"]
    with registry(good, tmp_path / "again") as address:
        assert set_up(address)[0] == 0
    assert listed(cache)["ready"]


def listed(cache: Path) -> dict[str, Any]:
    """The browser's line of edgekit devices."""
    result = subprocess.run(
        [sys.executable, "-m", "edgekit", "devices", "--json"],
        env={**os.environ, "EDGEKIT_CACHE": str(cache)},
        capture_output=True,
        text=True,
        check=True,
    )
    return next(row for row in json.loads(result.stdout) if row["name"] == "browser")
