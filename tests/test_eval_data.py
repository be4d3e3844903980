"""Labelled data in each format, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest
from labelled_data import (
    CLASSIFIER,
    READER,
    SIMILAR,
    TAGGER,
    prepared,
)

from edgekit.errors import DataError, EdgekitError
from edgekit.evaluation.kinds import ModelFacts


def parquet(path: Path) -> None:
    table = pyarrow.table({"sentence": ["fine", 'a, "b"'], "label": [1, 0]})
    pyarrow.parquet.write_table(table, path)


GOOD: tuple[tuple[str, str | None, ModelFacts, tuple[str, ...]], ...] = (
    ("a.tsv", "fine\t1\na, \"b\"\t0\n", CLASSIFIER, ("positive", "negative")),
    ("b.tsv", "\ufeffsentence\tlabel\r\nfine\tPositive\r\na, \"b\"\tNegative\r\n", CLASSIFIER,
     ("positive", "negative")),
    ("c.csv", 'label,text\npositive,fine\nnegative,"a, ""b"""\n', CLASSIFIER,
     ("positive", "negative")),
    ("d.jsonl", '{"text": "fine", "label": 1}\n\n{"text": "a, \\"b\\"", "label": 0}', CLASSIFIER,
     ("positive", "negative")),
    ("e.json", '[{"review": "fine", "target": true}, {"review": "a, \\"b\\"", "target": false}]',
     CLASSIFIER, ("positive", "negative")),
    ("f.parquet", None, CLASSIFIER, ("positive", "negative")),
    ("g.tsv", "score\tsentence1\tsentence2\n2.5\tone\ttwo\n0\ta\tb\n", SIMILAR, ("2.5", "0")),
    ("h.conll", "-DOCSTART- O\n\n# text = x y z\nZoë NN B-PER\n# NN O\n\nKöln NN B-LOC\n", TAGGER,
     ("Zoë/B-PER", "Köln/B-LOC")),
    ("i.jsonl", '{"tokens": ["Zoë", "ran"], "ner_tags": [1, 0]}', TAGGER, ("Zoë/B-PER",)),
    ("j.jsonl", '{"question": "q", "context": "c d", "answers": {"text": ["c"], '
     '"answer_start": [0]}}', READER, ("'c'",)),
    ("k.csv", "question,context,answer\nq,c d,c\nq,c d,\n", READER, ("'c'", "no answer")),
    ("m.tsv", "7\tfine\t1\n8\ta, \"b\"\t0\n", CLASSIFIER, ("positive", "negative")),
    ("n.csv", f"text,label\n{'long ' * 40_000},1\n", CLASSIFIER, ("positive",)),
    ("l.tsv", "query\tdocument\trelevance\nq\ta\t1\n\tb\t0\nq\tc\t2\n", SIMILAR, ("'a' or 'c'",)),
    ("o.tsv", "query\tdocument\nq\ta\n\tb\n", SIMILAR, ("'a'",)),
)  # fmt: skip


@pytest.mark.parametrize(("name", "content", "about", "expected"), GOOD, ids=lambda v: str(v)[:9])
def test_data_of_each_format(
    tmp_path: Path, name: str, content: str | None, about: ModelFacts, expected: tuple[str, ...]
) -> None:
    path = tmp_path / name
    if content is None:
        parquet(path)
    else:
        path.write_bytes(content.encode())
    found = prepared(path, about)
    assert tuple(example.expected for example in found.kind.examples) == expected
    if about is CLASSIFIER and len(expected) == 2:
        assert [example.texts for example in found.kind.examples] == [("fine",), ('a, "b"',)]


BAD: tuple[tuple[str, bytes, ModelFacts, str], ...] = (
    ("empty.tsv", b"", CLASSIFIER, "no examples"),
    ("header.tsv", b"text\tlabel\n", CLASSIFIER, "no examples"),
    ("width.tsv", b"fine\t1\nbad\n", CLASSIFIER, "line 2 has 1 column and the first line 2"),
    ("bytes.tsv", b"fine\t1\nb\xffd\t0\n", CLASSIFIER, "line 2: byte 2 is not UTF-8"),
    ("nul.tsv", b"fine\t1\nb\0d\t0\n", CLASSIFIER, "line 2: it holds a NUL"),
    ("label.tsv", b"fine\t1\nbad\t0\nugly\t2\n", CLASSIFIER, "line 3: '2' is no label"),
    ("names.tsv", b"text\tlabel\nfine\tpositive\nbad\tugly\n", CLASSIFIER, "line 3: 'ugly' is no"),
    ("quote.csv", b'text,label\n"fine,1\nbad,0\n', CLASSIFIER, "line 2: unexpected end of data"),
    ("line.jsonl", b'{"text": "a", "label": 1}\n{"text": \n', CLASSIFIER, "line 2 is not JSON"),
    ("list.jsonl", b'["a", 1]\n', CLASSIFIER, "line 1 is no JSON object"),
    ("key.jsonl", b'{"text": "a", "label": 1}\n{"text": "b"}\n', CLASSIFIER, "line 2: it has no"),
    ("type.jsonl", b'{"text": 7, "label": 1}\n', CLASSIFIER, "line 1: its text is no text"),
    ("columns.csv", b"text,mood\nfine,1\n", CLASSIFIER, "no column for the label"),
    ("deep.json", b"[" * 100_000, CLASSIFIER, "deep.json"),
    ("other.xlsx", b"PK", CLASSIFIER, "suffix that edgekit does not know"),
    ("cut.parquet", b"PAR1", CLASSIFIER, "no readable Parquet"),
    ("nan.tsv", b"score\tsentence1\tsentence2\nnan\ta\tb\n", SIMILAR, "line 2: its label 'nan'"),
    ("squad.json", b'{"data": [{"paragraphs": [{"context": "c"}]}]}', READER,
     "data[0].paragraphs[0]: 'qas' has to be a list"),
    ("answers.jsonl", b'{"question": "q", "context": "c", "answers": [1]}', READER, "no texts"),
    ("width.conll", b"a O\nb\n", TAGGER, "line 2 has 1 column and should have 2"),
    ("twice.csv", b"text,label,text\nfine,1,x\n", CLASSIFIER, "two columns called 'text'"),
    ("tabs.csv", b"text\tlabel\nfine, so\t1\n", CLASSIFIER, "tabs and no commas"),
    ("semi.csv", b"text;label\nfine;1\n", CLASSIFIER, "separate columns by commas"),
    ("header.tsv", b"phrase\tmood\nfine\t1\nbad\t0\n", CLASSIFIER, "--columns if this line"),
    ("many.tsv", b"a\tb\t2012\t4\tone\ttwo\n", SIMILAR, "--columns text=NUMBER,pair="),
    ("words.conll", b"a O\n", CLASSIFIER, "which only token classification takes"),
    ("tag.conll", b"a O\nb B-ORG\n", TAGGER, "line 1, word 2: 'B-ORG' is no label"),
    ("count.jsonl", b'{"tokens": ["a", "b"], "ner_tags": [0]}', TAGGER, "2 words have 1 labels"),
    ("one.tsv", b"query\tdocument\nq\ta\n", SIMILAR, "has 1 queries with a document and 1 doc"),
    ("none.tsv", b"query\tdocument\n\ta\n\tb\n", SIMILAR, "has 0 queries with a document and 2"),
)  # fmt: skip


@pytest.mark.parametrize(("name", "content", "about", "message"), BAD, ids=lambda v: str(v)[:12])
def test_bad_data_are_named_with_their_place(
    tmp_path: Path, name: str, content: bytes, about: ModelFacts, message: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        prepared(path, about)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)


def test_columns_and_labels_as_the_user_says(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a,b\nfine,+\nbad,-\n")
    found = prepared(
        path,
        CLASSIFIER,
        columns={"text": "a", "label": "b"},
        labels={"+": "positive", "-": "negative"},
    )
    assert [row.expected for row in found.kind.examples] == ["positive", "negative"]
    with pytest.raises(EdgekitError, match="no column 'c': choose from a, b"):
        prepared(path, CLASSIFIER, columns={"text": "a", "label": "c"})
    with pytest.raises(EdgekitError, match=r"--labels \+=good: the model has no such label"):
        prepared(path, CLASSIFIER, labels={"+": "good"})
    both = {"text": "a", "label": "b"}
    named = {"+": "positive", "-": "negative", "x": "positive"}
    with pytest.raises(DataError, match=r"--labels x=positive: no row has that label \(\+, -\)"):
        prepared(path, CLASSIFIER, columns=both, labels=named)
