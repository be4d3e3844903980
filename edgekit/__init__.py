"""edgekit: Transformers encoders on phones, converted, quantised, proven and measured.

>>> import edgekit
>>> bundle = edgekit.convert("demo")
>>> bundle.artifacts[0].size_bytes
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgekit.errors import EdgekitError
from edgekit.version import VERSION

if TYPE_CHECKING:
    from edgekit.bundle import Bundle
    from edgekit.conversion.stages import Say
    from edgekit.evaluation.result import Evaluation

__version__ = VERSION
__all__ = ["Bundle", "EdgekitError", "__version__", "convert", "evaluate", "open_bundle"]


def convert(model: str, *, say: Say | None = None, jobs: int = 1, **options: Any) -> Bundle:
    """Converts a checkpoint and returns the published, proven bundle.

    Args:
        model: a hub id, a folder, ``demo`` or ``config:PATH``.
        say: is told of each :class:`edgekit.conversion.stages.Step` as it begins and ends.
        jobs: how many formats are converted at the same time.
        **options: those of :func:`edgekit.conversion.plan.make`: ``task``, ``to``, ``recipes``,
            ``max_length``, ``buckets``, ``out``, ``force``, ``minimum_ios``,
            ``embed_tokenizer``, ``trust``.

    Raises:
        EdgekitError: with one line that says what was wrong and what to do.
    """
    from edgekit.conversion.pipeline import convert as run
    from edgekit.conversion.plan import make

    return run(make(model, **options), say=say or (lambda step: None), jobs=jobs)


def evaluate(*bundles: str, data: str, out: str | None = None, **options: Any) -> Evaluation:
    """Runs every file of the bundles, and PyTorch, over labelled data.

    Args:
        *bundles: their folders.
        data: TSV, CSV, JSONL, Parquet, SQuAD's JSON or CoNLL.
        out: folder for predictions and ``eval.json``; named after the data if None.
        **options: those of :class:`edgekit.evaluation.run.Request`: ``task``, ``artifacts``,
            ``device``, ``limit``, ``shown``, ``options``.

    Raises:
        EdgekitError: with one line that says what was wrong and what to do.
    """
    from pathlib import Path

    from edgekit.evaluation.run import Request, default_folder, run

    path = Path(data)
    request = Request(tuple(map(Path, bundles)), path, **options)
    return run(request, default_folder(path) if out is None else Path(out))


def open_bundle(path: str) -> Bundle:
    """Opens a bundle and checks every file against its manifest.

    Raises:
        BundleError: it is damaged, forged or too new.
    """
    from edgekit.bundle import Bundle

    return Bundle.open(path)


def __getattr__(name: str) -> Any:
    if name == "Bundle":
        from edgekit.bundle import Bundle

        return Bundle
    raise AttributeError(name)
