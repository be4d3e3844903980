"""Which static lengths suit some texts: what each costs is measured, and the best sets follow.

A text runs in the shortest bucket that holds it, so a set costs, for each of its buckets, that
bucket's latency times the texts that fall into it. Of all sets of a size the cheapest is found by
dynamic programming. The longest bucket is always the bundle's own: no set cuts more texts off.
"""

from __future__ import annotations

import math
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import numpy as np

from edgekit import stats
from edgekit.benchmarks import own_texts
from edgekit.benchmarks.devices import runtimes, targets
from edgekit.benchmarks.devices.protocol import Runner, Target
from edgekit.benchmarks.entries import Entry
from edgekit.bundle import Artifact, Bundle
from edgekit.errors import PlanError
from edgekit.runtime.feeding import fit
from edgekit.stats import Interval, Samples

Say = Callable[[str], None]

_STEPS = ((64, 8), (128, 16), (256, 32), (math.inf, 64))  # up to which length, by how many tokens
_ENOUGH = 1.03  # a set that costs no more than so many times the best one is good enough
_WARM_UP, _BLOCK = 2, 5  # inferences
_FEWEST_TURNS, _MOST_TURNS = 3, 40
_SEED = 20261128  # of the orders


@dataclass(frozen=True)
class TokenCounts:
    """How long some texts are, in tokens, special ones included.

    Attributes:
        file: the name of the file of texts.
        texts: how many.
        mean: of their lengths.
        median: of their lengths.
        p90: the length that nine of ten do not exceed.
        longest: of all.
        cut: how many are longer than the model takes.
    """

    file: str
    texts: int
    mean: float
    median: int
    p90: int
    longest: int
    cut: int


@dataclass(frozen=True)
class BucketSet:
    """Static lengths in ascending order, and what a text takes in them on average."""

    lengths: tuple[int, ...]
    latency_ms: Interval


@dataclass(frozen=True)
class BucketChoice:
    """What is proposed for some texts, and what it rests on.

    Attributes:
        texts: how long they are.
        file: what was measured.
        runtime: in which runtime.
        machine: on which.
        threads: of the runtime.
        latency_ms: the median at each length that was measured.
        today: the buckets that the bundle has.
        sets: the cheapest set of one bucket, of two, and so on.
        proposed: the smallest of them that costs hardly more than the largest.
    """

    texts: TokenCounts
    file: str
    runtime: str
    machine: str
    threads: int
    latency_ms: Mapping[int, Interval]
    today: BucketSet
    sets: tuple[BucketSet, ...]
    proposed: BucketSet

    @property
    def option(self) -> str:
        """What ``edgekit convert`` is given to build the proposed buckets."""
        return f"--buckets {','.join(map(str, self.proposed.lengths))}"


def choose(
    bundle: Bundle,
    texts: Path,
    *,
    artifact: str | None = None,
    most: int = 6,
    device: str = "host",
    threads: int = 1,
    seconds: float = 30.0,
    say: Say = lambda text: None,
) -> BucketChoice:
    """Proposes the buckets of a bundle for some texts.

    Args:
        bundle: an opened bundle with a tokenizer.
        texts: a UTF-8 file with one text a line.
        artifact: the file to measure, as :meth:`edgekit.bundle.Bundle.select` names it. None takes
            the smallest of those that take any length. One of fixed lengths is measured at them.
        most: how many buckets a set has at most.
        device: what measures, as ``edgekit devices`` names it.
        threads: how many the runtime may use.
        seconds: how long is measured, about.
        say: is told what happens.

    Raises:
        EdgekitError: the texts cannot be read, or no file can be measured.
    """
    counts = own_texts.token_counts(bundle, texts)
    target = targets.make(device, None, say)
    entry = _entry(bundle, artifact, target)
    today, limit = bundle.manifest.buckets, bundle.manifest.max_length
    inside = [min(count, limit) for count in counts]
    assert entry.artifact is not None
    lengths = entry.artifact.buckets or candidates(max(inside), today)
    say(f"{texts.name}: {len(counts)} texts; measure {entry.artifact.path.name} at {lengths}")
    runtime, samples = measured(target, entry, lengths, threads, seconds)
    sizes = [_priced(chosen, inside, samples) for chosen in best_sets(inside, samples, most)]
    return BucketChoice(
        _described(texts.name, counts, limit),
        entry.artifact.path.name,
        runtime,
        str(target.facts()["machine"]),
        threads,
        {length: stats.median(Samples(found, _BLOCK)) for length, found in samples.items()},
        _priced(today, inside, samples),
        tuple(sizes),
        _smallest(sizes),
    )


def candidates(longest: int, today: Sequence[int]) -> tuple[int, ...]:
    """Lengths worth measuring, in tokens: close to each other where texts are short.

    Args:
        longest: of the texts, in tokens, not beyond the last of ``today``.
        today: the buckets that there are.
    """
    found, length = [], 0
    while length < longest:
        length += next(step for least, step in _STEPS if length < least)
        found.append(length)
    used = [bucket for bucket in today if bucket <= fit(longest, tuple(today))]
    return tuple(sorted({*(each for each in found if each < today[-1]), *used, today[-1]}))


def measured(
    target: Target, entry: Entry, lengths: Sequence[int], threads: int, seconds: float
) -> tuple[str, dict[int, list[float]]]:
    """Latencies of one file at each length, in one process, in turns of a random order.

    Args:
        target: the device.
        entry: the file in its runtime.
        lengths: in tokens; the file takes each of them.
        threads: how many the runtime may use.
        seconds: after which no turn begins, once there are a few.

    Returns:
        The runtime with its version, and the latencies in milliseconds by length.

    Raises:
        RunnerError: the file does not open, or fails.
    """
    samples: dict[int, list[float]] = {length: [] for length in lengths}
    chance = random.Random(_SEED)
    with tempfile.TemporaryDirectory() as name, target.start(entry.launch(threads)) as runner:
        fed = {length: _fed(target, entry, length, Path(name)) for length in lengths}
        for length in lengths:
            runner.feed(length, fed[length])
            runner.run(_WARM_UP)
        deadline = time.monotonic() + seconds
        for turn in range(_MOST_TURNS):
            if turn >= _FEWEST_TURNS and time.monotonic() > deadline:
                break
            for length in chance.sample(lengths, len(lengths)):
                samples[length] += _block(runner, length, fed[length])
        return runner.runtime, samples


def best_sets(
    counts: Sequence[int], samples: Mapping[int, Sequence[float]], most: int
) -> Iterator[tuple[int, ...]]:
    """The cheapest set of one bucket, of two, and so on; the last bucket is always the longest.

    Args:
        counts: each text's tokens, none of more than the longest length.
        samples: latencies in milliseconds by length.
        most: how many buckets a set has at most.

    Yields:
        Lengths in ascending order.
    """
    lengths = sorted(samples)
    costs = [float(np.median(samples[length])) for length in lengths]
    places = np.searchsorted(lengths, counts)
    below = [0, *accumulate(np.bincount(places, minlength=len(lengths)).tolist())]
    # of each length: what the texts up to it cost if it is the last bucket, and the buckets
    best: list[tuple[float, tuple[int, ...]]] = [
        (below[j + 1] * cost, (lengths[j],)) for j, cost in enumerate(costs)
    ]
    yield best[-1][1]
    for _ in range(1, min(most, len(lengths))):
        best = [
            min(
                (
                    (best[i][0] + (below[j + 1] - below[i + 1]) * cost, (*best[i][1], lengths[j]))
                    for i in range(j)
                ),
                default=(math.inf, (lengths[j],)),
            )
            for j, cost in enumerate(costs)
        ]
        yield best[-1][1]


def _entry(bundle: Bundle, artifact: str | None, target: Target) -> Entry:
    """The file that is measured, in its first runtime on the target."""
    if not target.timed:
        raise PlanError(f"{target.name} has no clock to measure with: leave --device out")
    rows = bundle.artifacts if artifact is None else bundle.select(artifact)
    found = [
        Entry(bundle, bundle.name, row, runtime)
        for row in sorted(rows, key=_preferred)
        for runtime in runtimes.asked(target.runtimes, row.format, None)
    ]
    if not found:
        raise PlanError(f"{target.name} runs none of these files of {bundle.path}")
    return found[0]


def _preferred(row: Artifact) -> tuple[bool, int]:
    """The key by which the measured file is chosen: any length, then the smallest."""
    return (row.buckets is not None, row.size_bytes)


def _fed(target: Target, entry: Entry, length: int, folder: Path) -> str:
    """Puts a text of that length, padded, on the device, and returns its path there."""
    path = folder / f"{length}.bin"
    entry.write_texts(length, 1, path)
    return target.put(path)


def _block(runner: Runner, length: int, fed: str) -> list[float]:
    """Feeds a text and takes a few latencies, in milliseconds."""
    runner.feed(length, fed)
    return runner.sample(_BLOCK)


def _priced(
    buckets: Sequence[int], counts: Sequence[int], samples: Mapping[int, Sequence[float]]
) -> BucketSet:
    """A set of buckets, with what a text takes in it on average.

    Args:
        buckets: ascending lengths.
        counts: each text's tokens.
        samples: latencies in milliseconds by length.
    """
    used = np.searchsorted(buckets, counts)
    texts = {buckets[place]: int((used == place).sum()) for place in np.unique(used)}
    streams = [Samples(samples[bucket], _BLOCK) for bucket in texts]
    mean, _ = stats.expected(streams, list(texts.values()), streams[-1])
    return BucketSet(tuple(buckets), mean)


def _smallest(sets: Sequence[BucketSet]) -> BucketSet:
    """The first set, with the fewest buckets, that costs hardly more than the cheapest."""
    least = min(each.latency_ms.value for each in sets)
    return next(each for each in sets if each.latency_ms.value <= _ENOUGH * least)


def _described(file: str, counts: Sequence[int], limit: int) -> TokenCounts:
    """The lengths of texts, summed up; those beyond ``limit`` are cut."""
    median, p90 = np.percentile(counts, (50, 90), method="higher")
    return TokenCounts(
        file,
        len(counts),
        float(np.mean(counts)),
        int(median),
        int(p90),
        max(counts),
        sum(count > limit for count in counts),
    )
