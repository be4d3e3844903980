"""Which probes a file is tried on: the texts of :mod:`edgekit.tokens.texts`, and made-up ids."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from edgekit.errors import SourceError
from edgekit.model.oracle import Oracle
from edgekit.model.source import SEED
from edgekit.proof.probe import DECISION, QUIET, Probe, text_kind
from edgekit.tokens.encoded import Encoded
from edgekit.tokens.roles import Roles, shaped
from edgekit.tokens.texts import NO_ROLES, Case, cases
from edgekit.tokens.tokenizer import encode

if TYPE_CHECKING:
    from transformers import PretrainedConfig, PreTrainedTokenizerFast

_ROWS = 24  # tokens of a wide output that are kept: 512 x 30522 floats would be 62 MB a probe
_WIDE = 1024  # values of a token: a vocabulary's logits are wide, hidden states are not
_QUIET = (2, 8) * 6 + (8,) * 12  # tokens: a deep model is quiet in the shorter ones alone
_DRAWS = 400  # at most
_SHORT = 12  # tokens of a row that is meant to be cheap


@dataclass(frozen=True)
class ProbeInput:
    """A probe before PyTorch has answered.

    Without token types all of them are 0, and without an attention mask all of it is 1.
    """

    name: str
    kind: str
    input_ids: tuple[int, ...]
    token_type_ids: tuple[int, ...] = ()
    case: Case | None = None
    attention_mask: tuple[int, ...] = ()


@dataclass(frozen=True)
class ProbeIds:
    """The ids that made-up probes are drawn from.

    Attributes:
        size: of the vocabulary.
        pad_id: of [PAD].
        token_types: how many the model tells apart, 0 where it takes none.
    """

    size: int
    pad_id: int
    token_types: int

    @classmethod
    def of(cls, config: PretrainedConfig, token_types: bool) -> ProbeIds:
        """What a model with this config may be given.

        Args:
            config: tells the vocabulary and its padding.
            token_types: whether the model takes token types.
        """
        types = int(getattr(config, "type_vocab_size", 2)) if token_types else 0
        return cls(config.vocab_size, config.pad_token_id or 0, types)

    def row(self, rng: np.random.Generator, name: str, kind: str, length: int) -> ProbeInput:
        """A row of random ids, and of random token types where there are any."""
        ids = rng.integers(1, self.size, length).tolist()
        types = rng.integers(0, self.token_types, length).tolist() if self.token_types else ()
        return ProbeInput(name, kind, tuple(ids), tuple(types))


def made_up(vocabulary: ProbeIds, max_length: int, buckets: Sequence[int]) -> Iterator[ProbeInput]:
    """Rows of random ids at every length that matters, and rows meant to break things.

    Args:
        vocabulary: which ids there are.
        max_length: the most tokens of a row.
        buckets: the lengths that files of static shapes take: rows just fit, and just do not.
    """
    rng = np.random.default_rng(SEED)
    edges = {1, 2, 3, 17, max_length, *buckets, *(bucket - 1 for bucket in buckets)}
    for length in sorted(edge for edge in edges if 1 <= edge <= max_length):
        yield vocabulary.row(rng, f"{length} tokens", "length", length)
    short, pad = min(_SHORT, max_length), (vocabulary.pad_id,)
    first, second = (int(token) for token in rng.integers(1, vocabulary.size, 2))
    yield ProbeInput("all [PAD] but one", "adversarial", (first, *pad * (short - 1)))
    yield ProbeInput("one [PAD]", "adversarial", pad)
    yield ProbeInput("one token repeated", "adversarial", (second,) * min(40, max_length))
    ends = (0, vocabulary.size - 1) * short
    yield ProbeInput("ends of the vocabulary", "adversarial", ends[:short])
    for number, length in enumerate(_QUIET):
        yield vocabulary.row(rng, f"few tokens {number}", QUIET, min(length, max_length))


def decisive(vocabulary: ProbeIds, max_length: int) -> Iterator[ProbeInput]:
    """Short random rows, for tasks whose texts leave too few decisions to judge by."""
    rng = np.random.default_rng(SEED + 1)
    for number in range(_DRAWS):
        length = min(max_length, 2 + number % (_SHORT - 1))
        yield vocabulary.row(rng, f"decision {number}", DECISION, length)


def from_texts(
    tokenizer: PreTrainedTokenizerFast,
    max_length: int,
    vocabulary: ProbeIds,
    roles: Roles = NO_ROLES,
) -> Iterator[ProbeInput]:
    """The cases of :mod:`edgekit.tokens.texts` as rows of ids.

    Args:
        tokenizer: the checkpoint's.
        max_length: where texts are cut, in tokens.
        vocabulary: which ids the model has.
        roles: whose prompts are tried, and which fill rows up.

    Raises:
        SourceError: the tokenizer makes ids that the model has no embedding for.
    """
    for case in cases(max_length, tokenizer.truncation_side, roles):
        row = Encoded.of(encode(tokenizer, case))
        row = shaped(row, roles.of(case.role)) if case.role else row
        if max(row.input_ids, default=0) >= vocabulary.size:
            raise SourceError(
                f"the tokenizer makes id {max(row.input_ids)}, the model has {vocabulary.size}: "
                "they do not belong together"
            )
        if row.input_ids:
            kind = text_kind(row.attention_mask)
            ids, types, mask = row.input_ids, row.token_type_ids, row.attention_mask
            yield ProbeInput(case.name, kind, ids, types, case, mask)


def answer(oracle: Oracle, row: ProbeInput) -> Probe:
    """Asks the unmodified model about a row of ids, and keeps what it answers.

    Raises:
        SourceError: an output is NaN or infinite, or a sentence vector is all zeros.
    """
    outputs = oracle.answer(row.input_ids, row.token_type_ids, row.attention_mask)
    _check(row, outputs, vectors=oracle.task.makes_vectors)
    count = len(row.input_ids)
    per_token = [output.name for output in oracle.task.outputs if "length" in output.axes]
    wide = any(outputs[name].ndim > 1 and outputs[name].shape[1] > _WIDE for name in per_token)
    kept = np.unique(np.linspace(0, count - 1, _ROWS).astype(int)) if wide else np.arange(count)
    for name in per_token:
        outputs[name] = outputs[name][kept]
    types = row.token_type_ids or (0,) * count
    rows = tuple(map(int, kept))
    return Probe(
        row.name,
        row.kind,
        row.input_ids,
        types,
        rows,
        outputs,
        row.case,
        attention_mask=row.attention_mask,
    )


def _check(row: ProbeInput, outputs: Mapping[str, np.ndarray], *, vectors: bool) -> None:
    """Raises SourceError if PyTorch's outputs are not finite, or a sentence vector is all zeros."""
    for name, value in outputs.items():
        if not np.isfinite(value).all():
            raise SourceError(
                f"PyTorch's own {name} of {row.name!r} is NaN or infinite: nothing can be proven "
                "against it; mend the checkpoint"
            )
        # of padding alone, which no text is, a model without biases may well make zeros
        if vectors and row.kind != "adversarial" and not value.any():
            raise SourceError(
                f"PyTorch's own {name} of {row.name!r} is all zeros, which is similar to nothing: "
                "mend the checkpoint's Dense layers"
            )


def save(probes: Sequence[Probe], path: Path) -> None:
    """Writes probes for the other processes of one run of edgekit, as pickles.

    They are never read from anywhere else: a pickle can run code.
    """
    path.write_bytes(pickle.dumps(list(probes)))


def load(path: Path) -> list[Probe]:
    """The inverse of :func:`save`."""
    return list(pickle.loads(path.read_bytes()))
