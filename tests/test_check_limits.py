"""Limits of a budget as they are written, held and shown, without anything measured."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest
import report_samples
from scripted_meter import QUALITY

from edgekit.budget import limits
from edgekit.budget.quantities import DATA, TABLE, Observation
from edgekit.errors import PlanError
from edgekit.evaluation.result import ClassScore, Score


@pytest.mark.parametrize(
    ("text", "bound", "share"),
    [
        ("size = '1.5 KiB'", 1536, None),
        ("size = ' 1000000000GB '", 1e18, None),
        ("size = '1000000001 GB'", None, None),
        ("size = '3 kB'", 3000, None),
        ("memory = '3 MiB'", 3 * 2**20, None),
        ("memory = '3 GiB'", 3 * 2**30, None),
        ("instructions = '3 M'", 3e6, None),
        ("size = '-99.5 %'", None, 0.005),
        ("load = '+5%'", None, 1.05),
        ("load = '2 s'", 2000, None),
        ("instructions = '1.5 G'", 1.5e9, None),
        ("parity = 1e18", 1e18, None),
        ("parity = 2e18", None, None),
        ("metric = 1", 1, None),
        ("metric = 1.01", None, None),
        ("metric = 0", None, None),
        ("drop = 0", 0, None),
        ("drop = 1.0", None, None),
        ("class_drop = 1.0", None, None),
        ("class_drop = '+5%'", None, None),
        ("agreement = '-5%'", None, None),
        ("agreement = 1.01", None, None),
        ("rmse = '+5%'", None, None),
        ("rmse = 0", None, None),
    ],
)
def test_a_limit_is_read_as_far_as_it_makes_sense(
    text: str, bound: float | None, share: float | None, tmp_path: Path
) -> None:
    (tmp_path / "dev.tsv").touch()
    data = "data = 'dev.tsv'" if TABLE[text.split()[0]].needs == DATA else ""
    path = tmp_path / "budget.toml"
    path.write_text(f"[[budget]]\n{text}\n{data}")
    if bound is None and share is None:
        with pytest.raises(PlanError, match="cannot be"):
            limits.read(path)
        return
    ((found,),) = (budget.limits for budget in limits.read(path))
    assert (found.bound, found.share) == (bound, pytest.approx(share))


@pytest.mark.parametrize("key", TABLE)
def test_a_limit_is_met_at_equality_and_broken_just_beyond(key: str) -> None:
    row, limit = TABLE[key], 0.3
    beyond = math.nextafter(limit, 0 if row.least else 1)
    met = [row.meets(value, limit) for value in (limit, beyond, math.nan)]
    assert met == [True, False, False]
    texts = row.texts(limit * row.units.get(row.unit, 1), beyond * row.units.get(row.unit, 1))
    assert len(set(texts)) == 1, "no more digits than a float has"


def test_a_value_has_three_digits_or_as_many_as_tell_it_apart() -> None:
    size, load, counted = TABLE["size"], TABLE["load"], TABLE["instructions"]
    assert size.text(22_940_000) == "22.9 MB"
    assert (size.text(100), size.text(99)) == ("0.000100 MB", "9.90e-05 MB")
    assert (load.text(1234.6), load.text(math.inf)) == ("1,235 ms", "inf")
    assert counted.text(0) == "0.00 M"
    assert TABLE["drop"].text(-0.02) == "-0.0200"
    assert load.texts(12.0004, 12.0001) == ("12.0004 ms", "12.0001 ms")
    assert load.texts(12.0, 12.0) == ("12.0 ms", "12.0 ms")


def test_what_was_not_judged_has_no_value() -> None:
    """A class whose drop is not defined is not the worst."""
    row = next(report_samples.timed())
    undefined = ClassScore("odd", 1, Score("recall", True, None, None, None))
    worst = TABLE["class_drop"]
    judged = Observation(row, replace(QUALITY, classes=(undefined, *QUALITY.classes)))
    assert (worst.read(judged), worst.of(judged)) == (0.05, "good")
    for empty in (None, replace(QUALITY, classes=(), metrics=())):
        known = Observation(row, empty)
        asked = ("metric", "drop", "class_drop")
        assert [TABLE[key].read(known) for key in asked] == [None] * 3
        assert worst.of(known) == ""
