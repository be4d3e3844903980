"""LiteRT with its weights packed into a file: the same answers, whatever has become of the file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from edgekit.bundle import Bundle
from edgekit.runtime.interpreters import open_litert
from edgekit.runtime.litert import CompiledLiteRt
from edgekit.runtime.session import Session


def answers(session: Session, bundle: Bundle, length: int) -> list[np.ndarray]:
    values = {"input_ids": np.arange(length) % 7, "attention_mask": np.ones(length)}
    rows = {spec.name: values.get(spec.name, np.zeros(length)) for spec in bundle.signature.inputs}
    return list(
        session.run({name: row[None].astype(np.int32) for name, row in rows.items()}).values()
    )


@pytest.mark.parametrize(
    "damage",
    [lambda data: data, lambda data: data[: len(data) // 2], lambda data: b"no cache" * 99],
    ids=("whole", "truncated", "another file"),
)
def test_a_weight_cache_changes_no_bit_and_is_written_anew_where_it_is_damaged(
    damage: Callable[[bytes], bytes], bundle: Bundle, tmp_path: Path
) -> None:
    path, cache = bundle.path / "model-int8.tflite", tmp_path / "weights.xnnpack"
    CompiledLiteRt(path, 1, cache)
    whole = cache.read_bytes()
    cache.write_bytes(damage(whole))
    cached, plain = CompiledLiteRt(path, 1, cache), open_litert(path, 1)
    assert cached.lengths == plain.lengths
    for length in plain.lengths or ():
        pairs = zip(answers(cached, bundle, length), answers(plain, bundle, length), strict=True)
        assert all(np.array_equal(left, right) for left, right in pairs)
    assert cache.stat().st_size == len(whole)
