"""The arithmetic of answers by hand and by SciPy: limits, ties, labels that no bundle here has."""

from __future__ import annotations

import math
from dataclasses import asdict

import numpy as np
import pytest
from msgspec import structs
from scipy import special

from edgekit import postprocess
from edgekit.manifest.texts import PostprocessingFacts
from edgekit.postprocess import (
    Facts,
    answer,
    entities,
    labels,
    scores,
    spans,
    texts,
    to_json,
    vectors,
)
from edgekit.tokens.encoded import Encoded, Prompt


def encoded(*pieces: tuple[int, int] | None, sequence: int = 0) -> Encoded:
    """A row of tokens, each a word of its own; None is a special one."""
    return Encoded(
        input_ids=tuple(range(len(pieces))),
        token_type_ids=(0,) * len(pieces),
        offsets=tuple(piece or (0, 0) for piece in pieces),
        sequence_ids=tuple(None if piece is None else sequence for piece in pieces),
        word_ids=tuple(None if piece is None else place for place, piece in enumerate(pieces)),
    )


def test_probabilities_are_scipys() -> None:
    logits = np.array([[-1000, 0, 1000, 0], [0.5, -2, 3, 3]], np.float32)
    with np.errstate(over="raise", invalid="raise"):
        found = scores.softmax(logits), scores.sigmoid(logits)
    np.testing.assert_allclose(found[0], special.softmax(logits, axis=-1), rtol=1e-6, atol=1e-12)
    np.testing.assert_allclose(found[1], special.expit(logits), rtol=1e-6, atol=1e-12)
    assert scores.ranked(logits[1]).tolist() == [2, 3, 0, 1]


def test_labels_that_stand_for_themselves_are_chosen_above_one_half() -> None:
    logits = np.array([0, 2, -1, 0.5])
    found = labels.classify(logits, "abcd", "multi_label_classification", 3)
    assert [row.label for row in found.labels] == ["b", "d", "a"]
    assert [row.score for row in found.labels] == pytest.approx(special.expit([2, 0.5, 0]))
    assert found.chosen == ("b", "d")


def test_a_span_has_up_to_30_tokens_and_a_text() -> None:
    context = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJ "
    row = encoded(None, *((place, place + 1) for place in range(len(context))), sequence=1)
    starts, ends = np.zeros((2, len(row)), np.float32)
    starts[1], ends[30], ends[31] = 5, 4, 5
    starts[-1] = ends[-1] = 9  # white space, which is no answer
    (span,) = spans.find([spans.Window(row, starts, ends)], context, 1).spans
    assert (span.text, span.score) == (context[:30], 9)
    for null, best, bold in ((9.0, span, span), (9.5, None, span), (9.6, None, None)):
        found = spans.SpanAnswer((span,), null)
        assert (found.best(), found.best(0.5), found.best(None)) == (best, bold, span)


def test_spans_are_of_all_windows_and_each_text_once() -> None:
    """The question's token and the special one have the best logits, and are no answer."""
    context = "ab ab cd"
    rows = (
        (encoded(None, (0, 2), (0, 2), (3, 5), sequence=1), ([9, 9, 4, 3], [-8, 9, 4, 3])),
        (
            encoded(None, (0, 2), (3, 5), (6, 8), sequence=1),
            ([0.5, 9, 2, 5], [0.25, 9, 2, 1]),
        ),
    )
    windows = [
        spans.Window(structs.replace(row, sequence_ids=(None, 0, 1, 1)), *map(np.array, logits))
        for row, logits in rows
    ]
    found = spans.find(windows, context)
    assert [(span.text, span.start, span.score) for span in found.spans] == [
        ("ab", 0, 8),
        ("ab ab", 0, 7),
        ("cd", 6, 6),
        ("ab cd", 3, 3),
    ]
    assert found.null_score == 0.75, "of the window that believes in it least"
    shares = special.softmax([8, 7, 6, 3, 0.75])[:4]
    assert [span.probability for span in found.spans] == pytest.approx(shares, rel=1e-5)
    assert spans.find(windows, context, 2) == spans.SpanAnswer(found.spans[:2], 0.75)
    assert spans.SpanAnswer((), 1.0).best(None) is None


def test_of_equal_spans_the_first_20_are_kept() -> None:
    context = "abcdefg"
    row = encoded(None, *((place, place + 1) for place in range(7)), sequence=1)
    found = spans.find([spans.Window(row, np.zeros(8), np.zeros(8))], context, 99)
    order = [(i, j) for i in range(7) for j in range(i + 1, 8)]
    assert [(span.start, span.end) for span in found.spans] == order[:20]
    assert found.spans[0].probability == pytest.approx(1 / 21)


@pytest.mark.parametrize(
    ("task", "problem", "activation", "threshold"),
    [
        ("text-classification", "single_label_classification", "softmax", None),
        ("text-classification", "multi_label_classification", "sigmoid", 0.5),
        ("text-classification", "regression", "identity", None),
        ("token-classification", None, "softmax", None),
        ("fill-mask", None, "softmax", None),
        ("sentence-similarity", None, "identity", None),
    ],
)
def test_the_manifest_says_how_answers_are_made(
    task: str, problem: str | None, activation: str, threshold: float | None
) -> None:
    found = postprocess.settings(task, problem)
    assert found == PostprocessingFacts(activation=activation, threshold=threshold, top=5)
    assert postprocess.settings("question-answering", None) == PostprocessingFacts(
        activation="softmax", null_threshold=0.0, max_answer_tokens=30, top=5
    )


@pytest.mark.parametrize(
    ("names", "chosen", "expected"),
    [
        ("noun verb", "noun noun verb", ["noun ab", "noun cd", "verb ef"]),  # tags
        ("O per", "per per O", ["per ab cd"]),
        ("O B-per I-per", "I-per I-per B-per", ["per ab cd", "per ef"]),
        ("O B-per misc", "misc B-per misc", ["misc ab", "per cd", "misc ef"]),
        ("O B-per I-per I-loc", "B-per O I-per", ["per ab", "per ef"]),
        ("O B-per I-per I-loc", "B-per I-loc I-loc", ["per ab", "loc cd ef"]),
    ],
)
def test_neighbours_become_entities_by_their_labels(
    names: str, chosen: str, expected: list[str]
) -> None:
    text, known = "ab cd ef ", names.split()
    logits = np.zeros((6, len(known)))
    for place, name in enumerate(chosen.split(), 1):
        logits[place, known.index(name)] = 3
    row = encoded(None, (0, 2), (3, 5), (6, 8), (8, 9), None)  # the last one is white space
    found = entities.tag(logits, row, known, text)
    assert [f"{piece.label} {piece.text}" for piece in found.entities] == expected
    assert [word.text for word in found.words] == ["ab", "cd", "ef"]


@pytest.mark.parametrize(
    ("text", "start", "end", "expected"),
    [
        ("\u3000ab ", 0, 4, "ab"),
        ("e\u0301t", 0, 1, "e\u0301"),
        ("xe\u0301\u0302", 2, 3, "e\u0301\u0302"),
        ("a b", 1, 2, ""),
        ("a\u0301b", 2, 3, "b"),
        ("\u0301a", 0, 1, "\u0301"),
        ("a\u0301", 1, 2, "a\u0301"),
    ],
)
def test_a_piece_has_its_marks_and_no_white_space(
    text: str, start: int, end: int, expected: str
) -> None:
    start, end = texts.mended(text, start, end)
    assert text[start:end] == expected


def test_each_similarity_is_by_its_own_formula() -> None:
    one, other = np.array([3.0, 4.0]), np.array([4.0, -3.5])
    found = {kind: vectors.similarity(one, other, kind).similarity for kind in SIMILARITIES}
    assert found == {kind: pytest.approx(value) for kind, value in SIMILARITIES.items()}
    assert vectors.similarity(one, one * 7).similarity == 1
    assert vectors.similarity(one, one / 100).similarity == 1
    assert vectors.similarity(one, one * 0).similarity == 0
    many = np.random.default_rng(1).normal(size=(500, 16)).astype(np.float32)
    assert all(vectors.similarity(row, row).similarity <= 1 for row in many), "whatever is rounded"
    assert all(vectors.similarity(row, -row).similarity >= -1 for row in many)
    of_tokens = vectors.max_similarity(np.stack([one, other]), np.stack([one, one + other]))
    assert of_tokens.similarity == pytest.approx(25 + 26.25)


SIMILARITIES = {
    "cosine": -2 / (5 * math.hypot(4, 3.5)),
    "dot": -2.0,
    "euclidean": -math.hypot(1, 7.5),
    "manhattan": -8.5,
}


def test_a_sparse_vector_has_its_largest_weights() -> None:
    found = vectors.sparse(np.array([0, 0.5, 0, 2, 1]), str, 2)
    assert [(row.token, row.index, row.weight) for row in found.weights] == [
        ("3", 3, 2.0),
        ("4", 4, 1.0),
    ]
    assert found.nonzero == 3
    assert len(vectors.sparse(np.array([0, 0.5, 0]), str, 9).weights) == 1


ONE, TWO = np.array([[1.0, 2.0], [5.0, 5.0]]), np.array([[3.0, 4.0], [0.0, 1.0]])


@pytest.mark.parametrize(
    ("task", "output", "alone", "both"),
    [
        ("sentence-similarity", "sentence_embedding", {"vector": (1, 2)}, 11),
        (
            "sparse-embedding",
            "sparse_embedding",
            {"weights": ({"token": "1", "index": 1, "weight": 2},), "nonzero": 2},
            11,
        ),
        ("late-interaction", "token_embeddings", {"vectors": ((1, 2),)}, 11),
    ],
)
def test_a_text_has_a_vector_and_two_are_compared_as_the_model_says(
    task: str, output: str, alone: dict[str, object], both: float
) -> None:
    """The second token of the first text does not count, nor that of the second."""
    facts = Facts(task, None, (), None, str, "dot")
    row = structs.replace(encoded(None, None), skipped=(1,))
    outputs = [{output: each if task == "late-interaction" else each[0]} for each in (ONE, TWO)]
    found = answer(facts, Prompt(("a",), (row,)), outputs[:1], 1)
    assert to_json(found) == alone
    found = answer(facts, Prompt(("a", "b"), (row, row)), outputs)
    assert to_json(found) == {"similarity": both}


def test_tokens_of_the_text_have_vectors() -> None:
    facts = Facts("feature-extraction", None, (), None, str)
    row = encoded(None, (1, 3))
    found = answer(facts, Prompt(("abc",), (row,)), [{"last_hidden_state": ONE}])
    assert to_json(found) == {"tokens": ({"text": "bc", "start": 1, "end": 3, "vector": (5, 5)},)}


def test_the_span_to_show_is_part_of_the_json() -> None:
    span = spans.Span("a", 0, 1, 2.0, 0.5)
    assert to_json(spans.SpanAnswer((span,), 1.0))["best"] == asdict(span)
    assert to_json(spans.SpanAnswer((span,), 3.0))["best"] is None
