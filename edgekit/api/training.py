"""``edgekit.distill``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from edgekit.api.arguments import AnyPath, names, path

if TYPE_CHECKING:
    from edgekit.distillation.report import DistillationReport


def distill(
    teacher: str,
    out: AnyPath,
    *,
    layers: int | Sequence[int],
    objective: str,
    data: AnyPath | None = None,
    texts: AnyPath | Iterable[AnyPath] = (),
    eval: AnyPath | None = None,
    columns: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
    limit: int | None = None,
    packed: bool = False,
    student: str | None = None,
    width: int | None = None,
    vocabulary: AnyPath | None = None,
    start: str = "teacher",
    epochs: float = 3.0,
    steps: int | None = None,
    batch: int = 32,
    micro_batch: int | None = None,
    lr: float | None = None,
    warmup: float = 0.1,
    temperature: float = 2.0,
    weights: Mapping[str, float] | None = None,
    dropout: bool = False,
    train_embeddings: bool | None = None,
    max_length: int | None = None,
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
    progress: Callable[[str], None] = lambda text: None,
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
        eval: labelled examples that teacher, student and controls are judged on.
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
        lr: the highest learning rate; the objective's own if None.
        warmup: the share of the steps over which it rises.
        temperature: by which logits are made softer.
        weights: how much each part of the loss counts, where not as the objective has it.
        dropout: train with the student's own.
        train_embeddings: None trains them in ``mlm``, and where they are not the teacher's.
        max_length: the most tokens of an example; at most 128 if None.
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
        progress: is told what was found and finished.

    Returns:
        The comparison; None in all processes of ``accelerate launch`` but the first.

    Raises:
        EdgekitError: with one line that says what was wrong and what to do.
    """
    asked = {name: value for name, value in locals().items() if name != "progress"}
    from edgekit.distillation.plan import make
    from edgekit.distillation.request import DistillationRequest
    from edgekit.distillation.run import run

    asked |= {"out": Path(out), "texts": names(texts)}
    asked |= {"data": path(data), "eval": path(eval), "vocabulary": path(vocabulary)}
    return run(make(DistillationRequest(**asked)), progress)
