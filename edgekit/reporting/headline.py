"""What a setting comes down to: its answer in one sentence, with what the answer rests on."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from edgekit.benchmarks.devices import warnings
from edgekit.benchmarks.measurement import Measurement
from edgekit.evaluation.result import Quality
from edgekit.reporting import comparison, scores, shipping, wording
from edgekit.reporting.groups import Group, Result, Setting
from edgekit.reporting.numbers import Report
from edgekit.reporting.quality import QualityPart
from edgekit.words import megabytes


@dataclass(frozen=True)
class Headline:
    """The answer that a report begins with: a sentence, then what it rests on."""

    sentence: str
    details: tuple[str, ...]


def answers(report: Report) -> list[Headline]:
    """The sentences at the top of a report: one for each setting, then those on quality."""
    found = [answer(setting, report.quality) for setting in report.settings]
    judged = {id(part.evaluation): part for part in report.quality}.values()
    return [each for each in (*found, *map(of_quality, judged)) if each is not None]


def smallest(part: QualityPart) -> Quality | None:
    """The file that an answer on quality is about: the smallest that gave numbers, else PyTorch.

    None where nothing gave any.
    """
    good = [row.quality for row in part.rows if row.quality.metrics]
    return min(good, key=lambda row: row.size_bytes or math.inf, default=None)


def of_quality(part: QualityPart) -> Headline | None:
    """The answer on quality: whether the smallest file is as good as PyTorch.

    None where nothing was judged.
    """
    found = smallest(part)
    if found is None:
        return None
    score, of = found.metrics[0], part.evaluation
    size = "" if found.size_bytes is None else f", {megabytes(found.size_bytes)}"
    details = (
        f"{score.name} {scores.metric(score)}, drop {scores.drop(score) or wording.NOTHING}{size}",
        f"{of.bundle}, {of.task}, {of.examples} examples of {part.data.file}",
        *(f"warning: {line}" for line in scores.warnings(of)),
    )
    return Headline(f"{found.file} {scores.verdict(score)}", details)


def best(setting: Setting) -> Result | None:
    """The fastest file of a setting that is not the base; None where nothing has a result."""
    group = setting.main
    ranked = [row for row in group.results if row.latency or row.measurement.instructions]
    results = [row for row in ranked if row.is_file] or ranked
    others = [row for row in results if row.measurement.subject.model != group.against]
    return next(iter(others or results), None)


def answer(setting: Setting, quality: Sequence[QualityPart] = ()) -> Headline | None:
    """The answer of a setting on speed, size and memory; None where nothing was measured.

    Args:
        setting: one machine with its threads.
        quality: what was judged of the bundles; a file that is worse is not recommended.
    """
    found = best(setting)
    if found is None:
        return None
    say = _timed if found.latency else _counted
    sentence, took = say(found)
    details = (
        took,
        where(setting, found.measurement),
        *apart(found),
        *_same_recipe(setting.main, found),
        *shipping.advice(setting.main, found.measurement.subject.model, quality),
        *_doubts(found.measurement),
    )
    return Headline(sentence, details)


def _timed(best: Result) -> tuple[str, str]:
    """The answer on latency, and the numbers behind it."""
    assert best.latency is not None
    found = best.against(comparison.FULL_PRECISION)
    took = f"{wording.ms_interval(best.latency.median)} ms a text"
    file = best.measurement.subject
    name, size = wording.subject(file), megabytes(file.size_bytes)
    if found is None or found.faster is None:
        return f"{name} is the fastest file", f"{took}, {size}"
    sizes = f"{size} against {megabytes(found.base.size_bytes)}"
    ratio = wording.faster(found.faster, wording.subject(found.base))
    return f"{name} is {ratio}, {wording.smaller(found.smaller)}", f"{took}, {sizes}"


def _counted(best: Result) -> tuple[str, str]:
    """The answer on an emulator's instructions, and the numbers behind it."""
    found, row = best.against(comparison.FULL_PRECISION), best.measurement
    name, size = wording.subject(row.subject), megabytes(row.subject.size_bytes)
    took = f"{wording.millions(row.instructions)} instructions a text"
    if found is None or found.fewer_instructions is None:
        return f"{name} needs the fewest instructions", f"{took}, {size}"
    ratio = wording.fewer(found.fewer_instructions)
    sizes = f"{size} against {megabytes(found.base.size_bytes)}"
    base = wording.subject(found.base)
    return f"{name} needs {ratio} instructions than {base}", f"{took}, {sizes}"


def apart(best: Result) -> Iterator[str]:
    """A warning if the answer compares files that were not interleaved; else nothing.

    The machine may have been busier for one of them.
    """
    found = best.against(comparison.FULL_PRECISION)
    if found and found.faster and not found.paired:
        yield (
            "warning: the two were not interleaved: measure them together: "
            "edgekit bench BUNDLE --against BUNDLE"
        )


def _same_recipe(group: Group, best: Result) -> Iterator[str]:
    """What the answer's model gains without its recipe: full precision against full precision."""
    found = [
        (row, row.against(comparison.SAME_RECIPE))
        for row in group.results
        if row.measurement.subject.model == best.measurement.subject.model
    ]
    ratios = [
        f"{row.measurement.subject.recipe} "
        f"{wording.times(each.faster or each.fewer_instructions)} in "
        f"{row.measurement.subject.runtime}"
        for row, each in found
        if each and (each.faster or each.fewer_instructions)
    ]
    if ratios and group.against:
        yield f"same recipe and runtime as {group.against}: {'; '.join(sorted(ratios))}"


def where(setting: Setting, row: Measurement) -> str:
    """The conditions of an answer, in words: machine, runtime, device, threads, length."""
    runtime = str(row.environment.get("runtime") or row.subject.runtime)
    of = wording.conditions(row.conditions)
    random = ["random weights"] if row.subject.random_weights else []
    emulated = [] if row.latency_ms else [wording.EMULATED]
    return ", ".join([f"{setting.machine}, {runtime}, {of}", *random, *emulated])


def _doubts(row: Measurement) -> Iterator[str]:
    """The warnings that came with a measurement, with what to do about each."""
    for code in row.warnings:
        found = warnings.TABLE.get(code)
        if found:
            yield f"warning: {found.message}: {found.advice}"
