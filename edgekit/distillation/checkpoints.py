"""The state of a run on disk: whole or absent, kept by count, and nothing pickled.

A checkpoint is a folder ``checkpoint-STEP`` with the student's weights and the optimizer's moments
as safetensors. There is no state of a random generator: everything drawn is a function of the seed
and the step (:mod:`edgekit.distillation.batches`), so the step is all that has to be known.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors.torch import load_file, save_file
from torch.distributed.checkpoint.state_dict import (
    StateDictOptions,
    get_model_state_dict,
    get_optimizer_state_dict,
    set_model_state_dict,
    set_optimizer_state_dict,
)

from edgekit.errors import PlanError
from edgekit.staging import move, staging

if TYPE_CHECKING:
    from accelerate import Accelerator

_PREFIX = "checkpoint-"
_MODEL, _OPTIMIZER, _STATE = "model.safetensors", "optimizer.safetensors", "state.json"
_TO_MAIN = StateDictOptions(full_state_dict=True, cpu_offload=True)  # empty in other processes
_TO_ALL = StateDictOptions(full_state_dict=True)


@dataclass(frozen=True)
class Checkpoints:
    """The checkpoints of one training, each a folder below its own.

    ``facts`` are what a training that goes on must have in common with the one that wrote them.
    """

    folder: Path
    facts: Mapping[str, object]
    keep: int

    @property
    def steps(self) -> list[int]:
        """The steps after which whole checkpoints were written, rising."""
        found = (path.name.removeprefix(_PREFIX) for path in self.folder.glob(f"{_PREFIX}*"))
        return sorted(int(name) for name in found if name.isdecimal())

    def path(self, step: int) -> Path:
        """The folder of a checkpoint."""
        return self.folder / f"{_PREFIX}{step}"

    def save(
        self,
        step: int,
        model: torch.nn.Module,
        optimizer: torch.optim.Optimizer,
        accelerator: Accelerator,
    ) -> None:
        """Writes a checkpoint and then removes the oldest; every process has to call it.

        Raises:
            OutputError: it cannot be written.
        """
        weights: Any = get_model_state_dict(model, options=_TO_MAIN)
        moments: Any = get_optimizer_state_dict(model, optimizer, options=_TO_MAIN)
        if accelerator.is_main_process:
            self._write(step, _once(weights), moments["state"])
        accelerator.wait_for_everyone()

    def load(self, step: int, model: torch.nn.Module, optimizer: torch.optim.Optimizer) -> None:
        """Puts a checkpoint into a model and its optimizer; every process has to call it.

        Raises:
            PlanError: the checkpoint is of a run that asked for something else.
        """
        folder = self.path(step)
        self._check(json.loads((folder / _STATE).read_text("utf-8"))["facts"])
        weights: dict[str, torch.Tensor] = load_file(folder / _MODEL)
        own: Any = get_model_state_dict(model, options=_TO_ALL)
        set_model_state_dict(model, {**own, **_shared(own, weights)}, options=_TO_ALL)
        state: Any = get_optimizer_state_dict(model, optimizer, options=_TO_ALL)
        state["state"] = _nested(load_file(folder / _OPTIMIZER))
        set_optimizer_state_dict(model, optimizer, state, options=_TO_ALL)

    def weights(self, step: int, model: torch.nn.Module) -> None:
        """Puts the weights of a checkpoint into a model on the CPU that no library has wrapped."""
        model.load_state_dict(load_file(self.path(step) / _MODEL), strict=False)

    def _write(
        self, step: int, weights: Mapping[str, torch.Tensor], moments: Mapping[str, object]
    ) -> None:
        """Writes one checkpoint, whole or not at all, and removes the oldest beyond ``keep``."""
        target = self.path(step)
        with staging(target) as place:
            made = place / "checkpoint"
            made.mkdir()
            save_file(dict(weights), made / _MODEL)
            save_file(_flat(moments), made / _OPTIMIZER)
            state = {"step": step, "facts": dict(self.facts)}
            (made / _STATE).write_text(json.dumps(state, indent=1) + "\n", "utf-8")
            move(made, target)
        for old in self.steps[: -self.keep]:
            shutil.rmtree(self.path(old), ignore_errors=True)

    def _check(self, stored: Mapping[str, object]) -> None:
        """Raises PlanError if a checkpoint is of a run whose facts differ from this one's."""
        for name, value in json.loads(json.dumps(dict(self.facts))).items():
            if stored.get(name) != value:
                raise PlanError(
                    f"{self.folder} is of a run with {name} {stored.get(name)}, not {value}: ask "
                    "for the same, or start anew with --force"
                )


def _once(weights: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The weights, each tensor under one name: safetensors refuses several, as tied ones have."""
    found: dict[int, str] = {}
    for name, value in weights.items():
        found.setdefault(value.data_ptr(), name)
    names = set(found.values())
    return {name: value.contiguous() for name, value in weights.items() if name in names}


def _shared(
    own: Mapping[str, torch.Tensor], stored: Mapping[str, torch.Tensor]
) -> dict[str, torch.Tensor]:
    """The inverse of :func:`_once`: the stored tensors under all names that a model has for them.

    Args:
        own: the model's weights, where tied ones share their memory.
        stored: what was read.
    """
    by_place = {own[name].data_ptr(): value for name, value in stored.items()}
    return {name: by_place[value.data_ptr()] for name, value in own.items()}


def _flat(moments: Mapping[str, object]) -> dict[str, torch.Tensor]:
    """An optimizer's state as tensors named ``MOMENT/WEIGHT``, as safetensors wants it."""
    found = {}
    for name, values in moments.items():
        assert isinstance(values, Mapping)
        for key, value in values.items():
            found[f"{key}/{name}"] = torch.as_tensor(value).contiguous()
    return found


def _nested(flat: Mapping[str, torch.Tensor]) -> dict[str, dict[str, torch.Tensor]]:
    """The inverse of :func:`_flat`: by weight, its moments by name."""
    found: dict[str, dict[str, torch.Tensor]] = {}
    for name, value in flat.items():
        key, _, weight = name.partition("/")
        found.setdefault(weight, {})[key] = value
    return found
