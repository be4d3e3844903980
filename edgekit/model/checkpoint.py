"""A checked source becomes a PyTorch model and a tokenizer."""

from __future__ import annotations

from typing import Any

from edgekit.errors import SourceError, UnsupportedError, first_line
from edgekit.model.pooling import lowercases
from edgekit.model.source import SEED, Source
from edgekit.model.tasks import Task
from edgekit.tokens import tokenizer as tokenizers


def load_model(source: Source, task: Task) -> Any:
    """The unmodified Transformers model in float32 and evaluation mode, with the task's head.

    Raises:
        SourceError: the weights cannot be read, do not fit the config, are not finite, or lack the
            head that the task needs.
    """
    import torch
    import transformers

    auto = getattr(transformers, task.auto_class)
    if source.random_weights:
        torch.manual_seed(SEED)
        model = auto.from_config(_config(source), dtype=torch.float32)
    else:
        model = _pretrained(auto, source, task)
        _check_finite(model, source)
    if _ignores_pooler(task) and getattr(model, "pooler", None) is not None:
        model.pooler = torch.nn.Identity()  # not None: SqueezeBERT calls it without a look
    return model.eval()


def load_tokenizer(source: Source) -> Any | None:
    """The checkpoint's fast tokenizer, or None where it brings none.

    Raises:
        SourceError: its files cannot be read.
        UnsupportedError: it runs in Python only, so that no file can say what it does.
    """
    from transformers import AutoTokenizer

    if not source.has_tokenizer:
        return None
    try:
        tokenizer = AutoTokenizer.from_pretrained(
            source.folder, trust_remote_code=source.trust.trust_remote_code
        )
    except Exception as error:
        raise SourceError(
            f"the tokenizer of {source.origin} cannot be read: {first_line(error)}"
        ) from error
    if not tokenizer.is_fast:
        raise UnsupportedError(
            f"{type(tokenizer).__name__} runs in Python only: save the checkpoint with a fast "
            "tokenizer (tokenizer.json)"
        )
    if lowercases(source.folder):
        tokenizers.lowercase(tokenizer)
    return tokenizer


def labels(model: Any, task: Task) -> tuple[str, ...]:
    """The names of the task's labels, in the order of its logits; empty where it has none."""
    if not any("labels" in output.axes for output in task.outputs):
        return ()
    names = model.config.id2label
    return tuple(
        str(names.get(index, f"LABEL_{index}")) for index in range(model.config.num_labels)
    )


def _config(source: Source) -> Any:
    from transformers import CONFIG_MAPPING

    try:
        return CONFIG_MAPPING[source.family.model_type].from_dict(dict(source.config))
    except Exception as error:
        raise SourceError(
            f"the config of {source.origin} is not valid: {first_line(error)}"
        ) from error


def _ignores_pooler(task: Task) -> bool:
    """Checkpoints often lack a bare model's pooler, which none of its tasks reads.

    DeBERTa's classifier has one of the same name, which it does read.
    """
    return task.auto_class == "AutoModel"


def _pretrained(auto: Any, source: Source, task: Task) -> Any:
    import torch

    try:
        model, info = auto.from_pretrained(
            source.folder,
            dtype=torch.float32,
            use_safetensors=not source.trust.allow_pickle or None,
            trust_remote_code=source.trust.trust_remote_code,
            output_loading_info=True,
            ignore_mismatched_sizes=True,  # they are refused below, by name
        )
    except Exception as error:
        raise SourceError(
            f"the weights of {source.origin} cannot be loaded: {first_line(error)}"
        ) from error
    for name, stored, expected in sorted(info["mismatched_keys"]):
        raise SourceError(
            f"the weights of {source.origin} cannot be loaded: {name} is {tuple(stored)}, but "
            f"config.json makes it {tuple(expected)}"
        )
    unread = "pooler." if _ignores_pooler(task) else ()
    missing = sorted(key for key in info["missing_keys"] if not key.startswith(unread))
    if missing:
        raise SourceError(
            f"{source.origin} has no weights for {missing[0]}"
            f"{f' and {len(missing) - 1} more' if len(missing) > 1 else ''}: "
            f"it was not trained for {task.name}; name its own task with --task"
        )
    return model


def _check_finite(model: Any, source: Source) -> None:
    import torch

    for name, value in model.named_parameters():
        if not torch.isfinite(value).all():
            raise SourceError(f"the weights of {source.origin} hold NaN or infinity in {name}")
