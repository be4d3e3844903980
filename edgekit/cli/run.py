"""``edgekit run``: parse, call :mod:`edgekit.app.inference`, render."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from edgekit.cli.options import FilePath, Text, debug_option, json_option, prompt_option


@click.command()
@click.argument("bundle", type=FilePath())
@click.argument("text", required=False)
@click.argument("context", required=False)
@click.option(
    "--artifact",
    type=Text(),
    help="A file, format or recipe of the bundle, or pytorch.  [default: first that runs here]",
)
@click.option(
    "--device", type=Text(), default="host", show_default=True, help="Like host or arm64."
)
@click.option("--top", type=click.IntRange(1), default=5, show_default=True, help="Most answers.")
@prompt_option
@json_option
@debug_option
def run(
    bundle: Path,
    text: str | None,
    context: str | None,
    artifact: str | None,
    device: str,
    top: int,
    prompt: str | None,
    as_json: bool,
    debug: bool,
) -> None:
    """Ask BUNDLE's model about TEXT as an app would.

    The text is tokenized, the model asked, and its outputs made into an answer. CONTEXT is the text
    that holds the answer to a question, or the second of a pair. Without TEXT each line of standard
    input is one input, with TAB between text and context, and gives one line (with --json: of JSON)
    as soon as it is answered; an empty one, or JSON with an error, if it cannot be.

    \b
    Examples:
      edgekit run model.edgekit "I loved this film"
      edgekit run model.edgekit "Where do bears live?" "Bears live here."
      edgekit run model.edgekit --artifact tflite --json < texts.txt
    """
    from edgekit.app import answers, inference, opening
    from edgekit.bundle import Bundle
    from edgekit.cli.rendering import answers as rendering

    if text is None and sys.stdin.isatty():
        raise click.UsageError("give a TEXT, or pipe lines to standard input")
    opened = Bundle.open(bundle)
    chosen = opening.choose(opened, artifact, device)
    name = inference.PYTORCH if chosen is None else chosen.path.name
    click.echo(f"{name} on {device}", err=True)
    with answers.silenced(debug):
        app = opening.open_app(opened, chosen, device)
    given = () if text is None else (text,) if context is None else (text, context)
    inputs = [answers.Asked(given)] if given else answers.lines(sys.stdin.buffer)
    failed = False
    with app:
        if prompt is not None:
            app.use_prompt(prompt)
        for found in answers.each(app, inputs, top, debug=debug):
            rendering.result(app, found, as_json)
            failed = failed or found.error is not None
    if failed:
        sys.exit(2)
