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
from edgekit.evaluation.judged import Example, Judged
from edgekit.postprocess import Facts, Outputs
from edgekit.tokens.encoded import Prompt
from edgekit.tokens.encoding import Tokenizer


@dataclass(frozen=True)
class EvaluationOptions:
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
        """The facts that an opened bundle's manifest and tokenizer tell."""
        tokenizer = Tokenizer.of(bundle)
        unknown = bundle.manifest.special_token("unk_token")
        return cls(Facts.of(bundle, tokenizer.token), tokenizer, unknown)


R = TypeVar("R")
V = TypeVar("V", contravariant=True)


class Kind(Protocol[R, V]):
    """One way of evaluating, filled with data.

    ``R`` is what is kept of one answer, as JSON has it; ``V`` is what two files are compared by.
    """

    @property
    def examples(self) -> Sequence[Example]:
        """What the data hold, in the order of the file."""
        ...

    @property
    def asked(self) -> Sequence[Example]:
        """What the model is asked: mostly :attr:`examples`; retrieval asks for more texts."""
        ...

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
