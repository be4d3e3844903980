"""The comparer's own numbers, each made by hand: what passes at its bound, and what is said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from edgekit.manifest.proofs import Scale
from edgekit.model import task_choice, tasks
from edgekit.proof.compare import Comparer
from edgekit.proof.probe import QUIET, Probe
from edgekit.proof.reference import Reference, Rounded
from edgekit.proof.trials import Trial
from edgekit.signature import Signature
from edgekit.tolerance import Tolerance

CLASSIFIER = tasks.get("text-classification")
NUMBER = task_choice.fitted(CLASSIFIER, {"problem_type": "regression"})
READER = tasks.get("question-answering")
LABEL = task_choice.fitted(CLASSIFIER, {"problem_type": "single_label_classification"})
WIDE = {"logits": Scale(largest=4.0, spread=2.0)}
LOOSE = Tolerance(9.0, -1.0, 0.0, 9.0, 0.1, 9.0)
UP = np.linspace(-4, 4, 16, dtype=np.float32)


def probe(values: np.ndarray, name: str = "a", kind: str = "text") -> Probe:
    return Probe(name, kind, (1,), (0,), (0,), {"logits": values})


def comparer(*probes: Probe, tolerance: Tolerance = LOOSE, **changes: object) -> Comparer:
    reference = Reference(NUMBER, Signature((), (), ()), probes, WIDE, 1, least=0)
    return Comparer(replace(reference, **changes), tolerance)


def add(found: Comparer, asked: Probe, values: np.ndarray) -> None:
    found.add(Trial(asked.kind, (asked,), 1), asked, {"logits": values})


def moved(by: float) -> np.ndarray:
    """One of sixteen values moved."""
    return UP + np.eye(16, dtype=np.float32)[3] * np.float32(by)


def test_each_number_is_what_it_says() -> None:
    asked = probe(UP)
    found = comparer(asked, least=60)  # decisions, of which a number has none
    add(found, asked, moved(0.5))
    add(found, asked, moved(-0.25))
    proof = found.proof("a fake", 2.0)
    assert (proof.passed, proof.runs, proof.decisions, proof.agreement) == (True, 2, 0, None)
    assert proof.max_abs == pytest.approx(0.5 / 4)
    assert proof.deviation == pytest.approx(0.5 / 2, rel=1e-4)
    assert proof.padding_sensitivity == pytest.approx(0.75 / 2, rel=1e-4), "from its own first"
    x, y = UP.astype(float), moved(0.5).astype(float)
    cosine = x @ y / np.sqrt((x @ x) * (y @ y))
    assert proof.cosine == pytest.approx(cosine, abs=1e-6)
    assert proof.arithmetic is None
    assert proof.checks["text"].runs == 2


@pytest.mark.parametrize(
    ("bound", "at", "message"),
    [
        ("max_abs", 0.5, "deviates by 0.5 of the spread > 0.4"),
        ("padding_sensitivity", 0.5, "padding moves it by 0.5 > 0.4"),
    ],
)
def test_what_is_at_its_bound_passes(bound: str, at: float, message: str) -> None:
    asked = probe(UP)
    for limit, passed in ((at, True), (at * 0.8, False)):
        found = comparer(asked, tolerance=replace(LOOSE, **{bound: limit}))
        if bound != "max_abs":
            add(found, asked, UP)
        add(found, asked, moved(1.0))
        proof = found.proof("a fake", 0.0)
        assert proof.passed is passed, proof.failure
        assert passed or message in str(proof.failure)


def test_a_large_output_is_held_by_its_size_and_by_its_angle() -> None:
    asked = probe(UP)
    small = {"scales": {"logits": Scale(largest=1.0, spread=100.0)}}
    found = comparer(asked, tolerance=replace(LOOSE, max_abs=0.5), **small)
    add(found, asked, moved(0.75))
    assert "max abs 0.75 > 0.5" in str(found.failure)
    found = comparer(asked, tolerance=replace(LOOSE, cosine=0.5))
    add(found, asked, -UP)
    assert str(found.failure).endswith("cosine -1.0000 < 0.5")


def test_the_first_failure_stays_and_its_layer_is_asked_for_once() -> None:
    asked = probe(UP)
    found, seen = comparer(asked, tolerance=replace(LOOSE, max_abs=0.1)), []

    def locate(trial: Trial) -> str:
        seen.append(trial.label)
        return "layer 1"

    for by in (0.0, 1.0, 2.0):
        trial = Trial("text", (asked,), 1)
        found.add(trial, asked, {"logits": moved(by)}, locate)
    assert len(seen) == 1
    assert str(found.failure).endswith("max abs 0.25 > 0.1, first at layer 1")
    found.refuse(Trial("text", (asked,), 1), "cannot be asked")
    assert "layer 1" in str(found.failure)
    assert found.proof("a fake", 0.0).checks["text"].max_abs == np.inf


def test_a_refused_answer_is_a_failure() -> None:
    found = comparer(probe(UP))
    found.refuse(Trial("text", (probe(UP),), 1), "cannot be asked")
    proof = found.proof("a fake", 0.0)
    assert (proof.passed, proof.failure, proof.runs) == (False, "cannot be asked", 1)
    assert (proof.cosine, proof.agreement, proof.decisions) == (-1, 0, 1), "one clear disagreement"


def rounded(answers: np.ndarray, noise: float = 0.0, quiet: float = 0.0) -> Rounded:
    """Of six probes, of which f is not still."""
    stored = {name: {"logits": answers} for name in "abcdef"}
    return Rounded(stored, noise, frozenset("abcde"), quiet, 0.0)


@pytest.mark.parametrize(("noise", "passed"), [(0.05, True), (0.04, False)])
def test_a_file_is_within_its_tolerance_and_six_times_the_noise_of_its_rounding(
    noise: float, passed: bool
) -> None:
    asked = probe(UP)
    held = replace(LOOSE, arithmetic=0.2)
    found = comparer(asked, tolerance=held, rounded=rounded(moved(1.0), noise))
    add(found, asked, UP)
    add(found, asked, moved(1.0))
    proof = found.proof("a fake", 0.0)
    assert proof.arithmetic == pytest.approx(0.5, rel=1e-4)
    assert proof.passed is passed, proof.failure
    assert passed or "0.5 from its own rounding in PyTorch > 0.44" in str(proof.failure)


@pytest.mark.parametrize(("quiet", "passed"), [(0.0168, True), (0.0166, False)])
def test_a_quarter_of_the_still_probes_has_to_be_near(quiet: float, passed: bool) -> None:
    """The second nearest of five is their lower quartile; no other probe counts, nor other kind."""
    probes = [probe(UP, name, QUIET) for name in "abcdef"]
    found = comparer(*probes, rounded=rounded(UP, quiet=quiet))
    for asked, by in zip(probes, (2.0, 0.0, 0.2, 2.0, 2.0, 0.0), strict=True):
        add(found, asked, moved(by))
        add(found, replace(asked, kind="text"), UP)
    failure = found.proof("a fake", 0.0).failure
    assert (failure is None) is passed
    assert passed or failure == "few tokens: 0.1 from its own rounding in PyTorch > 0.0997"


@pytest.mark.parametrize(
    ("least", "agreement", "failure"),
    [
        (4, 0.75, None),
        (5, 0.75, "not decided: PyTorch takes 4 decisions clearly, and 5 are needed"),
        (4, 0.76, "agrees with PyTorch in 75.0% of 4 clear decisions"),
    ],
)
def test_three_of_four_clear_decisions(least: int, agreement: float, failure: str | None) -> None:
    """One is won by just a tenth of the spread, which is not clear; a second answer counts none."""
    rows = [(1.0, 0.0), (0.0, 1.0), (1.0, 0.0), (0.0, 1.0), (0.2, 0.0)]
    probes = [probe(np.array(row), name) for name, row in zip("abcde", rows, strict=True)]
    held = replace(LOOSE, agreement=agreement)
    found = comparer(*probes, tolerance=held, task=LABEL, least=least)
    for asked in probes:
        value = asked.outputs["logits"]
        add(found, asked, value[::-1] if asked.name in "de" else value)
        add(found, asked, value)
    proof = found.proof("a fake", 0.0)
    assert (proof.decisions, proof.agreement) == (4, 0.75)
    assert proof.failure == failure


def test_what_shows_nothing_does_not_pass() -> None:
    assert comparer().proof("a fake", 0.0).failure == "nothing was run"
    same = comparer(probe(UP), scales={"logits": Scale(largest=4.0, spread=0.0)})
    add(same, probe(UP), UP)
    assert "the same logits: nothing is proven" in str(same.proof("a fake", 0.0).failure)


@pytest.mark.parametrize("value", [UP[:15], np.full(16, np.nan), np.full(16, np.inf)])
def test_no_numbers_are_the_worst(value: np.ndarray) -> None:
    found = comparer(probe(UP))
    add(found, probe(UP), value)
    assert "NaN, infinity or a wrong shape" in str(found.failure)
    assert found.proof("a fake", 0.0).max_abs == np.inf


def test_few_values_have_no_angle() -> None:
    few = probe(UP[:15])
    found = comparer(few, tolerance=replace(LOOSE, cosine=1.0))
    add(found, few, -UP[:15])
    assert found.proof("a fake", 0.0).passed


@pytest.mark.parametrize("wrong", ["max_abs", "padding_sensitivity", "arithmetic"])
def test_the_worst_of_all_outputs_counts(wrong: str) -> None:
    asked = Probe("a", "text", (1,), (0,), (0,), {"start_logits": UP, "end_logits": UP})
    scales = dict.fromkeys(asked.outputs, WIDE["logits"])
    own = Rounded({"a": asked.outputs}, 0.0, frozenset(), 0.0, 0.0)
    for ends in (moved(np.nan), moved(1.0)):
        held = replace(LOOSE, **{wrong: 0.4})
        found = comparer(asked, tolerance=held, task=READER, scales=scales, rounded=own)
        trial = Trial("text", (asked,), 1)
        if wrong == "padding_sensitivity":
            found.add(trial, asked, asked.outputs)
        found.add(trial, asked, {"start_logits": UP, "end_logits": ends})
        assert found.failure is not None


def test_exactly_the_bound_passes() -> None:
    asked = probe(np.zeros(8, np.float32))
    wide = {"logits": Scale(largest=1.0, spread=100.0)}
    found = comparer(asked, tolerance=replace(LOOSE, max_abs=0.5), scales=wide)
    add(found, asked, np.full(8, 0.5, np.float32))
    assert found.proof("a fake", 0.0).passed
