"""The trained student as a folder that Transformers, or sentence-transformers, opens."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from edgekit.distillation.learner import Learner
from edgekit.model.head import Dense, Head, Normalize, Pool
from edgekit.staging import move, staging

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

_MODULES = "sentence_transformers.models."
_FLAGS = {"cls": "cls_token", "mean": "mean_tokens", "max": "max_tokens"}  # as older releases read


def save(learner: Learner, tokenizer: PreTrainedTokenizerFast, length: int, out: Path) -> None:
    """Writes the student, at once or not at all, in place of one that stands there.

    Args:
        learner: the student on the CPU.
        tokenizer: its own.
        length: the most tokens of a text, as its files say it.
        out: the folder.

    Raises:
        OutputError: it cannot be written.
    """
    from transformers.utils.logging import disable_progress_bar

    with staging(out) as place:
        made = place / "student"
        disable_progress_bar()
        learner.model.save_pretrained(made)
        backend = tokenizer.backend_tokenizer
        backend.no_truncation()
        backend.no_padding()
        tokenizer.save_pretrained(made)
        if learner.readout.head is not None:
            _modules(learner, learner.readout.head, length, made)
        move(made, out)


def saves(head: Head) -> bool:
    """Whether sentence-transformers has files for all the steps of a head."""
    pool, *steps = head.steps
    plain = isinstance(pool, Pool) and len(pool.modes) == 1 and pool.modes[0] in _FLAGS
    return plain and all(isinstance(step, Dense | Normalize) for step in steps)


def _modules(learner: Learner, head: Head, length: int, folder: Path) -> None:
    """Writes sentence-transformers' files: the list of modules, their settings and weights."""
    width = learner.model.config.hidden_size
    rows = [("", "Transformer"), ("1_Pooling", "Pooling")]
    flags = {f"pooling_mode_{flag}": mode == str(head.steps[0]) for mode, flag in _FLAGS.items()}
    _json(folder / "1_Pooling" / "config.json", {"word_embedding_dimension": width, **flags})
    if learner.to_vector is not None:
        rows.append(("2_Dense", "Dense"))
        layer = learner.to_vector
        _dense(layer.weight.detach(), layer.bias.detach(), "Identity", folder / "2_Dense")
    for step in head.steps[1:]:
        name = f"{len(rows)}_{type(step).__name__}"
        rows.append((name, type(step).__name__))
        if isinstance(step, Dense):
            arrays = torch.from_numpy(step.weight), torch.from_numpy(step.bias)
            _dense(*arrays, step.activation, folder / name)
    modules = [
        {"idx": index, "name": str(index), "path": path, "type": _MODULES + kind}
        for index, (path, kind) in enumerate(rows)
    ]
    _json(folder / "modules.json", modules)
    _json(folder / "sentence_bert_config.json", {"max_seq_length": length, "do_lower_case": False})


def _dense(weight: torch.Tensor, bias: torch.Tensor, activation: str, folder: Path) -> None:
    """Writes one Dense module: its config and its weights.

    Args:
        weight: (out, in) float32.
        bias: (out,) float32.
        activation: a class of torch.nn.
        folder: the module's.
    """
    from safetensors.torch import save_file

    weights = {"linear.weight": weight.contiguous(), "linear.bias": bias.contiguous()}
    out_features, in_features = weight.shape
    module = "linear" if activation == "Identity" else "activation"
    _json(
        folder / "config.json",
        {
            "in_features": in_features,
            "out_features": out_features,
            "bias": True,
            "activation_function": f"torch.nn.modules.{module}.{activation}",
        },
    )
    save_file(weights, folder / "model.safetensors")


def _json(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
