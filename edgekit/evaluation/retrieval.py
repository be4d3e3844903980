"""Retrieval by embeddings: queries against all documents of the file, as the model compares."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from edgekit.data.table import Data
from edgekit.errors import DataError
from edgekit.evaluation import measures
from edgekit.evaluation.judged import Example, Judged
from edgekit.evaluation.kinds import EvaluationOptions, ModelFacts
from edgekit.postprocess import Facts, Outputs
from edgekit.postprocess.vectors import similarities
from edgekit.tokens.encoded import Prompt
from edgekit.tokens.encoding import Tokenizer

_SHOWN = 60  # characters of a document


@dataclass(frozen=True)
class Retrieval:
    """Queries and documents, to rank the documents for each query by the model's vectors.

    Attributes:
        asked: all texts, in the order of the file, so that a longer part of it begins with the same
            ones.
        roles: of each text: query or document, which decides what stands before it.
        examples: the queries.
        queries: their places in ``asked``.
        documents: the same of documents.
        relevant: of each query, the relevance of its documents, by their number.
        top: how many of the ranked documents count.
        similarity: how the model's vectors are compared.
    """

    asked: tuple[Example, ...]
    roles: tuple[str, ...]
    examples: tuple[Example, ...]
    queries: tuple[int, ...]
    documents: tuple[int, ...]
    relevant: tuple[dict[int, float], ...]
    top: int
    similarity: str

    def prompt(self, tokenizer: Tokenizer, index: int) -> Prompt:
        """The row of a query or a document, each asked for its vector alone."""
        texts, role = self.asked[index].texts, self.roles[index]
        return tokenizer.prompt("sentence-similarity", *texts, roles=(role,))

    def record(self, facts: Facts, index: int, prompt: Prompt, outputs: Outputs) -> str:
        """The vector, as base64 of float32."""
        vector = np.asarray(outputs[0]["sentence_embedding"], "<f4")
        return base64.b64encode(vector.tobytes()).decode()

    def judge(self, records: Sequence[str]) -> Judged:
        """NDCG, and recall at 1 and at ``top``, of each query's ranking of all documents."""
        from sklearn.metrics import ndcg_score

        vectors = np.stack([np.frombuffer(base64.b64decode(row), "<f4") for row in records])
        queries, documents = vectors[list(self.queries)], vectors[list(self.documents)]
        gains, ranked = [], []
        for query, relevant in zip(queries, self.relevant, strict=True):
            scores = similarities(documents, query, self.similarity)
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

    def difference(self, a: Sequence[int], b: Sequence[int]) -> float:
        """The share of the best documents that only one of the two has."""
        return 1 - len(set(a) & set(b)) / len(a)

    def _recalls(self, ranked: Sequence[Sequence[int]], k: int) -> list[float]:
        """Of each query, the share of its documents that are among the first k."""
        pairs = zip(ranked, self.relevant, strict=True)
        return [len(set(places[:k]) & set(relevant)) / len(relevant) for places, relevant in pairs]

    def _shown(self, place: int) -> str:
        text = self.asked[self.documents[place]].texts[0]
        return repr(text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}...")


def build(data: Data, model: ModelFacts, options: EvaluationOptions) -> tuple[Retrieval, list[str]]:
    """Reads queries with their documents.

    A row without a query, or of relevance 0, only adds its document to those that are ranked.

    Args:
        data: the file with its columns.
        model: says how vectors are compared.
        options: say how many documents count.

    Raises:
        DataError: a document is none, a relevance no number, or there is nothing to find.
    """
    asked: dict[tuple[str, str], Example] = {}
    relevant: dict[str, dict[str, float]] = {}
    graded = "label" in data.columns.names
    for row in data.table.rows:
        document = data.text(row, "document")
        query = row.cells.get(data.columns.names["query"]) or ""
        if query:
            query = data.text(row, "query")
            asked.setdefault(("query", query), Example(row.place, (query,), ""))
        asked.setdefault(("document", document), Example(row.place, (document,), ""))
        relevance = data.number(row, "label") if graded and query else 1.0
        if query and relevance > 0:
            relevant.setdefault(query, {})[document] = relevance
    places = {key: place for place, key in enumerate(asked)}
    documents = [text for role, text in asked if role == "document"]
    if not relevant or len(documents) < 2:
        raise DataError(
            f"{data.table.path} has {len(relevant)} queries with a document and {len(documents)} "
            "documents: give at least one query and two documents"
        )
    numbers = {text: number for number, text in enumerate(documents)}
    found = Retrieval(
        tuple(asked.values()),
        tuple(role for role, _ in asked),
        tuple(
            replace(asked["query", query], expected=" or ".join(map(repr, right)))
            for query, right in relevant.items()
        ),
        tuple(places["query", query] for query in relevant),
        tuple(places["document", text] for text in documents),
        tuple(
            {numbers[text]: grade for text, grade in right.items()} for right in relevant.values()
        ),
        options.top,
        model.facts.similarity,
    )
    return found, [f"{len(relevant)} queries, {len(documents)} documents"]
