"""An evaluation as tables: metrics and drops, then classes, then examples that differ."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

import click
from rich.markup import escape

from edgekit.cli.rendering.tables import print_json
from edgekit.evaluation.result import FILE, BundleEvaluation, Evaluation, Quality, Score
from edgekit.layout import Column, console, print_table, print_words
from edgekit.reporting import scores

_CLASSES = 12  # shown: those that lost most, if there are more


def report(found: Evaluation, folder: Path, as_json: bool) -> None:
    """Prints an evaluation, bundle by bundle; ``folder`` is where it is stored."""
    if as_json:
        print_json(found)
        return
    for bundle in found.bundles:
        _bundle(bundle, found.data.file)
    print_words(f"{scores.METHOD}; {folder / FILE}")
    click.echo(f"next: edgekit report {shlex.quote(str(folder))} -o report")


def _bundle(bundle: BundleEvaluation, data: str) -> None:
    """Prints one bundle's tables; ``data`` is the name of the labelled file."""
    click.echo(f"\n{bundle.bundle}: {bundle.task}, {bundle.examples} examples of {data}")
    for line in scores.warnings(bundle):
        print_words(f"warning: {line}")
    if bundle.no_baseline:
        print_words(f"no baseline, so no drops: {bundle.no_baseline}")
    rows = [row for row in (bundle.baseline, *bundle.artifacts) if row]
    for row in rows:
        if row.failure:
            click.echo(f"{row.file} FAILED: {row.failure}")
    good = [row for row in rows if not row.failure]
    if good:
        _scores(good)
        _classes(good)
    for row in good:
        for line in _differences(row):
            click.echo(line)


def _scores(rows: list[Quality]) -> None:
    """Prints a row for each file: metrics, drops and agreement."""
    main = [row.metrics[0] for row in rows]
    columns = {
        Column("file"): [row.file for row in rows],
        Column(main[0].name): [scores.metric(each, "\n") for each in main],
        Column("drop"): [scores.drop(each, "\n") for each in main],
        Column("agreement", leave=1): [scores.agreement(row, "\n") for row in rows],
    }
    if any(row.rmse is not None for row in rows):
        columns[Column("rmse", right=True, leave=1)] = [scores.rmse(row) for row in rows]
    for place, score in enumerate(rows[0].metrics[1:], 1):
        cells = [scores.number(row.metrics[place].value, score.share) for row in rows]
        columns[Column(score.name, right=True, leave=1 + place)] = cells
    print_table(list(columns), list(zip(*columns.values(), strict=True)))


def _classes(rows: list[Quality]) -> None:
    """Prints the score of each class in each file, of the classes with the largest drops."""
    if not rows[0].classes:
        return

    def worst(place: int) -> float:
        return max((row.classes[place].score.drop or 0.0 for row in rows), default=0.0)

    places = sorted(sorted(range(len(rows[0].classes)), key=worst, reverse=True)[:_CLASSES])
    parts = [rows[0].classes[place] for place in places]
    across = [[_class(row.classes[place].score) for place in places] for row in rows]
    name, files = parts[0].score.name, [row.file for row in rows]
    if len(parts) < len(rows):
        heads = [Column(f"{part.label}\n({part.examples})", right=True) for part in parts]
        table = [(file, *numbers) for file, numbers in zip(files, across, strict=True)]
    else:
        heads = [Column("examples", right=True), *(Column(file, right=True) for file in files)]
        table = [
            (escape(part.label), str(part.examples), *of_files)
            for part, of_files in zip(parts, zip(*across, strict=True), strict=True)
        ]
    print_table([Column(name), *heads], table)
    for row in rows:
        for line in _lost(row):
            click.echo(line)


def _class(score: Score) -> str:
    """A class's score as a cell; red if its drop is beyond chance."""
    text = scores.number(score.value, score.share)
    return f"[red]{text}[/red]" if _beyond_chance(score) else text


def _beyond_chance(score: Score) -> bool:
    """Whether all of the drop's 95% interval is above 0."""
    return score.drop_low is not None and score.drop_low > 0


def _lost(row: Quality) -> Iterator[str]:
    """A sentence about the class of which a file lost most: colours do not reach a log."""
    lost = [part for part in row.classes if _beyond_chance(part.score)]
    if lost:
        worst = max(lost, key=lambda part: part.score.drop or 0.0)
        more = f", and some of {len(lost) - 1} others" if len(lost) > 1 else ""
        drop = scores.drop(worst.score)
        yield f"{row.file} lost {drop} of the {worst.score.name} of {worst.label}{more}"


def _differences(row: Quality) -> Iterator[str]:
    """Lines about the examples on which a file's answer differs from PyTorch's.

    They are cut to the terminal's width.
    """
    width = console().width
    visible = [each for each in row.differences if each.found != each.pytorch]
    for index, each in enumerate(visible):
        if not index:
            yield f"{row.file} differs most from PyTorch on"
        text = " | ".join(" ".join(text.split()) for text in each.texts)
        room = width - len(f"  {each.place}: ")
        text = text if len(text) <= room else f"{text[: room - 3]}..."
        yield f"  {each.place}: {text}"
        yield f"    expected {each.expected}; PyTorch {each.pytorch}; file {each.found}"
