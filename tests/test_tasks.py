"""What a text classifier's logits mean, and so what the proof has to compare."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import BERT, save_checkpoint
from shared import convert
from transformers import BertConfig, BertForSequenceClassification

from edgekit import recipe
from edgekit.errors import UnsupportedError
from edgekit.manifest.proofs import Scale
from edgekit.model import task_choice, tasks
from edgekit.proof.compare import Comparer
from edgekit.proof.probe import Probe
from edgekit.proof.reference import Reference
from edgekit.proof.trials import Trial
from edgekit.signature import Signature

CLASSIFIER = tasks.get("text-classification")


@pytest.mark.parametrize(
    ("config", "problem_type"),
    [
        ({}, "single_label_classification"),
        ({"id2label": {"0": "a", "1": "b", "2": "c"}}, "single_label_classification"),
        ({"id2label": {"0": "score"}}, "regression"),
        ({"num_labels": 1}, "regression"),
        ({"num_labels": 4, "problem_type": "multi_label_classification"}, None),
        ({"num_labels": 4, "problem_type": "regression"}, None),
    ],
)
def test_problem_type(config: dict[str, object], problem_type: str | None) -> None:
    fitted = task_choice.fitted(CLASSIFIER, config)
    assert fitted.problem_type == (problem_type or config["problem_type"])


def test_other_tasks_have_none_and_unknown_ones_are_refused() -> None:
    wrong = {"problem_type": "ranking"}
    assert task_choice.fitted(tasks.get("fill-mask"), wrong).problem_type is None
    with pytest.raises(UnsupportedError, match="regression"):
        task_choice.fitted(CLASSIFIER, wrong)


def test_one_label_is_a_value_of_its_own() -> None:
    """A softmax over it is always 1: nothing could be compared."""
    tagger = tasks.get("token-classification")
    assert task_choice.fitted(tagger, {"num_labels": 2}).softmax
    assert not task_choice.fitted(tagger, {"num_labels": 1}).softmax


def test_question_answering_needs_a_start_and_an_end() -> None:
    reader = tasks.get("question-answering")
    assert task_choice.fitted(reader, {"architectures": []}) is reader
    with pytest.raises(UnsupportedError, match="needs 2 labels"):
        task_choice.fitted(reader, {"id2label": {"0": "a", "1": "b", "2": "c"}})


def test_each_problem_has_its_own_decision() -> None:
    """Both logits change their order; only one changes its sign; all values stay close."""
    logits, other = np.array([2.0, 1.5, -3.0], np.float32), np.array([1.5, 2.0, 0.5], np.float32)
    probe = Probe("a", "length", (1,), (0,), (0,), {"logits": logits})
    counts = {}
    for problem in ("single_label_classification", "multi_label_classification", "regression"):
        task = task_choice.fitted(CLASSIFIER, {"problem_type": problem})
        scales = {"logits": Scale(largest=4.0, spread=4.0)}
        reference = Reference(task, Signature((), (), ()), (probe,), scales, 1, least=0)
        comparer = Comparer(reference, recipe.get("int8").tolerance)
        comparer.add(Trial("length", (probe,), 1), probe, {"logits": other})
        proof = comparer.proof("", 0.0)
        counts[problem] = (round((proof.agreement or 0) * proof.decisions), proof.decisions)
    assert counts == {
        "single_label_classification": (0, 1),
        "multi_label_classification": (2, 3),
        "regression": (0, 0),
    }


@pytest.mark.parametrize(
    ("labels", "problem_type"),
    [
        (3, "multi_label_classification"),
        pytest.param(3, "single_label_classification", marks=pytest.mark.slow),
        pytest.param(1, "regression", marks=pytest.mark.slow),
    ],
)
def test_the_manifest_says_what_the_logits_mean(
    labels: int, problem_type: str, tmp_path: Path
) -> None:
    torch.manual_seed(6)
    declared = problem_type if labels > 1 else None
    names = {index: f"label {index}" for index in range(labels)}
    config = BertConfig.from_dict({**BERT.to_dict(), "id2label": names, "problem_type": declared})
    folder = save_checkpoint(BertForSequenceClassification(config).eval(), tmp_path / "model")
    asked = {"to": ("onnx",), "recipe": ("fp32",), "buckets": (48,)}
    bundle = convert(folder, tmp_path / "out", **asked)
    assert bundle.manifest.problem_type == problem_type
    assert bundle.artifacts[0].outputs[0].shape == ("batch", labels)
    proof = bundle.artifacts[0].proofs[0]
    assert (proof.decisions > 0) is (problem_type != "regression")
    if problem_type == "multi_label_classification":
        assert proof.decisions > proof.runs, "each label is a decision"
