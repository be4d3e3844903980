"""A model as distillation runs it: logits, hidden states after some layers, and sentence vectors.

The teacher and the student are both one; a student of another width has projections besides, which
are trained with it and are no part of what is saved, but for that of the sentence vector.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn import functional

from edgekit.model import tasks
from edgekit.model.head import Head
from edgekit.model.tasks import Task

if TYPE_CHECKING:
    from transformers import PreTrainedModel
    from transformers.modeling_outputs import BaseModelOutput

VECTOR = "vector"
_HIDDEN = "hidden_"
Outputs = Mapping[str, torch.Tensor]


@dataclass(frozen=True)
class Readout:
    """What is read off a model.

    ``taps`` are the places in Transformers' ``hidden_states`` (0 are the embeddings, ``i + 1`` is
    after layer ``i``); ``head`` is that of a task with sentence vectors, else None. ``types``
    says whether the model takes token types. ``project`` is the teacher's width where the
    student's is another.
    """

    task: Task
    taps: tuple[int, ...]
    head: Head | None
    types: bool
    project: int | None = None

    def by_token(self, name: str) -> bool:
        """Whether an output, or a tap's hidden state, has a value for each token of a text."""
        axes = {output.name: output.axes for output in self.task.outputs}
        return name.startswith(_HIDDEN) or "length" in axes.get(name, ())


def hidden(place: int) -> str:
    """The key of a :class:`Learner`'s outputs for the tap at ``place``: ``hidden_0``."""
    return f"{_HIDDEN}{place}"


class Learner(nn.Module):
    """Calls a Transformers model and returns what a :class:`Readout` names, in float32.

    The keys are the task's outputs, ``hidden_0``, ``hidden_1``, ... for the taps, and ``vector``,
    of length 1, for a task with sentence vectors.
    """

    def __init__(self, model: PreTrainedModel, readout: Readout) -> None:
        super().__init__()
        self.model, self.readout = model, readout
        self._chosen: torch.Tensor | None = None
        width, wanted = model.config.hidden_size, readout.project
        taps = readout.taps if wanted else ()
        self.projections = nn.ModuleList(nn.Linear(width, wanted or width) for _ in taps)
        vector = wanted and readout.head is not None
        self.to_vector = nn.Linear(width, wanted or width) if vector else None
        model.base_model.register_forward_hook(self._narrow)

    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        token_type_ids: torch.Tensor | None = None,
        chosen: torch.Tensor | None = None,
    ) -> dict[str, torch.Tensor]:
        """Runs the model.

        Args:
            input_ids: (rows, length) int64.
            attention_mask: (rows, length), 0 where there is padding.
            token_type_ids: (rows, length); left out for a model that takes none.
            chosen: (rows, length) bool: the head is run on these tokens only, and its outputs are
                (tokens, ...). None runs it on all, with outputs of (rows, length, ...).
        """
        types = {"token_type_ids": token_type_ids} if self.readout.types else {}
        self._chosen = chosen
        found = self.model(
            input_ids=input_ids,
            attention_mask=attention_mask,
            output_hidden_states=True,
            return_dict=True,
            **types,
        )
        self._chosen = None
        states = [found.hidden_states[tap] for tap in self.readout.taps]
        if self.projections:
            pairs = zip(self.projections, states, strict=True)
            states = [layer(state) for layer, state in pairs]
        outputs = {hidden(place): state.float() for place, state in enumerate(states)}
        if self.readout.head is not None:
            vector = self._vector(found.last_hidden_state, attention_mask, self.readout.head)
            return {**outputs, VECTOR: vector}
        values = tasks.output_values(self.readout.task, found)
        rows = {name: value[0] if chosen is not None else value for name, value in values.items()}
        return {**outputs, **{name: value.float() for name, value in rows.items()}}

    def _narrow(
        self, module: nn.Module, inputs: tuple[object, ...], output: BaseModelOutput
    ) -> BaseModelOutput:
        """Hands only the chosen tokens from the encoder to the head, as one row of their own.

        The head of a masked-language model costs more than a small encoder, and 85% of the tokens
        are not masked. Every family's head takes the encoder's first output and looks at each token
        by itself; the tests compare it for all of them.
        """
        if self._chosen is not None:
            output.last_hidden_state = output.last_hidden_state[self._chosen][None]
        return output

    def _vector(self, states: torch.Tensor, mask: torch.Tensor, head: Head) -> torch.Tensor:
        """Sentence vectors of length 1, (rows, width): the head's steps over hidden states.

        The steps are not trained; a projection to the teacher's width, which is, comes after the
        pooling.
        """
        pool, *steps = head.steps
        vector = pool.compute(states, mask)
        if self.to_vector is not None:
            vector = self.to_vector(vector)
        for step in steps:
            vector = step.compute(vector, mask)
        return functional.normalize(vector.float(), dim=-1)
