"""An evaluation as tables: metrics and drops, then classes, then examples that differ."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import click
from rich.markup import escape

from edgekit.evaluation.report import FILE, BundleReport, Quality, Report, Score
from edgekit.render import new_table, print_table

_CLASSES = 12  # shown: those that lost most, if there are more
_TEXT = 88  # characters of an example's text


def report(found: Report, folder: Path, as_json: bool) -> None:
    """All bundles; ``folder`` is where it is stored."""
    if as_json:
        click.echo(json.dumps(found.to_json(), indent=2, ensure_ascii=False))
        return
    for bundle in found.bundles:
        _bundle(bundle, found.data["file"])
    click.echo(f"intervals of 95%, drops against PyTorch on the same examples; {folder / FILE}")


def _bundle(bundle: BundleReport, data: str) -> None:
    click.echo(f"\n{bundle.bundle}: {bundle.task}, {bundle.examples} examples of {data}")
    if bundle.no_baseline:
        click.echo(f"no base line, so no drops: {bundle.no_baseline}")
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
    first, *others = rows[0].metrics
    names = (first.name, "drop", "agreement", *(score.name for score in others))
    shown = new_table("file", *names)
    for row in rows:
        main, *rest = row.metrics
        shown.add_row(
            row.file,
            _interval(main.value, main.low, main.high, main.share),
            _interval(main.drop, main.drop_low, main.drop_high, main.share),
            "" if row.agreement is None else f"{row.agreement:.2%} of {row.decisions}",
            *(_number(score.value, score.share) for score in rest),
        )
    print_table(shown)
    cut = max(row.cut for row in rows)
    if cut:
        click.echo(f"{cut} texts did not fit into the model and were cut")


def _classes(rows: list[Quality]) -> None:
    if not rows[0].classes:
        return

    def worst(place: int) -> float:
        return max((row.classes[place].score.drop or 0.0 for row in rows), default=0.0)

    places = sorted(range(len(rows[0].classes)), key=worst, reverse=True)[:_CLASSES]
    name = rows[0].classes[0].score.name
    shown = new_table(name, "examples", *(row.file for row in rows))
    for place in sorted(places):
        part = rows[0].classes[place]
        numbers = (_class(row.classes[place].score) for row in rows)
        shown.add_row(escape(part.label), str(part.examples), *numbers)
    print_table(shown)


def _class(score: Score) -> str:
    text = _number(score.value, score.share)
    lost = score.drop_low is not None and score.drop_low > 0
    return f"[red]{text}[/red]" if lost else text


def _differences(row: Quality) -> Iterator[str]:
    for index, each in enumerate(row.differences):
        if not index:
            yield f"{row.file} differs most from PyTorch on"
        text = " | ".join(" ".join(text.split()) for text in each.texts)
        text = text if len(text) <= _TEXT else f"{text[: _TEXT - 3]}..."
        yield f"  {each.place}: {text}"
        yield f"    expected {each.expected}; PyTorch {each.pytorch}; file {each.found}"


def _interval(value: float | None, low: float | None, high: float | None, share: bool) -> str:
    if value is None:
        return ""
    if low is None or high is None:
        return _number(value, share)
    return f"{_number(value, share)} ({_number(low, share)} to {_number(high, share)})"


def _number(value: float | None, share: bool) -> str:
    if value is None:
        return "undefined"
    return f"{100 * value:.2f}%" if share else f"{value:.4f}"
