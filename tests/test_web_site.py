"""``edgekit app --platform web`` and ``edgekit serve``: the site as it is written and served."""

from __future__ import annotations

import json
import re
import shutil
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

import edgekit
from edgekit.benchmarks.devices.browser import setup
from edgekit.bundle import Bundle
from edgekit.contents import MANIFEST
from edgekit.errors import OutputError, PlanError
from edgekit.mobile import server
from edgekit.mobile.site import FACTS, TEMPLATE
from edgekit.mobile.web_runtimes import ONNX, ONNX_WEBGPU
from edgekit.toolchains.setup import SetupError


@pytest.fixture(scope="module")
def site(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site of two bundles, the first with two files."""
    try:
        setup.setup()
    except SetupError as error:
        pytest.skip(str(error))
    folder = tmp_path_factory.mktemp("web")
    other = shutil.copytree(bundle.path, folder / "other.edgekit")
    names = ("model-int8.onnx", "model-fp32.onnx")
    edgekit.make_app(
        bundle.path, other, platform="web", out=folder / "site", artifact=names, name="Käse"
    )
    return folder / "site"


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_site_has_the_app_the_runtime_and_two_bundles(site: Path) -> None:
    found = files(site)
    assert {path.name for path in TEMPLATE.iterdir()} < set(found)
    for name, digest in setup.FILES.items():
        assert setup.file_sha256(site / "ort" / name) == digest
    for name in ("classifier", "other"):
        stamped = Bundle.open(site / "bundles" / name)
        assert [row.file for row in stamped.artifacts] == ["model-int8.onnx", "model-fp32.onnx"]
    assert json.loads(found["app.webmanifest"])["name"] == "Käse"
    facts = json.loads(found[FACTS])
    assert facts["bundles"] == ["classifier", "other"]
    sizes = {row["name"]: row["size_bytes"] for row in facts["runtimes"]}
    assert sizes == {row.name: len(found[row.wasm_path]) for row in (ONNX, ONNX_WEBGPU)}
    assert set(facts["files"]) == set(found)


def test_the_service_worker_keeps_all_but_what_is_loaded_on_request(site: Path) -> None:
    script = (site / "service-worker.js").read_text()
    shell = json.loads(re.match(r"self\.SHELL = (.*);\n", script)[1])  # type: ignore[index]
    left_out = {name for name in files(site) if name not in shell["files"]}
    models = {name for name in left_out if name.startswith("bundles/")}
    assert left_out - models == {
        ONNX.wasm_path,
        ONNX_WEBGPU.wasm_path,
        "index.html",
        "service-worker.js",
    }
    assert "./" in shell["files"], "which is index.html"
    assert not any(name.endswith(MANIFEST) for name in models)


def test_a_site_is_written_anew_and_nobodys_own_files_are_lost(
    site: Path, bundle: Bundle, tmp_path: Path
) -> None:
    out = Path(shutil.copytree(site, tmp_path / "site"))
    with pytest.raises(PlanError, match="which the app for web does not open"):
        edgekit.make_app(bundle.path, platform="web", out=out, artifact=("model-fp16.mlpackage",))
    before = (out / "service-worker.js").read_text()
    copy = shutil.copytree(bundle.path, tmp_path / "third.edgekit")
    edgekit.make_app(copy, platform="web", out=out)
    assert [path.name for path in (out / "bundles").iterdir()] == ["third"]
    assert (out / "service-worker.js").read_text() != before, "else browsers keep the old site"
    (out / "bundles" / "third" / "thesis.txt").write_text("years of work")
    with pytest.raises(OutputError, match=r"holds bundles/third/thesis\.txt, which is not"):
        edgekit.make_app(copy, platform="web", out=out)
    with pytest.raises(OutputError, match="is not a site that edgekit app wrote"):
        edgekit.make_app(copy, platform="web", out=tmp_path)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


@pytest.fixture
def address(site: Path) -> Iterator[str]:
    with server.opened(site, 0) as opened:
        threading.Thread(target=opened.serve_forever, daemon=True).start()
        yield server.url(opened)
        opened.shutdown()


def test_a_served_site_is_isolated_and_gives_the_rest_of_a_file(address: str, site: Path) -> None:
    with urllib.request.urlopen(address) as answer:
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert answer.headers["Cross-Origin-Embedder-Policy"] == "require-corp"
    content = (site / ONNX.wasm_path).read_bytes()
    start = len(content) - 1000
    asked = urllib.request.Request(address + ONNX.wasm_path, headers={"Range": f"bytes={start}-"})
    with urllib.request.urlopen(asked) as answer:
        assert answer.status == 206
        assert answer.headers["Content-Type"] == "application/wasm"
        assert answer.headers["Content-Range"] == f"bytes {start}-{len(content) - 1}/{len(content)}"
        assert answer.read() == content[start:]
    asked.headers["Range"] = f"bytes={len(content)}-"
    with pytest.raises(urllib.error.HTTPError, match="416"):
        urllib.request.urlopen(asked)
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(address + "../" + site.parent.name)
