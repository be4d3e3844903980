"""Small teachers, and what a student is trained on."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import torch
from conftest import BERT, MODELS, save_checkpoint
from shared import Shared
from transformers import (
    BertConfig,
    BertForMaskedLM,
    BertForSequenceClassification,
    BertModel,
    PreTrainedModel,
)

import edgekit
from edgekit.distillation.report import DistillationReport
from edgekit.distillation.training import LOG
from edgekit.model import tasks

DEEP = BertConfig.from_dict({**BERT.to_dict(), "num_hidden_layers": 4})
TEXTS = "\n".join(f"the thing {i} is {i * 7 % 13}\n" for i in range(60))  # every second is empty
FILL = tasks.get("fill-mask")
TEACHERS: dict[str, Callable[[], PreTrainedModel]] = {
    "fill-mask": lambda: BertForMaskedLM(DEEP),
    "text-classification": lambda: BertForSequenceClassification(DEEP),
    "sentence-similarity": lambda: BertModel(DEEP),
    **{task: MODELS[task] for task in ("question-answering", "token-classification")},
}


def teacher_of(shared: Shared, task: str) -> Path:
    """A teacher of four layers, saved with a tokenizer."""
    return shared.made(f"teacher-{task}", lambda folder: _save_teacher(task, folder))


def _save_teacher(task: str, folder: Path) -> None:
    torch.manual_seed(1)
    save_checkpoint(TEACHERS[task]().eval(), folder)


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def log(out: Path, name: str = "student") -> list[dict[str, object]]:
    path = out.with_name(f"{out.name}.distill") / name / LOG
    return [json.loads(line) for line in path.read_text().splitlines()]


def mlm(shared: Shared, folder: Path, out: str, **options: object) -> DistillationReport | None:
    texts = write(folder / "texts.txt", TEXTS)
    asked = {"layers": 2, "objective": "mlm", "texts": [texts], "batch": 8, "steps": 6, **options}
    return edgekit.distill(str(teacher_of(shared, "fill-mask")), folder / out, **asked)
