"""Answers for people: the answer first, then what else was close. JSON for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import click

from edgekit.app.answers import Answered
from edgekit.app.inference import App
from edgekit.postprocess import Answer, to_json
from edgekit.postprocess.entities import Tagging
from edgekit.postprocess.labels import Classification
from edgekit.postprocess.masks import FilledMasks
from edgekit.postprocess.spans import SpanAnswer
from edgekit.postprocess.vectors import (
    MultiVector,
    Similarity,
    SparseVector,
    TokenVectors,
    Vector,
)
from edgekit.words import count

_SHOWN = 6  # values of a vector


def result(app: App, found: Answered, as_json: bool) -> None:
    """Prints one input's answer, in one line if the input is a line.

    Its error goes to standard error.

    A line that has no answer prints one line, too, empty or with the error in JSON: the n-th line
    out is always that of the n-th in.
    """
    single = found.asked.line is None
    where = "" if single else f"line {found.asked.line}: "
    if found.answer is None:
        click.echo(f"error: {where}{found.error}", err=True)
        if not single:
            wrong = {"line": found.asked.line, "error": found.error}
            click.echo(json.dumps(wrong, ensure_ascii=False) if as_json else "")
        return
    if as_json:
        row = _row(app, found, found.answer)
        click.echo(json.dumps(row, ensure_ascii=False, indent=2 if single else None))
    else:
        head, *rest = _LINES[type(found.answer)](found.answer)
        click.echo("\n".join([head, *(f"  {line}" for line in rest)]) if single else head)
    if found.left_out:
        click.echo(f"{where}{found.left_out} tokens did not fit and were cut off", err=True)


def _row(app: App, found: Answered, answer: Answer) -> dict[str, object]:
    """An answer as JSON has it: the input, where it was asked, and the answer's own fields."""
    line = {} if found.asked.line is None else {"line": found.asked.line}
    return {
        **line,
        "texts": list(found.texts),
        "left_out_tokens": found.left_out,
        "task": app.facts.task,
        "file": app.file,
        "device": app.device,
        "runtime": app.session.runtime,
        **to_json(answer),
    }


def _spans(answer: SpanAnswer) -> Iterator[str]:
    """Lines about spans: the best text, each span, and how far "no answer" is from the best."""
    best = answer.best()
    yield _one_line(best.text) if best else "no answer"
    for span in answer.spans:
        place = f"[{span.start}:{span.end}]"
        yield f"{span.probability:6.1%}  {place:<14} {_one_line(span.text)}"
    if answer.spans:
        side = "above" if answer.null_margin > 0 else "below"
        yield f"no answer scores {abs(answer.null_margin):.2f} {side} the best span"


def _labels(answer: Classification) -> Iterator[str]:
    """Lines about labels: those chosen, then each with its probability.

    Of a regression the score alone.
    """
    if answer.problem_type == "regression":
        named = [f"{_name(row.label)} " if sys.stdout.isatty() else "" for row in answer.labels]
        scores = [row.score for row in answer.labels]
        yield ", ".join(f"{name}{score:.4f}" for name, score in zip(named, scores, strict=True))
        return
    yield ", ".join(map(_name, answer.chosen)) or "no label"
    for row in answer.labels:
        yield f"{row.score:6.1%}  {_name(row.label)}"


def _entities(answer: Tagging) -> Iterator[str]:
    """Lines about entities: all of them, then each with its score and place."""
    rows = answer.entities
    found = (f"{_name(row.label)} {_one_line(row.text)}" for row in rows)
    yield ", ".join(found) or "no entities"
    for row in rows:
        place = f"[{row.start}:{row.end}]"
        yield f"{row.score:6.1%}  {place:<14} {_name(row.label)}  {_one_line(row.text)}"


def _masks(answer: FilledMasks) -> Iterator[str]:
    """Lines about masks: the best token of each, then the others with their scores."""
    yield ", ".join(_name(mask.fillers[0].token) for mask in answer.masks)
    for mask in answer.masks:
        place = f"[{mask.start}:{mask.end}]"
        for filler in mask.fillers:
            yield f"{filler.score:6.1%}  {place:<14} {_name(filler.token)}"


def _similarity(answer: Similarity) -> Iterator[str]:
    told = sys.stdout.isatty()
    yield f"similarity {answer.similarity:.2f}" if told else f"{answer.similarity:.4f}"


def _vector(answer: Vector) -> Iterator[str]:
    head = f"vector of {len(answer.vector)} values: " if sys.stdout.isatty() else ""
    yield head + _values(answer.vector)


def _sparse(answer: SparseVector) -> Iterator[str]:
    """Lines about a sparse vector: its largest weights, and how many others there are."""
    yield ", ".join(_name(row.token) for row in answer.weights) or "nothing"
    for row in answer.weights:
        yield f"{row.weight:8.4f}  {_name(row.token)}"
    yield f"{answer.nonzero} weights are not 0"


def _multi_vector(answer: MultiVector) -> Iterator[str]:
    yield f"{len(answer.vectors)} vectors of {len(answer.vectors[0])} values"
    yield from map(_values, answer.vectors)


def _token_vectors(answer: TokenVectors) -> Iterator[str]:
    """Lines about token vectors: each token with the first values of its vector."""
    yield f"{count(len(answer.tokens), 'token')} of {len(answer.tokens[0].vector)} values"
    for row in answer.tokens:
        place = f"[{row.start}:{row.end}]"
        yield f"{place:<14} {_one_line(row.text):<16} {_values(row.vector)}"


_LINES: Mapping[type[Answer], Callable[[Any], Iterator[str]]] = {
    SpanAnswer: _spans,
    Classification: _labels,
    Tagging: _entities,
    FilledMasks: _masks,
    Similarity: _similarity,
    Vector: _vector,
    SparseVector: _sparse,
    MultiVector: _multi_vector,
    TokenVectors: _token_vectors,
}


def _values(vector: tuple[float, ...]) -> str:
    shown = " ".join(f"{value:.4f}" for value in vector[:_SHOWN])
    rest = len(vector) - _SHOWN
    return f"{shown} ... ({rest} more: --json)" if rest > 0 else shown


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _name(text: str) -> str:
    """A checkpoint's label or token as people can see it: in quotes if nothing of it is visible."""
    return _one_line(text) or f'"{" " * len(text)}"'
