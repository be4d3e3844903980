"""Retrieval by embeddings: queries against all documents of the file, by cosine."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from edgekit.encoding import Prompt, Tokeniser
from edgekit.errors import DataError
from edgekit.evaluation import measures
from edgekit.evaluation.kinds import Data, Example, Judged, Model, Options
from edgekit.evaluation.rows import Row
from edgekit.postprocess import Facts, Outputs

_SHOWN = 60  # characters of a document


@dataclass(frozen=True)
class Retrieval:
    """``relevant`` are each query's documents, by their place, with their relevance."""

    examples: tuple[Example, ...]
    documents: tuple[Example, ...]
    relevant: tuple[dict[int, float], ...]
    top: int

    @cached_property
    def asked(self) -> Sequence[Example]:
        """The model is asked for the vector of each query and of each document."""
        return (*self.examples, *self.documents)

    def prompt(self, tokeniser: Tokeniser, index: int) -> Prompt:
        return tokeniser.prompt("sentence-similarity", *self.asked[index].texts)

    def record(self, facts: Facts, index: int, prompt: Prompt, outputs: Outputs) -> Any:
        """The vector, as base64 of float32."""
        vector = np.asarray(outputs[0]["sentence_embedding"], "<f4")
        return base64.b64encode(vector.tobytes()).decode()

    def judge(self, records: Sequence[Any]) -> Judged:
        from sklearn.metrics import ndcg_score

        vectors = np.stack([np.frombuffer(base64.b64decode(row), "<f4") for row in records])
        vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
        queries, documents = np.split(vectors, [len(self.examples)])
        gains, ranked = [], []
        for query, relevant in zip(queries, self.relevant, strict=True):
            scores = documents @ query
            truth = np.zeros(len(documents))
            truth[list(relevant)] = list(relevant.values())
            gains.append(float(ndcg_score(truth[None], scores[None], k=self.top)))
            ranked.append(np.argsort(-scores, kind="stable")[: self.top].tolist())
        return Judged(
            (
                measures.mean(f"ndcg@{self.top}", gains),
                *(
                    measures.mean(f"recall@{k}", self._recalls(ranked, k))
                    for k in dict.fromkeys((1, self.top))
                ),
            ),
            (),
            [tuple(places[:1]) for places in ranked],
            [self._shown(places[0]) for places in ranked],
            ranked,
        )

    def difference(self, a: Any, b: Any) -> float:
        """The share of the best documents that only one of the two has."""
        return 1 - len(set(a) & set(b)) / len(a)

    def _recalls(self, ranked: Sequence[Sequence[int]], k: int) -> list[float]:
        """Of each query, the share of its documents that are among the first k."""
        pairs = zip(ranked, self.relevant, strict=True)
        return [len(set(places[:k]) & set(relevant)) / len(relevant) for places, relevant in pairs]

    def _shown(self, place: int) -> str:
        text = self.documents[place].texts[0]
        return repr(text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}...")


def build(data: Data, model: Model, options: Options) -> tuple[Retrieval, list[str]]:
    """Queries with their documents; a row without a query, or of relevance 0, is a distractor.

    Raises:
        DataError: a document is none, a relevance no number, or there is nothing to find.
    """
    documents: dict[str, Row] = {}
    queries: dict[str, tuple[Row, dict[str, float]]] = {}
    graded = "label" in data.columns.names
    for row in data.table.rows:
        document = data.text(row, "document")
        documents.setdefault(document, row)
        query = row.cells.get(data.columns.names["query"]) or ""
        relevance = data.number(row, "label") if graded and query else 1.0
        if query and relevance > 0:
            queries.setdefault(data.text(row, "query"), (row, {}))[1][document] = relevance
    if not queries or len(documents) < 2:
        raise DataError(
            f"{data.table.path} has {len(queries)} queries with a document and {len(documents)} "
            "documents: give at least one query and two documents"
        )
    places = {document: place for place, document in enumerate(documents)}
    found = Retrieval(
        tuple(
            Example(row.place, (query,), " or ".join(map(repr, right)))
            for query, (row, right) in queries.items()
        ),
        tuple(Example(row.place, (text,), "") for text, row in documents.items()),
        tuple(
            {places[key]: value for key, value in right.items()} for _, right in queries.values()
        ),
        options.top,
    )
    return found, [f"{len(queries)} queries, {len(documents)} documents"]
