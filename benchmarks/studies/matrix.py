"""What works, measured: every architecture, task, format and recipe, all the way to the proof.

``make matrix`` converts a small model (:mod:`edgekit.benchmarks.studies.small_models`) of each
architecture for each task that Transformers has it for, and writes ``edgekit/support.json`` and
``docs/support.md`` after each, so that it may be stopped and go on (``--resume``). ExecuTorch needs
about a minute of processor time for an architecture and task, the other formats together half a
minute. By that, and not measured as a whole, all of it is between three and four hours.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path

import click

from edgekit import formats, support
from edgekit.benchmarks.studies import small_models
from edgekit.bundle import Bundle
from edgekit.conversion import pipeline, plan
from edgekit.conversion.plan import ExportPlan, PlannedArtifact
from edgekit.conversion.request import ConversionRequest
from edgekit.errors import EdgekitError
from edgekit.model import families, tasks
from edgekit.support import Cell, Support
from edgekit.version import VERSION, libraries

ROOT = Path(__file__).resolve().parents[2]
DATA, DOCUMENT = ROOT / "edgekit" / support.FILE, ROOT / "docs" / "support.md"
SECONDS = {"executorch": 60}  # of processor time for a row, roughly; other formats need 10
BUCKETS = (16, small_models.LENGTH)
Pair = tuple[str, str]


def has_model(pair: Pair) -> bool:
    """Whether Transformers has a model class of the architecture for the task."""
    import transformers

    architecture, task = pair
    auto = getattr(transformers, tasks.get(task).auto_class)
    return transformers.CONFIG_MAPPING[architecture] in auto._model_mapping


def make_plan(pair: Pair, to: Sequence[str], folder: Path) -> ExportPlan:
    """A plan that converts a small model to each format in every recipe that the format has.

    Args:
        pair: The architecture and the task.
        to: Names of formats.
        folder: Where the model and the bundle are written.
    """
    config = small_models.save_config(pair[0], tasks.get(pair[1]), folder / "model")
    plans = [
        plan.make(
            ConversionRequest(
                f"config:{config}",
                task=pair[1],
                to=[name],
                recipes=formats.get(name).default_recipes,
                buckets=BUCKETS,
                out=folder / "bundle",
                force=True,
            )
        )
        for name in to
    ]
    return replace(
        plans[0],
        artifacts=tuple(row for each in plans for row in each.artifacts),
        options={name: options for each in plans for name, options in each.options.items()},
    )


def measure(pair: Pair, to: Sequence[str], jobs: int = 1) -> list[Cell]:
    """Converts a small model and proves it.

    Args:
        pair: The architecture and the task.
        to: Names of formats.
        jobs: How many formats are converted at a time.

    Returns:
        A cell for each format and recipe, with its worst error or why there is none.
    """
    if not has_model(pair):
        built = [(name, formats.get(name).default_recipes) for name in to]
        return [Cell(*pair, name, recipe) for name, recipes in built for recipe in recipes]
    with tempfile.TemporaryDirectory() as folder:
        return list(attempt(pair, make_plan(pair, to, Path(folder)), jobs))


def attempt(pair: Pair, planned: ExportPlan, jobs: int) -> Iterator[Cell]:
    """Converts all files of a plan at once, and each alone where that leaves none of them."""
    failure = None
    try:
        pipeline.convert(planned, jobs=jobs)
    except EdgekitError as error:
        failure = error
    if failure is None or planned.out.exists():
        yield from _published(pair, Bundle.open(planned.out, check_hashes=False))
    elif len(planned.artifacts) == 1:
        yield _cell(pair, planned.artifacts[0], str(failure))
    else:
        for artifact in planned.artifacts:
            alone = planned.out.with_name(f"alone-{artifact.file}")
            yield from attempt(pair, replace(planned, artifacts=(artifact,), out=alone), 1)


def _published(pair: Pair, bundle: Bundle) -> Iterator[Cell]:
    for artifact in bundle.artifacts:
        proofs = artifact.proofs
        worst = max(row.max_abs for row in proofs), min(row.cosine for row in proofs)
        yield Cell(*pair, artifact.format, artifact.recipe, *worst)
    for row in bundle.manifest.refused:
        yield Cell(*pair, row.format, row.recipe, failure=_phrase(row.failure))


def _cell(pair: Pair, artifact: PlannedArtifact, failure: str) -> Cell:
    return Cell(*pair, artifact.format, artifact.recipe, failure=_phrase(failure))


def _phrase(message: str) -> str:
    """A failure in one line, without the remedies that only a command line needs."""
    return " ".join(message.split()).split(". nothing was written")[0][:300]


def write(measured: Support, data: Path, document: Path) -> None:
    """Writes the data and the document for people from the same cells."""
    support.save(measured, data)
    document.parent.mkdir(exist_ok=True)
    document.write_text(support.markdown(measured), encoding="utf-8")


def versions() -> dict[str, str]:
    """Versions of edgekit and of the libraries that the cells depend on."""
    return {"edgekit": VERSION, **libraries()}


def _names(value: str | None, table: Iterable[str]) -> tuple[str, ...]:
    known = tuple(table)
    names = tuple(part.strip() for part in value.split(",")) if value else known
    unknown = [name for name in names if name not in known]
    if unknown:
        raise click.BadParameter(f"'{unknown[0]}' is none of {', '.join(known)}")
    return names


@click.command()
@click.option("--only", help="Architectures, like bert,roberta.  [default: all]")
@click.option("--tasks", "task_names", help="Like fill-mask,feature-extraction.  [default: all]")
@click.option("--to", help="Formats, like onnx,coreml.  [default: all]")
@click.option("--jobs", default=2, show_default=True, help="Formats at a time.")
@click.option("--resume", is_flag=True, help="Skip what was measured with the same versions.")
def main(only: str | None, task_names: str | None, to: str | None, jobs: int, resume: bool) -> None:
    """Measures the chosen cells and writes the support table; exit code 1 if any is red."""
    chosen = list(product(_names(only, families.FAMILIES), _names(task_names, tasks.TASKS)))
    wanted = _names(to, formats.FORMATS)
    measured = support.load(DATA).merged(Support(versions(), ()))
    write(measured, DATA, DOCUMENT)
    minutes = len(chosen) * sum(SECONDS.get(name, 10) for name in wanted) // 60
    click.echo(f"{len(chosen)} rows: an estimated {minutes} minutes of processor time for all")
    for count, pair in enumerate(chosen, 1):
        have = {c.format for c in measured.cells if (c.architecture, c.task) == pair}
        missing = [name for name in wanted if not (resume and name in have)]
        if not missing:
            continue
        started = time.perf_counter()
        cells = measure(pair, missing, jobs)
        measured = measured.merged(Support(versions(), tuple(cells)))
        write(measured, DATA, DOCUMENT)
        results = "  ".join(f"{c.format} {c.recipe} {support.text(c)}" for c in cells)
        seconds = time.perf_counter() - started
        click.echo(f"{count}/{len(chosen)} {' '.join(pair):<36} {seconds:5.0f} s  {results}")
    sys.exit(bool(measured.failures()))


if __name__ == "__main__":
    main()
