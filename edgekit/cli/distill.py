"""``edgekit distill``: parse, call :mod:`edgekit.distillation`, render."""

from __future__ import annotations

import os
from typing import Any

import click

from edgekit.cli.choices import OBJECTIVES, PRECISIONS, STARTS
from edgekit.cli.options import (
    FilePath,
    Finite,
    Numbers,
    Pairs,
    Text,
    debug_option,
    json_option,
    quiet_option,
)


@click.command("distill")
@click.argument("teacher", type=Text())
@click.option("-o", "--out", required=True, type=FilePath(), help="The student.")
@click.option(
    "--layers", required=True, type=Text(), help="How many, or which from 0: 3, or 1,3,5."
)
@click.option(
    "--objective", required=True, type=click.Choice(OBJECTIVES), help="What is learnt: see above."
)
@click.option("--data", type=FilePath(), help="Labelled examples, for task.")
@click.option(
    "--texts",
    multiple=True,
    type=Text(),
    help="File or datasets:NAME, for mlm and embedding; may be repeated.",
)
@click.option("--eval", type=FilePath(), help="Labelled examples, to judge on.")
@click.option("--columns", type=Pairs(), help="Like text=sentence,label=target.  [guessed]")
@click.option("--labels", type=Pairs(), help="Labels of the data that the model names otherwise.")
@click.option("--limit", type=click.IntRange(1), help="Only the first so many examples.")
@click.option("--packed", is_flag=True, help="Join texts, so that every row is full (mlm).")
@click.option("--student", help="distilbert: another architecture than the teacher's, a BERT.")
@click.option("--width", type=click.IntRange(1), help="Another hidden size: begins at random.")
@click.option("--vocabulary", type=FilePath(), help="Folder of another tokenizer.")
@click.option(
    "--start",
    type=click.Choice(STARTS),
    default="teacher",
    show_default=True,
    help="What its layers are before.",
)
@click.option("--epochs", type=Finite(), default=3.0, show_default=True)
@click.option("--steps", type=click.IntRange(1), help="Instead of epochs.")
@click.option("--batch", type=click.IntRange(1), default=32, show_default=True, help="A step's.")
@click.option("--micro-batch", type=click.IntRange(1), help="Examples in memory at a time.  [all]")
@click.option("--lr", type=Finite(), help="[default: 5e-4; 1e-4 for task]")
@click.option("--warmup", type=Finite(), default=0.1, show_default=True, help="Share of the steps.")
@click.option("--temperature", type=Finite(), default=2.0, show_default=True)
@click.option("--weights", type=Numbers(), help="Of the parts of the loss, like kl=5,mlm=2,cos=1.")
@click.option("--dropout", is_flag=True, help="Train with the student's own dropout.")
@click.option("--train-embeddings/--freeze-embeddings", default=None, help="[trained in mlm]")
@click.option("--max-length", type=int, help="Most tokens of an example.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--precision", type=click.Choice(PRECISIONS), default="auto", show_default=True)
@click.option("--cache-teacher", is_flag=True, help="Ask the teacher once, not in each epoch.")
@click.option("--controls", is_flag=True, help="Train without distillation, and at random, too.")
@click.option(
    "--save-every",
    type=click.IntRange(1),
    default=500,
    show_default=True,
    help="Steps between checkpoints.",
)
@click.option("--keep", type=click.IntRange(1), default=2, show_default=True, help="Checkpoints.")
@click.option("--tensorboard", is_flag=True, help="Write its logs, too.")
@click.option("--resume", is_flag=True, help="Go on from the last checkpoint.")
@click.option("--force", is_flag=True, help="Replace a student, and an earlier run.")
@click.option("--allow-pickle", is_flag=True, help="Load pickled weights: they can run code.")
@click.option("--trust-remote-code", is_flag=True, help="Run Python code of the checkpoint.")
@quiet_option
@json_option
@debug_option
def distill(layers: str, quiet: bool, as_json: bool, debug: bool, **asked: Any) -> None:
    """Train a smaller student of TEACHER, and say whether it helped.

    TEACHER is what edgekit convert takes. The objective mlm is DistilBERT's pretraining (soft
    targets, masked tokens, hidden states); task learns from a fine-tuned teacher and its labels;
    embedding from sentence vectors, without labels. Checkpoints, log and report are in
    <student>.distill. Several processes: accelerate launch -m edgekit distill ...

    \b
    Examples:
      edgekit distill demo -o half --layers 3 --objective embedding --texts a.txt
      edgekit distill big -o half --layers 1,3,5 --objective task --data train.tsv
    """
    from edgekit.cli import progress
    from edgekit.cli.rendering import distillation
    from edgekit.distillation import plan
    from edgekit.distillation.request import DistillationRequest

    planned = plan.make(DistillationRequest(layers=_layers(layers), **asked))
    from edgekit.distillation import run  # imports torch, which the plan has asked for

    others = os.environ.get("RANK", "0") != "0"  # Accelerate starts processes as torchrun does
    with progress.Log(quiet or as_json or others) as log:
        try:
            found = run.run(planned, log.say, log.tick)
        except KeyboardInterrupt:
            raise click.ClickException(
                f"interrupted: what was trained is in {planned.work}; --resume goes on"
            ) from None
    if found is not None and not quiet:
        distillation.report(found, planned, as_json)


def _layers(text: str) -> int | tuple[int, ...]:
    """A count, or the numbers of layers."""
    try:
        found = tuple(int(part) for part in text.split(",") if part.strip())
    except ValueError:
        found = ()
    if not found:
        raise click.UsageError(f"--layers '{text}': give a number like 3, or a list like 1,3,5")
    return found if "," in text else found[0]
