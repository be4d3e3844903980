"""What a file says of the first runtime that opens it, held against the runtimes of that time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from old_runtimes import OLD_RUNTIMES, OldRuntime

import edgekit
from edgekit.bundle import Artifact, Bundle
from edgekit.converters.tflite_versions import release

LENGTH = 16
BOUND = {"fp32": 1e-3, "int8": 0.2}  # of the largest value; a wrong scale is off by more than 1


@pytest.fixture(scope="module")
def older(classifier: Path, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """The same model, made for runtimes that are older than those it would ask for."""
    return edgekit.convert(
        str(classifier),
        out=tmp_path_factory.mktemp("older") / "older.edgekit",
        to=("onnx", "tflite"),
        buckets=(LENGTH,),
        minimum_tflite="2.14",
        opset=17,
    )


def _artifacts(runtime: OldRuntime, *bundles: Bundle) -> Iterator[tuple[Bundle, Artifact]]:
    for bundle in bundles:
        for artifact in bundle.artifacts:
            if runtime.name in artifact.least_runtime:
                yield bundle, artifact


@pytest.mark.slow
@pytest.mark.parametrize("runtime", OLD_RUNTIMES, ids=lambda row: row.requirement)
def test_an_old_runtime_computes_the_same_or_refuses_by_name(
    runtime: OldRuntime, bundle: Bundle, older: Bundle
) -> None:
    seen = set()
    for made, artifact in _artifacts(runtime, bundle, older):
        case = next(row for row in made.golden().cases if len(row.input_ids) <= LENGTH)
        feed = {
            name: np.array([values + (0,) * (LENGTH - len(values))], np.int32)
            for name, values in (
                ("input_ids", tuple(case.input_ids)),
                ("attention_mask", (1,) * len(case.input_ids)),
                ("token_type_ids", tuple(case.token_type_ids)),
            )
        }
        found = runtime.run(artifact.path, feed)
        opens = release(runtime.version) >= release(artifact.least_runtime[runtime.name])
        assert isinstance(found, dict) == opens, (artifact.path, found)
        seen.add((made is older, opens))
        if isinstance(found, str):
            assert "EMBEDDING_LOOKUP" in found or "FULLY_CONNECTED" in found or "opset" in found
        else:
            wanted = np.array(case.outputs["logits"].values)
            error = np.abs(found["logits"].ravel() - wanted).max()
            assert error < BOUND[artifact.recipe] * np.abs(wanted).max(), artifact.path
    assert (True, True) in seen
