"""What errors of a proof are measured in, and what files are held to, each by numbers of a hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from edgekit.manifest.proofs import Scale
from edgekit.model import task_choice, tasks
from edgekit.proof import scales
from edgekit.proof.difference import Seen, comparable, cosine_similarity
from edgekit.proof.probe import DECISION, KeptValues, Probe
from edgekit.proof.reference import Reference, Rounded, typical
from edgekit.signature import Signature
from edgekit.tolerance import PYTORCH, Tolerance

CLASSIFIER = tasks.get("text-classification")
LABEL = task_choice.fitted(CLASSIFIER, {"problem_type": "single_label_classification"})
NUMBER = task_choice.fitted(CLASSIFIER, {"problem_type": "regression"})
TAGGER, READER = tasks.get("token-classification"), tasks.get("question-answering")
EPS = float(np.finfo(np.float32).eps)


def probe(*logits: object, kind: str = "text", name: str = "a") -> Probe:
    return Probe(name, kind, (1,), (0,), (0,), {"logits": np.array(logits, np.float32)})


def test_errors_are_shares_of_the_largest_value_and_of_the_spread_beyond_float32() -> None:
    scale = Scale(largest=4.0, spread=2.0)
    assert scales.relative(1.0, scale) == 0.25
    assert scales.relative(1.0, Scale(largest=0.0, spread=0.0)) == 1.0
    assert scales.deviation(1.0, scale) == (1.0 - 32 * EPS * 4) / 2
    assert scales.deviation(32 * EPS * 4, scale) == 0
    with np.errstate(divide="ignore"):
        assert scales.deviation(1.0, Scale(largest=1.0, spread=0.0)) == np.inf
    assert not scales.moves(Scale(largest=1.0, spread=32 * EPS))
    assert scales.moves(Scale(largest=1.0, spread=33 * EPS))
    assert not scales.moves(Scale(largest=4.0, spread=100 * EPS))
    assert scales.widest({"a": Scale(largest=9.0, spread=1.0), "b": scale}) == 2


@pytest.mark.parametrize(
    ("task", "first", "second", "largest", "spread"),
    [
        (LABEL, [1, 3], [5, 5], 5, 0.5),  # less their means (-1, 1) and (0, 0), of mean (-.5, .5)
        (NUMBER, [-4], [1], 4, 2.5),
        (TAGGER, [[0, 2]], [[3, 3], [3, 3], [1, 3]], 3, 0.5),  # a mean over tokens, not texts
    ],
)
def test_a_scale_is_the_largest_value_and_the_largest_distance_from_the_mean(
    task: tasks.Task, first: list[float], second: list[float], largest: float, spread: float
) -> None:
    found = scales.scales([probe(*first), probe(*second)], task)
    assert found == {"logits": Scale(largest=largest, spread=spread)}


def test_places_in_a_text_share_no_mean_with_those_of_another() -> None:
    starts = [np.array([1, 3, -10], np.float32), np.array([9, 0], np.float32)]
    probes = [replace(probe(), outputs={"start_logits": x, "end_logits": x / 2}) for x in starts]
    assert scales.scales(probes, READER) == {
        "start_logits": Scale(largest=10.0, spread=8.0),
        "end_logits": Scale(largest=5.0, spread=4.0),
    }


def test_two_outputs_are_apart_by_all_and_by_what_a_softmax_sees() -> None:
    one, other = np.array([1.0, 2.0, 3.0]), np.array([4.0, 5.0, 9.0])
    scale = Scale(largest=10.0, spread=2.0)
    for task, seen in ((LABEL, 2.0), (NUMBER, 6.0)):
        far = scales.distance(task, one, other, scale)
        assert far == pytest.approx((0.6, seen / 2), rel=1e-4)


def test_a_sample_is_compared_at_its_places_and_less_the_means_of_whole_rows() -> None:
    """Of logits for two tokens four values are kept; a file gives all six."""
    whole = np.array([[1, 2, 6], [5, 0, 4]], np.float32)
    places = np.array([0, 2, 3, 4])
    kept = KeptValues(whole.shape, places, np.array([3, 3], np.float32))
    asked = replace(probe(1, 6, 5, 0), samples={"logits": kept})
    expected = Seen.expected(TAGGER, asked, "logits")
    np.testing.assert_array_equal(expected.raw, [1, 6, 5, 0])
    np.testing.assert_array_equal(expected.centred, [-2, 3, 2, -3])
    given = Seen.of(TAGGER, asked, "logits", whole - np.array([[1], [0]], np.float32))
    np.testing.assert_array_equal(given.raw, [0, 5, 5, 0])
    np.testing.assert_array_equal(given.centred, expected.centred)
    assert given.distance(expected, Scale(largest=4.0, spread=1.0)) == (0.25, 0)
    assert comparable(asked, "logits", {"logits": whole})
    for wrong in (whole.ravel()[places], whole.T, np.where(whole == 6, np.nan, whole)):
        assert not comparable(asked, "logits", {"logits": wrong})
    assert not comparable(probe(1, np.nan), "logits", {"logits": np.ones(2)})
    line = KeptValues((6,), places, np.array([3], np.float32))
    flat = Seen.expected(LABEL, replace(asked, samples={"logits": line}), "logits")
    np.testing.assert_array_equal(flat.centred, [-2, 3, 2, -3])


def test_zeros_are_like_zeros_alone() -> None:
    zeros, ones = np.zeros((2, 8), np.float32), np.ones((2, 8), np.float32)
    assert cosine_similarity(zeros, zeros) == 1
    assert cosine_similarity(zeros, ones) == cosine_similarity(ones, zeros) == 0
    assert cosine_similarity(zeros[0], ones[0]) == 1, "eight values have no angle"
    assert cosine_similarity(ones * 1e30, ones * 2e30) == pytest.approx(1), "beyond float32"


@pytest.mark.parametrize(("error", "bound"), [(0.01, 0.03), (0.02, 0.04), (0.1, 0.05)])
def test_a_quantised_file_is_held_to_twice_its_rounding(error: float, bound: float) -> None:
    most = Tolerance(0.05, 0.9, 0.9)
    own = Rounded({}, 0.0, frozenset(), 0.0, error)
    reference = Reference(LABEL, Signature((), (), ()), (), {}, 1)
    assert reference.held(most) == most
    assert replace(reference, rounded=own).held(most) == replace(most, max_abs=bound)
    strict = {"arithmetic": PYTORCH.max_abs, "padding_sensitivity": PYTORCH.padding_sensitivity}
    assert replace(own, weights_only=True).held(most) == replace(most, max_abs=bound, **strict)


def reference(*probes: Probe, least: int) -> Reference:
    made = Reference.of(LABEL, Signature((), (), ()), probes, 7)
    assert (made.least, made.max_length, made.rounded) == (60, 7, None)
    return replace(made, least=least)


def test_drawn_decisions_widen_no_scale() -> None:
    drawn = probe(-90, 90, kind=DECISION)
    assert reference(probe(2, 0), probe(0, 2), drawn, least=1).scales["logits"].spread == 1


def test_probes_are_drawn_until_enough_is_decided() -> None:
    """A tenth of a spread of 1 is not clear yet; what PyTorch decided itself counts."""
    known = probe(2, 0), probe(0, 2)
    found = reference(*known, least=4)
    tie = replace(probe(0, 0), outputs={"logits": np.array([0.0, 0.1])})
    stored = replace(tie, decision=(np.array([0, 1]), np.array([5.0, 0.05])))
    assert [found.clear_decisions(each, 0.1) for each in (*known, tie, stored)] == [1, 1, 0, 1]
    wider = replace(found, scales={"logits": Scale(largest=4.0, spread=50.0)})
    assert wider.clear_decisions(stored, 0.1) == 0, "5 is a tenth of 50"
    more = iter([tie, stored, known[1], *known])
    assert found.decided(0.1, more).probes == (*known, stored, known[1])
    assert len(list(more)) == 2, "no more than needed were drawn"
    for enough in (replace(found, least=2), replace(found, task=NUMBER)):
        assert enough.decided(0.1, [known[0]]).probes == known


def test_the_usual_distance_is_the_lower_quartile() -> None:
    assert typical([]) == 0
    assert typical([4, 1, 3, 2]) == 1
    assert typical([5, 4, 1, 3, 2]) == 2
