"""Packages in the reference evaluator: float16, what is fed, and what is damaged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from mil_packages import W45, W54, WEIGHTS, X, evaluate, mb, save
from torch.nn import functional as F  # noqa: N812

from edgekit.errors import BundleError, EdgekitError, PlanError, UnsupportedError
from edgekit.mil.package import read_facts, read_spec, spec_path
from edgekit.mil.program import Program


@pytest.fixture
def layers(tmp_path: Path) -> Path:
    """A float16 package of two linear layers around a GELU, its weights in weight.bin."""

    def build(x: Any) -> Any:
        return mb.linear(x=mb.gelu(x=mb.linear(x=x, weight=W54)), weight=W45)

    return save(build, X, tmp_path, half=True)


def test_float16_is_rounded_after_every_operation(layers: Path) -> None:
    first, second = (torch.from_numpy(w).half().float() for w in (W54, W45))

    def rounded(x: torch.Tensor) -> torch.Tensor:
        return x.half().float()

    x = rounded(torch.from_numpy(X))
    expected = rounded(rounded(F.gelu(rounded(x @ first.T))) @ second.T)
    (output,) = evaluate(layers, X)
    np.testing.assert_allclose(output, expected.numpy(), atol=1e-3)
    assert np.array_equal(output, output.astype(np.float16))


def test_float16_overflow_is_seen(layers: Path) -> None:
    (output,) = evaluate(layers, np.full(X.shape, 60_000, np.float32))
    assert not np.isfinite(output).all()


def test_the_hook_sees_every_operation_in_order(layers: Path) -> None:
    seen: list[tuple[str, str]] = []
    program = Program.load(layers)
    outputs = program.predict({"x": X}, lambda kind, name, value: seen.append((kind, name)))
    kinds = [kind for kind, _ in seen]
    assert [kind for kind in kinds if kind != "cast"] == ["linear", "gelu", "linear"]
    assert seen[-1][1] in outputs


@pytest.mark.parametrize(
    "feed",
    [
        {},
        {"x": X, "y": X},
        {"x": X.astype(np.float64)},
        {"x": X[:1]},
    ],
)
def test_a_feed_that_does_not_fit_is_refused(layers: Path, feed: dict[str, np.ndarray]) -> None:
    with pytest.raises(PlanError, match="x"):
        Program.load(layers).predict(feed)


def test_unknown_operations_and_functions_are_named(layers: Path) -> None:
    with pytest.raises(BundleError, match="no function 'seq_7': choose from main"):
        Program.load(layers, "seq_7")
    spec = read_spec(layers)
    code = spec.mlProgram.functions["main"]
    operations = code.block_specializations[code.opset].operations
    next(op for op in operations if op.type == "gelu").type = "lstm"
    spec_path(layers).write_bytes(spec.SerializeToString())
    with pytest.raises(UnsupportedError, match="lstm"):
        Program.load(layers)


def test_a_damaged_weight_is_seen_or_refused(layers: Path) -> None:
    """Every byte of every header and the high byte of a weight, one at a time."""
    path = layers / WEIGHTS
    before, sound = evaluate(layers, X)[0], path.read_bytes()
    headers = [at for at in range(0, len(sound), 64) if sound[at : at + 4] == b"\xef\xbe\xad\xde"]
    assert len(headers) == 2
    for at in headers:
        start = int.from_bytes(sound[at + 16 : at + 24], "little")
        for byte in (*range(at, at + 4), *range(at + 8, at + 24), start + 1):
            damaged = bytearray(sound)
            damaged[byte] ^= 0x7F
            path.write_bytes(damaged)
            try:
                after = evaluate(layers, X)[0]
            except BundleError:
                continue
            assert byte == start + 1
            assert not np.allclose(after, before, atol=1e-3)


def test_a_truncated_package_is_refused(layers: Path) -> None:
    for path in (layers / WEIGHTS, spec_path(layers), layers / "Manifest.json"):
        sound = path.read_bytes()
        for length in {0, 1, len(sound) // 2, len(sound) - 40}:
            path.write_bytes(sound[:length])
            with pytest.raises(BundleError):
                Program.load(layers)
        path.write_bytes(sound)
    Program.load(layers)


def test_a_damaged_program_never_crashes(layers: Path) -> None:
    """Random bytes of the protobuf: edgekit's own errors, or a program that still runs."""
    rng, path = np.random.default_rng(0), spec_path(layers)
    sound, refused = path.read_bytes(), 0
    for _ in range(300):
        damaged = bytearray(sound)
        damaged[rng.integers(len(sound))] ^= 1 << rng.integers(8)
        path.write_bytes(damaged)
        try:
            read_facts(layers)
            evaluate(layers, X)
        except EdgekitError:
            refused += 1
    assert refused > 100


def test_paths_cannot_leave_the_package(layers: Path) -> None:
    (layers.parent / "outside.bin").write_bytes((layers / WEIGHTS).read_bytes())
    spec = read_spec(layers)
    code = spec.mlProgram.functions["main"]
    for op in code.block_specializations[code.opset].operations:
        if op.attributes["val"].WhichOneof("value") == "blobFileValue":
            name = "@model_path/../../../outside.bin"
            op.attributes["val"].blobFileValue.fileName = name
    spec_path(layers).write_bytes(spec.SerializeToString())
    with pytest.raises(BundleError, match="outside"):
        Program.load(layers)
