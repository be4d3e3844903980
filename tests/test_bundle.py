"""A bundle says when it is not what was published."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from command import edgekit_cli
from conftest import LABELS

from edgekit import recipe
from edgekit.bundle import Bundle
from edgekit.contents import MANIFEST
from edgekit.errors import BundleError
from edgekit.files import tree_sha256
from edgekit.proof.verify import verify


@pytest.fixture
def copy(bundle: Bundle, tmp_path: Path) -> Path:
    return Path(shutil.copytree(bundle.path, tmp_path / "copy"))


def edit(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    manifest = json.loads((folder / MANIFEST).read_text())
    change(manifest)
    (folder / MANIFEST).write_text(json.dumps(manifest))


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) * 2 // 3] ^= 0x40
    path.write_bytes(data)


def weights_of(path: Path) -> Path:
    return path if path.is_file() else next(path.rglob("weight.bin"))


def test_the_bundle_is_whole_and_every_proof_passed(bundle: Bundle) -> None:
    kinds = {(artifact.format, artifact.recipe) for artifact in bundle.artifacts}
    assert kinds == {
        ("onnx", "fp32"),
        ("onnx", "int8"),
        ("tflite", "fp32"),
        ("tflite", "int8"),
        ("coreml", "fp16"),
        ("coreml", "int8"),
    }
    assert all(artifact.passed for artifact in bundle.artifacts)
    assert bundle.manifest.labels == LABELS
    proven = {proof.runtime.split()[0] for row in bundle.artifacts for proof in row.proofs}
    assert {"onnxruntime", "LiteRT", "TensorFlow"} < proven
    for artifact in bundle.artifacts:
        for proof in artifact.proofs:
            assert {"length", "text", "adversarial", "padding"} <= set(proof.checks)
    listed = {entry.file.split("/")[0] for entry in bundle.files()} | {MANIFEST}
    assert {path.name for path in bundle.path.iterdir()} == listed


def test_one_flipped_byte_in_any_artifact_is_caught(copy: Path, bundle: Bundle) -> None:
    for artifact in bundle.artifacts:
        damaged = weights_of(copy / artifact.path.name)
        original = damaged.read_bytes()
        flip(damaged)
        with pytest.raises(BundleError, match=artifact.path.name):
            Bundle.open(copy)
        damaged.write_bytes(original)
    Bundle.open(copy)


def test_a_forged_hash_does_not_help_a_forged_model(copy: Path) -> None:
    """The labels swapped in the model, hash and size mended: the golden outputs tell."""
    import onnx

    path = copy / "model-fp32.onnx"
    model = onnx.load(path)
    bias = next(row for row in model.graph.initializer if list(row.dims) == [3])
    values = onnx.numpy_helper.to_array(bias).copy()
    bias.CopyFrom(onnx.numpy_helper.from_array(values[::-1] + 0.5, bias.name))
    onnx.save(model, path)

    def forge(manifest: dict[str, Any]) -> None:
        row = next(row for row in manifest["artifacts"] if row["file"] == path.name)
        row.update(sha256=tree_sha256(path), size_bytes=path.stat().st_size)

    edit(copy, forge)
    Bundle.open(copy)
    result = edgekit_cli("verify", copy, "--artifact", "onnx", "--json", cwd=copy.parent)
    assert result.returncode == 1
    failed = {row["file"] for row in json.loads(result.stdout) if not row["passed"]}
    assert failed == {path.name}


def test_a_file_is_held_to_what_it_was_proven_within(copy: Path) -> None:
    """An int8 file may be no further off than twice its own rounding, wherever it runs."""
    most = recipe.get("int8").tolerance.max_abs

    def held(max_abs: float) -> float:
        """To how much it is held if its proof says that."""

        def change(manifest: dict[str, Any]) -> None:
            row = next(row for row in manifest["artifacts"] if row["file"] == "model-int8.onnx")
            row["proofs"][0]["tolerance"]["max_abs"] = max_abs

        edit(copy, change)
        return Bundle.open(copy).select("model-int8.onnx")[0].tolerance.max_abs

    assert Bundle.open(copy).select("model-int8.onnx")[0].tolerance.max_abs < most
    assert held(9.0) == most
    assert held(1e-5) == 1e-5
    found = {row.file: row for row in verify(Bundle.open(copy), ["onnx"])}
    assert found["model-fp32.onnx"].passed
    assert "> 1e-05" in str(found["model-int8.onnx"].failure)


def test_a_file_of_another_recipe_is_not_what_it_is_called(copy: Path) -> None:
    opened = Bundle.open(copy)
    shutil.copy(copy / "model-int8.onnx", copy / "model-fp32.onnx")
    found, _ = verify(opened, ["model-fp32.onnx"])
    assert (found.passed, found.decisions > 0) == (False, True)


FORGERIES: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "newer": (lambda m: m.update(schema_version="2.0"), "schema version 2.0"),
    "no version": (lambda m: m.pop("schema_version"), "schema version none"),
    "escape": (lambda m: m["golden"].update(file="../secret"), "golden"),
    "absolute": (lambda m: m["artifacts"][0].update(file="/etc/passwd"), "artifacts"),
    "missing": (lambda m: m["artifacts"][0].update(file="model.onnx"), "missing"),
    "type": (lambda m: m.update(max_length="64"), "max_length"),
    "no proof": (lambda m: m["artifacts"][0].pop("proofs"), "proofs"),
    "tokenizer": (lambda m: m["tokenizer"]["files"][0].update(sha256="0" * 64), "tokenizer"),
}


@pytest.mark.parametrize("case", FORGERIES)
def test_a_forged_manifest_is_refused(case: str, copy: Path) -> None:
    change, message = FORGERIES[case]
    edit(copy, change)
    result = edgekit_cli("inspect", copy, cwd=copy.parent)
    assert result.returncode == 2
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_bundle_without_artifacts_is_refused(copy: Path) -> None:
    edit(copy, lambda manifest: manifest.update(artifacts=[]))
    with pytest.raises(BundleError):
        Bundle.open(copy)


def test_a_file_that_nothing_runs_does_not_pass(copy: Path) -> None:
    def rename(manifest: dict[str, Any]) -> None:
        manifest["artifacts"] = [{**manifest["artifacts"][0], "format": "gguf"}]

    edit(copy, rename)
    first, *_ = verify(Bundle.open(copy))
    assert not first.passed
    assert "no runtime of this machine" in str(first.failure)


def test_an_artifact_that_is_a_link_out_of_the_bundle_is_refused(copy: Path) -> None:
    golden = copy / "golden.json"
    shutil.copy(golden, copy.parent / "elsewhere.json")
    golden.unlink()
    golden.symlink_to(copy.parent / "elsewhere.json")
    with pytest.raises(BundleError, match="outside"):
        Bundle.open(copy)


def test_the_golden_ids_come_from_the_bundled_tokenizer(bundle: Bundle) -> None:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(bundle.path / "tokenizer" / "tokenizer.json"))
    cases = bundle.golden().cases
    assert len(cases) > 40
    for case in cases:
        strategy, side = case.truncation, case.truncation_side
        tokenizer.enable_truncation(case.max_length, strategy=strategy, direction=side)
        encoded = tokenizer.encode(*case.text)
        assert tuple(encoded.ids) == case.input_ids, case.name
        assert tuple(encoded.type_ids) == case.token_type_ids, case.name
        assert tuple(encoded.offsets) == case.offsets, case.name


def test_the_wheel_has_one_top_level_name_also_without_symlinks(tmp_path: Path) -> None:
    """Git for Windows checks a link out as a file that holds the link's target."""
    import zipfile

    root, copy = Path(__file__).parent.parent, tmp_path / "copy"
    folders = ("converters", "benchmarks", "android_demo", "ios_demo", "web_demo")
    for name in ("edgekit", *folders):
        shutil.copytree(root / name, copy / name, symlinks=True)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(root / name, copy)
    links = [path for path in (copy / "edgekit").rglob("*") if path.is_symlink()]
    assert len(links) == len(folders)
    for link in links:
        target = link.readlink()
        link.unlink()
        link.write_text(str(target))
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "-q", "-w", str(tmp_path), str(copy)], check=True)
    names = zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"edgekit"}
    for needed in ("converters/onnx.py", "mobile/web_site/index.html", "support.json"):
        assert f"edgekit/{needed}" in names
    projects = subprocess.run(
        ["git", "ls-files", "android_demo", "ios_demo"], cwd=root, capture_output=True, text=True
    )
    assert {f"edgekit/mobile/{name}" for name in projects.stdout.split()} <= {*names}
