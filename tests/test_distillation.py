"""Distillation with small teachers: what is computed, what survives a kill, what is refused."""

from __future__ import annotations

import inspect
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow
import pytest
import tokenizers
import torch
from accelerate import Accelerator
from conftest import BERT, MODELS, save_checkpoint, write_vocabulary
from jsonschema import Draft202012Validator
from pyarrow import parquet
from safetensors.torch import load_file
from shared import convert
from transformers import (
    CONFIG_MAPPING,
    AutoModelForMaskedLM,
    AutoModelForSequenceClassification,
    BertConfig,
    BertForMaskedLM,
    BertForSequenceClassification,
    BertModel,
    BertTokenizerFast,
    PreTrainedTokenizerFast,
)

import edgekit
from edgekit.app.opening import open_app
from edgekit.benchmarks.studies import small_models
from edgekit.bundle import Bundle
from edgekit.cli import schema
from edgekit.cli.distill import distill as distill_command
from edgekit.data import texts as text_data
from edgekit.distillation import architecture, layers, plan
from edgekit.distillation.batches import Masking, Micro, Order
from edgekit.distillation.checkpoints import Checkpoints
from edgekit.distillation.examples import beginnings, pieces
from edgekit.distillation.learner import Learner, Outputs, Readout
from edgekit.distillation.loading import Materials
from edgekit.distillation.losses import Losses
from edgekit.distillation.plan import choose
from edgekit.distillation.progress import Progress
from edgekit.distillation.report import FILE, DistillationReport
from edgekit.distillation.request import DistillationRequest
from edgekit.distillation.teachers import Live, Tensors
from edgekit.distillation.training import LOG, LogEntry, Run
from edgekit.errors import EdgekitError, PlanError, ProofError, TrainingError
from edgekit.model import families, tasks

DEEP = BertConfig.from_dict({**BERT.to_dict(), "num_hidden_layers": 4})
TEXTS = "\n".join(f"the thing {i} is {i * 7 % 13}\n" for i in range(60))  # every second is empty
ROWS = "\n".join(f"the thing {i} is {i * 7 % 13}\t{i % 2}" for i in range(48))
PAIRS = "\n".join(f"the thing {i}\ta thing {i * 3 % 5}\t{i % 6}" for i in range(24))
FILL, SENTENCES = tasks.get("fill-mask"), tasks.get("sentence-similarity")

Teachers = Callable[[str], Path]


@pytest.fixture(scope="module")
def teachers(tmp_path_factory: pytest.TempPathFactory) -> Teachers:
    """Teachers of four layers by their task, saved with a tokenizer."""
    made = {
        "fill-mask": lambda: BertForMaskedLM(DEEP),
        "text-classification": lambda: BertForSequenceClassification(DEEP),
        "sentence-similarity": lambda: BertModel(DEEP),
        **{task: MODELS[task] for task in ("question-answering", "token-classification")},
    }

    @cache
    def teacher(task: str) -> Path:
        torch.manual_seed(1)
        return save_checkpoint(made[task]().eval(), tmp_path_factory.mktemp("teacher") / task)

    return teacher


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def log(out: Path, name: str = "student") -> list[dict[str, object]]:
    path = out.with_name(f"{out.name}.distill") / name / LOG
    return [json.loads(line) for line in path.read_text().splitlines()]


def mlm(teachers: Teachers, folder: Path, out: str, **options: object) -> DistillationReport | None:
    texts = write(folder / "texts.txt", TEXTS)
    asked = {"layers": 2, "objective": "mlm", "texts": [texts], "batch": 8, "steps": 6, **options}
    return edgekit.distill(str(teachers("fill-mask")), folder / out, **asked)


def converted(student: Path) -> Bundle:
    asked = {"to": ("onnx",), "recipe": ("fp32",), "buckets": (16,)}
    return convert(student, student.with_suffix(".edgekit"), **asked)


# what a student begins as


@pytest.mark.parametrize("name", families.FAMILIES)
def test_every_family_can_be_shortened(name: str, tmp_path: Path) -> None:
    """All layers are the teacher itself, two are its first and third, and heads of some tokens are
    those of all."""
    path = small_models.save_config(name, FILL, tmp_path)
    config = json.loads(path.read_text())
    family = families.get(name)
    config |= {family.layers: 4}
    config |= {"layer_types": config["layer_types"] * 2} if "layer_types" in config else {}
    torch.manual_seed(0)
    teacher = AutoModelForMaskedLM.from_config(CONFIG_MAPPING[name].from_dict(config)).eval()
    whole, taken = layers.shortened(teacher, range(4), None, "teacher", 1)
    assert not taken.fresh
    readout = Readout(FILL, (1, 2, 3, 4), None, family.has_token_types(config))
    ids = torch.randint(5, 300, (2, 12))
    mask, chosen = torch.ones_like(ids), torch.rand(2, 12) < 0.4
    ours, theirs = (Learner(model, readout).eval() for model in (whole, teacher))
    with torch.inference_mode():
        found, expected = ours(ids, mask, 0 * ids), theirs(ids, mask, 0 * ids)
        some = ours(ids, mask, 0 * ids, chosen)
    for key, value in expected.items():
        assert torch.equal(found[key], value), key
    assert torch.allclose(some["logits"], found["logits"][chosen], atol=1e-4)
    short, _ = layers.shortened(teacher, (0, 2), None, "teacher", 1)
    assert short.config.num_hidden_layers == 2
    again = type(short).from_pretrained(_saved(short, tmp_path / "short")).eval()
    feed = {"input_ids": ids, "attention_mask": mask, "output_hidden_states": True}
    with torch.inference_mode():
        first, second = (model(**feed).hidden_states for model in (short, again))
    assert torch.equal(first[-1], second[-1])
    assert torch.allclose(first[1], found["hidden_0"], atol=1e-6)


def _saved(model: BertForMaskedLM, folder: Path) -> Path:
    model.save_pretrained(folder)
    return folder


def test_a_bert_is_a_distilbert_layer_by_layer(tmp_path: Path) -> None:
    torch.manual_seed(0)
    bert = BertForMaskedLM(DEEP).eval()
    found, worst = architecture.as_distilbert(bert, FILL)
    assert type(found).__name__ == "DistilBertForMaskedLM"
    assert 0 < worst < 1e-5
    ids = torch.randint(300, (2, 9))
    with torch.inference_mode():
        assert torch.allclose(found(ids).logits, bert(ids).logits, atol=1e-4)
    with torch.no_grad():
        found.distilbert.transformer.layer[2].ffn.lin1.bias += 0.1
    with pytest.raises(ProofError, match="after layer 2"):
        architecture.prove(bert, found)


def test_layers_are_spread_evenly() -> None:
    assert choose(3, 6) == (1, 3, 5)
    assert choose(6, 12) == (1, 3, 5, 7, 9, 11)
    assert choose(2, 5) == (1, 4)
    for wrong in (0, 7, (3, 1), (0, 6), ()):
        with pytest.raises(PlanError):
            choose(wrong, 6)


# what a step takes


def test_batches_and_masks_are_functions_of_seed_and_step() -> None:
    lengths = np.arange(50) % 7 + 3
    order = Order(lengths, 8, 3)
    epoch = [order.indices(step) for step in range(order.steps_per_epoch)]
    assert {int(i) for batch in epoch for i in batch} == set(range(50))
    assert all(len(batch) == 8 for batch in epoch)
    again = Order(lengths, 8, 3)
    assert all(np.array_equal(again.indices(step), epoch[step]) for step in (6, 2))
    assert not np.array_equal(order.indices(7), epoch[0])
    masking = Masking(4, (0, 2, 3), 300, 3)
    ids = np.tile(np.array([2, 40, 41, 42, 43, 3]), 2000)
    shown, chosen = masking.apply(ids, 5)
    assert np.array_equal(shown, masking.apply(ids, 5)[0])
    assert not np.array_equal(shown, masking.apply(ids, 6)[0])
    assert not chosen[np.isin(ids, (2, 3))].any()
    assert 0.14 < chosen[ids > 4].mean() < 0.16
    assert np.array_equal(shown[~chosen], ids[~chosen])
    assert 0.77 < (shown[chosen] == 4).mean() < 0.83


def test_texts_are_streamed_whole(tmp_path: Path) -> None:
    """Empty lines, a line of a megabyte, other scripts, and files of several kinds."""
    long = "the thing " * 100_000
    lines = write(tmp_path / "a.txt", f"one\n\n   \n{long}\nй好é\n")
    table = write(tmp_path / "b.tsv", "two and more\t1\nthree and more\t0\n")
    records = write(tmp_path / "c.jsonl", '{"id": "x", "text": "four"}\n')
    found = list(text_data.stream([str(lines), str(table), str(records)]))
    folder = tmp_path / "set"
    folder.mkdir()
    parquet.write_table(pyarrow.table({"id": [1, 2], "text": ["a", "b"]}), folder / "train.parquet")
    for source in (str(folder / "train.parquet"), f"datasets:{folder}:train"):
        assert list(text_data.stream([source])) == ["a", "b"]
    assert found[0] == "one"
    assert found[-4:] == ["й好é", "two and more", "three and more", "four"]
    assert max(map(len, found)) <= 100_000
    assert " ".join(found[1:-4]).split() == long.split()
    vocabulary = write_vocabulary(tmp_path / "vocab.txt")
    tokenizer = BertTokenizerFast(vocab=str(vocabulary))
    rows = list(pieces(iter(found), tokenizer, 16, packed=False))
    assert max(map(len, rows)) == 16
    assert all(row[0] == tokenizer.cls_token_id for row in rows)
    packed = list(pieces(iter(found), tokenizer, 16, packed=True))
    assert all(len(row) == 16 for row in packed[:-1])
    assert len(packed) <= len(rows)
    own = {*tokenizer.all_special_ids}
    own.remove(tokenizer.unk_token_id)
    flat = [[i for row in some for i in row if i not in own] for some in (rows, packed)]
    assert flat[0] == flat[1]


def test_texts_by_two_tokenizers_stay_pairs() -> None:
    """A text that one of them drops is left out of both."""

    def tokenizer(dropped: str) -> PreTrainedTokenizerFast:
        known = {"[CLS]": 0, "[SEP]": 1, **{letter: place for place, letter in enumerate("abc", 2)}}
        backend = tokenizers.Tokenizer(tokenizers.models.WordLevel(known, unk_token="[SEP]"))
        backend.normalizer = tokenizers.normalizers.Replace(dropped, "")
        backend.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
        return PreTrainedTokenizerFast(tokenizer_object=backend)

    found = list(beginnings(iter(["a b", "b", "c a", "c"]), [tokenizer("b"), tokenizer("c")], 8))
    assert found == [([2], [2, 3]), ([4, 2], [2])]


# training


def test_a_resumed_run_gives_the_same_losses(teachers: Teachers, tmp_path: Path) -> None:
    """Also with dropout, and with a learning rate that depends on the step."""
    mlm(teachers, tmp_path, "whole", dropout=True)
    mlm(teachers, tmp_path, "cut", dropout=True, save_every=3)
    work = tmp_path / "cut.distill" / "student"
    assert sorted(path.name for path in work.glob("checkpoint-*")) == [
        "checkpoint-3",
        "checkpoint-6",
    ]
    assert not list(work.rglob("*.bin")) + list(work.rglob("*.pt"))
    for path in (work / "checkpoint-6").iterdir():
        path.unlink()
    (work / "checkpoint-6").rmdir()
    mlm(teachers, tmp_path, "cut", dropout=True, save_every=3, resume=True, force=True)
    assert log(tmp_path / "cut") == log(tmp_path / "whole")
    with pytest.raises(PlanError, match="with seed 0, not 1"):
        mlm(teachers, tmp_path, "cut", dropout=True, seed=1, resume=True, force=True)


def test_micro_batches_change_nothing_but_rounding(teachers: Teachers, tmp_path: Path) -> None:
    mlm(teachers, tmp_path, "whole")
    mlm(teachers, tmp_path, "parts", micro_batch=3, tensorboard=True)
    assert list((tmp_path / "parts.distill").rglob("events.out.tfevents.*"))
    for one, other in zip(log(tmp_path / "whole"), log(tmp_path / "parts"), strict=True):
        assert one["parts"] == pytest.approx(other["parts"], rel=1e-4)


def test_a_distilbert_student(teachers: Teachers, tmp_path: Path) -> None:
    """Of a teacher with token types and a pooler: it has neither, and all three parts fall."""
    found = mlm(
        teachers,
        tmp_path,
        "student",
        student="distilbert",
        steps=30,
        learning_rate=5e-3,
        controls=True,
        evaluation=write(tmp_path / "dev.txt", TEXTS),
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


def test_a_classifier_with_controls(teachers: Teachers, tmp_path: Path) -> None:
    data = write(tmp_path / "train.tsv", ROWS)
    asked = {
        "layers": (1, 3),
        "objective": "task",
        "data": data,
        "evaluation": data,
        "batch": 16,
        "epochs": 2,
        "controls": True,
    }
    teacher = str(teachers("text-classification"))
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


def test_vectors(teachers: Teachers, tmp_path: Path) -> None:
    """A narrower student with another vocabulary is one that sentence-transformers opens."""
    from sentence_transformers import SentenceTransformer

    other = tmp_path / "vocabulary"
    other.mkdir()
    words = write_vocabulary(other / "vocab.txt").read_text().split()
    write(other / "vocab.txt", "\n".join([*words[:5], *reversed(words[5:190])]) + "\n")
    BertTokenizerFast(vocab=str(other / "vocab.txt")).save_pretrained(other)
    for name, more in (("plain", {}), ("narrow", {"width": 16}), ("other", {"vocabulary": other})):
        found = edgekit.distill(
            str(teachers("sentence-similarity")),
            tmp_path / name,
            layers=2,
            objective="embedding",
            texts=[write(tmp_path / "texts.txt", TEXTS)],
            evaluation=write(tmp_path / "pairs.tsv", PAIRS),
            batch=15,
            steps=12,
            learning_rate=2e-3,
            **more,
        )
        assert found is not None
        parts = found.courses[0].parts
        assert set(parts) == {"cos", "sim"} | ({"hidden"} if name != "other" else set())
        assert all(parts[part][1] < parts[part][0] for part in parts if part != "sim")
        model = SentenceTransformer(str(tmp_path / name), device="cpu")
        vectors = model.encode(["the thing 1", "a thing 2"])
        assert vectors.shape == (2, 32)
        if name == "narrow":  # its projection is a Dense module, which a bundle has as well
            bundle = converted(tmp_path / name)
            with open_app(bundle, bundle.artifacts[0]) as app:
                mine = app.infer(app.tokenize("the thing 1").encodings)[0]["sentence_embedding"]
            assert np.allclose(mine, vectors[0], atol=1e-4)


def test_answers_and_tags(teachers: Teachers, tmp_path: Path) -> None:
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
            str(teachers(task)),
            tmp_path / task,
            layers=1,
            objective="task",
            data=data,
            evaluation=data,
            batch=4,
            steps=12,
            length=48,
            learning_rate=2e-3,
            train_embeddings=True,
        )
        assert found is not None
        first, last = found.courses[0].parts["label"]
        assert last < first


@pytest.mark.parametrize(
    ("model", "problem", "metric"),
    [
        ("roberta", "multi_label_classification", "f1_micro"),
        ("albert", "regression", "spearman"),
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
        layers=2, objective="task", data=data, evaluation=data, batch=8, steps=20,
        learning_rate=2e-3, length=24,
    )  # fmt: skip
    assert found is not None
    assert found.entrants[0].scores[0].name == metric
    first, last = found.courses[0].parts["label"]
    assert last < first
    stored = (tmp_path / "student.distill" / FILE).read_text("utf-8")
    Draft202012Validator(json.loads(schema.text("distill"))).validate(json.loads(stored))


def test_what_is_not_finite_ends_with_a_checkpoint(teachers: Teachers, tmp_path: Path) -> None:
    with pytest.raises(EdgekitError, match=r"not finite at step \d+, and .*checkpoint-\d+ is kept"):
        mlm(teachers, tmp_path, "student", steps=40, learning_rate=1e30, warmup=0.0)
    assert not (tmp_path / "student").exists()
    kept = list((tmp_path / "student.distill" / "student").glob("checkpoint-*/state.json"))
    assert kept


@dataclass(frozen=True)
class Failing:
    """A teacher that runs out of memory after some micro batches."""

    teacher: Live
    after: int
    asked: list[Micro] = field(default_factory=list)

    def outputs(self, micro: Micro, tensors: Tensors) -> Outputs:
        self.asked.append(micro)
        if len(self.asked) > self.after:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return self.teacher.outputs(micro, tensors)


def test_what_runs_out_of_memory_goes_on(teachers: Teachers, tmp_path: Path) -> None:
    texts = write(tmp_path / "texts.txt", TEXTS)
    asked = {"layers": 2, "objective": "mlm", "texts": [str(texts)], "batch": 8, "steps": 6}
    planned = plan.make(DistillationRequest(str(teachers("fill-mask")), tmp_path / "out", **asked))
    planned.work.mkdir()
    materials = Materials(planned, Accelerator(cpu=True), print, print)
    folder, teacher = planned.work / "student", Live(materials.teacher)
    losses = Losses(planned.task, planned.training.weights, 2.0, 1)

    def train(teacher: Live | Failing, resume: bool) -> list[LogEntry]:
        checkpoints = Checkpoints(folder, {}, 2)
        learner = materials.student("teacher")[0]
        return Run(
            "student", learner, teacher, materials.batches, losses, planned.training, 6, folder,
            checkpoints, materials.accelerator, Progress(print, print),
        ).train(resume)  # fmt: skip

    with pytest.raises(TrainingError, match=r"out of memory at step 3, .*checkpoint-3 is kept"):
        train(Failing(teacher, 3), resume=False)
    resumed = train(teacher, resume=True)
    assert resumed == train(teacher, resume=False)


# the command


def test_a_distillation_has_the_same_arguments_however_it_is_asked_for() -> None:
    """Of the function, its request and the command line."""
    request = dict(inspect.signature(DistillationRequest).parameters)
    function = dict(inspect.signature(edgekit.distill).parameters)
    assert function.pop("progress")
    assert [(name, each.default, each.annotation) for name, each in function.items()] == [
        (name, each.default, each.annotation) for name, each in request.items()
    ]
    own = {"quiet", "as_json", "debug"}
    assert {each.name for each in distill_command.params} == request.keys() | own


def command(*arguments: object, processes: int = 1) -> list[str]:
    own = ["-m", "edgekit", "distill", *map(str, arguments)]
    if processes == 1:
        return [sys.executable, *own]
    launch = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node", str(processes)]
    return [sys.executable, *launch, "--module", *own[1:]]


@pytest.mark.slow
def test_a_killed_run_goes_on(teachers: Teachers, tmp_path: Path) -> None:
    """kill -9 in the midst loses no more than the steps since the last checkpoint."""
    texts = write(tmp_path / "texts.txt", TEXTS)
    asked = (teachers("fill-mask"), "--layers", 2, "--objective", "mlm", "--texts", texts,
             "--batch", 8, "--steps", 150, "--save-every", 4)  # fmt: skip
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        command(*asked, "-o", tmp_path / "cut"), env=environment, stderr=subprocess.DEVNULL
    )
    work = tmp_path / "cut.distill" / "student"
    while process.poll() is None and not (work / "checkpoint-20").exists():
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "cut").exists()
    done = len(log(tmp_path / "cut"))
    assert 20 <= done < 150
    kept = max(int(path.name[11:]) for path in work.glob("checkpoint-*"))
    assert done - kept <= 4 + 1  # the log's last line may be ahead of the checkpoint's folder
    found = mlm(teachers, tmp_path, "cut", steps=150, save_every=100, resume=True)
    mlm(teachers, tmp_path, "whole", steps=150)
    assert found is not None
    assert log(tmp_path / "cut") == log(tmp_path / "whole")


@pytest.mark.slow
@pytest.mark.parametrize("objective", ["mlm", pytest.param("embedding", marks=pytest.mark.slow)])
def test_two_processes_are_one(objective: str, teachers: Teachers, tmp_path: Path) -> None:
    """By Accelerate, on one machine: the same examples in the same order, the same losses."""
    task = {"mlm": "fill-mask", "embedding": "sentence-similarity"}[objective]
    texts = write(tmp_path / "texts.txt", TEXTS)
    edgekit.distill(
        str(teachers(task)), tmp_path / "one",
        layers=2, objective=objective, texts=[str(texts)], batch=8, steps=5,
    )  # fmt: skip
    asked = (teachers(task), "-o", tmp_path / "two", "--layers", 2, "--objective", objective,
             "--texts", texts, "--batch", 8, "--steps", 5, "--quiet")  # fmt: skip
    done = subprocess.run(
        command(*asked, processes=2),
        env={**os.environ, "OMP_NUM_THREADS": "1", "ACCELERATE_USE_CPU": "true"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    report = json.loads((tmp_path / "two.distill" / FILE).read_text())
    assert report["facts"]["device"] == "2 x CPU"
    for one, other in zip(log(tmp_path / "one"), log(tmp_path / "two"), strict=True):
        assert one["tokens"] == other["tokens"]
        assert one["parts"] == pytest.approx(other["parts"], rel=1e-4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--objective", "mlm"), "trained on texts: give --texts"),
        (("--objective", "mlm", "--data", "{texts}"), "give --texts"),
        (("--objective", "mlm", "--texts", "missing.txt"), "missing.txt is no file"),
        (("--objective", "mlm", "--texts", "{texts}", "--weights", "sim=1"), "no 'sim' here"),
        (("--objective", "mlm", "--texts", "{texts}", "--width", "9"), "give a multiple of 8"),
        (("--objective", "task", "--data", "{texts}"), "this one is for fill-mask"),
        (("--objective", "mlm", "--texts", "{empty}"), "the texts are all empty"),
        (("--objective", "mlm", "--texts", "{texts}", "--layers", "9"), "give 1 to 4"),
        (
            ("--objective", "mlm", "--texts", "{texts}", "--eval", "x.tsv"),
            "--eval x.tsv is no file",
        ),
        (("--objective", "mlm", "--texts", "{texts}", "--precision", "fp16"), "--precision fp16: "),
    ],
)
def test_wrong_requests_are_one_line(
    arguments: tuple[str, ...],
    message: str,
    teachers: Teachers,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from edgekit.cli.main import main

    files = {"texts": write(tmp_path / "t.txt", TEXTS), "empty": write(tmp_path / "e.txt", "\n\n")}
    given = [each.format(**files) for each in arguments]
    more = ["--layers", "2"] if "--layers" not in given else []
    with pytest.raises(SystemExit) as ended:
        main(["distill", str(teachers("fill-mask")), "-o", str(tmp_path / "out"), *more, *given])
    assert ended.value.code == 2
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith("error: ")
    assert message in error
    assert not (tmp_path / "out").exists()
