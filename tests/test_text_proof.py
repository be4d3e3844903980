"""The proof of a file that takes text, by fakes of one that are right or wrong in one way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pytest

from edgekit.manifest.proofs import Proof, Scale
from edgekit.model import tasks
from edgekit.proof.probe import Probe
from edgekit.proof.prove import prove_text
from edgekit.proof.reference import Reference
from edgekit.signature import Signature
from edgekit.tokens.texts import LONGEST_FIRST, Case
from edgekit.tolerance import PYTORCH

TASK = tasks.with_labels(tasks.get("text-classification"), 2, "single_label_classification")
CLEAR, TIE = np.array([1.0, -1.0], np.float32), np.array([-1e-4, 1e-4], np.float32)
SIGNATURE = Signature((), tasks.tensor_specs(TASK, {"labels": 2}), ())


def probe(text: str, logits: np.ndarray, length: int = 8, side: str = "right") -> Probe:
    case = Case(f"case {text}", (text,), LONGEST_FIRST, length, side)
    ids = tuple(map(ord, text))
    return Probe(text, "text", ids, (0,) * len(ids), (0,), {"logits": logits}, case)


RIGHT = (probe("ab", CLEAR), probe("cd", TIE))
OTHERS = (
    probe("short", CLEAR, length=4),
    probe("left", CLEAR, side="left"),
    Probe("made up", "length", (1,), (0,), (0,), {"logits": CLEAR}),
)


@dataclass(frozen=True)
class Asked:
    """A file that knows the right texts alone, with what it answers otherwise than PyTorch."""

    wrong: Mapping[str, np.ndarray] = field(default_factory=dict)
    runtime: str = "a fake"

    def ask(self, text: str) -> dict[str, np.ndarray]:
        (known,) = (each for each in RIGHT if each.name == text)
        found = {"input_ids": np.array(known.input_ids), **known.outputs, **self.wrong}
        return {name: value[None] for name, value in found.items()}


def prove(wrong: Mapping[str, np.ndarray], probes: tuple[Probe, ...] = RIGHT) -> Proof:
    scales = {"logits": Scale(largest=1.0, spread=1.0)}
    reference = Reference(TASK, SIGNATURE, (*OTHERS, *probes), scales, 8)
    return prove_text(Asked(wrong), reference, PYTORCH, "right")


def test_texts_that_are_cut_as_the_file_cuts_are_asked_and_one_clear_decision_will_do() -> None:
    proof = prove({})
    assert (proof.runtime, proof.passed, proof.runs, proof.decisions) == ("a fake", True, 2, 1)
    assert set(proof.checks) == {"text"}
    assert proof.seconds < 60


@pytest.mark.parametrize(
    ("wrong", "failure"),
    [
        ({"input_ids": np.array([97, 99])}, "case ab: other ids than the tokenizer's"),
        ({"logits": CLEAR[::-1]}, "ab padded to 2: max abs 2 > 0.0001"),
    ],
)
def test_other_ids_or_other_outputs_fail(wrong: Mapping[str, np.ndarray], failure: str) -> None:
    proof = prove(wrong)
    assert (proof.passed, proof.failure) == (False, failure)


def test_texts_without_one_clear_decision_prove_nothing() -> None:
    assert str(prove({}, RIGHT[1:]).failure).startswith("not decided: PyTorch takes 0")
