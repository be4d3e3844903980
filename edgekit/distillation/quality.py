"""How good a model in memory is, by the measures of an evaluation, and how large and how fast."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from edgekit.distillation import batches
from edgekit.distillation.examples import TokenRows
from edgekit.distillation.learner import VECTOR, Learner
from edgekit.distillation.teachers import Live, Tensors
from edgekit.evaluation.judged import Judged
from edgekit.evaluation.kinds import ModelFacts
from edgekit.evaluation.ways import Prepared
from edgekit.stats import Interval, Samples, ratio
from edgekit.tokens.encoded import Prompt

_ROWS = 32  # of an inference, and between two words about how far it is
_OUTPUT_BYTES = 64 << 20  # that a batch's outputs may have: logits of a vocabulary are large
_ROUNDS, _WARM = 20, 3
Say = Callable[[str], None]
Row = dict[str, np.ndarray]  # a row's outputs by their names, without a batch axis


def judge(
    learner: Learner, prepared: Prepared, model: ModelFacts, pad_id: int, tick: Say
) -> Judged:
    """Asks a model about all evaluation examples and holds its answers against what is expected.

    Args:
        learner: the model.
        prepared: the evaluation data.
        model: what is known of the model's tokenizer and labels.
        pad_id: what rows are filled up with.
        tick: is told how far it is.

    Raises:
        DataError: a text that the task cannot take, with its place in the file.
    """
    prompts = [prepared.prompt(model.tokenizer, index) for index in range(len(prepared.kind.asked))]
    records: dict[int, Any] = {}
    for index, outputs in _answers(learner.eval(), prompts, pad_id):
        records[index] = prepared.kind.record(model.facts, index, prompts[index], outputs)
        if len(records) % _ROWS == 0:
            tick(f"evaluated {len(records)} of {len(prompts)}")
    return prepared.kind.judge([records[index] for index in range(len(prompts))])


def _answers(
    learner: Learner, prompts: Sequence[Prompt], pad_id: int
) -> Iterator[tuple[int, list[Row]]]:
    """Each example's index with the outputs of its rows, as soon as all of them have some.

    Logits are too large for all examples to be kept.
    """
    rows = [(index, row) for index, prompt in enumerate(prompts) for row in prompt.encodings]
    waiting: dict[int, dict[int, Row]] = defaultdict(dict)
    for place, values in _outputs(learner, TokenRows.of([row for _, row in rows]), pad_id):
        index = rows[place][0]
        waiting[index][place] = values
        if len(waiting[index]) == len(prompts[index].encodings):
            yield index, [found for _, found in sorted(waiting.pop(index).items())]


def _outputs(learner: Learner, rows: TokenRows, pad_id: int) -> Iterator[tuple[int, Row]]:
    """The place and the outputs of each row, without padding. Shorter rows come first."""
    device = next(learner.parameters()).device
    order = np.argsort(rows.lengths, kind="stable")
    while len(order):
        most = max(1, min(_ROWS, _OUTPUT_BYTES // _row_bytes(learner, int(rows.lengths[order[0]]))))
        some, order = order[:most], order[most:]
        micro = batches.plain(rows, some, pad_id)
        found = Live(learner).outputs(micro, Tensors.of(micro, device))
        for place, index in enumerate(some.tolist()):
            yield index, _row(learner, found, place, int(rows.lengths[index]))


def _row_bytes(learner: Learner, length: int) -> int:
    """How many bytes the logits of a row of ``length`` tokens take at most, in float32."""
    outputs = learner.readout.task.outputs
    wide = any("vocabulary" in output.axes for output in outputs)
    return 4 * length * (learner.model.config.vocab_size if wide else 1)


def _row(learner: Learner, found: Mapping[str, torch.Tensor], place: int, length: int) -> Row:
    """The task's outputs of one row, as an exported file would give them."""
    row = {}
    for output in learner.readout.task.outputs:
        pooled = learner.readout.head is not None
        value = found[VECTOR if pooled else output.name][place].cpu().numpy()
        row[output.name] = value[:length] if "length" in output.axes and not pooled else value
    return row


def speedup(teacher: Learner, student: Learner, length: int) -> Interval:
    """How many times faster a student is than its teacher.

    Both run one text at a time on one thread of this machine's CPU, in turns, so that what slows
    the machine down slows both.

    Args:
        teacher: the model that counts as 1.
        student: the other.
        length: tokens of the text.

    Returns:
        The ratio of the median latencies with its interval.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        samples: tuple[list[float], list[float]] = ([], [])
        for turn in range(_WARM + _ROUNDS):
            for model, kept in zip((teacher.model, student.model), samples, strict=True):
                started = time.perf_counter()
                with torch.inference_mode():
                    model(**_feed(model.config.vocab_size, length))
                if turn >= _WARM:
                    kept.append(1000 * (time.perf_counter() - started))
    finally:
        torch.set_num_threads(threads)
    return ratio(*(Samples(row) for row in samples), paired=True)


def _feed(vocabulary: int, length: int) -> dict[str, torch.Tensor]:
    """A text of random ids, (1, length), the same for the same sizes."""
    rng = torch.Generator().manual_seed(0)
    ids = torch.randint(min(5, vocabulary - 1), vocabulary, (1, length), generator=rng)
    return {"input_ids": ids, "attention_mask": torch.ones_like(ids)}


def parameters(learner: Learner) -> int:
    """How many numbers a model has, those that it uses twice counted once."""
    return sum(value.numel() for value in learner.model.parameters())


def size_bytes(learner: Learner) -> int:
    """How many bytes a model's weights take, those that it uses twice counted once."""
    model: Sequence[torch.Tensor] = list(learner.model.parameters())
    return sum(value.numel() * value.element_size() for value in model)
