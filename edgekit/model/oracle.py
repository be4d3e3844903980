"""PyTorch's own answers: the one place where the unmodified Transformers model is asked.

Proofs ask it one unpadded text at a time, benchmarks and evaluations as they ask any other file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from edgekit.errors import SourceError, first_line
from edgekit.model import tasks
from edgekit.model.head import Head
from edgekit.model.tasks import Task

if TYPE_CHECKING:
    from transformers import PreTrainedModel


@dataclass(frozen=True)
class Oracle:
    """A Transformers model, asked as its library asks it.

    Attributes:
        model: unmodified.
        task: what it is asked for.
        head: the steps after the model, of tasks that have some beyond Transformers' own.
        token_types: whether the model takes ``token_type_ids``.
    """

    model: PreTrainedModel
    task: Task
    head: Head
    token_types: bool

    def run(self, feed: Mapping[str, np.ndarray], *, double: bool = False) -> dict[str, np.ndarray]:
        """One inference.

        Args:
            feed: integer arrays of (batch, length), by the names of the inputs.
            double: compute the head in float64; the model itself always runs in float32.

        Returns:
            float32 arrays with a batch axis, by the names of the task's outputs.
        """
        import torch

        tensors = {name: torch.from_numpy(value).long() for name, value in feed.items()}
        with torch.inference_mode():
            outputs = tasks.output_values(self.task, self.model(**tensors, return_dict=True))
            if self.task.has_head:
                mask = tensors["attention_mask"]
                outputs = {
                    name: self.head.compute(value.double() if double else value, mask)
                    for name, value in outputs.items()
                }
        return {name: value.float().numpy() for name, value in outputs.items()}

    def answer(
        self,
        input_ids: Sequence[int],
        token_type_ids: Sequence[int] = (),
        attention_mask: Sequence[int] = (),
    ) -> dict[str, np.ndarray]:
        """The outputs of one unpadded text, without a batch axis.

        Args:
            input_ids: the text's tokens, special ones included.
            token_type_ids: as many; all 0 where none are given.
            attention_mask: as many; all 1 where none are given.
        """
        count = len(input_ids)
        feed = {"input_ids": input_ids, "attention_mask": attention_mask or (1,) * count}
        if self.token_types:
            feed["token_type_ids"] = token_type_ids or (0,) * count
        arrays = {name: np.array([values], np.int64) for name, values in feed.items()}
        return {name: value[0] for name, value in self.run(arrays, double=True).items()}

    def try_out(self, length: int) -> None:
        """Runs the model once, so that its own errors are not taken for edgekit's.

        Args:
            length: of a made-up text, in tokens.

        Raises:
            SourceError: the model does not run.
        """
        try:
            self.answer((1,) * length)
        except Exception as error:
            raise SourceError(
                f"Transformers itself cannot run this model: {first_line(error)}: is its config "
                "right?"
            ) from error
