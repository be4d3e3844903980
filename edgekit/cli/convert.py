"""``edgekit convert``: parse, call :mod:`edgekit.conversion`, render."""

from __future__ import annotations

import shlex
from typing import Any

import click

from edgekit.cli.choices import FORMAT_NAMES, MINIMUM_IOS, RECIPE_NAMES, TASKS
from edgekit.cli.options import (
    COUNTS,
    LAYERS,
    FilePath,
    Text,
    debug_option,
    json_option,
    quiet_option,
)


@click.command()
@click.argument("model", type=Text())
@click.option(
    "--task",
    type=click.Choice(TASKS),
    metavar="TASK",
    help=f"What the model is for: {', '.join(TASKS)}.  [default: what its config says]",
)
@click.option(
    "--to", type=FORMAT_NAMES, help="Default: onnx,tflite,coreml; on Windows without coreml."
)
@click.option(
    "--recipe",
    type=RECIPE_NAMES,
    envvar="EDGEKIT_CONVERT_RECIPE",
    help="Default: fp32,int8; Core ML: fp16,int8.",
)
@click.option("--max-length", type=click.IntRange(1), help="Most tokens, special ones included.")
@click.option("--buckets", type=COUNTS, help="Static lengths, like 32,128,512.")
@click.option("-o", "--out", type=FilePath(), help="Default: <model>.edgekit")
@click.option("--minimum-ios", type=click.Choice(MINIMUM_IOS), help="Of Core ML.  [default: 18]")
@click.option("--minimum-tflite", help="Oldest TensorFlow Lite to run the .tflite files, as 2.14.")
@click.option("--opset", type=int, help="Newest opset of the ONNX files, from 15 to 20.")
@click.option("--int64-inputs", is_flag=True, help="ONNX files that take int64 instead of int32.")
@click.option(
    "--keep-float32", type=LAYERS, default=(), help="Layers of Core ML files in float32: 0,5."
)
@click.option("--embed-tokenizer", is_flag=True, help="Add ONNX files that take text.")
@click.option("--jobs", type=click.IntRange(1), default=2, help="Formats at a time.  [default: 2]")
@click.option("--force", is_flag=True, help="Replace an existing bundle.")
@click.option("--dry-run", is_flag=True, help="Print the plan and do nothing.")
@click.option("--allow-pickle", is_flag=True, help="Load pickled weights: they can run code.")
@click.option(
    "--allow-unused-weights",
    is_flag=True,
    help="Leave out weights no model reads.",
)
@click.option("--trust-remote-code", is_flag=True, help="Run Python code of the checkpoint.")
@quiet_option
@json_option
@debug_option
def convert(
    jobs: int, dry_run: bool, quiet: bool, as_json: bool, debug: bool, **asked: Any
) -> None:
    """Convert MODEL into a proven bundle.

    MODEL is a hub id, a checkpoint's folder, "demo" (all-MiniLM-L6-v2) or "config:PATH" (random
    weights from a bare config).

    \b
    Examples:
      edgekit convert demo
      edgekit convert path/to/checkpoint --to tflite --recipe int8
      edgekit convert path/to/checkpoint --dry-run
      edgekit convert org/model --buckets 32,128 --minimum-ios 17
    """
    from edgekit.cli import progress
    from edgekit.cli.rendering import bundles
    from edgekit.conversion import pipeline, plan
    from edgekit.conversion.request import ConversionRequest

    planned = plan.make(ConversionRequest(**asked))
    for note in () if quiet else planned.notes:
        click.echo(f"note: {note}", err=True)
    if dry_run:
        bundles.plan(planned, as_json)
        return
    with progress.shown(planned, quiet or as_json) as steps:
        bundle = pipeline.convert(planned, say=steps, jobs=jobs, debug=debug)
    if not quiet:
        bundles.converted(bundle, as_json, steps.finished)
        if not as_json:
            path = shlex.quote(str(bundle.path))
            click.echo(f"next: edgekit app {path} --platform android|ios|web -o DIR")
