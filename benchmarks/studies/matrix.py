"""What works, measured: every architecture, task, format and recipe, all the way to the proof.

``make matrix`` converts a small model (:mod:`edgekit.benchmarks.studies.small_models`) of each
architecture for each task that Transformers has it for, and writes ``edgekit/support.json`` and
``docs/support.md`` after each, so that it may be stopped and go on (``--resume``).
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby, product
from pathlib import Path
from threading import Lock

import click

from edgekit import formats, support
from edgekit.benchmarks.studies.matrix_rows import MatrixRow, Pair, measure_apart
from edgekit.model import families, tasks
from edgekit.support import Support
from edgekit.version import VERSION

ROOT = Path(__file__).resolve().parents[2]
DATA, DOCUMENT = ROOT / "edgekit" / support.FILE, ROOT / "docs" / "support.md"


class Record:
    """What has been measured so far, written to the data and the document after each row."""

    def __init__(self, measured: Support) -> None:
        self.measured = measured
        self._lock = Lock()
        self._write()

    def missing(self, pair: Pair, wanted: Sequence[str]) -> tuple[str, ...]:
        """The formats among those wanted that have no cell for the architecture and task."""
        cells = self.measured.cells
        have = {cell.format for cell in cells if (cell.architecture, cell.task) == pair}
        return tuple(name for name in wanted if name not in have)

    def add(self, row: MatrixRow) -> None:
        """Takes a row in, from any thread, and prints it."""
        with self._lock:
            self.measured = self.measured.merged(Support(versions(), row.cells))
            self._write()
            cells = "  ".join(f"{c.format} {c.recipe} {support.cell_text(c)}" for c in row.cells)
            click.echo(f"{' '.join(row.pair):<36} {row.seconds:5.0f} s  {cells}")

    def _write(self) -> None:
        support.save(self.measured, DATA)
        DOCUMENT.parent.mkdir(exist_ok=True)
        DOCUMENT.write_text(support.markdown(self.measured), encoding="utf-8")


def versions() -> dict[str, str]:
    """Versions of edgekit and of the libraries that the cells depend on."""
    return {"edgekit": VERSION, **formats.versions()}


def _names(value: str | None, table: Iterable[str]) -> tuple[str, ...]:
    """The names in a list with commas, or all of a table.

    A usage error for one that is none of it.
    """
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
@click.option("--jobs", "at_a_time", default=2, show_default=True, help="Architectures at a time.")
@click.option("--resume", is_flag=True, help="Skip what was measured with the same versions.")
def main(
    only: str | None, task_names: str | None, to: str | None, at_a_time: int, resume: bool
) -> None:
    """Measures the chosen cells and writes the support table; exit code 1 if any is red."""
    chosen = list(product(_names(only, families.FAMILIES), _names(task_names, tasks.TASKS)))
    wanted = _names(to, formats.FORMATS)
    record = Record(support.load(DATA).merged(Support(versions(), ())))
    jobs = [(pair, record.missing(pair, wanted) if resume else wanted) for pair in chosen]
    groups = groupby((job for job in jobs if job[1]), key=lambda job: job[0][0])
    with ThreadPoolExecutor(at_a_time) as pool:
        for each in [pool.submit(measure_apart, tuple(rows), record.add) for _, rows in groups]:
            each.result()
    sys.exit(bool(record.measured.failures()))


if __name__ == "__main__":
    main()
