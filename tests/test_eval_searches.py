"""Searches, masks and spans of made-up outputs: what is kept, and how it is judged."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from labelled_data import (
    COUNT,
    READER,
    SIMILAR,
    by_class,
    judged,
    kept,
    letters,
    lines_file,
    model,
    prepared,
    squad_file,
    values,
)
from sklearn import metrics

from edgekit.errors import DataError, InputError
from edgekit.evaluation import squad
from edgekit.evaluation.kinds import ModelFacts
from edgekit.tokens.encoded import Encoded
from edgekit.tokens.encoding import Tokenizer

UNKNOWN, MASK, VOCABULARY = 1, 4, 300


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    """A letter is a token, of which 32 fit."""
    return letters(tmp_path_factory.mktemp("tokenizer"))


def test_a_search_is_judged_as_sentence_transformers_judges(
    tokenizer: Tokenizer, tmp_path: Path
) -> None:
    from sentence_transformers.sentence_transformer.evaluation import InformationRetrievalEvaluator
    from sentence_transformers.util import semantic_search

    rng, top = np.random.default_rng(1), 3
    right = {
        f"q{number}": {f"d{place}" for place in rng.choice(40, rng.integers(1, 4), replace=False)}
        for number in range(COUNT)
    }
    rows = [{"query": query, "document": one} for query, some in right.items() for one in some]
    rows += [{"query": "", "document": f"d{place}"} for place in range(40)]
    kind = prepared(lines_file(tmp_path / "d.jsonl", rows), SIMILAR, top=top).kind
    documents = list(dict.fromkeys(row["document"] for row in rows))
    vectors = {text: rng.normal(size=16).astype(np.float32) for text in (*right, *documents)}
    for query, some in right.items():
        vectors[query] = vectors[query] / 2 + sum(vectors[one] for one in some)
    asked = [example.texts[0] for example in kind.asked]
    answers = kept(
        kind, SIMILAR.facts, tokenizer, lambda at, row: {"sentence_embedding": vectors[asked[at]]}
    )
    found = judged(kind, answers, "examples", "queries", "relevant")
    queries, corpus = (np.stack([vectors[text] for text in some]) for some in (right, documents))
    hits = semantic_search(queries, corpus, top_k=len(documents))
    theirs = InformationRetrievalEvaluator(
        *({text: text for text in some} for some in (right, documents)),
        right,
        ndcg_at_k=[top],
        precision_recall_at_k=[1, top],
        write_csv=False,
    ).compute_metrics(
        [[{**hit, "corpus_id": documents[hit["corpus_id"]]} for hit in some] for some in hits]
    )
    assert values(found) == pytest.approx(
        {
            "ndcg@3": theirs["ndcg@k"][top],
            "recall@1": theirs["recall@k"][1],
            "recall@3": theirs["recall@k"][top],
        }
    )
    assert found.values == [[hit["corpus_id"] for hit in some[:top]] for some in hits]
    assert found.decisions == [(some[0]["corpus_id"],) for some in hits]
    assert found.shown[0] == repr(documents[hits[0][0]["corpus_id"]])
    assert kind.difference([1, 2, 3], [3, 9, 2]) == pytest.approx(1 / 3)


def test_of_equal_documents_the_first_is_found(tokenizer: Tokenizer, tmp_path: Path) -> None:
    """The query, which is asked first, is like every second document."""
    rows = [{"query": "q", "document": f"{place:059}"} for place in range(40)]
    rows[0]["document"] += "too long"
    kind = prepared(lines_file(tmp_path / "d.jsonl", rows), SIMILAR, top=1).kind
    alike = [{"sentence_embedding": np.array([1.0, at])} for at in [0, *[0, 1] * 20]]
    answers = kept(kind, SIMILAR.facts, tokenizer, lambda at, row: alike[at])
    assert replace(kind, top=20).judge(answers).values == [list(range(0, 40, 2))]
    found = kind.judge(answers)
    assert list(values(found)) == ["ndcg@1", "recall@1"]
    assert values(found)["recall@1"] == pytest.approx(1 / 40)
    assert found.shown == [repr("0" * 57 + "...")]


def test_masked_tokens_are_judged_as_scikit_learn_judges(
    tokenizer: Tokenizer, tmp_path: Path
) -> None:
    """15% of the tokens that fit are masked, and the right ones made likely again."""
    rng = np.random.default_rng(2)
    lengths = rng.integers(1, 40, COUNT)
    rows = [{"text": "".join(rng.choice(list("abcdefgh"), length))} for length in lengths]
    about = ModelFacts(model("fill-mask").facts, tokenizer)
    kind = prepared(lines_file(tmp_path / "d.jsonl", rows), about).kind
    plain = [tokenizer.prompt("fill-mask", row["text"]).encodings[0].input_ids for row in rows]

    def logits(at: int, row: Encoded) -> np.ndarray:
        noise = np.random.default_rng(at).normal(size=(len(row), VOCABULARY))
        return noise + 3 * np.eye(VOCABULARY)[list(plain[at])]

    right, scores = [], []
    for at, ids in enumerate(plain):
        (masked,) = kind.prompt(tokenizer, at).encodings
        places = np.flatnonzero(np.not_equal(masked.input_ids, ids))
        assert len(places) == max(1, round(0.15 * (len(ids) - 2)))
        assert {masked.input_ids[place] for place in places} == {MASK}
        assert 0 < places.min() <= places.max() < len(ids) - 1
        right += [ids[place] for place in places]
        scores += list(logits(at, masked)[places])
    answers = kept(kind, about.facts, tokenizer, lambda at, row: {"logits": logits(at, row)})
    found = judged(kind, answers, "examples")
    share = [
        metrics.top_k_accuracy_score(right, np.array(scores), k=k, labels=range(VOCABULARY))
        for k in (1, 5)
    ]
    assert values(found) == pytest.approx({"accuracy": share[0], "accuracy_top5": share[1]})
    likeliest = np.argmax(scores, axis=1)
    assert np.concatenate(found.decisions).tolist() == likeliest.tolist()
    assert found.shown[0].split()[0] == tokenizer.token(int(likeliest[0]))
    assert kind.difference((1, 2, 3), (1, 2, 4)) == pytest.approx(1 / 3)


def test_masks_of_the_data_have_the_answers_of_the_data(
    tokenizer: Tokenizer, tmp_path: Path
) -> None:
    about = ModelFacts(model("fill-mask").facts, tokenizer, UNKNOWN)

    def kind(text: str, label: str) -> Any:
        path = lines_file(tmp_path / "d.jsonl", [{"text": text, "label": label}])
        return prepared(path, about).kind

    given = kind("a [MASK] c [MASK]", "The b")
    (row,) = kept(
        given, about.facts, tokenizer, lambda at, row: {"logits": np.zeros((len(row), VOCABULARY))}
    )
    assert [list(map(tokenizer.token, some)) for some in row["right"]] == [["the"], ["b"]]
    assert [len(some) for some in row["found"]] == [5, 5]
    for text, label in (("a [MASK]", "b c"), ("a [MASK] [MASK]", "b"), (f"{'x' * 30} [MASK]", "b")):
        with pytest.raises(
            InputError, match=r"masks and \d answers within the .* give each \[MASK"
        ):
            kind(text, label).prompt(tokenizer, 0)
    for label in ("zz", "日", "b zz"):  # two tokens, and one that the vocabulary cannot spell
        with pytest.raises(DataError, match="is no single entry of the vocabulary"):
            kind("a [MASK] [MASK]", label)


def test_the_best_thresholds_are_those_of_which_no_other_gives_more(tmp_path: Path) -> None:
    rng, words = np.random.default_rng(3), ("red", "green", "blue", "red green", "green blue")
    context = "red green blue"
    right = rng.choice([*words, "", ""], COUNT)
    questions = [
        {"question": "q", "answers": [{"text": text}] if text else []} for text in right.tolist()
    ]
    data = squad_file(tmp_path / "s.json", questions, context)
    kind = prepared(data, READER, null_threshold=0.5).kind
    answers = []
    for text, null in zip(rng.choice(words, COUNT), rng.normal(size=COUNT).round(1), strict=True):
        start = context.index(text)
        answers.append({"null": null, "spans": [[start, start + len(text), 0.0, 0.5]]})
    answers[0]["spans"] = []
    found = judged(kind, answers, "examples", "answers", "answerable")
    silent = [row["null"] > 0.5 or not row["spans"] for row in answers]
    assert [text == "" for text in found.values] == silent
    assert found.shown[0] == "no answer"
    f1 = np.array([squad.f1_v2(*pair) for pair in zip(found.values, right, strict=True)])
    answerable = right != ""
    assert by_class(found) == {
        "answerable": (answerable.sum(), pytest.approx(f1[answerable].mean())),
        "unanswerable": ((~answerable).sum(), pytest.approx(f1[~answerable].mean())),
    }
    assert kind.difference("red green", "green blue") == pytest.approx(0.5)
    for number, name in enumerate(("f1", "exact_match")):
        limits = (
            *(row["null"] for row in answers),
            -9.0,
            found.details[f"best_{name}_null_threshold"],
        )
        *others, best = [
            replace(kind, threshold=limit).judge(answers).measures[number].value for limit in limits
        ]
        assert found.details[f"best_{name}"] == pytest.approx(best)
        assert best == max(others)


def test_questions_that_all_have_an_answer_are_of_squads_first_version(tmp_path: Path) -> None:
    """Unless the data say of one whether it is impossible; an answer is always given."""
    answers = [{"text": "the"}, {"text": "elsewhere"}]
    questions = [{"question": "q", "answers": answers}, {"question": "q", "answers": answers[:1]}]
    spans = [{"null": 9.0, "spans": [[0, 3, 0.0, 1.0]]}] * 2
    first = prepared(squad_file(tmp_path / "s.json", questions, "the c"), READER)
    found = first.kind.judge(spans)
    assert first.notes[-1] == "SQuAD 1.1"
    assert (values(found), found.classes, found.details) == ({"f1": 0, "exact_match": 1}, (), {})
    questions[1] |= {"is_impossible": False}
    second = prepared(squad_file(tmp_path / "s.json", questions, "the c"), READER)
    assert second.notes[-1] == "questions may have no answer: SQuAD 2.0"
    assert by_class(second.kind.judge(spans)) == {"answerable": (2, 0.5)}
