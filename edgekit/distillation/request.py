"""What is asked for, in three parts: the student, its training, and the data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

DISTILBERT = "distilbert"
PRECISIONS = ("auto", "fp32", "bf16", "fp16")
STARTS = ("teacher", "random")


@dataclass(frozen=True)
class Shape:
    """What the student is.

    ``layers`` are those of the teacher that it begins with, counted from 0. ``architecture`` is
    None for the teacher's own; ``width`` is another hidden size, and ``vocabulary`` the folder of
    another tokenizer, or None. With ``start`` ``random`` the layers are drawn, while embeddings
    and head are still the teacher's.
    """

    layers: tuple[int, ...]
    architecture: str | None = None
    width: int | None = None
    vocabulary: Path | None = None
    start: str = "teacher"


@dataclass(frozen=True)
class Training:
    """How it is trained.

    A step takes ``batch`` examples, over all processes; ``micro_batch`` is how many of them one
    process has in memory at a time (None: its whole share). ``length`` is the most tokens of an
    example. ``steps`` None are ``epochs`` over the examples. ``weights`` are the parts of the loss.
    ``dropout`` turns on the student's own, which its config names.
    """

    weights: Mapping[str, float]
    learning_rate: float
    epochs: float = 3.0
    steps: int | None = None
    batch: int = 32
    micro_batch: int | None = None
    length: int = 128
    warmup: float = 0.1
    temperature: float = 2.0
    dropout: bool = False
    weight_decay: float = 0.01
    max_gradient: float = 1.0
    train_embeddings: bool = False
    seed: int = 0
    precision: str = "auto"
    save_every: int = 500
    keep: int = 2


@dataclass(frozen=True)
class Inputs:
    """What it is trained and judged on."""

    data: Path | None = None
    texts: tuple[str, ...] = ()
    evaluation: Path | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    limit: int | None = None
    packed: bool = False
