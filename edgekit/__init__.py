"""edgekit: Transformers encoders on phones, converted, quantised, proven and measured.

>>> import edgekit
>>> bundle = edgekit.convert("demo")
>>> bundle.artifacts[0].proofs[0].max_abs
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from edgekit.errors import EdgekitError
from edgekit.version import VERSION

# onnxruntime 1.29 and later report their use to Microsoft unless this is set before the import.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from edgekit.bundle import Bundle
    from edgekit.conversion.steps import Say
    from edgekit.distillation.report import DistillationReport
    from edgekit.evaluation.result import Evaluation

__version__ = VERSION
__all__ = [
    "Bundle", "EdgekitError", "__version__",
    "convert", "distill", "evaluate", "make_app", "open_bundle",
]  # fmt: skip


def convert(
    model: str,
    *,
    task: str | None = None,
    to: Sequence[str] = ("onnx", "tflite", "coreml"),
    recipes: Sequence[str] | None = None,
    max_length: int | None = None,
    buckets: Sequence[int] | None = None,
    out: str | os.PathLike[str] | None = None,
    force: bool = False,
    minimum_ios: str | None = None,
    minimum_tflite: str | None = None,
    opset: int | None = None,
    int64_inputs: bool = False,
    keep_float32: Sequence[int] = (),
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
        to: formats, of ``onnx``, ``tflite``, ``coreml``, ``executorch`` and ``coreai``.
        recipes: how weights are stored, like ``fp32`` and ``int8``, one file for each in each
            format; None leaves each format its own.
        max_length: the most tokens, special ones included; None is the model's own limit, or 512
            where that is longer.
        buckets: static lengths in tokens, for formats that need them; None chooses usual ones.
        out: the bundle's folder; None is ``NAME.edgekit`` here.
        force: replace a bundle that is there.
        minimum_ios: the oldest iOS that has to run Core ML files: 16, 17 or 18.
        minimum_tflite: the oldest TensorFlow Lite that has to run TFLite files, such as 2.14.
        opset: the newest opset of ai.onnx that ONNX files may ask for, 15 to 20.
        int64_inputs: whether ONNX files take int64 instead of int32.
        keep_float32: encoder layers, from 0, that Core ML files compute in float32: those whose
            numbers pass 65,504, where float16 ends.
        embed_tokenizer: add ONNX files that take text.
        allow_pickle: load pickled weights, which can run code.
        trust_remote_code: run Python code of the checkpoint.
        unused_weights: convert although the model has no place for some trained weights.
        jobs: how many formats are converted at the same time.
        say: is told of each :class:`edgekit.conversion.steps.Step` as it begins and ends.

    Raises:
        ProofError: a file does not compute what PyTorch computes; the others are published.
        EdgekitError: anything else that went wrong, with one line that says what and what to do.
    """
    asked = {name: value for name, value in locals().items() if name not in ("jobs", "say")}
    from edgekit.conversion import pipeline, plan
    from edgekit.conversion.request import ConversionRequest

    planned = plan.make(ConversionRequest(**asked))
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
    prompt: str | None = None,
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
        prompt: name of the bundles' prompt that stands before every text, or ``none``; None leaves
            it to the model.

    Raises:
        EdgekitError: with one line that says what was wrong and what to do.
    """
    from pathlib import Path

    from edgekit.evaluation import run
    from edgekit.evaluation.kinds import EvaluationOptions

    path = Path(data)
    request = run.EvaluationRequest(
        bundles=tuple(map(Path, bundles)),
        data=path,
        task=task,
        artifacts=None if artifacts is None else tuple(artifacts),
        device=device,
        limit=limit,
        shown=shown,
        options=EvaluationOptions(columns or {}, labels or {}, null_threshold, top),
        baseline=baseline,
        prompt=prompt,
    )
    return run.run(request, run.default_folder(path) if out is None else Path(out))


def distill(
    teacher: str,
    out: str | Path,
    *,
    layers: int | Sequence[int],
    objective: str,
    data: str | Path | None = None,
    texts: Sequence[str] = (),
    evaluation: str | Path | None = None,
    columns: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
    limit: int | None = None,
    packed: bool = False,
    student: str | None = None,
    width: int | None = None,
    vocabulary: str | Path | None = None,
    start: str = "teacher",
    epochs: float = 3.0,
    steps: int | None = None,
    batch: int = 32,
    micro_batch: int | None = None,
    learning_rate: float | None = None,
    warmup: float = 0.1,
    temperature: float = 2.0,
    weights: Mapping[str, float] | None = None,
    dropout: bool = False,
    train_embeddings: bool | None = None,
    length: int | None = None,
    seed: int = 0,
    precision: str = "auto",
    cache_teacher: bool = False,
    controls: bool = False,
    save_every: int = 500,
    keep: int = 2,
    tensorboard: bool = False,
    resume: bool = False,
    force: bool = False,
    allow_pickle: bool = False,
    trust_remote_code: bool = False,
    say: Callable[[str], None] = lambda text: None,
) -> DistillationReport | None:
    """Trains a smaller student of a teacher, and says whether distillation helped.

    Args:
        teacher: a hub id, a folder, ``demo`` or ``config:PATH``.
        out: folder of the student; checkpoints, log and report go into ``<out>.distill``.
        layers: how many of the teacher's layers the student begins with, or which, from 0.
        objective: ``mlm`` (DistilBERT's pretraining), ``task`` (a fine-tuned teacher and labels)
            or ``embedding`` (sentence vectors, no labels).
        data: labelled examples, for ``task``.
        texts: files or ``datasets:NAME``, for ``mlm`` and ``embedding``.
        evaluation: labelled examples that teacher, student and controls are judged on.
        columns: the data's columns by role, where they are not found by their names.
        labels: the model's labels by the data's, where they differ.
        limit: the most examples that are trained on.
        packed: join texts so that every row is full (``mlm``).
        student: ``distilbert`` for that architecture, from a BERT; None for the teacher's own.
        width: another hidden size; the student then begins at random.
        vocabulary: folder of another tokenizer (``embedding``).
        start: ``teacher`` or ``random`` layers.
        epochs: over the examples, where ``steps`` is None.
        steps: how many there are.
        batch: examples of a step, over all processes.
        micro_batch: examples that one process has in memory at a time; its whole share if None.
        learning_rate: the highest; the objective's own if None.
        warmup: the share of the steps over which it rises.
        temperature: by which logits are made softer.
        weights: how much each part of the loss counts, where not as the objective has it.
        dropout: train with the student's own.
        train_embeddings: None trains them in ``mlm``, and where they are not the teacher's.
        length: the most tokens of an example; at most 128 if None.
        seed: of examples' order, masks and random weights.
        precision: ``auto`` (bf16 on a GPU that has it), ``fp32``, ``bf16`` or ``fp16``.
        cache_teacher: ask the teacher once for each example, and keep its outputs on disk.
        controls: also train the same student without distillation, and from random layers.
        save_every: steps between checkpoints.
        keep: how many checkpoints are kept.
        tensorboard: write its logs as well.
        resume: go on from the last checkpoint.
        force: replace a student, and an earlier run.
        allow_pickle: load pickled weights, which can run code.
        trust_remote_code: run Python code of the checkpoint.
        say: is told what was found and finished.

    Returns:
        The comparison; None in all processes of ``accelerate launch`` but the first.

    Raises:
        EdgekitError: with one line that says what was wrong and what to do.
    """
    asked = {name: value for name, value in locals().items() if name != "say"}
    from edgekit.distillation.plan import make
    from edgekit.distillation.request import DistillationRequest
    from edgekit.distillation.run import run

    return run(make(DistillationRequest(**asked)), say)


def make_app(
    *bundles: str | os.PathLike[str],
    platform: str,
    out: str | os.PathLike[str],
    artifacts: Sequence[str] = (),
    application_id: str | None = None,
    name: str | None = None,
) -> None:
    """Puts bundles into a project that Android Studio or Xcode opens, or into a static site.

    Of a project that is there only the bundles and the lines that name the app are changed; a site
    that is there is written anew.

    Args:
        *bundles: their folders.
        platform: ``android``, ``ios`` or ``web``.
        out: the folder of the project, or of the site.
        artifacts: names of files that go in, each bundle's default first; none takes of each
            bundle the smallest that the platform opens.
        application_id: like ``com.example.reviews``; None keeps the project's. A site has none.
        name: what people see under the icon; None keeps the project's.

    Raises:
        EdgekitError: with one line that says what was wrong and what to do.
    """
    from pathlib import Path

    from edgekit.mobile import choice, platforms, project, site

    row = platforms.get(platform)
    chosen = choice.choose([open_bundle(path) for path in bundles], artifacts, row)
    if isinstance(row, platforms.Project):
        project.stamp(project.AppProject(row, chosen, application_id, name), Path(out))
    else:
        site.write(site.Site(chosen, name), Path(out))


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
