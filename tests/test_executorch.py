"""ExecuTorch files, converted the whole way and run by ExecuTorch's own runtime."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from test_families import planned
from test_runner import late_imports

from edgekit.bundle import Bundle
from edgekit.conversion import pipeline
from edgekit.errors import BundleError
from edgekit.runtime import table as runtime
from edgekit.runtime.inspection import inspect_file

pytestmark = pytest.mark.slow  # lowering a model takes half a minute


@pytest.fixture(scope="module")
def published(reader: Path, converted: Callable[..., Bundle]) -> Bundle:
    """Converting proves every length, padding and text against PyTorch.

    Two outputs and no token types; the diagonal of the matrix has a model with them.
    """
    return converted("executorch", reader, to=("executorch",), buckets=(16, 64))


def test_both_recipes_are_proven_at_any_length_and_batch_1(published: Bundle) -> None:
    assert [artifact.recipe for artifact in published.artifacts] == ["fp32", "int8"]
    for artifact in published.artifacts:
        (proof,) = artifact.proofs
        assert proof.passed
        assert proof.runtime.startswith("ExecuTorch 1.")
        assert {"length", "text", "padding"} <= proof.checks.keys()
        assert artifact.buckets is None
        assert artifact.inputs[0].shape == (1, "length")


def test_the_file_says_what_it_is_and_int8_reaches_tables_and_products(published: Bundle) -> None:
    fp32, int8 = (inspect_file(artifact.path) for artifact in published.artifacts)
    for found in (fp32, int8):
        assert [spec.name for spec in found.inputs] == [
            spec.name for spec in published.signature.inputs
        ]
        assert [spec.name for spec in found.outputs] == [
            spec.name for spec in published.signature.outputs
        ]
        assert {spec.shape for spec in found.inputs} == {(1, 64)}
        assert {spec.dtype for spec in found.inputs} == {"int32"}
        assert found.metadata["task"] == published.manifest.task
    assert "aten::embedding" in fp32.operations
    assert "aten::embedding" not in int8.operations
    assert "aten::linear" not in int8.operations
    assert not [name for name in int8.operations if "quantize" in name.split("::")[-1]]


def test_gathered_positions_and_the_approximate_gelu(tmp_path: Path) -> None:
    """The kernel for one takes int64 alone, that for the other computes another function."""
    chosen = planned(
        "deberta-v2", tmp_path, to=("executorch",), recipe=("fp32",), hidden_act="gelu_new"
    )
    bundle = pipeline.convert(chosen, isolated=False)
    assert [artifact.proofs[0].passed for artifact in bundle.artifacts] == [True]


def test_a_file_that_is_cut_short_cannot_be_opened(published: Bundle, tmp_path: Path) -> None:
    path = tmp_path / "cut.pte"
    path.write_bytes(published.artifacts[0].path.read_bytes()[:1000])
    with pytest.raises(BundleError, match=r"cut.pte cannot be"):
        list(runtime.sessions(path, "executorch"))


def test_the_time_of_opening_is_not_that_of_an_import(published: Bundle, tmp_path: Path) -> None:
    assert late_imports("executorch", published, tmp_path) == []
