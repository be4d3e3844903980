"""Fill mask: the share of masked tokens that are found again.

Data either have masks in their texts, with a column that says what stood there, or are plain texts:
then tokens are masked by chance, the same for every file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypedDict

import numpy as np
from msgspec import structs

from edgekit.data.row import Row
from edgekit.data.table import Data
from edgekit.errors import DataError, InputError
from edgekit.evaluation import measures
from edgekit.evaluation.judged import Example, Judged
from edgekit.evaluation.kinds import EvaluationOptions, ModelFacts
from edgekit.postprocess import TOP, Facts, Outputs, answer
from edgekit.postprocess.masks import FilledMasks
from edgekit.stats import SEED
from edgekit.tokens.encoded import Encoded, Prompt
from edgekit.tokens.encoding import Tokenizer

MASKED = 0.15  # of a plain text's tokens, as BERT was trained; at least one
Right = tuple[tuple[int, ...], ...]  # of each mask, the vocabulary's entries that are right


class MaskRecord(TypedDict):
    """Of each mask the ids of the entries that are right, and of the likeliest ones."""

    right: list[list[int]]
    found: list[list[int]]


@dataclass(frozen=True)
class Masks:
    """Texts in which a masked language model fills masks.

    ``given`` are the right entries of each text's masks; None where masks are made here.
    """

    model: ModelFacts
    examples: tuple[Example, ...]
    given: tuple[Right, ...] | None

    @property
    def asked(self) -> Sequence[Example]:
        """The examples themselves."""
        return self.examples

    def prompt(self, tokenizer: Tokenizer, index: int) -> Prompt:
        """The row of a text with its masks, which are made here where the text has none."""
        prompt = self._plain(index)
        masked, right = self._masked(index, prompt.encodings[0])
        places = _places(masked, self._mask_id)
        if len(places) != len(right):
            raise InputError(
                f"the text has {len(places)} masks and {len(right)} answers within the "
                f"{len(masked)} tokens that fit: give each {tokenizer.token(self._mask_id)} one"
            )
        return replace(prompt, encodings=(masked,))

    def record(self, facts: Facts, index: int, prompt: Prompt, outputs: Outputs) -> MaskRecord:
        """The ids that are right at each mask, and the likeliest ones there."""
        _, right = self._masked(index, self._plain(index).encodings[0])
        found = answer(facts, prompt, outputs, TOP)
        assert isinstance(found, FilledMasks)
        ids = [[filler.token_id for filler in mask.fillers] for mask in found.masks]
        return {"right": [list(some) for some in right], "found": ids}

    def judge(self, records: Sequence[MaskRecord]) -> Judged:
        """How often the right entry is the likeliest, and among the five likeliest."""
        masks = np.array([len(row["right"]) for row in records])
        first, any_of = (np.array([_hits(row, best) for row in records]) for best in (1, TOP))
        found = [tuple(ids[0] for ids in row["found"]) for row in records]
        token = self.model.tokenizer.token
        return Judged(
            (
                measures.ratio("accuracy", first, masks),
                measures.ratio(f"accuracy_top{TOP}", any_of, masks),
            ),
            (),
            found,
            [" ".join(map(token, ids)) for ids in found],
            found,
        )

    def difference(self, a: Sequence[int], b: Sequence[int]) -> float:
        """The share of masks that are filled otherwise."""
        return float(np.mean([x != y for x, y in zip(a, b, strict=True)]))

    @property
    def _mask_id(self) -> int:
        return self.model.facts.mask_id or 0

    def _plain(self, index: int) -> Prompt:
        """The row of a text as it stands in the data."""
        return self.model.tokenizer.prompt("fill-mask", *self.examples[index].texts)

    def _masked(self, index: int, encoded: Encoded) -> tuple[Encoded, Right]:
        """Masks tokens of a row whose text has no mask.

        Args:
            index: of the example: the same ones are masked in every run.
            encoded: the row.

        Returns:
            The row with its masks, and the id that is right at each.
        """
        if self.given is not None:
            return encoded, self.given[index]
        own = [place for place, text in enumerate(encoded.sequence_ids) if text is not None]
        rng = np.random.default_rng([SEED, index])
        count = max(1, round(MASKED * len(own)))
        chosen = sorted(rng.choice(own, count, replace=False).tolist())
        ids = list(encoded.input_ids)
        for place in chosen:
            ids[place] = self._mask_id
        right = tuple((encoded.input_ids[place],) for place in chosen)
        return structs.replace(encoded, input_ids=tuple(ids)), right


def build(data: Data, model: ModelFacts, options: EvaluationOptions) -> tuple[Masks, list[str]]:
    """Reads texts with masks and what stood there, or plain texts, in which masks are made.

    Args:
        data: the file with its columns.
        model: has the vocabulary.
        options: play no part.

    Returns:
        The examples, and sentences about what was assumed.

    Raises:
        DataError: a text is none, an answer is no entry of the vocabulary, or the model has no
            mask.
    """
    if model.facts.mask_id is None:
        raise DataError("the bundle's tokenizer has no mask token: masks cannot be filled")
    rows = data.table.rows
    texts = [data.text(row, "text") for row in rows]
    if "label" not in data.columns.names:
        made = tuple(
            Example(row.place, (text,), "the tokens that were masked")
            for row, text in zip(rows, texts, strict=True)
        )
        return Masks(model, made, None), [f"{MASKED:.0%} of the tokens are masked, by chance"]
    answers = [data.text(row, "label").split() for row in rows]
    given = tuple(_right(data, row, model, some) for row, some in zip(rows, answers, strict=True))
    examples = tuple(
        Example(row.place, (text,), " ".join(some))
        for row, text, some in zip(rows, texts, answers, strict=True)
    )
    return Masks(model, examples, given), []


def _right(data: Data, row: Row, model: ModelFacts, answers: Sequence[str]) -> Right:
    """The ids that are right at each mask.

    DataError if an answer is no single entry of the vocabulary.
    """
    known = (model.tokenizer.entries(text) for text in answers)
    found = [tuple(entry for entry in some if entry != model.unknown_id) for some in known]
    for text, entries in zip(answers, found, strict=True):
        if not entries:
            raise data.table.error(
                row, f"'{text}' is no single entry of the vocabulary: no mask can be filled with it"
            )
    return tuple(found)


def _places(encoded: Encoded, mask_id: int) -> list[int]:
    rows = zip(encoded.input_ids, encoded.sequence_ids, strict=True)
    return [place for place, (id_, text) in enumerate(rows) if text is not None and id_ == mask_id]


def _hits(record: MaskRecord, best: int) -> int:
    """At how many masks one of the ``best`` likeliest entries is right."""
    pairs = zip(record["right"], record["found"], strict=True)
    return sum(bool(set(right) & set(found[:best])) for right, found in pairs)
