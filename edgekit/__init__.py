"""edgekit: Transformers encoders on phones, converted, quantised, proven and measured.

>>> import edgekit
>>> bundle = edgekit.convert("demo")
>>> bundle.artifacts[0].proofs[0].max_abs
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgekit.errors import EdgekitError
from edgekit.version import VERSION

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    from edgekit.bundle import Bundle
    from edgekit.conversion.stages import Say
    from edgekit.evaluation.result import Evaluation

__version__ = VERSION
__all__ = ["Bundle", "EdgekitError", "__version__", "convert", "evaluate", "open_bundle"]


def convert(
    model: str,
    *,
    task: str | None = None,
    to: Sequence[str] = ("onnx", "tflite", "coreml"),
    recipes: Sequence[str] = ("fp32", "int8"),
    max_length: int | None = None,
    buckets: Sequence[int] | None = None,
    out: str | os.PathLike[str] | None = None,
    force: bool = False,
    minimum_ios: str = "18",
    embed_tokenizer: bool = False,
    allow_pickle: bool = False,
    trust_remote_code: bool = False,
    unused_weights: bool = False,
    jobs: int = 1,
    say: Say | None = None,
) -> Bundle:
    """Converts a checkpoint and returns the published, proven bundle.

    Args:
        model: a hub id, a folder, ``demo`` or ``config:PATH``.
        task: what the model is for, like ``text-classification``; None asks the checkpoint.
        to: formats, of ``onnx``, ``tflite``, ``coreml`` and ``executorch``.
        recipes: how weights are stored, like ``fp32`` and ``int8``; one file each and format.
        max_length: the most tokens, special ones included; None is the model's own limit, or 512
            where that is longer.
        buckets: static lengths in tokens, for formats that need them; None chooses usual ones.
        out: the bundle's folder; None is ``NAME.edgekit`` here.
        force: replace a bundle that is there.
        minimum_ios: for Core ML: ``16``, ``17`` or ``18``.
        embed_tokenizer: add ONNX files that take text.
        allow_pickle: load pickled weights, which can run code.
        trust_remote_code: run Python code of the checkpoint.
        unused_weights: convert although the model has no place for some trained weights.
        jobs: how many formats are converted at the same time.
        say: is told of each :class:`edgekit.conversion.stages.Step` as it begins and ends.

    Raises:
        ProofError: a file does not compute what PyTorch computes; the others are published.
        EdgekitError: anything else that went wrong, with one line that says what and what to do.
    """
    from edgekit.conversion import pipeline, plan
    from edgekit.model.source import Trust

    planned = plan.make(
        model,
        task=task,
        to=to,
        recipes=recipes,
        max_length=max_length,
        buckets=buckets,
        out=out,
        force=force,
        minimum_ios=minimum_ios,
        embed_tokenizer=embed_tokenizer,
        trust=Trust(allow_pickle, trust_remote_code, unused_weights),
    )
    return pipeline.convert(planned, say=say or (lambda step: None), jobs=jobs)


def evaluate(
    *bundles: str | os.PathLike[str],
    data: str | os.PathLike[str],
    out: str | os.PathLike[str] | None = None,
    task: str | None = None,
    artifacts: Sequence[str] | None = None,
    device: str = "host",
    limit: int | None = None,
    shown: int = 5,
    columns: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
    null_threshold: float = 0.0,
    top: int = 10,
    baseline: bool = True,
) -> Evaluation:
    """Runs every file of the bundles, and PyTorch, over labelled data.

    Args:
        *bundles: their folders.
        data: TSV, CSV, JSONL, Parquet, SQuAD's JSON or CoNLL.
        out: folder for predictions and ``eval.json``; None is named after the data.
        task: what to evaluate where the model's task leaves a choice, like ``retrieval``.
        artifacts: names of files; None for all that the device runs.
        device: ``host``, or one of ``edgekit devices``.
        limit: the most examples, from the first on.
        shown: how many examples that differ from PyTorch are kept of each file.
        columns: the data's columns by role, like ``{"label": "stars"}``.
        labels: the model's labels by the data's.
        null_threshold: by how much no answer has to beat the best span (SQuAD 2.0).
        top: documents that count in retrieval.
        baseline: whether PyTorch is asked; without it there are no drops.

    Raises:
        EdgekitError: with one line that says what was wrong and what to do.
    """
    from pathlib import Path

    from edgekit.evaluation import run
    from edgekit.evaluation.kinds import Options

    path = Path(data)
    request = run.Request(
        bundles=tuple(map(Path, bundles)),
        data=path,
        task=task,
        artifacts=None if artifacts is None else tuple(artifacts),
        device=device,
        limit=limit,
        shown=shown,
        options=Options(columns or {}, labels or {}, null_threshold, top),
        baseline=baseline,
    )
    return run.run(request, run.default_folder(path) if out is None else Path(out))


def open_bundle(path: str | os.PathLike[str]) -> Bundle:
    """Opens a bundle and checks every file against its manifest.

    Raises:
        BundleError: it is damaged, forged or too new.
    """
    from edgekit.bundle import Bundle

    return Bundle.open(path)


def __getattr__(name: str) -> type[Bundle]:
    if name == "Bundle":
        from edgekit.bundle import Bundle

        return Bundle
    raise AttributeError(name)
