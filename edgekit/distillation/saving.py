"""The trained student as a folder that Transformers, or sentence-transformers, opens."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from edgekit.distillation.learner import Learner
from edgekit.model.pooling import MODES, Pooling
from edgekit.staging import publish, staging

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedTokenizerFast

_MODULES = "sentence_transformers.models."
_FLAGS = {"cls": "cls_token", "mean": "mean_tokens", "max": "max_tokens"}


def save(
    learner: Learner, tokenizer: PreTrainedTokenizerFast, length: int, out: Path, *, force: bool
) -> None:
    """Writes the student, at once or not at all.

    Args:
        learner: the student on the CPU.
        tokenizer: its own.
        length: the most tokens of a text, as its files say it.
        out: the folder.
        force: replace what stands there.

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
        if learner.reading.pooling is not None:
            _modules(learner, learner.reading.pooling, length, made)
        publish(made, out, force=force)


def _modules(learner: Learner, pooling: Pooling, length: int, folder: Path) -> None:
    """sentence-transformers' files: what each module is, and the settings and weights of each."""
    width = learner.model.config.hidden_size
    rows = [("", "Transformer"), ("1_Pooling", "Pooling")]
    flags = {f"pooling_mode_{_FLAGS[mode]}": mode == pooling.mode for mode in MODES}
    _json(folder / "1_Pooling" / "config.json", {"word_embedding_dimension": width, **flags})
    layers = [
        (layer, row.activation) for layer, row in zip(learner.dense, pooling.dense, strict=True)
    ]
    if learner.to_vector is not None:
        layers.insert(0, (learner.to_vector, "Identity"))
    for layer, activation in layers:
        name = f"{len(rows)}_Dense"
        rows.append((name, "Dense"))
        _dense(layer, activation, folder / name)
    if pooling.normalize:
        rows.append((f"{len(rows)}_Normalize", "Normalize"))
    modules = [
        {"idx": index, "name": str(index), "path": path, "type": _MODULES + kind}
        for index, (path, kind) in enumerate(rows)
    ]
    _json(folder / "modules.json", modules)
    _json(folder / "sentence_bert_config.json", {"max_seq_length": length, "do_lower_case": False})


def _dense(layer: torch.nn.Module, activation: str, folder: Path) -> None:
    from safetensors.torch import save_file

    weights = {f"linear.{name}": value.contiguous() for name, value in layer.state_dict().items()}
    out_features, in_features = weights["linear.weight"].shape
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
