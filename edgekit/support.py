"""What works: ``support.json``, measured by ``make matrix`` and shipped with the package.

A cell is one architecture, task, format and recipe; ``docs/support.md`` is rendered from them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from edgekit import documents
from edgekit.errors import UnsupportedError
from edgekit.layout import markdown_table
from edgekit.model.families import OTHERS

FILE = "support.json"


@dataclass(frozen=True)
class Cell:
    """One file that was converted and proven, or why it was not.

    ``max_abs`` and ``cosine`` are the worst over all runs in all runtimes (see
    :class:`edgekit.proof.verify.Proof`); ``failure`` is why the file was refused. A cell with
    neither is one that Transformers has no model class for.
    """

    architecture: str
    task: str
    format: str
    recipe: str
    max_abs: float | None = None
    cosine: float | None = None
    failure: str | None = None

    @property
    def passed(self) -> bool:
        """Whether the file computes what PyTorch computes."""
        return self.failure is None and self.max_abs is not None


@dataclass(frozen=True)
class Support:
    """The measured matrix: a cell for each architecture, task, format and recipe, and versions."""

    versions: Mapping[str, str]
    cells: tuple[Cell, ...]

    def merged(self, newer: Support) -> Support:
        """This matrix with the cells of a newer one in place of its own.

        Cells stay only if they were measured with the same versions of libraries; a library that
        only the newer matrix names had no part in these.
        """
        same = all(newer.versions.get(name) == value for name, value in self.versions.items())
        found = {_key(cell): cell for cell in self.cells if same}
        found |= {_key(cell): cell for cell in newer.cells}
        return Support(newer.versions, tuple(found[key] for key in sorted(found)))

    def columns(self) -> tuple[tuple[str, str], ...]:
        """Each format and recipe, in the order of edgekit's tables."""
        return tuple(sorted({(cell.format, cell.recipe) for cell in self.cells}, key=_column))

    def table(self) -> Iterator[tuple[str, ...]]:
        """The rows of the matrix as people read it: architecture, task, a text for each column."""
        columns = self.columns()
        for architecture, task, row in self._rows():
            yield architecture, task, *(cell_text(row.get(column)) for column in columns)

    def failures(self) -> list[str]:
        """One line for each cell whose file was refused: what it is of, and why."""
        return [
            f"{cell.architecture}, {cell.task}, {cell.format} {cell.recipe}: {cell.failure}"
            for cell in self.cells
            if cell.failure is not None
        ]

    def _rows(self) -> Iterator[tuple[str, str, dict[tuple[str, str], Cell]]]:
        """The matrix by rows: architecture, task, and the cells by format and recipe."""
        table: dict[tuple[str, str], dict[tuple[str, str], Cell]] = {}
        for cell in self.cells:
            row = table.setdefault((cell.architecture, cell.task), {})
            row[cell.format, cell.recipe] = cell
        for (architecture, task), row in table.items():
            yield architecture, task, row


def load(path: Path | None = None) -> Support:
    """Reads a matrix: that of ``path``, or with None the one that is shipped with edgekit."""
    data = (path or files("edgekit").joinpath(FILE)).read_bytes()
    remedy = "make matrix writes it"
    return documents.decode_json(data, Support, str(path or FILE), UnsupportedError, remedy)


def save(support: Support, path: Path) -> None:
    """Writes a matrix as JSON, one line a cell, for :func:`load`."""
    path.write_text(documents.dump_rows(support, "cells", FILE), encoding="utf-8")


def cell_text(cell: Cell | None) -> str:
    """A cell as the table shows it.

    Returns:
        ``max_abs``, like ``2.8e-07``; ``red`` where the file was refused, ``-`` where Transformers
        has no such model; empty where nothing was measured (None).
    """
    if cell is None:
        return ""
    if cell.max_abs is None:
        return "-" if cell.failure is None else "red"
    return f"{cell.max_abs:.1e}"


def markdown(support: Support) -> str:
    """The matrix as the Markdown of ``docs/support.md``."""
    header = ("architecture", "task", *map(" ".join, support.columns()))
    failures = [f"- {line}" for line in support.failures()]
    lines = [
        "# What edgekit supports",
        "",
        "Each cell is a small model with random weights that went all the way: traced, converted,",
        "opened in every runtime of its format and compared with PyTorch at many lengths and",
        "paddings. The number is the worst absolute error, relative to the largest output. `-`:",
        "Transformers has no such model; `red`: refused, the reason is below; empty or no row:",
        "not measured. Core ML files were run by edgekit's reference evaluator, not by Core ML.",
        "",
        "Written by `make matrix` from `edgekit/support.json`; do not edit.",
        "",
        *markdown_table(header, support.table(), left=2),
        *(["", "## Red cells", "", *failures] if failures else []),
        "",
        *_BY_CONFIG,
        "",
        "## Not in the table",
        "",
        *(f"- {name}: {reason}." for name, reason in OTHERS.items()),
        "",
        "Versions: " + ", ".join(f"{name} {value}" for name, value in support.versions.items()),
    ]
    return "\n".join(lines) + "\n"


_BY_CONFIG = (
    "## By their config",
    "",
    "What counts is the `model_type` in a checkpoint's config.json:",
    "",
    "- DistilRoBERTa is `roberta`.",
    "- MiniLM, TinyBERT, BGE, E5 and GTE are `bert`; their multilingual ones mostly `xlm-roberta`.",
    "- gte-modernbert is `modernbert`; the other GTE of 8192 tokens are `gte` in Transformers' own",
    "  form, and `new` as first published: see below.",
    "- DeBERTa-v3 is `deberta-v2`.",
)


def _key(cell: Cell) -> tuple[tuple[int, str], ...]:
    """Where a cell stands in ``support.json``: by edgekit's tables, not by the alphabet."""
    from edgekit.model.families import FAMILIES
    from edgekit.model.tasks import TASKS

    column = _column((cell.format, cell.recipe))
    return _place(cell.architecture, FAMILIES), _place(cell.task, TASKS), *column


def _column(column: tuple[str, str]) -> tuple[tuple[int, str], ...]:
    """Where a format and a recipe stand among the columns: by edgekit's tables."""
    from edgekit.formats import FORMATS
    from edgekit.recipe import RECIPES

    return _place(column[0], FORMATS), _place(column[1], RECIPES)


def _place(name: str, table: Mapping[str, object]) -> tuple[int, str]:
    """Where a name stands in a table; names that have left it come last."""
    return (list(table).index(name) if name in table else len(table), name)
