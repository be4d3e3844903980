"""Students of small teachers, by each objective and for each task."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import save_checkpoint, write_vocabulary
from distilling import FILL, TEXTS, log, mlm, teacher_of, write
from jsonschema import Draft202012Validator
from safetensors.torch import load_file
from shared import Shared, convert
from transformers import (
    CONFIG_MAPPING,
    AutoModelForSequenceClassification,
    BertTokenizerFast,
)

import edgekit
from edgekit.app.opening import open_app
from edgekit.benchmarks.studies import small_models
from edgekit.bundle import Bundle
from edgekit.cli import schema
from edgekit.distillation.report import FILE

ROWS = "\n".join(f"the thing {i} is {i * 7 % 13}\t{i % 2}" for i in range(48))
PAIRS = "\n".join(f"the thing {i}\ta thing {i * 3 % 5}\t{i % 6}" for i in range(24))


def converted(student: Path) -> Bundle:
    asked = {"to": ("onnx",), "recipe": ("fp32",), "buckets": (16,)}
    return convert(student, student.with_suffix(".edgekit"), **asked)


@pytest.mark.slow
def test_micro_batches_change_nothing_but_rounding(shared: Shared, tmp_path: Path) -> None:
    mlm(shared, tmp_path, "whole")
    mlm(shared, tmp_path, "parts", micro_batch=3, tensorboard=True)
    assert list((tmp_path / "parts.distill").rglob("events.out.tfevents.*"))
    for one, other in zip(log(tmp_path / "whole"), log(tmp_path / "parts"), strict=True):
        assert one["parts"] == pytest.approx(other["parts"], rel=1e-4)


def test_a_distilbert_student(shared: Shared, tmp_path: Path) -> None:
    """Of a teacher with token types and a pooler: it has neither, and all three parts fall."""
    found = mlm(
        shared,
        tmp_path,
        "student",
        student="distilbert",
        steps=30,
        lr=5e-3,
        controls=True,
        eval=write(tmp_path / "dev.txt", TEXTS),
    )
    assert found is not None
    assert [each.name for each in found.entrants] == [
        "teacher",
        "student",
        "random layers",
        "without distillation",
    ]
    assert all(last < first for first, last in found.courses[0].parts.values())
    assert set(found.courses[2].parts) == {"mlm"}
    config = json.loads((tmp_path / "student" / "config.json").read_text())
    assert (config["model_type"], config["n_layers"]) == ("distilbert", 2)
    names = load_file(tmp_path / "student" / "model.safetensors")
    assert not [name for name in names if "token_type" in name or "pooler" in name]
    page = (tmp_path / "student.distill" / "distill.html").read_text()
    assert found.sentence.split(":")[0] in page


def test_a_classifier_with_controls(shared: Shared, tmp_path: Path) -> None:
    data = write(tmp_path / "train.tsv", ROWS)
    asked = {
        "layers": (1, 3),
        "objective": "task",
        "data": data,
        "eval": data,
        "batch": 16,
        "epochs": 2,
        "controls": True,
    }
    teacher = str(teacher_of(shared, "text-classification"))
    found = edgekit.distill(teacher, tmp_path / "live", **asked)
    cached = edgekit.distill(teacher, tmp_path / "cached", cache_teacher=True, **asked)
    assert found is not None
    assert cached is not None
    for one, other in zip(log(tmp_path / "live"), log(tmp_path / "cached"), strict=True):
        assert one["parts"] == pytest.approx(other["parts"], rel=2e-2, abs=2e-4)
    scores = {each.name: each.scores[0] for each in found.entrants}
    for gain in found.gains:
        expected = scores["student"].value - scores[gain.over].value
        assert gain.value == pytest.approx(expected)
        assert gain.low <= gain.value <= gain.high
    stored = json.loads((tmp_path / "live.distill" / "distill.json").read_text())
    assert stored["sentence"] == found.sentence
    assert found.retained == pytest.approx(scores["student"].value / scores["teacher"].value)


@pytest.mark.parametrize(
    "kind", ["plain", *(pytest.param(n, marks=pytest.mark.slow) for n in ("narrow", "other"))]
)
def test_vectors(kind: str, shared: Shared, tmp_path: Path) -> None:
    """Also a narrower student or one with another vocabulary sentence-transformers opens."""
    from sentence_transformers import SentenceTransformer

    other = tmp_path / "vocabulary"
    other.mkdir()
    words = write_vocabulary(other / "vocab.txt").read_text().split()
    write(other / "vocab.txt", "\n".join([*words[:5], *reversed(words[5:190])]) + "\n")
    BertTokenizerFast(vocab=str(other / "vocab.txt")).save_pretrained(other)
    more = {"narrow": {"width": 16}, "other": {"vocabulary": other}}
    found = edgekit.distill(
        str(teacher_of(shared, "sentence-similarity")),
        tmp_path / "student",
        layers=2,
        objective="embedding",
        texts=[write(tmp_path / "texts.txt", TEXTS)],
        eval=write(tmp_path / "pairs.tsv", PAIRS),
        batch=15,
        steps=12,
        lr=2e-3,
        **more.get(kind, {}),
    )
    assert found is not None
    parts = found.courses[0].parts
    assert set(parts) == {"cos", "sim"} | ({"hidden"} if kind != "other" else set())
    assert all(parts[part][1] < parts[part][0] for part in parts if part != "sim")
    model = SentenceTransformer(str(tmp_path / "student"), device="cpu")
    vectors = model.encode(["the thing 1", "a thing 2"])
    assert vectors.shape == (2, 32)
    if kind == "narrow":  # its projection is a Dense module, which a bundle has as well
        bundle = converted(tmp_path / "student")
        with open_app(bundle, bundle.artifacts[0]) as app:
            mine = app.infer(app.tokenize("the thing 1").encodings)[0]["sentence_embedding"]
        assert np.allclose(mine, vectors[0], atol=1e-4)


def test_answers_and_tags(shared: Shared, tmp_path: Path) -> None:
    """Targets of a question with several windows, one without an answer, and of words."""
    context = "the thing " * 20 + "is 42 " + "and more " * 20
    answers = {"text": ["42"], "answer_start": [context.index("42")]}
    rows = [
        {"question": "what is it", "context": context, "answers": answers},
        {"question": "what is it", "context": "the thing", "answers": {"text": []}},
    ]
    asked = write(tmp_path / "qa.jsonl", "\n".join(map(json.dumps, rows)))
    tagged = write(tmp_path / "ner.conll", "the O\nthing B-PER\nis O\n\nx B-LOC\n" * 4)
    for task, data in (("question-answering", asked), ("token-classification", tagged)):
        found = edgekit.distill(
            str(teacher_of(shared, task)),
            tmp_path / task,
            layers=1,
            objective="task",
            data=data,
            eval=data,
            batch=4,
            steps=12,
            max_length=48,
            lr=2e-3,
            train_embeddings=True,
        )
        assert found is not None
        first, last = found.courses[0].parts["label"]
        assert last < first


@pytest.mark.parametrize(
    ("model", "problem", "metric"),
    [
        ("roberta", "multi_label_classification", "f1_micro"),
        pytest.param("albert", "regression", "spearman", marks=pytest.mark.slow),
    ],
)
def test_labels_and_numbers(model: str, problem: str, metric: str, tmp_path: Path) -> None:
    """Several labels and a number, of teachers with other positions and with shared layers."""
    several = problem != "regression"
    names = dict(enumerate("abc" if several else ["LABEL_0"]))
    path = small_models.save_config(model, FILL, tmp_path / "config")
    config = json.loads(path.read_text()) | {"problem_type": problem, "num_hidden_layers": 3}
    config |= {"id2label": names, "label2id": {name: place for place, name in names.items()}}
    torch.manual_seed(1)
    made = AutoModelForSequenceClassification.from_config(CONFIG_MAPPING[model].from_dict(config))
    teacher = save_checkpoint(made.eval(), tmp_path / "teacher")
    rows = [
        {"text": f"the thing {i}", "labels": list("ab"[: i % 3])} if several
        else {"text": f"the thing {i}", "score": i / 24}
        for i in range(24)
    ]  # fmt: skip
    data = write(tmp_path / "train.jsonl", "\n".join(map(json.dumps, rows)))
    found = edgekit.distill(
        str(teacher), tmp_path / "student",
        layers=2, objective="task", data=data, eval=data, batch=8, steps=20,
        lr=2e-3, max_length=24,
    )  # fmt: skip
    assert found is not None
    assert found.entrants[0].scores[0].name == metric
    first, last = found.courses[0].parts["label"]
    assert last < first
    stored = (tmp_path / "student.distill" / FILE).read_text("utf-8")
    Draft202012Validator(json.loads(schema.text("distill"))).validate(json.loads(stored))
