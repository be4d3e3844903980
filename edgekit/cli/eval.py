"""``edgekit eval``: parse, call :mod:`edgekit.evaluation`, render."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from edgekit.cli.choices import WAYS
from edgekit.cli.options import (
    NAMES,
    FilePath,
    Finite,
    Pairs,
    Text,
    debug_option,
    json_option,
    prompt_option,
    quiet_option,
)


@click.command("eval")
@click.argument("bundles", nargs=-1, required=True, type=FilePath())
@click.option("--data", required=True, type=FilePath(), help="Labelled examples: see below.")
@click.option(
    "--task",
    type=click.Choice(WAYS),
    metavar="TASK",
    help=f"Where the model leaves a choice: {', '.join(WAYS)}.",
)
@click.option("--artifact", type=NAMES, help="Files, formats or recipes.  [default: all]")
@click.option(
    "--device", type=Text(), default="host", show_default=True, help="Like host or arm64."
)
@click.option("--limit", type=click.IntRange(1), help="Only the first so many examples.")
@click.option("--columns", type=Pairs(), help="Like text=sentence,label=target.  [guessed]")
@click.option("--labels", type=Pairs(), help="Labels of the data that the model names otherwise.")
@click.option(
    "--null-threshold",
    type=Finite(),
    default=0.0,
    show_default=True,
    help="By how much no answer must beat the best span (SQuAD v2).",
)
@click.option("--top", type=click.IntRange(1), default=10, show_default=True, help="Of retrieval.")
@click.option(
    "--shown", type=click.IntRange(0), default=3, show_default=True, help="Differing examples."
)
@prompt_option
@click.option("-o", "--out", type=FilePath(), help="Default: <data>.eval")
@click.option("--force", is_flag=True, help="Ask again what is in the folder already.")
@quiet_option
@json_option
@debug_option
def evaluate(
    bundles: tuple[Path, ...],
    data: Path,
    task: str | None,
    artifact: tuple[str, ...] | None,
    device: str,
    limit: int | None,
    columns: dict[str, str] | None,
    labels: dict[str, str] | None,
    null_threshold: float,
    top: int,
    shown: int,
    prompt: str | None,
    out: Path | None,
    force: bool,
    quiet: bool,
    as_json: bool,
    debug: bool,
) -> None:
    """Judge each file of BUNDLES, and PyTorch, on labelled data.

    Data are TSV, CSV, JSONL, Parquet, SQuAD's JSON or CoNLL by their suffix. Metrics come with
    intervals of 95%; drops are against PyTorch on the same examples. Interrupted, the same command
    goes on where it stopped.

    \b
    Examples:
      edgekit eval model.edgekit --data dev.tsv
      edgekit eval model.edgekit --data dev.csv --artifact int8 --limit 200
      edgekit eval model.edgekit --data dev.csv --columns text=review
    """
    from edgekit.cli import progress
    from edgekit.cli.rendering import evaluation
    from edgekit.evaluation.kinds import EvaluationOptions
    from edgekit.evaluation.run import EvaluationRequest, default_folder, run

    options = EvaluationOptions(columns or {}, labels or {}, null_threshold, top)
    request = EvaluationRequest(
        bundles, data, task, artifact, device, limit, shown, options, prompt=prompt
    )
    folder = out or default_folder(data)
    with progress.Log(quiet or as_json) as log:
        try:
            report = run(request, folder, force=force, debug=debug, say=log.say, tick=log.tick)
        except KeyboardInterrupt:
            raise click.ClickException(
                f"interrupted: what was answered is in {folder}; the same command goes on"
            ) from None
    if not quiet:
        evaluation.report(report, folder, as_json)
    if any(row.failure for bundle in report.bundles for row in bundle.artifacts):
        sys.exit(1)
