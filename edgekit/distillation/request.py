"""What is asked for, as one value, and what a plan makes of it: student, training and data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from edgekit.model.source import Trust

DISTILBERT = "distilbert"
PRECISIONS = ("auto", "fp32", "bf16", "fp16")
STARTS = ("teacher", "random")


@dataclass(frozen=True)
class DistillationRequest:
    """The arguments of :func:`edgekit.distill`, which tells what each means, as one value."""

    teacher: str
    out: Path
    layers: int | Sequence[int]
    objective: str
    data: Path | None = None
    texts: Sequence[str] = ()
    eval: Path | None = None
    columns: Mapping[str, str] | None = None
    labels: Mapping[str, str] | None = None
    limit: int | None = None
    packed: bool = False
    student: str | None = None
    width: int | None = None
    vocabulary: Path | None = None
    start: str = "teacher"
    epochs: float = 3.0
    steps: int | None = None
    batch: int = 32
    micro_batch: int | None = None
    lr: float | None = None
    warmup: float = 0.1
    temperature: float = 2.0
    weights: Mapping[str, float] | None = None
    dropout: bool = False
    train_embeddings: bool | None = None
    max_length: int | None = None
    seed: int = 0
    precision: str = "auto"
    cache_teacher: bool = False
    controls: bool = False
    save_every: int = 500
    keep: int = 2
    tensorboard: bool = False
    resume: bool = False
    force: bool = False
    allow_pickle: bool = False
    trust_remote_code: bool = False

    @property
    def trust(self) -> Trust:
        """What of the teacher may run code.

        BERT's own checkpoint has a head for the next sentence, which no student learns from: that
        weights are left out is no error here.
        """
        return Trust(self.allow_pickle, self.trust_remote_code, unused_weights=True)

    @property
    def inputs(self) -> Inputs:
        """The arguments that are about data."""
        return Inputs(
            self.data,
            tuple(self.texts),
            self.eval,
            self.columns or {},
            self.labels or {},
            self.limit,
            self.packed,
        )


@dataclass(frozen=True)
class Shape:
    """What the student is.

    Attributes:
        layers: those of the teacher that it begins with, counted from 0.
        architecture: another ``model_type``, or None for the teacher's own.
        width: another hidden size, or None.
        vocabulary: the folder of another tokenizer, or None.
        start: ``teacher``, or ``random`` for layers that are drawn, while embeddings and head are
            still the teacher's.
    """

    layers: tuple[int, ...]
    architecture: str | None
    width: int | None
    vocabulary: Path | None
    start: str


@dataclass(frozen=True)
class Training:
    """The numbers of a training.

    Attributes:
        weights: how much each part of the loss counts.
        learning_rate: the highest.
        epochs: over the examples, where ``steps`` is None.
        steps: how many there are.
        batch: examples of a step, over all processes.
        micro_batch: examples that one process has in memory at a time; None: its whole share.
        length: the most tokens of an example.
        warmup: the share of the steps over which the rate rises.
        temperature: by which logits are made softer.
        dropout: whether the student's own, which its config names, is turned on.
        train_embeddings: whether the table of token embeddings is trained.
        seed: of the examples' order, masks and random weights.
        precision: as of :func:`edgekit.distill`.
        save_every: steps between checkpoints.
        keep: how many checkpoints are kept.
        weight_decay: of AdamW; biases and norms do not decay.
        max_gradient: the norm to which all gradients together are limited.
    """

    weights: Mapping[str, float]
    learning_rate: float
    epochs: float
    steps: int | None
    batch: int
    micro_batch: int | None
    length: int
    warmup: float
    temperature: float
    dropout: bool
    train_embeddings: bool
    seed: int
    precision: str
    save_every: int
    keep: int
    weight_decay: float = 0.01
    max_gradient: float = 1.0


@dataclass(frozen=True)
class Inputs:
    """The data that a student is trained and judged on, and how they are read."""

    data: Path | None
    texts: tuple[str, ...]
    evaluation: Path | None
    columns: Mapping[str, str]
    labels: Mapping[str, str]
    limit: int | None
    packed: bool
