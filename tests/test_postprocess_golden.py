"""``postprocess.json``: outputs that are few, have ties, and still mean an answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import msgspec
import numpy as np
import pytest

from edgekit.bundle import Bundle
from edgekit.postprocess import Facts
from edgekit.postprocess import golden as vectors
from edgekit.postprocess.golden import Checked, Packed, Vectors
from edgekit.tokens.encoded import Encoded
from edgekit.tokens.encoding import Tokenizer

MASK, VOCABULARY = 4, 300
OUTPUTS: dict[str, dict[str, tuple[int, ...]]] = {  # by name, the shape behind a length of -1
    "text-classification": {"logits": (3,)},
    "token-classification": {"logits": (-1, 3)},
    "question-answering": {"start_logits": (-1,), "end_logits": (-1,)},
    "fill-mask": {"logits": (-1, VOCABULARY)},
    "sentence-similarity": {"sentence_embedding": (8,)},
    "feature-extraction": {"last_hidden_state": (-1, 8)},
    "sparse-embedding": {"sparse_embedding": (VOCABULARY,)},
    "late-interaction": {"token_embeddings": (-1, 8)},
}


@dataclass(frozen=True)
class Made:
    """Golden vectors, what they were made of, and what a model gave for each row in turn."""

    content: Vectors
    facts: Facts
    tokenizer: Tokenizer
    given: list[dict[str, np.ndarray]]

    def rows(self, kind: str) -> list[tuple[Encoded, dict[str, Packed], dict[str, np.ndarray]]]:
        """Of the cases that are ``made up`` or ``real``: ids, stored outputs, the model's own."""
        found = [
            (case.name, *row)
            for case in self.content.cases
            for row in zip(case.encodings, case.outputs, strict=True)
        ]
        both = zip(found, self.given, strict=True)
        return [(ids, row, own) for (name, ids, row), own in both if name.startswith(kind)]


def values(row: Packed) -> np.ndarray:
    """All values of a stored output, flat."""
    if row.indices is None:
        return np.array(row.values, np.float32)
    flat = np.full(int(np.prod(row.shape)), row.fill, np.float32)
    flat[list(row.indices)] = row.values
    return flat


@pytest.fixture
def make(small: Callable[[str], Bundle]) -> Callable[..., Made]:
    """Golden vectors of any task, of a model that answers at random."""
    tokenizer = Tokenizer.of(small("text-classification"))

    def made(task: str, answers: np.ndarray | None = None, length: int = 64) -> Made:
        rng, given = np.random.default_rng(0), []

        def ask(encoded: Encoded) -> dict[str, np.ndarray]:
            outputs = {}
            for name, shape in OUTPUTS[task].items():
                free = tuple(len(encoded) if axis < 0 else axis for axis in shape)
                drawn = rng.normal(size=free).astype(np.float32)
                drawn = np.maximum(drawn, 0) if task == "sparse-embedding" else drawn
                outputs[name] = drawn if answers is None else answers
            given.append(outputs)
            return outputs

        facts = Facts(task, None, ("a", "b", "c"), MASK, tokenizer.token, "dot")
        return Made(vectors.content(facts, tokenizer, length, ask), facts, tokenizer, given)

    return made


@pytest.mark.parametrize("task", OUTPUTS)
def test_what_is_written_is_right_when_it_is_checked(task: str, make: Callable[..., Made]) -> None:
    made = make(task)
    content, facts = made.content, made.facts
    names = [case.name for case in content.cases]
    count = len(names) // 2
    numbers = range(1, count + 1)
    assert names == [f"{kind} {number}" for kind in ("made up", "real") for number in numbers]
    assert count >= 2
    assert (content.task, content.labels, content.mask_id) == (task, facts.labels, MASK)
    assert (content.similarity, content.max_length) == ("dot", 40)
    assert {case.top for case in content.cases} == {5}
    lengths = {len(row) for case in content.cases for row in case.encodings}
    assert max(lengths) == 40 or task == "fill-mask"
    stored = msgspec.json.decode(msgspec.json.encode(content), type=Vectors)
    close = pytest.approx(0, abs=1e-6)
    assert vectors.check(stored, facts, made.tokenizer) == Checked(2 * count, close, None)


def test_made_up_values_are_quarters_from_minus_four_to_four(make: Callable[..., Made]) -> None:
    made = make("token-classification")
    found = np.concatenate([values(row["logits"]) for _, row, _ in made.rows("made up")])
    assert {*found.tolist()} == {number / 4 for number in range(-16, 17)}
    for _, row, own in made.rows("real"):
        np.testing.assert_allclose(values(row["logits"]), own["logits"].ravel(), rtol=1e-6)


def test_at_masks_the_32_largest_logits_are_kept(make: Callable[..., Made]) -> None:
    made = make("fill-mask")
    for kind in ("made up", "real"):
        for encoded, row, own in made.rows(kind):
            stored, masks = row["logits"], [i for i, x in enumerate(encoded.input_ids) if x == MASK]
            assert stored.shape == (len(encoded), VOCABULARY)
            assert len(stored.indices) == 32 * len(masks) > 0
            whole = values(stored).reshape(stored.shape)
            others = np.delete(whole, masks, axis=0)
            if kind == "real":
                assert (others == np.median(own["logits"]).astype(np.float32)).all()
                for place in masks:
                    best = np.argsort(-own["logits"][place])[:32]
                    np.testing.assert_allclose(whole[place, best], own["logits"][place, best])
            else:
                assert (others == -8).all()
                assert {*whole[masks].ravel().tolist()} <= {-8, *(x / 4 for x in range(-16, 17))}


def test_of_a_sparse_vector_the_32_largest_weights_are_kept(make: Callable[..., Made]) -> None:
    made = make("sparse-embedding")
    for (_, row, own), (_, quarters, like) in zip(
        made.rows("real"), made.rows("made up"), strict=True
    ):
        found, whole = values(row["sparse_embedding"]), own["sparse_embedding"]
        best = np.argsort(-whole)[:32]
        np.testing.assert_allclose(found[best], whole[best], rtol=1e-6)
        assert np.count_nonzero(found) == 32
        weights = values(quarters["sparse_embedding"])
        assert weights.min() == 0
        kept = np.argsort(-like["sparse_embedding"])[:32]
        assert not np.delete(weights, kept).any()
        assert weights[kept].max() > 1


@pytest.mark.parametrize("task", ["feature-extraction", "late-interaction"])
def test_of_a_tokens_vector_four_values_are_kept(task: str, make: Callable[..., Made]) -> None:
    (name,) = OUTPUTS[task]
    for encoded, row, own in make(task).rows("real"):
        assert row[name].shape == (len(encoded), 4)
        np.testing.assert_allclose(values(row[name]), own[name][:, :4].ravel(), rtol=1e-6)


@pytest.mark.parametrize(
    ("logits", "packed"),
    [
        ([0, 0, 1, 2], Packed(shape=(4,), values=(0, 0, 1, 2))),
        ([0, 3, 0, 0], Packed(shape=(4,), values=(3,), fill=0, indices=(1,))),
        ([1, 1, 0], Packed(shape=(3,), values=(0,), fill=1, indices=(2,))),
    ],
)
def test_what_more_than_half_of_the_values_are_is_written_once(
    logits: list[float], packed: Packed, make: Callable[..., Made]
) -> None:
    tokenizer = make("text-classification").tokenizer
    facts = Facts("text-classification", "regression", tuple("abcd"[: len(logits)]), None, str)
    outputs = {"logits": np.array(logits, np.float32)}
    content = vectors.content(facts, tokenizer, 16, lambda encoded: outputs)
    assert content.max_length == 16
    assert content.cases[-1].outputs[0]["logits"] == packed


def test_without_a_mask_there_is_nothing_to_fill(make: Callable[..., Made]) -> None:
    made = make("fill-mask")
    facts = replace(made.facts, mask_id=None)
    assert not vectors.content(facts, made.tokenizer, 64, lambda encoded: {}).cases
