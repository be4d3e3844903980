"""Which rows of ids a file is tried on, and how much of PyTorch's answer to them is kept."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from test_tokenizer import unigram

from edgekit.errors import SourceError
from edgekit.manifest.roles import Expansion, RoleFacts
from edgekit.model import tasks
from edgekit.proof.embedded_tokenizer import random_cases
from edgekit.proof.probes import (
    ProbeIds,
    ProbeInput,
    answer,
    decisive,
    from_texts,
    load,
    made_up,
    save,
)
from edgekit.tokens.roles import Roles
from edgekit.tokens.texts import Case


def test_made_up_rows_have_every_length_that_matters_and_what_breaks_things() -> None:
    rows = list(made_up(ProbeIds(300, 7, 0), 64, (16, 48)))
    lengths = [len(row.input_ids) for row in rows if row.kind == "length"]
    assert lengths == [1, 2, 3, 15, 16, 17, 47, 48, 64]
    ids = {row.name: row.input_ids for row in rows if row.kind == "adversarial"}
    first, *padding = ids["all [PAD] but one"]
    assert (first != 7, padding) == (True, [7] * 11)
    assert ids["one [PAD]"] == (7,)
    assert ids["one token repeated"] == (ids["one token repeated"][0],) * 40
    assert ids["ends of the vocabulary"] == (0, 299) * 6
    quiet = [len(row.input_ids) for row in rows if row.kind == "quiet"]
    assert quiet == [2, 8] * 6 + [8] * 12
    drawn = {id_ for row in rows if row.kind != "adversarial" for id_ in row.input_ids}
    assert 0 < min(drawn) < 10
    assert 290 < max(drawn) < 300
    assert not any(row.token_type_ids for row in rows)
    assert rows == list(made_up(ProbeIds(300, 7, 0), 64, (16, 48))), "the same ones every time"


def test_rows_are_no_longer_than_the_model_takes() -> None:
    rows = list(made_up(ProbeIds(300, 0, 2), 5, (5,)))
    assert {len(row.input_ids) for row in rows if row.kind == "length"} == {1, 2, 3, 4, 5}
    assert {len(row.input_ids) for row in rows if row.kind == "quiet"} == {2, 5}
    assert max(len(row.input_ids) for row in rows) == 5
    assert max(len(row.input_ids) for row in made_up(ProbeIds(300, 0, 2), 1, ())) == 1


def test_decisions_are_drawn_from_short_rows() -> None:
    ids = ProbeIds(300, 0, 0)
    rows = list(decisive(ids, 64))
    assert [len(row.input_ids) for row in rows[:12]] == [*range(2, 13), 2]
    assert len(rows) == 400
    assert {row.kind for row in rows} == {"decision"}
    assert max(len(row.input_ids) for row in decisive(ids, 4)) == 4
    assert not {row.input_ids for row in rows} & {row.input_ids for row in made_up(ids, 64, ())}


def test_ids_are_what_the_config_says() -> None:
    config = SimpleNamespace(vocab_size=9, pad_token_id=None)
    assert ProbeIds.of(config, True) == ProbeIds(9, 0, 2)
    config = SimpleNamespace(vocab_size=9, pad_token_id=3, type_vocab_size=1)
    assert ProbeIds.of(config, True) == ProbeIds(9, 3, 1)
    assert ProbeIds.of(config, False) == ProbeIds(9, 3, 0)


def test_a_tokenizer_may_use_each_id_that_the_model_has() -> None:
    tokenizer = unigram()
    ids = [max(row.input_ids) for row in from_texts(tokenizer, 64, ProbeIds(10_000, 0, 0))]
    assert len(list(from_texts(tokenizer, 64, ProbeIds(max(ids) + 1, 0, 0)))) == len(ids)
    with pytest.raises(SourceError, match=f"makes id {max(ids)}, the model has {max(ids)}"):
        list(from_texts(tokenizer, 64, ProbeIds(max(ids), 0, 0)))


def test_texts_with_a_role_are_filled_up_and_no_others() -> None:
    filled = RoleFacts(expansion=Expansion(token_id=4, length=30, attended=False))
    roles = Roles(facts={"query": filled, "none": filled})
    rows = {row.name: row for row in from_texts(unigram(), 64, ProbeIds(10_000, 0, 0), roles)}
    short, plain = rows["query short"], rows["english"]
    assert (short.kind, len(short.input_ids), short.input_ids[-1]) == ("expanded", 30, 4)
    assert short.attention_mask[0] == 1
    assert short.attention_mask[-1] == 0
    assert (plain.kind, plain.attention_mask) == ("text", ())
    assert plain.input_ids[-1] != 4


@pytest.mark.parametrize(
    ("task", "shape", "rows"),
    [
        ("fill-mask", (70, 1025), [*np.linspace(0, 69, 24).astype(int)]),
        ("fill-mask", (5, 1025), [*range(5)]),
        ("fill-mask", (70, 1024), [*range(70)]),
        ("question-answering", (2000,), [*range(2000)]),
        ("text-classification", (2000,), [*range(3)]),
    ],
)
def test_of_a_wide_output_24_tokens_are_kept(
    task: str, shape: tuple[int, ...], rows: list[int]
) -> None:
    chosen = tasks.get(task)
    tokens = shape[0] if "length" in chosen.outputs[0].axes else 3
    whole = {output.name: np.random.default_rng(1).random(shape) for output in chosen.outputs}
    oracle = SimpleNamespace(task=chosen, answer=lambda *row: dict(whole))
    made = answer(oracle, ProbeInput("a", "length", (5,) * tokens))
    assert made.rows == tuple(rows)
    assert made.token_type_ids == (0,) * tokens
    for name, value in whole.items():
        kept = value[rows] if shape[0] == tokens else value
        np.testing.assert_array_equal(made.outputs[name], kept)


def test_pytorch_is_asked_for_a_row_as_it_is_and_the_answer_may_be_passed_on(
    tmp_path: Path,
) -> None:
    asked = []

    def answered(*row: object) -> dict[str, np.ndarray]:
        asked.append(row)
        return {"logits": np.ones(3)}

    case = Case("a", ("b",), "longest_first", 9, "right", "query")
    row = ProbeInput("a", "expanded", (5, 6), (0, 1), case, (1, 0))
    oracle = SimpleNamespace(task=tasks.get("text-classification"), answer=answered)
    save([answer(oracle, row)], tmp_path / "probes")
    (made,) = load(tmp_path / "probes")
    assert asked == [((5, 6), (0, 1), (1, 0))]
    assert (made.name, made.kind, made.case, made.rows) == ("a", "expanded", case, (0, 1))
    assert (made.input_ids, made.token_type_ids, made.attention_mask) == asked[0]


def test_random_texts_are_of_all_unicode_and_every_third_is_a_pair() -> None:
    rows = list(random_cases(24, "left"))
    assert [len(row.texts) for row in rows] == [2, 1, 1] * 100
    assert {len(text) for row in rows for text in row.texts} == {40}
    assert {(row.truncation, row.max_length, row.side) for row in rows} == {
        ("longest_first", 24, "left")
    }
    points = [ord(point) for row in rows for text in row.texts for point in text]
    assert min(points) < 0x20
    assert not any(0xD800 <= point < 0xE000 for point in points)
    assert max(points) > 0x1F000
    assert 0.1 < points.count(0x20) / len(points) < 0.15, "up to a quarter of a text is blank"
    assert rows == list(random_cases(24, "left")), "the same ones every time"
    assert len(list(random_cases(24, "left", 2))) == 2
