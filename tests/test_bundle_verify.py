"""``edgekit verify`` of small bundles, and of the same with something in them that is another's."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from edgekit.bundle import Bundle
from edgekit.contents import GOLDEN, POSTPROCESS
from edgekit.proof import golden
from edgekit.proof.prove import prove
from edgekit.proof.verify import Verified, verify
from edgekit.runtime import table

Small = Callable[[str], Bundle]
Case = dict[str, Any]
FILE = "model-fp32.onnx"


@pytest.fixture
def copied(small: Small, tmp_path: Path) -> Small:
    """Bundles of which files may be changed: no hash is compared any more."""

    def copy(task: str) -> Bundle:
        made = small(task)
        return replace(made, path=Path(shutil.copytree(made.path, tmp_path / task)))

    return copy


def rewrite(bundle: Bundle, name: str, change: Callable[[Case], object]) -> Bundle:
    """The bundle, after a change of one of its JSON files."""
    path = bundle.path / name
    whole = json.loads(path.read_text("utf-8"))
    change(whole)
    path.write_text(json.dumps(whole), "utf-8")
    return bundle


def test_a_row_is_what_the_proof_says_and_the_last_one_the_post_processing(small: Small) -> None:
    bundle, said = small("text-classification"), list[str]()
    artifact, reference = bundle.artifacts[0], golden.read(bundle)
    (session,) = table.sessions(artifact.path, "onnx")
    proof = prove(session, reference, artifact.tolerance)
    file, answers = verify(bundle, say=said.append)
    assert said == [f"{FILE}: opening", f"{FILE} in {proof.runtime}", POSTPROCESS]
    assert file == Verified(
        FILE,
        proof.runtime,
        len(bundle.golden().cases),
        proof.runs,
        proof.max_abs,
        True,
        None,
        proof.deviation,
        proof.cosine,
        proof.padding_sensitivity,
        proof.agreement,
        proof.decisions,
    )
    assert file.cases < file.runs
    close = pytest.approx(0, abs=1e-6)
    assert answers == Verified(POSTPROCESS, "edgekit's post-processing", 4, 4, close, True)
    assert (answers.agreement, answers.decisions) == (None, 0)


def other_values(case: Case) -> None:
    for output in case["outputs"].values():
        output["values"] = output["values"][::-1]


def one_value(case: Case) -> None:
    case["outputs"]["logits"]["values"][0] += 1e-2


def other_ids(case: Case) -> None:
    case["input_ids"][1] += 1


def other_choice(case: Case) -> None:
    case.update(choices=[(case["choices"][0] + 1) % 3], margins=[9.0])


def swapped_outputs(case: Case) -> None:
    outputs = case["outputs"]
    outputs["start_logits"], outputs["end_logits"] = outputs["end_logits"], outputs["start_logits"]


@pytest.mark.parametrize(
    ("task", "spoil", "message"),
    [
        ("text-classification", other_values, "chinese padded to "),
        ("text-classification", one_value, "chinese padded to "),
        ("text-classification", other_ids, "chinese padded to "),
        ("text-classification", other_choice, "agrees with PyTorch in 9"),
        ("question-answering", swapped_outputs, "chinese padded to "),
    ],
)
def test_a_golden_text_that_is_none_of_the_files_fails(
    task: str, spoil: Callable[[Case], None], message: str, copied: Small
) -> None:
    """One of some forty: whatever the file answers to all others."""

    def change(whole: Case) -> None:
        spoil(next(case for case in whole["cases"] if case["name"] == "chinese"))

    file, answers = verify(rewrite(copied(task), GOLDEN, change))
    assert not file.passed
    assert str(file.failure).startswith(message)
    assert answers.passed


@pytest.mark.parametrize(
    ("content", "runtime", "message"),
    [
        (b"", "-", f"{FILE} cannot be opened"),
        (None, "onnxruntime", "fails in onnxruntime"),
    ],
    ids=["nothing", "another task's"],
)
def test_a_file_that_does_not_open_or_run_fails(
    content: bytes | None, runtime: str, message: str, copied: Small, small: Small
) -> None:
    bundle, other = copied("text-classification"), small("question-answering").path / FILE
    (bundle.path / FILE).write_bytes(other.read_bytes() if content is None else content)
    file, answers = verify(bundle)
    assert file == Verified(FILE, file.runtime, 0, 0, 0.0, False, file.failure)
    assert (file.decisions, answers.passed) == (0, True)
    assert file.runtime.startswith(runtime)
    assert str(file.failure).startswith(message)


def first(change: Callable[[Case], object]) -> Callable[[Case], object]:
    """A change of the first case of ``postprocess.json``; the second has another label."""

    def both(whole: Case) -> None:
        change(whole["cases"][0])
        whole["cases"][1]["answer"]["chosen"] = ["other"]

    return both


def moved(by: float) -> Callable[[Case], object]:
    """The first score moved."""

    def change(case: Case) -> None:
        case["answer"]["labels"][0]["score"] += by

    return change


@pytest.mark.parametrize(
    ("change", "failure"),
    [
        (lambda case: case["encodings"][0]["input_ids"].pop(), "the tokenizer makes other tokens"),
        (lambda case: case["outputs"][0]["logits"]["values"].pop(), "its outputs are none of"),
        (lambda case: case["outputs"][0].pop("logits"), "its outputs are none of this model"),
        (
            lambda case: case["outputs"][0]["logits"].update(
                shape=[1 << 20] * 2, fill=0, indices=[]
            ),
            "its outputs are none of this model",
        ),
        (lambda case: case["answer"].pop("labels"), "answer is another"),
        (lambda case: case["answer"]["labels"].pop(), "answer.labels is another"),
        (lambda case: case["answer"]["labels"][1].update(label=1), "answer.labels[1].label is an"),
        (lambda case: case["answer"]["labels"][1].update(index=0), "answer.labels[1].index is an"),
        (moved(2e-5), "answer.labels[0].score is another"),
        (moved(-2e-5), "answer.labels[0].score is another"),
    ],
)
def test_an_answer_that_is_none_of_the_outputs_fails(
    change: Callable[[Case], object], failure: str, copied: Small
) -> None:
    bundle = rewrite(copied("text-classification"), POSTPROCESS, first(change))
    file, answers = verify(bundle)
    assert file.passed
    assert (answers.cases, answers.passed, answers.max_abs) == (4, False, float("inf"))
    assert str(answers.failure).startswith(f"made up 1: {failure}")


def test_a_score_may_be_rounded_otherwise(copied: Small) -> None:
    def change(whole: Case) -> None:
        moved(5e-6)(whole["cases"][0])

    _, answers = verify(rewrite(copied("text-classification"), POSTPROCESS, change))
    assert answers.passed
    assert answers.max_abs == pytest.approx(5e-6, abs=1e-6)


def test_no_cases_are_a_failure_unless_no_text_can_ask_the_model(copied: Small) -> None:
    """A tokenizer without a mask is no fault of a bundle for filling masks."""
    bundle = rewrite(copied("fill-mask"), POSTPROCESS, lambda whole: whole.update(cases=[]))
    _, answers = verify(bundle)
    assert (answers.cases, answers.passed) == (0, False)
    assert answers.failure == f"{POSTPROCESS} holds no cases: nothing was run"
    tokenizer = structs.replace(bundle.manifest.tokenizer, special_tokens={})
    manifest = structs.replace(bundle.manifest, tokenizer=tokenizer)
    assert [row.file for row in verify(replace(bundle, manifest=manifest))] == [FILE]
