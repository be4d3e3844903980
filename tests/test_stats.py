"""Statistics against SciPy's, and what stands on them in a report against numbers by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import report_samples
from scipy import stats as scipy_stats

from edgekit import reporting as report
from edgekit import stats
from edgekit.benchmarks.measurement import Measurement
from edgekit.evaluation import measures
from edgekit.evaluation.judged import Judged
from edgekit.evaluation.scoring import score
from edgekit.reporting.comparison import SAME_RECIPE
from edgekit.stats import Interval, Samples

RNG = np.random.default_rng(7)
SLOW, FAST = RNG.lognormal(3, 0.2, 60), RNG.lognormal(2, 0.3, 45)
RIGHT = (RNG.random(300) < 0.8).astype(float)
NEAR = 0.06  # of an interval's width: two bootstraps' noise; one of 90% is 16% narrower


def bootstrap(statistic: Callable[..., object], *samples: np.ndarray) -> tuple[float, float]:
    """SciPy's percentile interval of 95%."""
    found = scipy_stats.bootstrap(
        samples, statistic, n_resamples=20_000, method="percentile", rng=np.random.default_rng(1)
    )
    return float(found.confidence_interval.low), float(found.confidence_interval.high)


def assert_like(found: Interval, low: float, high: float) -> None:
    width = high - low
    assert found.low == pytest.approx(low, abs=NEAR * width)
    assert found.high == pytest.approx(high, abs=NEAR * width)
    assert found.high - found.low == pytest.approx(width, rel=NEAR)


def median_ratio(a: np.ndarray, b: np.ndarray, axis: int) -> np.ndarray:
    return np.asarray(np.median(a, axis=axis) / np.median(b, axis=axis))


def test_what_was_never_seen_has_an_exact_bound() -> None:
    for count in (1, 8, 100, 5000):
        exact = scipy_stats.binomtest(0, count).proportion_ci(0.95, method="exact")
        assert stats.unseen_share_bound(count) == pytest.approx(exact.high)


def test_intervals_are_scipys_of_95_percent() -> None:
    summary = stats.summarise(Samples(SLOW))
    assert summary.mean.value == SLOW.mean()
    assert summary.throughput_per_s == 1000 / np.median(SLOW)
    assert_like(summary.mean, *bootstrap(np.mean, SLOW))
    assert summary.median.value == stats.median(Samples(SLOW)).value == np.median(SLOW)
    assert_like(summary.median, *bootstrap(np.median, SLOW))
    ratio = stats.ratio(Samples(SLOW), Samples(FAST))
    assert ratio.value == np.median(SLOW) / np.median(FAST)
    assert_like(ratio, *bootstrap(median_ratio, SLOW, FAST))


def test_an_accuracy_has_scipys_interval_too() -> None:
    judged = Judged((measures.mean("accuracy", RIGHT),), (), [()] * 300, [""] * 300, [0] * 300)
    (found,) = score([judged], 300, baseline=False)
    (accuracy,) = found.scores
    assert accuracy.low is not None
    assert accuracy.high is not None
    assert_like(Interval(RIGHT.mean(), accuracy.low, accuracy.high), *bootstrap(np.mean, RIGHT))


def test_a_drop_is_of_the_same_examples() -> None:
    """Of 300 examples a file loses 12 that PyTorch has: to draw each apart would be far wider."""
    lost = RIGHT * (np.arange(300) % 25 > 0)
    files = [
        Judged((measures.mean("accuracy", row),), (), [()] * 300, [""] * 300, [0] * 300)
        for row in (RIGHT, lost)
    ]
    drop = score(files, 300, baseline=True)[1].scores[0]
    assert drop.drop == pytest.approx((RIGHT - lost).mean())
    assert drop.drop_low is not None
    assert drop.drop_high is not None
    expected = bootstrap(np.mean, RIGHT - lost)
    assert_like(Interval(drop.drop, drop.drop_low, drop.drop_high), *expected)


@pytest.mark.parametrize("measure", [measures.spearman, measures.pearson])
def test_each_resamples_correlation_is_scipys(
    measure: Callable[[np.ndarray, np.ndarray], measures.Measure],
) -> None:
    x = RNG.normal(size=40).round(1)  # with ties
    y = (x + RNG.normal(size=40)).round(1)
    some = next(measures.resamples(40))
    of = {"spearman": scipy_stats.spearmanr, "pearson": scipy_stats.pearsonr}
    found = measure(x, y)
    expected = [of[found.name](x[rows], y[rows]).statistic for rows in some.indices[:50]]
    np.testing.assert_allclose(found.draw(some)[:50], expected, rtol=1e-9)


def test_a_summary_of_known_samples() -> None:
    found = stats.summarise(Samples([float(value) for value in range(1, 102)]), batch=4)
    assert (found.count, found.min, found.max, found.median.value) == (101, 1, 101, 51)
    assert (found.p90, found.p99) == (91, 100)
    assert found.throughput_per_s == pytest.approx(4 * 1000 / 51)
    assert Interval(10, 9, 12).half_width == pytest.approx(0.15)
    assert Interval(0, -1, 1).half_width == 0
    held = [Interval(10, 9, 12).holds(value) for value in (8.9, 9, 12, 12.1)]
    assert held == [False, True, True, False]
    assert stats.median(Samples(SLOW)) == stats.median(Samples(SLOW)), (
        "the same samples, the same interval"
    )


@pytest.mark.parametrize("longer", ["slow", "fast"])
def test_pairs_begin_at_the_first_sample(longer: str) -> None:
    """A runner that dropped out has fewer samples: the others' last ones have no partner."""
    fast = RNG.permutation(np.linspace(1, 100, 31))
    slow = 2 * fast
    if longer == "slow":
        slow = np.append(slow, np.full(20, 9000.0))
    else:
        fast = np.append(fast, np.full(20, 9000.0))
    found = stats.ratio(Samples(slow), Samples(fast), paired=True)
    assert (found.value, found.low, found.high) == pytest.approx((2, 2, 2))


@pytest.mark.parametrize("block", [1, 3])
@pytest.mark.parametrize("place", range(10))
def test_no_sample_is_left_out_of_resamples(place: int, block: int) -> None:
    """With three in a block the last block is a single sample."""
    values = np.ones(10)
    values[place] = 1000
    assert stats.summarise(Samples(values, block)).mean.high > values.mean()


def test_samples_of_a_turn_are_drawn_together() -> None:
    turns = np.repeat([10.0, 11.0, 12.0, 13.0, 14.0, 15.0], 10)  # what disturbs one disturbs all
    loose, kept = stats.median(Samples(turns)), stats.median(Samples(turns, 10))
    assert loose.value == kept.value
    assert kept.half_width > 2 * loose.half_width
    same = stats.ratio(Samples(2 * turns, 10), Samples(turns, 10), paired=True)
    assert (same.low, same.high) == (2.0, 2.0)


def test_pairs_stay_together_in_a_resample() -> None:
    both = RNG.lognormal(3, 1, 80)
    low, high = bootstrap(median_ratio, SLOW, SLOW * RNG.lognormal(0, 0.1, 60))
    paired = stats.ratio(Samples(3 * both), Samples(both), paired=True)
    assert paired.high - paired.low < 1e-9
    assert stats.ratio(Samples(3 * both), Samples(both)).high - paired.high > high - low


def test_the_expected_latency_weighs_lengths_by_their_texts() -> None:
    short, long, of_long = FAST, SLOW, Samples(SLOW)
    mean, faster = stats.expected([Samples(short), of_long], [30, 10], of_long)
    medians = np.median(short), np.median(long)
    assert mean.value == pytest.approx(0.75 * medians[0] + 0.25 * medians[1])
    assert faster.value == pytest.approx(medians[1] / mean.value)

    def weighted(a: np.ndarray, b: np.ndarray, axis: int) -> np.ndarray:
        return np.asarray(0.75 * np.median(a, axis=axis) + 0.25 * np.median(b, axis=axis))

    assert_like(mean, *bootstrap(weighted, short, long))

    def speed_up(a: np.ndarray, b: np.ndarray, axis: int) -> np.ndarray:
        return np.asarray(np.median(b, axis=axis) / weighted(a, b, axis))

    assert_like(faster, *bootstrap(speed_up, short, long))
    _, alone = stats.expected([of_long], [5], of_long)
    assert (alone.low, alone.high) == (1, 1), "one length is as fast as itself"
    apart = stats.expected([Samples(short)], [5], of_long)[1]
    assert_like(apart, *bootstrap(median_ratio, long, short))


PROCESSES = 5


def started(rng: np.random.Generator, ms: float, tilt: float = 0.0) -> Samples:
    """A file as it is measured: every start is some percent off, for as long as the process lives.

    ``tilt`` makes each inference slower than the one before it, by that share.
    """
    starts = ms * rng.lognormal(0, 0.03, (PROCESSES, 1)) * rng.lognormal(0, 0.02, (PROCESSES, 20))
    drift = 1 + tilt * np.arange(20)
    return Samples(tuple((starts * drift).ravel()), 5, (20,) * PROCESSES)


def test_a_file_beside_its_copy_shows_no_difference_19_times_in_20() -> None:
    """With intervals of one process a quarter of the equal files would differ."""
    rng, rounds = np.random.default_rng(3), 400
    pairs = [(started(rng, 10.0), started(rng, 10.0)) for _ in range(rounds)]
    missed = sum(not stats.ratio(*pair, paired=True).holds(1) for pair in pairs)
    assert missed / rounds == pytest.approx(0.05, abs=0.03)
    assert sum(not stats.median(one).holds(10.0) for one, _ in pairs) / rounds < 0.08
    blind = (tuple(Samples(row.latency_ms, row.block) for row in pair) for pair in pairs[:100])
    assert sum(not stats.ratio(*pair, paired=True).holds(1) for pair in blind) > 15


def test_the_interval_of_processes_is_students() -> None:
    rng = np.random.default_rng(5)
    slow, fast = started(rng, 20.0), started(rng, 10.0)
    logs = [
        np.log(np.median(a) / np.median(b)) for a, b in zip(slow.parts, fast.parts, strict=True)
    ]
    found = stats.ratio(slow, fast, paired=True)
    low, high = scipy_stats.t.interval(0.95, PROCESSES - 1, 0, scipy_stats.sem(logs))
    assert found.value == np.median(slow.latency_ms) / np.median(fast.latency_ms)
    assert (found.low, found.high) == pytest.approx(
        (found.value * np.exp(low), found.value * np.exp(high)), rel=1e-3
    )
    mean, faster = stats.expected([fast, slow], [1, 3], slow)
    assert mean.low < 17.5 < mean.high
    assert faster.low < 20 / 17.5 < faster.high
    assert stats.expected([slow], [1], slow)[1] == Interval(1.0, 1.0, 1.0)


def placed(size_bytes: int, ms: float, kind: str = "onnx") -> Measurement:
    """A file of that size and latency."""
    row = next(iter(report_samples.timed(lengths=(128,))))
    subject = replace(
        row.subject, size_bytes=size_bytes, format=kind, runtime=f"{size_bytes} {ms} {kind}"
    )
    return replace(row, subject=subject, latency_ms=(ms,) * 5)


def test_the_pareto_front_has_all_that_nothing_beats() -> None:
    best = [placed(10, 5.0), placed(8, 9.0), placed(20, 4.0)]
    twin = replace(best[0], subject=replace(best[0].subject, runtime="as good as the first"))
    beaten = [placed(10, 6.0), placed(12, 5.0), placed(21, 4.5), placed(9, 9.0), placed(8, 9.5)]
    ours = placed(1, 1.0, "pytorch")  # no phone gets it: it beats nothing and is not shown
    unmeasured = replace(placed(2, 1.0), latency_ms=(), unmeasured="no runtime here")
    found = report.build([*best, twin, *beaten, ours, unmeasured])
    front = {row.measurement.subject.runtime for row in found.rows if row.pareto}
    assert front == {row.subject.runtime for row in (*best, twin)}


def test_a_comparison_is_of_the_pairs_of_one_round() -> None:
    rows = list(report_samples.timed(lengths=(128,)))
    apart = [
        replace(row, round=f"{row.subject.model} alone", latency_ms=row.latency_ms[:20])
        for row in rows
    ]
    for given, paired in ((rows, True), (apart, False)):
        found = [row.against(SAME_RECIPE) for row in report.build(given).rows]
        compared = [each for each in found if each is not None and each.base.model != ""]
        assert compared
        assert all(each.paired is paired for each in compared)


def test_where_no_answer_differs_the_interval_is_exact_and_not_empty() -> None:
    right = Judged((measures.mean("accuracy", np.ones(8)),), (), [], [], [])
    (found,) = score([right, right], 8, baseline=True)[1].scores
    unseen = scipy_stats.binomtest(0, 8).proportion_ci(0.95, method="exact").high
    assert (found.low, found.high) == pytest.approx((1 - unseen, 1))
    assert (found.drop, found.drop_low, found.drop_high) == pytest.approx((0, -unseen, unseen))


@pytest.mark.parametrize("processes", range(2, 13))
def test_intervals_of_any_number_of_processes_are_students(processes: int) -> None:
    """Of more than ten as wide as of ten."""
    each = np.random.default_rng(processes).lognormal(2, 0.1, processes)
    file, other = (Samples(row, 1, (1,) * processes) for row in (each, np.ones(processes)))
    student = scipy_stats.t.ppf(0.975, min(processes, 10) - 1)
    half = student * scipy_stats.sem(np.log(each))
    for found in (
        stats.median(file),
        stats.ratio(file, other, paired=True),
        *stats.expected([other], [3], file)[1:],
    ):
        assert np.log(found.high / found.value) == pytest.approx(half, rel=1e-3)
        assert np.log(found.value / found.low) == pytest.approx(half, rel=1e-3)
