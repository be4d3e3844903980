"""Buckets proposed for texts: the sets are the cheapest ones, and what they cost is measured."""

from __future__ import annotations

import random
from itertools import combinations
from pathlib import Path

import pytest
from command import edgekit_cli

import edgekit
from edgekit.benchmarks import buckets
from edgekit.bundle import Bundle
from edgekit.errors import BundleError, PlanError


@pytest.mark.parametrize("seed", range(5))
def test_each_set_is_the_cheapest_of_its_size(seed: int) -> None:
    chance = random.Random(seed)
    lengths = (8, 16, 24, 48, 64)
    samples = {length: [chance.uniform(1, 2) * length] * 3 for length in lengths}
    counts = [chance.randint(1, 64) for _ in range(50)]

    def cost(chosen: tuple[int, ...]) -> float:
        return sum(samples[next(each for each in chosen if each >= n)][0] for n in counts)

    found = list(buckets.best_sets(counts, samples, most=9))
    assert [len(chosen) for chosen in found] == [1, 2, 3, 4, 5]
    for chosen in found:
        every = combinations(lengths[:-1], len(chosen) - 1)
        assert cost(chosen) == pytest.approx(min(cost((*each, 64)) for each in every))


def test_candidates_reach_the_texts_and_keep_the_longest_bucket() -> None:
    assert buckets.candidates(20, (32, 64, 512)) == (8, 16, 24, 32, 512)
    assert buckets.candidates(70, (16, 128)) == (8, 16, 24, 32, 40, 48, 56, 64, 80, 128)
    assert buckets.candidates(12, (12,)) == (8, 12)


def test_the_command_measures_and_proposes_what_convert_takes(
    bundle: Bundle, tmp_path: Path
) -> None:
    texts = tmp_path / "texts.txt"
    texts.write_text("a\n" * 90 + "a b c d e f g h i j k l m n o\n" * 9 + "ab cd " * 40 + "\n")
    said = edgekit_cli(
        "buckets",
        bundle.path,
        "--texts",
        texts,
        "--artifact",
        "onnx",
        "--seconds",
        "0.1",
        cwd=tmp_path,
    )
    assert "100 texts" in said.stdout
    assert "1 text beyond 64 tokens" in said.stdout
    option = said.stdout.rsplit("--buckets ", 1)[1].strip()
    proposed = [int(length) for length in option.split(",")]
    assert proposed[-1] == 64  # no more texts are cut
    assert "16, 64" in said.stdout  # today's
    found = edgekit.buckets(bundle, texts=texts, artifact="tflite", seconds=0.1)
    assert {each.lengths for each in found.sets} == {(64,), (16, 64)}  # those that the file has


def test_texts_that_nobody_can_measure_are_one_line(bundle: Bundle, tmp_path: Path) -> None:
    (tmp_path / "none.txt").write_text("\n \n")
    with pytest.raises(PlanError, match="has no text"):
        edgekit.buckets(bundle, texts=tmp_path / "none.txt")
    (tmp_path / "one.txt").write_text("a\n")
    with pytest.raises(BundleError, match="has no 'gguf'"):
        edgekit.buckets(bundle, texts=tmp_path / "one.txt", artifact="gguf")
