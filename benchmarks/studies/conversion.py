"""How long a conversion takes, and how much memory: edgekit against the libraries by hand.

``make bench-conversion`` converts DistilBERT-base (random weights, question answering, one length)
to ONNX, TFLite and Core ML, each in two recipes, interleaved:

* by hand: a script a format that calls nothing but the library's own entry points;
* edgekit, one format at a time and two at a time, without the proof.

Every side is a process of its own. Wall time is the whole process, imports included. Memory is
resident (RSS), sampled every 50 ms: the most that the largest process held, and the most that all
processes of the side held together, where pages that they share count once for each.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import click

from edgekit.benchmarks.studies.conversion_sides import HAND, by_edgekit, by_hand

TARGET = 0.7  # of the time, and of the highest peak, by hand


@dataclass(frozen=True)
class Conversion:
    """What one conversion by one side took.

    Attributes:
        side: who converted: ``onnx``, ``tflite`` or ``coreml`` by hand, or edgekit.
        seconds: wall time of the whole process, imports included.
        largest_bytes: the most resident memory that its largest process held.
        tree_bytes: the most that all its processes held together.
    """

    side: str
    seconds: float
    largest_bytes: int
    tree_bytes: int


# Measuring


def measure(side: str, config: Path, length: int) -> Conversion:
    """Converts by one side, in a process tree of its own, and returns what that took."""
    folder = Path(tempfile.mkdtemp(prefix="edgekit-bench-"))
    command = [sys.executable, __file__, "--side", side, "--config", str(config)]
    started = time.perf_counter()
    try:
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [*command, "--length", str(length), "--out", str(folder)],
                stdout=log,
                stderr=subprocess.STDOUT,
            )
            largest, tree = _watch(process)
        if process.returncode:
            raise click.ClickException(f"{side} failed: {(folder / 'log').read_text()[-2000:]}")
        return Conversion(side, time.perf_counter() - started, largest, tree)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _watch(process: subprocess.Popen[bytes]) -> tuple[int, int]:
    """Waits for a process, and watches its memory meanwhile.

    Returns:
        The peak of its largest process and that of its whole tree, in bytes.
    """
    import psutil

    largest = tree = 0
    root = psutil.Process(process.pid)
    while process.poll() is None:
        total = 0
        with contextlib.suppress(psutil.Error):
            for each in (root, *root.children(recursive=True)):
                with contextlib.suppress(psutil.Error):
                    rss = each.memory_info().rss
                    total += rss
                    largest = max(largest, rss)
        tree = max(tree, total)
        time.sleep(0.05)
    return largest, tree


# Summing up


@dataclass(frozen=True)
class Cost:
    """What converting to all formats took; see :class:`Conversion` for the fields."""

    seconds: float
    largest_bytes: float
    tree_bytes: float

    def __str__(self) -> str:
        return (
            f"{self.seconds:6.1f} s   largest process {self.largest_bytes / 1e6:5.0f} MB"
            f"   tree {self.tree_bytes / 1e6:5.0f} MB"
        )


@dataclass(frozen=True)
class Rounds:
    """One way of converting over several rounds.

    Attributes:
        median: the median of each quantity over the rounds.
        ratios: each round's quantities relative to converting by hand in that round.
    """

    median: Cost
    ratios: list[Cost]


def summarise(samples: list[Conversion]) -> dict[str, Rounds]:
    """Sums up the samples of whole rounds, by the way of converting."""
    rounds = [_costs(samples[i : i + 5]) for i in range(0, len(samples), 5)]
    return {
        way: Rounds(
            _each(statistics.median, *(costs[way] for costs in rounds)),
            [
                _each(lambda pair: pair[0] / pair[1], costs[way], costs["by hand"])
                for costs in rounds
            ],
        )
        for way in rounds[0]
    }


def _each(combine: Callable[[list[float]], float], *costs: Cost) -> Cost:
    """Combines several costs into one, one quantity at a time, by ``combine``."""
    return Cost(*(combine([getattr(cost, field.name) for cost in costs]) for field in fields(Cost)))


def _costs(samples: list[Conversion]) -> dict[str, Cost]:
    """What each way took in one round; by hand, the sum of three times and the highest peak."""
    hand = [sample for sample in samples if sample.side in HAND]
    by_hand = Cost(
        sum(sample.seconds for sample in hand),
        max(sample.largest_bytes for sample in hand),
        max(sample.tree_bytes for sample in hand),
    )
    ours = [sample for sample in samples if sample.side not in HAND]
    return {"by hand": by_hand, **{sample.side: _cost(sample) for sample in ours}}


def _cost(sample: Conversion) -> Cost:
    return Cost(sample.seconds, sample.largest_bytes, sample.tree_bytes)


def render(summary: dict[str, Rounds], samples: list[Conversion]) -> None:
    """Prints the table for people."""
    for sample in samples:
        if sample.side in HAND:
            click.echo(f"  by hand, {sample.side:<7} {_cost(sample)}")
    for way, row in summary.items():
        ratio = _each(statistics.median, *row.ratios)
        ratios = "   ".join(f"{value:.2f}" for value in asdict(ratio).values())
        click.echo(f"{way:<18} {row.median}   ratios {ratios}")
    click.echo(f"aim: {TARGET} of the time and of the highest peak by hand")


def distilbert(folder: Path) -> Path:
    """Writes the config of DistilBERT-base into a folder, and returns the file."""
    from transformers import DistilBertConfig

    config = DistilBertConfig(architectures=["DistilBertForQuestionAnswering"])
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(config.to_dict()))
    return folder / "config.json"


@click.command()
@click.option("--length", default=128, show_default=True, help="Tokens of the one bucket.")
@click.option(
    "--rounds", default=3, show_default=True, help="How often each side runs, interleaved."
)
@click.option("--json", "report", type=click.Path(path_type=Path), help="Write raw samples here.")
@click.option("--side", hidden=True)
@click.option("--config", type=click.Path(path_type=Path), hidden=True)
@click.option("--out", type=click.Path(path_type=Path), hidden=True)
def main(
    length: int,
    rounds: int,
    report: Path | None,
    side: str | None,
    config: Path | None,
    out: Path | None,
) -> None:
    """Times edgekit's conversion of DistilBERT-base against the libraries' entry points."""
    if side is not None and config is not None and out is not None:
        if side in HAND:
            by_hand(side, config, length, out)
        else:
            by_edgekit(config, length, out, jobs=2 if side.endswith("2 jobs") else 1)
        return
    click.echo(
        f"DistilBERT-base, random weights (seed 0), question answering, {length} tokens, "
        f"3 formats x 2 recipes, {os.cpu_count()} cores, median of {rounds}"
    )
    sides = (*HAND, "edgekit, 1 job", "edgekit, 2 jobs")
    with tempfile.TemporaryDirectory() as folder:
        path = distilbert(Path(folder) / "distilbert-base")
        samples = []
        for _ in range(rounds):
            for each in sides:
                samples.append(measure(each, path, length))
                click.echo(f"  {each:<18} {_cost(samples[-1])}", err=True)
    summary = summarise(samples)
    render(summary, samples[-len(sides) :])
    if report is not None:
        rows = [asdict(sample) for sample in samples]
        told = {way: asdict(row) for way, row in summary.items()}
        report.write_text(json.dumps({"summary": told, "samples": rows}, indent=1))


if __name__ == "__main__":
    main()
