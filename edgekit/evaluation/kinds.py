"""What every way of evaluating a model has in common; one module a way implements it.

A kind is made of the data and a bundle's facts, and then serves every artifact of the bundle. What
it asks the model (``asked``) mostly are the examples themselves; retrieval asks for the vectors of
queries and documents, and its examples are the queries.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from edgekit.bundle import Bundle
from edgekit.evaluation.measures import Measure
from edgekit.postprocess import Facts, Outputs
from edgekit.tokens.encoding import Prompt, Tokenizer


@dataclass(frozen=True)
class Options:
    """What the user may say about data and metrics.

    Attributes:
        columns: names of the data's columns, by role.
        labels: the model's labels, by the data's.
        null_threshold: how many logits no answer has to be ahead of the best span (SQuAD 2.0).
        top: how many of the documents found count in retrieval.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    null_threshold: float = 0.0
    top: int = 10


@dataclass(frozen=True)
class ModelFacts:
    """What a way of evaluating has to know of a bundle's model.

    Attributes:
        facts: what post-processing needs.
        tokenizer: the bundle's.
        unknown_id: the id of words that the vocabulary cannot spell; None where there is none.
    """

    facts: Facts
    tokenizer: Tokenizer
    unknown_id: int | None = None

    @classmethod
    def of(cls, bundle: Bundle) -> ModelFacts:
        """From an opened bundle."""
        tokenizer = Tokenizer.of(bundle)
        unknown = bundle.manifest.special_token("unk_token")
        return cls(Facts.of(bundle, tokenizer), tokenizer, unknown)


@dataclass(frozen=True)
class Example:
    """What stands in the data: where, the texts, and what is expected, as a person reads it."""

    place: str
    texts: tuple[str, ...]
    expected: str


@dataclass(frozen=True)
class ClassMeasure:
    """A measure over one class of the examples: a label, an entity's type, a kind of question."""

    label: str
    examples: int
    measure: Measure


@dataclass(frozen=True)
class Judged:
    """How one file's records compare with what the data expect.

    Attributes:
        measures: the metrics; the first is the one that counts.
        classes: metrics over parts of the examples.
        decisions: what was decided for each example, to be compared between files; empty for
            examples on which nothing is decided.
        shown: each example's answer as a person reads it.
        values: each example's answer as :meth:`Kind.difference` compares it.
        details: further numbers by name.
    """

    measures: tuple[Measure, ...]
    classes: tuple[ClassMeasure, ...]
    decisions: Sequence[tuple[Any, ...]]
    shown: Sequence[str]
    values: Sequence[Any]
    details: Mapping[str, float] = field(default_factory=dict)


R = TypeVar("R")
V = TypeVar("V", contravariant=True)


class Kind(Protocol[R, V]):
    """One way of evaluating, filled with data.

    ``R`` is what is kept of one answer, as JSON has it; ``V`` is what two files are compared by.
    """

    @property
    def examples(self) -> Sequence[Example]: ...

    @property
    def asked(self) -> Sequence[Example]: ...

    def prompt(self, tokenizer: Tokenizer, index: int) -> Prompt:
        """The rows that the model is asked for ``asked[index]``.

        Raises:
            InputError: its texts are none that the task can take.
        """
        ...

    def record(self, facts: Facts, index: int, prompt: Prompt, outputs: Outputs) -> R:
        """What is kept of the model's outputs for ``asked[index]``: the answer, as JSON has it.

        Args:
            facts: what post-processing needs.
            index: which of :attr:`asked` it was.
            prompt: the rows of ids that the outputs are of.
            outputs: float32 arrays by name for each of those rows, without padding and batch axis.
        """
        ...

    def judge(self, records: Sequence[R]) -> Judged:
        """Compares the records of all that was asked with what the data expect.

        Args:
            records: what :meth:`record` returned, in the order of :attr:`asked`.
        """
        ...

    def difference(self, a: V, b: V) -> float:
        """How much the answers of two files differ on one example: 0 is not at all.

        Args:
            a: the example's row of one file's :attr:`Judged.values`.
            b: that of the other file.
        """
        ...


AnyKind = Kind[Any, Any]


def agreement(a: Judged, b: Judged) -> float | None:
    """The share of decisions that two files take alike; None where nothing is decided."""
    pairs = zip(a.decisions, b.decisions, strict=True)
    same = [x == y for left, right in pairs for x, y in zip(left, right, strict=True)]
    return sum(same) / len(same) if same else None
