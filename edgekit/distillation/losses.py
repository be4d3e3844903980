"""The parts of the losses, each as this process's share of the whole step's.

A part is a sum over some rows or tokens, divided by the count over the whole step: the shares of
all micro batches and processes add up to the same number however the step was divided.

Sources: Hinton et al. 2015 (arXiv 1503.02531) for soft targets, whose gradients shrink with the
square of the temperature and are scaled back by it; Sanh et al. 2019 (arXiv 1910.01108) for the
triple loss.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch.nn import functional

from edgekit.distillation import objectives
from edgekit.distillation.learner import VECTOR, Outputs, hidden
from edgekit.model.tasks import Task

_NEVER = -1e4  # the logit of a token of padding: its probability is 0, and no product is NaN
_MULTI, _REGRESSION = "multi_label_classification", "regression"


@dataclass(frozen=True)
class Given:
    """What the losses of one micro batch are made of.

    Attributes:
        student: its outputs, by name.
        teacher: its outputs; empty where no part of the loss needs it.
        mask: (rows, length), 0 where there is padding.
        chosen: (rows, length) bool, as of :class:`edgekit.distillation.batches.Micro`.
        labels: as of the same.
        rows: examples of the whole step, over all processes.
        tokens: of the whole step, without padding.
        chosen_count: chosen tokens of the whole step.
    """

    student: Outputs
    teacher: Outputs
    mask: torch.Tensor
    chosen: torch.Tensor | None
    labels: torch.Tensor | None
    rows: int
    tokens: int
    chosen_count: int


@dataclass(frozen=True)
class Losses:
    """The loss of an objective for a task: its parts, and their sum by weights.

    ``taps`` is how many hidden states are compared.
    """

    task: Task
    weights: Mapping[str, float]
    temperature: float
    taps: int

    def parts(self, given: Given) -> dict[str, torch.Tensor]:
        """Each part of the loss by its name, a scalar that is not weighted yet.

        Parts of weight 0 are left out.
        """
        return {name: _PARTS[name](self, given) for name, weight in self.weights.items() if weight}

    def total(self, parts: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """The sum of the parts, each times its weight."""
        return torch.stack([self.weights[name] * value for name, value in parts.items()]).sum()

    @property
    def needs_teacher(self) -> bool:
        """Whether any part asks the teacher."""
        hard = {objectives.LABEL, objectives.MLM}
        return any(weight and name not in hard for name, weight in self.weights.items())


def _soft(losses: Losses, given: Given) -> torch.Tensor:
    """The part ``soft``: how far the student's softened distribution is from the teacher's.

    It is the mean over the task's outputs, such as start and end of an answer; each is computed in
    the way of the task, by the table ``_SOFT``.
    """
    found = []
    for output in losses.task.outputs:
        ours, theirs = given.student[output.name], given.teacher[output.name]
        found.append(_SOFT[_way(losses.task)](losses, given, ours, theirs))
    return torch.stack(found).mean()


def _way(task: Task) -> str:
    """The key of the tables of losses: a problem type with a loss of its own, else the task."""
    return task.problem_type if task.problem_type in (_MULTI, _REGRESSION) else task.name


def _divergence(ours: torch.Tensor, theirs: torch.Tensor, temperature: float) -> torch.Tensor:
    """The Kullback-Leibler divergence of softened logits, (rows, labels) each, by row: (rows,)."""
    p = functional.log_softmax(theirs / temperature, -1)
    q = functional.log_softmax(ours / temperature, -1)
    return (p.exp() * (p - q)).sum(-1) * temperature**2


def _soft_rows(
    losses: Losses, given: Given, ours: torch.Tensor, theirs: torch.Tensor
) -> torch.Tensor:
    return _divergence(ours, theirs, losses.temperature).sum() / given.rows


def _soft_tokens(
    losses: Losses, given: Given, ours: torch.Tensor, theirs: torch.Tensor
) -> torch.Tensor:
    return _divergence(ours, theirs, losses.temperature).sum() / max(1, given.chosen_count)


def _soft_places(
    losses: Losses, given: Given, ours: torch.Tensor, theirs: torch.Tensor
) -> torch.Tensor:
    """The divergence over the places of a text, as start or end of an answer; padding is none."""
    away = given.mask == 0
    ours, theirs = (value.masked_fill(away, _NEVER) for value in (ours, theirs))
    return _soft_rows(losses, given, ours, theirs)


def _soft_several(
    losses: Losses, given: Given, ours: torch.Tensor, theirs: torch.Tensor
) -> torch.Tensor:
    """The cross entropy of each label's own probability with the teacher's.

    For texts that may have several labels.
    """
    target = (theirs / losses.temperature).sigmoid()
    each = functional.binary_cross_entropy_with_logits(
        ours / losses.temperature, target, reduction="none"
    )
    return each.mean(-1).sum() * losses.temperature**2 / given.rows


def _soft_numbers(
    losses: Losses, given: Given, ours: torch.Tensor, theirs: torch.Tensor
) -> torch.Tensor:
    return (ours - theirs).square().mean(-1).sum() / given.rows


_SOFT: Mapping[str, Callable[[Losses, Given, torch.Tensor, torch.Tensor], torch.Tensor]] = {
    "text-classification": _soft_rows,
    "fill-mask": _soft_tokens,
    "token-classification": _soft_tokens,
    "question-answering": _soft_places,
    _MULTI: _soft_several,
    _REGRESSION: _soft_numbers,
}


def _hard(losses: Losses, given: Given) -> torch.Tensor:
    """The part ``hard``: the loss against the data's labels, by the table ``_HARD``."""
    assert given.labels is not None
    return _HARD[_way(losses.task)](losses, given, given.labels)


def _hard_rows(losses: Losses, given: Given, labels: torch.Tensor) -> torch.Tensor:
    logits = given.student["logits"]
    return functional.cross_entropy(logits, labels, reduction="sum") / given.rows


def _hard_tokens(losses: Losses, given: Given, labels: torch.Tensor) -> torch.Tensor:
    """The cross entropy at the chosen tokens; the student gives logits of those alone."""
    found = functional.cross_entropy(given.student["logits"], labels[given.chosen], reduction="sum")
    return found / max(1, given.chosen_count)


def _hard_places(losses: Losses, given: Given, labels: torch.Tensor) -> torch.Tensor:
    """The cross entropy of start and end; windows where they are unknown (below 0) do not count.

    Args:
        losses: of the objective.
        given: with ``start_logits`` and ``end_logits``, (rows, length).
        labels: (rows, 2), the first and the last token of the answer.
    """
    away, found = given.mask == 0, []
    for column, output in enumerate(losses.task.outputs):
        logits = given.student[output.name].masked_fill(away, _NEVER)
        found.append(
            functional.cross_entropy(logits, labels[:, column], reduction="sum", ignore_index=-100)
        )
    return torch.stack(found).mean() / given.rows


def _hard_several(losses: Losses, given: Given, labels: torch.Tensor) -> torch.Tensor:
    logits = given.student["logits"]
    each = functional.binary_cross_entropy_with_logits(logits, labels.float(), reduction="none")
    return each.mean(-1).sum() / given.rows


def _hard_numbers(losses: Losses, given: Given, labels: torch.Tensor) -> torch.Tensor:
    return (given.student["logits"] - labels[:, None]).square().mean(-1).sum() / given.rows


_HARD: Mapping[str, Callable[[Losses, Given, torch.Tensor], torch.Tensor]] = {
    "text-classification": _hard_rows,
    "fill-mask": _hard_tokens,
    "token-classification": _hard_tokens,
    "question-answering": _hard_places,
    _MULTI: _hard_several,
    _REGRESSION: _hard_numbers,
}


def _cosine(losses: Losses, given: Given) -> torch.Tensor:
    """The part ``cosine``: 1 less the cosine of the student's and the teacher's vectors.

    The vectors are those of sentences, or of hidden states where the task has none.
    """
    if VECTOR not in given.student:
        return _hidden(losses, given)
    apart = 1 - (given.student[VECTOR] * given.teacher[VECTOR]).sum(-1)
    return apart.sum() / given.rows


def _hidden(losses: Losses, given: Given) -> torch.Tensor:
    """1 less the cosine of each token's hidden states, as a mean over tokens and taps."""
    found, real = [], given.mask.bool()
    for place in range(losses.taps):
        ours, theirs = given.student[hidden(place)], given.teacher[hidden(place)]
        found.append((1 - functional.cosine_similarity(ours, theirs, dim=-1))[real].sum())
    return torch.stack(found).mean() / given.tokens


def _similarity(losses: Losses, given: Given) -> torch.Tensor:
    """The part ``similarity``: the squared difference of the similarities of all pairs of texts.

    It is a mean over the pairs of the whole step, over all processes.
    """
    ours, theirs = _gathered(given.student[VECTOR]), _gathered(given.teacher[VECTOR])
    off = (ours @ ours.T - theirs @ theirs.T).square().mean()
    return off * len(given.student[VECTOR]) / given.rows


def _gathered(vectors: torch.Tensor) -> torch.Tensor:
    """The vectors of all processes, one behind the other; gradients flow back to each of them."""
    from torch import distributed

    if not (distributed.is_available() and distributed.is_initialized()):
        return vectors
    from torch.distributed.nn.functional import all_gather

    return torch.cat(list(all_gather(vectors)))  # type: ignore[no-untyped-call]


_PARTS: Mapping[str, Callable[[Losses, Given], torch.Tensor]] = {
    objectives.KL: _soft,
    objectives.LABEL: _hard,
    objectives.MLM: _hard,
    objectives.COSINE: _cosine,
    objectives.SIMILARITY: _similarity,
    objectives.HIDDEN: _hidden,
}
