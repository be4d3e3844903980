"""Core AI assets, converted the whole way and executed by Apple's own runtime."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch
from command import edgekit_cli
from conftest import MODELS
from shared import plan_of
from test_bundle import edit
from test_docs import BLOCKS
from test_runner import late_imports
from test_trace import traced

from edgekit.bundle import Bundle
from edgekit.contents import entry
from edgekit.converters import coreai_weights
from edgekit.converters.coreai_rows import leave_out
from edgekit.errors import BundleError
from edgekit.runtime import table as runtime
from edgekit.runtime.inspection import inspect_file

pytest.importorskip("coreai_torch", reason="Core AI has no package for this Python or system")
pytestmark = pytest.mark.slow  # a format that is asked for by name


@pytest.fixture(scope="module")
def published(classifier: Path, converted: Callable[..., Bundle]) -> Bundle:
    """Converting proves every length, padding and text against PyTorch."""
    recipes = ("fp32", "fp16", "int8")
    return converted(
        "coreai", classifier, to=("coreai",), recipe=recipes, max_length=32, buckets=(16, 32)
    )


def test_every_recipe_is_proven_in_apples_runtime(published: Bundle) -> None:
    found = {row.recipe: row for row in published.artifacts if row.format == "coreai"}
    assert list(found) == ["fp32", "fp16", "int8"]
    for artifact in found.values():
        (proof,) = artifact.proofs
        assert proof.passed
        assert proof.runtime.startswith("Core AI 1.")
        assert artifact.buckets == (16, 32)
    assert found["fp32"].proofs[0].max_abs < 1e-6
    assert found["fp32"].size_bytes > 1.5 * found["fp16"].size_bytes > found["int8"].size_bytes


def test_the_asset_says_what_it_is_and_stores_what_its_recipe_says(published: Bundle) -> None:
    for artifact in published.artifacts:
        if artifact.format != "coreai":
            continue
        found = inspect_file(artifact.path)
        assert found.functions == ("main_seq_16", "main_seq_32")
        assert found.version == "iOS 27"
        assert [spec.name for spec in found.inputs] == [
            spec.name for spec in published.signature.inputs
        ]
        assert {(spec.dtype, spec.shape) for spec in found.inputs} == {("int32", (1, 32))}
        assert {spec.dtype for spec in found.outputs} == {"float32"}
        assert found.metadata["edgekit.task"] == published.manifest.task
        assert ("blockwise_shift_scale" in found.operations) == (artifact.recipe == "int8")
        stored = {row.tensor.rpartition(".embeddings.")[2]: row.scheme for row in artifact.weights}
        assert "position_embeddings.weight" not in stored  # the file has 32 of its 64 rows
        floats = "float16" if artifact.recipe == "fp16" else "float32"
        assert stored["token_type_embeddings.weight"] == floats
        narrow = "int8 asymmetric per channel" if artifact.recipe == "int8" else floats
        assert stored["word_embeddings.weight"] == narrow


def test_two_ways_one_answer(published: Bundle, bundle: Bundle) -> None:
    """Core AI's runtime and edgekit's own evaluator of the Core ML file, both in float16."""
    sessions = [
        next(runtime.sessions(row.path, row.format))
        for row in (*published.artifacts, *bundle.artifacts)
        if row.recipe == "fp16"
    ]
    generator = np.random.default_rng(0)
    feed = {
        spec.name: generator.integers(0, 2, (1, 16), dtype=np.int32)
        for spec in published.signature.inputs
    }
    feed["input_ids"] = generator.integers(0, 300, (1, 16), dtype=np.int32)
    feed["attention_mask"][0, :12] = 1
    (name,) = (spec.name for spec in published.signature.outputs)
    first, second = (session.run(feed)[name] for session in sessions)
    assert np.abs(first - second).max() < 2e-2 * np.abs(first).max()  # float16 rounds in each step


def flipped(published: Bundle, folder: Path, place: int) -> Path:
    """A copy of an asset with one byte changed; negative places count from the end."""
    path = folder / "flipped.aimodel"
    whole = next(row.path for row in published.artifacts if row.format == "coreai")
    shutil.copytree(whole, path)
    program = bytearray((path / "main.mlirb").read_bytes())
    program[place] ^= 0xFF
    (path / "main.mlirb").write_bytes(program)
    return path


def test_a_flipped_byte_does_not_pass(published: Bundle, tmp_path: Path) -> None:
    path = flipped(published, tmp_path, 100_000)
    for read in (lambda: inspect_file(path), lambda: list(runtime.sessions(path, "coreai"))):
        with pytest.raises(BundleError, match=r"its program is not what main.hash says"):
            read()


@pytest.mark.parametrize("place", [4, -100], ids=["head", "end"])
def test_a_program_whose_hash_was_mended_is_one_line(
    published: Bundle, tmp_path: Path, place: int
) -> None:
    """Apple's parser ends the process, which is not the command's."""
    path = flipped(published, tmp_path, place)
    (path / "main.hash").write_bytes(sha256((path / "main.mlirb").read_bytes()).digest())
    result = edgekit_cli("inspect", path, cwd=tmp_path)
    assert result.returncode == 2
    assert "flipped.aimodel cannot be read" in result.stderr
    assert "index" not in result.stderr, "what Python says of it"
    assert len(result.stderr.splitlines()) == 1
    copy = Path(shutil.copytree(published.path, tmp_path / "forged"))
    shutil.copytree(path, copy / path.name)
    row = msgspec.to_builtins(published.manifest.artifacts[0])
    row |= {"format": "coreai", **msgspec.to_builtins(entry(copy, copy / path.name))}
    edit(copy, lambda manifest: manifest.update(artifacts=[row]))
    result = edgekit_cli("run", copy, "a text", cwd=tmp_path)
    assert result.returncode == 2
    assert "error: flipped.aimodel cannot be opened" in result.stderr


def test_a_plan_says_that_float16_is_slow(classifier: Path, tmp_path: Path) -> None:
    asked = {"to": ("coreai",), "out": tmp_path / "out"}
    assert "slow in float16" in plan_of(classifier, recipe=("fp16",), **asked).notes[-1]
    assert not any("float16" in note for note in plan_of(classifier, **asked).notes)


def test_inspect_reads_an_asset_by_itself(published: Bundle, tmp_path: Path) -> None:
    path = next(row.path for row in published.artifacts if row.format == "coreai")
    result = edgekit_cli("inspect", path, cwd=tmp_path)
    assert "main_seq_16" in result.stdout, result.stderr


def test_the_script_of_the_page_opens_a_file_without_edgekit(
    published: Bundle, tmp_path: Path
) -> None:
    """As it stands there, without an import of edgekit; it prints the largest difference."""
    (script,) = (
        block.text
        for block in BLOCKS.values()
        if block.place.startswith("docs/coreai.md") and block.language == "python"
    )
    (tmp_path / "model.edgekit").symlink_to(published.path)
    (tmp_path / "script.py").write_text(script)
    told = subprocess.run(
        [sys.executable, "-I", "script.py"], cwd=tmp_path, capture_output=True, text=True
    )
    assert told.returncode == 0, told.stderr
    name, difference = told.stdout.split()
    assert [name] == [spec.name for spec in published.signature.outputs]
    assert 0 < float(difference) < 0.1


def test_positions_that_no_function_reads_are_left_out(tmp_path: Path) -> None:
    graph = traced(MODELS["feature-extraction"]().eval(), "feature-extraction", 3, tmp_path)
    ids = torch.arange(16, dtype=torch.int32)[None]
    feed = (ids, torch.ones_like(ids), torch.zeros_like(ids))
    module, name = graph.dynamic.module(), "model.embeddings.position_embeddings.weight"
    whole = module(*feed)
    leave_out(module, graph.static(16))
    sizes = {key: len(value) for key, value in module.state_dict().items() if "embeddings." in key}
    assert sizes[name] == 16
    assert sizes["model.embeddings.word_embeddings.weight"] == 300
    assert len(graph.dynamic.state_dict[name]) == 64
    for key, value in module(*feed).items():
        torch.testing.assert_close(value, whole[key], rtol=0, atol=0)


def test_the_time_of_opening_is_not_that_of_an_import(published: Bundle, tmp_path: Path) -> None:
    assert late_imports("coreai", published, tmp_path) == []


class Chosen(torch.nn.Module):
    """Has truths among its constants, as the masks of ModernBERT's local attention are."""

    def __init__(self, truths: torch.Tensor) -> None:
        super().__init__()
        self.register_buffer("truths", truths)

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        return torch.where(self.truths, values, -values)


def test_truths_are_read_back_a_byte_each(tmp_path: Path) -> None:
    """Core AI writes them so: into a buffer of bits it would write beyond the end."""
    from coreai.runtime import AIModelAssetMetadata
    from coreai_torch import TorchConverter, get_decomp_table

    truths = torch.arange(999)[None] % 7 < 3
    exported = torch.export.export(Chosen(truths), (torch.ones(1, 999),))
    decomposed = exported.run_decompositions(get_decomp_table())
    converter = TorchConverter().add_exported_program(
        decomposed, input_names=["values"], output_names=["chosen"]
    )
    program = converter.to_coreai()
    program.save_asset(tmp_path / "x.aimodel", AIModelAssetMetadata())
    assert truths.numpy().tobytes() in list(coreai_weights.constants(tmp_path / "x.aimodel"))
