"""``edgekit schema``: the JSON Schemas of the files that edgekit writes, made of their types."""

from __future__ import annotations

import json
from importlib import import_module

import click

# by name: the module and the type that the file is read into, and the schema's title
FILES = {
    "manifest": ("edgekit.manifest", "Manifest", "manifest.json of an edgekit bundle, version 1"),
    "golden": ("edgekit.golden", "Golden", "golden.json of an edgekit bundle, version 1"),
    "postprocess": (
        "edgekit.postprocess.golden",
        "Vectors",
        "postprocess.json of an edgekit bundle, version 1",
    ),
    "results": (
        "edgekit.benchmarks.measurement",
        "Measurement",
        "A line of results.jsonl of edgekit bench, version 1",
    ),
    "report": ("edgekit.reporting.data", "ReportFile", "report.json of edgekit bench, version 1"),
    "eval": ("edgekit.evaluation.result", "Evaluation", "eval.json of edgekit eval, version 1"),
    "distill": (
        "edgekit.distillation.report",
        "DistillationReport",
        "distill.json of edgekit distill, version 1",
    ),
}


def text(name: str) -> str:
    """One schema as JSON, ``name`` being a key of :data:`FILES`."""
    from edgekit import documents

    module, kind, title = FILES[name]
    schema = documents.json_schema(getattr(import_module(module), kind), title)
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


@click.command()
@click.argument("name", type=click.Choice(list(FILES)), required=False)
def schema(name: str | None) -> None:
    """Print the JSON Schema of a file that edgekit writes.

    Without NAME the names are printed. docs/schemas has them, too. Readers pass over fields that a
    schema does not know: a minor version may add some.

    \b
    Examples:
      edgekit schema
      edgekit schema manifest
    """
    click.echo("\n".join(FILES) if name is None else text(name), nl=name is None)
