"""The command line: parse, call the library, render. Nothing heavy is imported early."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import click

from edgekit.cli import bench as cli_bench
from edgekit.cli import check as cli_check
from edgekit.cli import eval as cli_eval
from edgekit.cli import run as cli_run
from edgekit.cli.options import List, debug_option, json_option
from edgekit.errors import EdgekitError
from edgekit.version import VERSION


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="edgekit")
def cli() -> None:
    """Transformers encoders on phones: converted, quantised, proven."""


@cli.command()
@click.argument("model")
@click.option("--task", help="What the model is for; inferred from the checkpoint if not given.")
@click.option("--to", type=List(), default="onnx,tflite,coreml", show_default=True)
@click.option("--recipe", "recipes", type=List(), default="fp32,int8", show_default=True)
@click.option("--max-length", type=int, help="Most tokens, special tokens included.")
@click.option("--buckets", type=List(int), help="Static lengths, like 32,128,512.")
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Default: <model>.edgekit")
@click.option("--minimum-ios", default="18", show_default=True, help="Core ML target: 16, 17, 18.")
@click.option("--embed-tokenizer", is_flag=True, help="Add ONNX files that take text.")
@click.option("--jobs", type=click.IntRange(1), default=2, help="Formats at a time.  [default: 2]")
@click.option("--force", is_flag=True, help="Replace an existing bundle.")
@click.option("--dry-run", is_flag=True, help="Print the plan and do nothing.")
@click.option("--allow-pickle", is_flag=True, help="Load pickled weights: they can run code.")
@click.option("--allow-unused-weights", is_flag=True, help="Leave out weights no model reads.")
@click.option("--trust-remote-code", is_flag=True, help="Run Python code of the checkpoint.")
@click.option("--quiet", is_flag=True, help="Print errors only.")
@json_option
@debug_option
def convert(
    model: str,
    as_json: bool,
    quiet: bool,
    debug: bool,
    dry_run: bool,
    jobs: int,
    allow_pickle: bool,
    allow_unused_weights: bool,
    trust_remote_code: bool,
    **options: Any,
) -> None:
    """Convert MODEL into a proven bundle.

    MODEL is a hub id, a checkpoint's folder, "demo" (all-MiniLM-L6-v2) or "config:PATH" (random
    weights from a bare config).
    """
    from edgekit.cli import progress, render
    from edgekit.conversion import pipeline, plan
    from edgekit.model.source import Trust

    trust = Trust(allow_pickle, trust_remote_code, allow_unused_weights)
    planned = plan.make(model, trust=trust, **options)
    for note in () if quiet else planned.source.notes:
        click.echo(f"note: {note}", err=True)
    if dry_run:
        render.plan(planned, as_json)
        return
    with progress.shown(planned, quiet or as_json) as steps:
        bundle = pipeline.convert(planned, say=steps, jobs=jobs, debug=debug)
    if not quiet:
        render.bundle(bundle, as_json, steps.finished)


@cli.command()
@click.argument("path", type=click.Path(path_type=Path))
@json_option
@debug_option
def inspect(path: Path, as_json: bool, debug: bool) -> None:
    """Show what is inside a bundle, or an .onnx, .tflite, .mlpackage or .pte file.

    Of a bundle every file is checked against the manifest's SHA-256.
    """
    from edgekit.bundle import MANIFEST, Bundle
    from edgekit.cli import render
    from edgekit.conversion import worker
    from edgekit.runtime.inspection import inspect_file

    if (path / MANIFEST).exists() or (path.is_dir() and path.suffix != ".mlpackage"):
        render.bundle(Bundle.open(path), as_json)
    else:
        render.file(worker.alone(inspect_file, path.absolute(), debug=debug), as_json)


@cli.command()
@click.argument("path", type=click.Path(path_type=Path))
@json_option
@debug_option
def verify(path: Path, as_json: bool, debug: bool) -> None:
    """Run a bundle's golden texts through every artifact in its runtime, here and now.

    Hashes show that a file is the one published; this shows that it computes what PyTorch computed,
    whatever the manifest claims.
    """
    from edgekit.bundle import Bundle
    from edgekit.cli import render
    from edgekit.conversion import worker
    from edgekit.proof import verify as verifying

    results = worker.alone(verifying.verify, Bundle.open(path.absolute()), debug=debug)
    render.verified(results, as_json)
    if not all(result.passed for result in results):
        sys.exit(1)


@cli.command()
@json_option
@debug_option
def support(as_json: bool, debug: bool) -> None:
    """Show which architecture, task, format and recipe was measured, and its worst error."""
    from edgekit import support as measured
    from edgekit.cli import render

    render.support(measured.load(), as_json)


cli.add_command(cli_run.run)
cli.add_command(cli_eval.evaluate)
cli.add_command(cli_check.check)
cli.add_command(cli_bench.bench)
cli.add_command(cli_bench.render_report)
cli.add_command(cli_bench.devices)


def _terminated(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Runs the command line: every failure is one line on standard error and an exit code."""
    signal.signal(signal.SIGTERM, _terminated)
    debug = "--debug" in (sys.argv if arguments is None else arguments)
    try:
        cli.main(arguments, prog_name="edgekit", standalone_mode=False)
        code = 0
    except click.ClickException as error:
        code = _report(error.format_message(), 2)
    except (KeyboardInterrupt, click.Abort):
        code = _report("interrupted: nothing was written", 2)
    except BrokenPipeError:
        code = 0  # the reader, like head, has seen enough
    except Exception as error:
        if debug:
            raise
        code = _report(_one_line(error), getattr(error, "exit_code", 1))
    sys.exit(code)


def _one_line(error: Exception) -> str:
    if isinstance(error, EdgekitError):
        return " ".join(str(error).split())
    return f"unexpected {type(error).__name__}: {' '.join(str(error).split())} (try --debug)"


def _report(message: str, code: int) -> int:
    click.echo(f"error: {message}", err=True)
    return code
