"""An evaluation as tables: metrics and drops, then classes, then examples that differ."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
from rich.markup import escape

from edgekit import layout
from edgekit.cli.rendering.tables import new_table, print_json, print_table
from edgekit.evaluation.result import FILE, BundleEvaluation, Evaluation, Quality, Score
from edgekit.report import scores

_CLASSES = 12  # shown: those that lost most, if there are more
_WIDE = 110  # columns of a terminal that hold all metrics beside each other
_TEXT = 88  # characters of an example's text


def report(found: Evaluation, folder: Path, as_json: bool) -> None:
    """All bundles; ``folder`` is where it is stored."""
    if as_json:
        print_json(found)
        return
    for bundle in found.bundles:
        _bundle(bundle, found.data.file)
    click.echo(f"intervals of 95%, drops against PyTorch on the same examples; {folder / FILE}")


def _bundle(bundle: BundleEvaluation, data: str) -> None:
    click.echo(f"\n{bundle.bundle}: {bundle.task}, {bundle.examples} examples of {data}")
    for line in scores.warnings(bundle):
        click.echo(f"warning: {line}")
    if bundle.no_baseline:
        click.echo(f"no baseline, so no drops: {bundle.no_baseline}")
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
    main = [row.metrics[0] for row in rows]
    files = ("file", [row.file for row in rows])
    first = [
        (main[0].name, [scores.metric(each, "\n") for each in main]),
        ("drop", [scores.drop(each, "\n") for each in main]),
    ]
    if any(row.agreement is not None for row in rows):
        first.append(("agreement", [scores.agreement(row, "\n") for row in rows]))
    others = [
        (score.name, [scores.number(row.metrics[place].value, score.share) for row in rows])
        for place, score in enumerate(rows[0].metrics)
        if place
    ]
    wide = layout.console().width >= _WIDE
    for group in [[*first, *others]] if wide else filter(None, (first, others)):
        titles, cells = zip(files, *group, strict=True)
        shown = new_table(*titles)
        for texts in zip(*cells, strict=True):
            shown.add_row(*texts)
        print_table(shown)
    cut = max(row.cut for row in rows)
    if cut:
        click.echo(f"{cut} texts did not fit into the model and were cut")


def _classes(rows: list[Quality]) -> None:
    if not rows[0].classes:
        return

    def worst(place: int) -> float:
        return max((row.classes[place].score.drop or 0.0 for row in rows), default=0.0)

    places = sorted(sorted(range(len(rows[0].classes)), key=worst, reverse=True)[:_CLASSES])
    parts = [rows[0].classes[place] for place in places]
    across = [[_class(row.classes[place].score) for place in places] for row in rows]
    name, files = parts[0].score.name, [row.file for row in rows]
    if len(parts) < len(rows):
        shown = new_table(name, *(f"{escape(part.label)}\n({part.examples})" for part in parts))
        for file, numbers in zip(files, across, strict=True):
            shown.add_row(file, *numbers)
    else:
        shown = new_table(name, "examples", *files)
        for part, of_files in zip(parts, zip(*across, strict=True), strict=True):
            shown.add_row(escape(part.label), str(part.examples), *of_files)
    print_table(shown)
    for row in rows:
        for line in _lost(row):
            click.echo(line)


def _class(score: Score) -> str:
    text = scores.number(score.value, score.share)
    return f"[red]{text}[/red]" if _beyond_chance(score) else text


def _beyond_chance(score: Score) -> bool:
    return score.drop_low is not None and score.drop_low > 0


def _lost(row: Quality) -> Iterator[str]:
    """The class of which a file lost most, in words: colours do not reach a log."""
    lost = [part for part in row.classes if _beyond_chance(part.score)]
    if lost:
        worst = max(lost, key=lambda part: part.score.drop or 0.0)
        more = f", and some of {len(lost) - 1} others" if len(lost) > 1 else ""
        drop = scores.drop(worst.score)
        yield f"{row.file} lost {drop} of the {worst.score.name} of {worst.label}{more}"


def _differences(row: Quality) -> Iterator[str]:
    visible = [each for each in row.differences if each.found != each.pytorch]
    for index, each in enumerate(visible):
        if not index:
            yield f"{row.file} differs most from PyTorch on"
        text = " | ".join(" ".join(text.split()) for text in each.texts)
        text = text if len(text) <= _TEXT else f"{text[: _TEXT - 3]}..."
        yield f"  {each.place}: {text}"
        yield f"    expected {each.expected}; PyTorch {each.pytorch}; file {each.found}"
