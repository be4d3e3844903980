"""What options of closed sets may be, shown by ``--help`` and by a shell's completion.

Tables that import little are read; the names of others stand here, and a test holds them to those
tables: ``--help`` loads neither numpy nor a converter.
"""

from __future__ import annotations

from pathlib import Path

import click
from click.shell_completion import CompletionItem

from edgekit.benchmarks.devices import runtimes
from edgekit.cli.options import Context, List, Parameter
from edgekit.formats import FORMATS
from edgekit.recipe import RECIPES

TASKS = (
    "question-answering",
    "text-classification",
    "token-classification",
    "fill-mask",
    "feature-extraction",
    "sentence-similarity",
    "sparse-embedding",
    "late-interaction",
)
WAYS = (  # of evaluating a model
    "text-classification",
    "regression",
    "sentence-similarity",
    "retrieval",
    "question-answering",
    "token-classification",
    "fill-mask",
)
SUITES = ("quick", "paper", "full")
MINIMUM_IOS = ("16", "17", "18")
RUNTIMES = runtimes.NAMES
OBJECTIVES = ("mlm", "task", "embedding")
STARTS = ("teacher", "random")
PRECISIONS = ("auto", "fp32", "bf16", "fp16")


class Open(click.ParamType[str]):
    """One of some names, or what a pattern describes, which its command checks.

    Args:
        names: the closed part.
        other: what else it may be, for people.
    """

    name = "text"

    def __init__(self, names: tuple[str, ...], other: str) -> None:
        self._names, self._other = names, other

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """What ``--help`` shows: the names, and what else it may be."""
        return f"[{'|'.join(self._names)}|{self._other}]"

    def convert(self, value: str, param: Parameter, ctx: Context) -> str:
        """The text as it is; a usage error if it is empty.

        Which names there are its command checks.
        """
        if not value.strip():
            self.fail("it is empty", param, ctx)
        return str(value)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """The names that begin so; without one, files."""
        named = [CompletionItem(name) for name in self._names if name.startswith(incomplete)]
        return named or [CompletionItem(incomplete, type="file")]


class SuiteChoice(Open):
    """The name of a shipped suite, or the path of a TOML file."""

    def __init__(self) -> None:
        super().__init__(SUITES, "FILE.toml")

    def convert(self, value: str, param: Parameter, ctx: Context) -> str:
        """The name or path; a usage error if it is neither a shipped suite nor a file."""
        name = super().convert(value, param, ctx)
        if name not in SUITES and not Path(name).is_file():
            self.fail(f"'{name}' is neither {', '.join(SUITES)} nor a file", param, ctx)
        return name


FORMAT_NAMES = List(click.Choice(tuple(FORMATS)))
RECIPE_NAMES = List(click.Choice(tuple(RECIPES)))
RUNTIME_NAMES = List(click.Choice(RUNTIMES))
