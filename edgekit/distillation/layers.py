"""A student's weights: which of the teacher's layers it takes over, for any family.

The layers are found as the list of modules that is as long as the config says; a family whose
layers share weights (ALBERT) has a list of groups instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgekit.errors import PlanError, UnsupportedError, first_line
from edgekit.model import families
from edgekit.model.families import Family

if TYPE_CHECKING:
    import torch
    from transformers import PretrainedConfig, PreTrainedModel


@dataclass(frozen=True)
class Taken:
    """What of a student is the teacher's: how many weights, and the names of those that are not."""

    copied: int
    fresh: tuple[str, ...]


def shortened(
    teacher: PreTrainedModel, layers: Sequence[int], width: int | None, start: str, seed: int
) -> tuple[PreTrainedModel, Taken]:
    """A student of a teacher's own architecture, in evaluation mode.

    Args:
        teacher: with the head of its task.
        layers: those of the teacher that the student begins with, from 0.
        width: another hidden size, with which no weight can be taken over; None for the same.
        start: ``random`` leaves the layers as they were drawn.
        seed: what they are drawn from.

    Raises:
        PlanError: the architecture cannot have this width.
        UnsupportedError: no list of layers is found in the teacher.
    """
    import torch

    family = families.get(teacher.config.model_type)
    config = _config(teacher.config, family, layers)
    if width is not None:
        _widen(config, width)
    torch.manual_seed(seed)
    try:
        student = type(teacher)(config)
    except Exception as error:  # a config that a library's class refuses
        raise PlanError(f"no student of width {width} can be made: {first_line(error)}") from error
    if isinstance(getattr(teacher, "pooler", None), torch.nn.Identity):
        student.pooler = torch.nn.Identity()  # as the teacher's, which nothing reads
    taken = _copy(teacher, student, family, layers, start)
    return student.eval(), taken


def layer_list(model: torch.nn.Module, count: int) -> str:
    """The dotted name of the list of layers in a model, found by their number.

    Args:
        model: of Transformers.
        count: how many layers it has.

    Raises:
        UnsupportedError: it has no list of so many.
    """
    import torch

    for name, module in model.named_modules():
        if isinstance(module, torch.nn.ModuleList) and len(module) == count:
            return str(name)
    raise UnsupportedError(
        f"no list of {count} layers is found in {type(model).__name__}: it cannot be shortened"
    )


def _config(config: PretrainedConfig, family: Family, layers: Sequence[int]) -> PretrainedConfig:
    """The teacher's config for another number of layers.

    Lists that have an entry for each of the teacher's layers keep those of the layers taken over.
    """
    found = deepcopy(config)
    count = config.num_hidden_layers
    for key, value in config.to_dict().items():
        if "layer" in key and isinstance(value, list | tuple) and len(value) == count:
            setattr(found, key, [value[place] for place in layers])
    found.num_hidden_layers = len(layers)
    if family.groups:
        groups = _groups(config, family, layers)
        setattr(found, family.groups, 1 if len(set(groups)) == 1 else len(layers))
    return found


def _widen(config: PretrainedConfig, width: int) -> None:
    """Gives a config another hidden size; heads keep their size and change in number.

    Raises:
        PlanError: the width is no multiple of the size of a head.
    """
    hidden, heads = config.hidden_size, config.num_attention_heads
    each = hidden // heads
    if width < each or width % each:
        raise PlanError(f"--width {width}: give a multiple of {each}, the size of a head")
    config.intermediate_size = max(1, round(config.intermediate_size * width / hidden))
    config.num_attention_heads = width // each
    config.hidden_size = width
    if getattr(config, "pooler_hidden_size", None) == hidden:
        config.pooler_hidden_size = width


def _groups(config: PretrainedConfig, family: Family, layers: Sequence[int]) -> list[int]:
    """The number of the weight group of each of the layers, as ALBERT shares weights in groups."""
    count = getattr(config, family.groups or "")
    return [place * count // config.num_hidden_layers for place in layers]


def _copy(
    teacher: PreTrainedModel,
    student: PreTrainedModel,
    family: Family,
    layers: Sequence[int],
    start: str,
) -> Taken:
    """Copies the weights that a student takes over, and tells which they are.

    Args:
        teacher: which they come from.
        student: which is changed.
        family: the architecture.
        layers: of the teacher, from 0, in the order of the student's.
        start: ``random`` copies no layer, but embeddings and head.
    """
    import torch

    places: Sequence[int] = layers
    count = teacher.config.num_hidden_layers
    if family.groups:
        places, count = (
            _groups(teacher.config, family, layers),
            getattr(teacher.config, family.groups),
        )
    prefix = layer_list(teacher, count)
    known, copied, fresh = teacher.state_dict(), 0, []
    with torch.no_grad():
        for name, value, origin, in_layer in _pairs(student, prefix, places):
            found = known.get(origin)
            if found is None or found.shape != value.shape or (in_layer and start == "random"):
                fresh.append(name)
            else:
                value.copy_(found)
                copied += 1
    return Taken(copied, tuple(fresh))


def _pairs(
    student: PreTrainedModel, prefix: str, places: Sequence[int]
) -> Iterator[tuple[str, torch.Tensor, str, bool]]:
    """Pairs each weight of the student with the one of the teacher that it may begin as.

    Args:
        student: the model.
        prefix: the dotted name of its list of layers.
        places: for each of the student's layers, the teacher's layer or weight group.

    Yields:
        The weight's name, its tensor, the teacher's name for it, and whether it is in a layer.
    """
    inside = re.compile(rf"{re.escape(prefix)}\.(\d+)\.(.+)")
    for name, value in student.state_dict().items():
        match = inside.fullmatch(name)
        if match is None:
            yield name, value, name, False
        else:
            yield name, value, f"{prefix}.{places[int(match[1])]}.{match[2]}", True
