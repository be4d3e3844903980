"""The proof catches what goes wrong in the field: sessions that are wrong in one way each."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from conftest import BERT
from transformers import BertConfig, BertForTokenClassification

from edgekit import recipe
from edgekit.errors import SourceError
from edgekit.manifest.proofs import Proof, Scale
from edgekit.model import tasks
from edgekit.model.head import Head
from edgekit.model.oracle import Oracle
from edgekit.proof import probes
from edgekit.proof.compare import Comparer
from edgekit.proof.probe import Probe
from edgekit.proof.prove import prove as prove_session
from edgekit.proof.reference import Reference
from edgekit.proof.trials import Trial
from edgekit.signature import Signature, TensorSpec

TASK = tasks.get("token-classification")
NAMES = ("input_ids", "attention_mask", "token_type_ids")
SIGNATURE = Signature(
    tuple(TensorSpec(name, "int32", ("batch", "length")) for name in NAMES),
    tasks.tensor_specs(TASK, {"labels": 3}),
    (16, 64),
)

UNIT = {"logits": Scale(largest=1.0, spread=1.0)}


class PyTorch:
    """A right session: the model itself. ``spoil`` makes it wrong."""

    runtime = "torch"

    def __init__(
        self,
        model: torch.nn.Module,
        lengths: tuple[int, ...] | None = None,
        feed: Callable[[dict[str, np.ndarray]], dict[str, np.ndarray]] = lambda feed: feed,
        spoil: Callable[[np.ndarray], np.ndarray] = lambda logits: logits,
    ) -> None:
        self.model, self.lengths, self.feed, self.spoil = model, lengths, feed, spoil
        self.batched = lengths is None

    def run(self, feed: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        tensors = {key: torch.from_numpy(row).long() for key, row in self.feed(dict(feed)).items()}
        with torch.no_grad():
            return {"logits": self.spoil(self.model(**tensors).logits.numpy().copy())}


@pytest.fixture(scope="module")
def model() -> torch.nn.Module:
    torch.manual_seed(3)
    return BertForTokenClassification(BertConfig(**{**BERT.to_dict(), "num_labels": 3})).eval()


@pytest.fixture(scope="module")
def cases(model: torch.nn.Module) -> list[Probe]:
    oracle = Oracle(model, TASK, Head(), True)
    rows = probes.made_up(probes.ProbeIds(300, 0, 2), 64, (16, 64))
    return [probes.answer(oracle, row) for row in rows]


def prove(session: PyTorch, cases: list[Probe], name: str = "fp32") -> Proof:
    reference = Reference.of(TASK, SIGNATURE, cases, 64)
    return prove_session(session, reference, recipe.get(name).tolerance)


@pytest.mark.parametrize("lengths", [None, (16, 64)])
def test_the_model_itself_passes(
    lengths: tuple[int, ...] | None, model: torch.nn.Module, cases: list[Probe]
) -> None:
    proof = prove(PyTorch(model, lengths), cases)
    assert proof.passed, proof.failure
    assert proof.agreement == 1
    assert proof.decisions > 100
    assert 0 < proof.seconds < 600
    expected = {"length", "adversarial", "quiet", "padding", "filler"}
    assert set(proof.checks) == (expected if lengths else {*expected, "batch"})


def no_mask(feed: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {**feed, "attention_mask": np.ones_like(feed["attention_mask"])}


def short_mask(feed: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    mask = feed["attention_mask"].copy()
    mask[:, -1] = 0
    return {**feed, "attention_mask": mask}


def nan_when_padded(logits: np.ndarray) -> np.ndarray:
    return np.where(logits.shape[1] > 60, np.nan, logits)


def swapped_rows(logits: np.ndarray) -> np.ndarray:
    return logits[::-1]


def rare_label(logits: np.ndarray) -> np.ndarray:
    """One class only, a little."""
    logits[..., 2] += 0.02 * np.abs(logits).max()
    return logits


@pytest.mark.parametrize(
    ("wrong", "lengths"),
    [
        ({"feed": no_mask}, (16, 64)),
        ({"feed": no_mask}, None),
        ({"feed": short_mask}, (16, 64)),
        ({"spoil": nan_when_padded}, (16, 64)),
        ({"spoil": swapped_rows}, None),
        ({"spoil": rare_label}, None),
    ],
    ids=["no mask, static", "no mask", "short mask", "nan", "batch rows", "one class"],
)
def test_a_wrong_session_fails(
    wrong: dict[str, Callable[..., object]],
    lengths: tuple[int, ...] | None,
    model: torch.nn.Module,
    cases: list[Probe],
) -> None:
    proof = prove(PyTorch(model, lengths, **wrong), cases)
    assert not proof.passed
    assert proof.failure


def test_a_mask_that_is_made_of_ids_shows_where_no_padding_stands(
    model: torch.nn.Module, cases: list[Probe]
) -> None:
    def of_ids(feed: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        return {**feed, "attention_mask": (feed["input_ids"] != 0).astype(np.int32)}

    checks = prove(PyTorch(model, feed=of_ids), cases).checks
    assert checks["padding"].max_abs < 1e-4 < checks["filler"].max_abs


def test_an_int8_file_whose_mask_is_ignored_fails_too(
    model: torch.nn.Module, cases: list[Probe]
) -> None:
    """int8's tolerance is wide, but not as wide as that."""
    assert not prove(PyTorch(model, (16, 64), feed=no_mask), cases, "int8").passed


def test_padding_that_moves_an_int8_file_a_little_fails(
    model: torch.nn.Module, cases: list[Probe]
) -> None:
    """A mask of -10 instead of -1e4 hides in int8's distance to PyTorch, not in what it does."""

    def leak(logits: np.ndarray) -> np.ndarray:
        return logits + 0.02 * np.abs(logits).max() * (logits.shape[1] > 16)

    proof = prove(PyTorch(model, (16, 64), spoil=leak), cases, "int8")
    assert proof.max_abs < proof.tolerance.max_abs
    assert "padding moves it" in str(proof.failure)


def test_decisions_that_flip_fail_even_within_the_distance(
    model: torch.nn.Module, cases: list[Probe]
) -> None:
    def flip(logits: np.ndarray) -> np.ndarray:
        order = np.argsort(logits, -1)
        top = np.take_along_axis(logits, order[..., -1:], -1)
        np.put_along_axis(logits, order[..., -2:-1], top + 1e-3, -1)
        return logits

    proof = prove(PyTorch(model, spoil=flip), cases, "int8")
    assert proof.agreement < 0.1
    assert not proof.passed


def test_only_clear_decisions_count(cases: list[Probe]) -> None:
    """A tie that rounding can flip is no disagreement; a clear one is."""
    tie = replace(cases[0], outputs={"logits": np.array([[1.0, 1.001, -1.0]], np.float32)})
    other = {"logits": np.array([[1.001, 1.0, -1.0]], np.float32)}
    assert decided(tie, other) == (0, None)
    clear = replace(cases[0], outputs={"logits": np.array([[1.0, 1.5, -1.0]], np.float32)})
    assert decided(clear, other) == (1, 0.0)


def decided(probe: Probe, outputs: dict[str, np.ndarray]) -> tuple[int, float | None]:
    reference = replace(Reference.of(TASK, SIGNATURE, [probe], 64), scales=UNIT)
    comparer = Comparer(reference, recipe.get("int8").tolerance)
    comparer.add(Trial("text", (probe,), 1), probe, outputs)
    proof = comparer.proof("torch", 0.0)
    return proof.decisions, proof.agreement


def test_an_offset_that_softmax_does_not_see_hides_nothing(model: torch.nn.Module) -> None:
    """Noise that is nothing in logits around 300, and everything to what they decide."""
    shifted = copy.deepcopy(model)
    shifted.classifier.bias.data += 300
    oracle = Oracle(shifted, TASK, Head(), True)
    rows = probes.made_up(probes.ProbeIds(300, 0, 2), 64, (16, 64))
    cases = [probes.answer(oracle, row) for row in rows]
    assert prove(PyTorch(shifted), cases).passed

    def noise(logits: np.ndarray) -> np.ndarray:
        return logits + np.random.default_rng(0).normal(0, 2, logits.shape).astype(np.float32)

    proof = prove(PyTorch(shifted, spoil=noise), cases, "int8")
    assert proof.max_abs < 0.05
    assert "deviates by" in str(proof.failure)


def test_few_decisions_are_no_agreement(cases: list[Probe], model: torch.nn.Module) -> None:
    """A single text's decisions are all right, and show nothing."""
    few = [probe for probe in cases if len(probe) <= 3]
    proof = prove(PyTorch(model), few, "int8")
    assert proof.agreement == 1
    assert str(proof.failure).startswith("not decided")


def test_decisions_are_drawn_until_there_are_enough(
    cases: list[Probe], model: torch.nn.Module
) -> None:
    oracle = Oracle(model, TASK, Head(), True)
    few = Reference.of(TASK, SIGNATURE, [probe for probe in cases if len(probe) <= 3], 64)
    rows = probes.decisive(probes.ProbeIds(300, 0, 2), 64)
    more = few.decided(0.1, (probes.answer(oracle, row) for row in rows))
    clear = sum(more.clear_decisions(probe, 0.1) for probe in more.probes)
    assert 60 <= clear < 80
    assert prove_session(PyTorch(model), more, recipe.get("int8").tolerance).passed


def test_made_up_probes_have_every_token_type() -> None:
    rows = list(probes.made_up(probes.ProbeIds(300, 0, 2), 64, (16, 64)))
    assert {kind for row in rows for kind in row.token_type_ids} == {0, 1}


@pytest.mark.parametrize(
    ("task", "value", "message"),
    [
        ("token-classification", np.nan, "NaN or infinite"),
        ("token-classification", np.inf, "NaN or infinite"),
        ("sentence-similarity", 0.0, "all zeros"),
    ],
)
def test_answers_that_prove_nothing_are_refused(task: str, value: float, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        probes.answer(saying(task, value), probes.ProbeInput("a", "length", (1, 2)))


def test_a_vector_of_zeros_is_right_for_padding_alone() -> None:
    """Of MPNet and DeBERTa, if their biases are zero, as those of a fresh model are."""
    alone = next(
        row for row in probes.made_up(probes.ProbeIds(300, 0, 2), 64, ()) if row.name == "one [PAD]"
    )
    assert probes.answer(saying("sentence-similarity", 0.0), alone).name == alone.name
    text = probes.ProbeInput("a", "length", (1, 2))
    assert probes.answer(saying("sentence-similarity", 1.0), text), "of which a part is 0"


def saying(task: str, value: float) -> Oracle:
    class Constant(Oracle):
        def answer(self, *rows: object) -> dict[str, np.ndarray]:
            values = np.full((2, 8), value, np.float32)
            values[0, 0] = 0
            return {"output": values}

    return Constant(torch.nn.Identity(), tasks.get(task), Head(), False)  # type: ignore[arg-type]


def test_the_same_answer_to_every_text_proves_nothing(cases: list[Probe]) -> None:
    class Constant(PyTorch):
        def run(self, feed: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
            return {"logits": np.ones((*feed["input_ids"].shape, 3), np.float32)}

    same = [
        replace(probe, outputs={"logits": np.ones((len(probe), 3), np.float32)}) for probe in cases
    ]
    assert "the same logits" in str(prove(Constant(torch.nn.Identity()), same).failure)
