"""edgekit: Transformers encoders on phones, converted, quantised, proven and measured.

>>> import edgekit
>>> bundle = edgekit.convert("demo")
>>> bundle.artifacts[0].size_bytes
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgekit.errors import EdgekitError

if TYPE_CHECKING:
    from edgekit.bundle import Bundle
    from edgekit.stages import Say

__version__ = "0.1.0"
__all__ = ["Bundle", "EdgekitError", "__version__", "convert", "open_bundle"]


def convert(model: str, *, say: Say | None = None, jobs: int = 1, **options: Any) -> Bundle:
    """Converts a checkpoint and returns the published, proven bundle.

    Args:
        model: a hub id, a folder, ``demo`` or ``config:PATH``.
        say: is told of each :class:`edgekit.stages.Step` as it begins and ends.
        jobs: how many formats are converted at the same time.
        **options: those of :func:`edgekit.plan.make`: ``task``, ``to``, ``recipes``,
            ``max_length``, ``buckets``, ``out``, ``force``, ``minimum_ios``,
            ``embed_tokenizer``, ``trust``.

    Raises:
        EdgekitError: with one line that says what was wrong and what to do.
    """
    from edgekit.pipeline import convert as run
    from edgekit.plan import make

    return run(make(model, **options), say=say or (lambda step: None), jobs=jobs)


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
