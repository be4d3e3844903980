"""A checked source becomes a PyTorch model and a tokenizer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from edgekit.errors import SourceError, UnsupportedError, first_line
from edgekit.model import adapters, late_interaction, role_facts, weights
from edgekit.model import config as configs
from edgekit.model.sentence_encoder import lowercases
from edgekit.model.source import SEED, Source
from edgekit.model.tasks import Task
from edgekit.tokens import tokenizer as tokenizers

if TYPE_CHECKING:
    from transformers import PreTrainedConfig, PreTrainedModel, PreTrainedTokenizerFast

# Weights that no task's answer is made of: buffers that older releases saved, and what BERT's
# pretraining and bare models leave behind.
_HARMLESS = re.compile(
    r"(^|\.)("
    r"position_ids|token_type_ids|inv_freq|relative_position_index|"
    r"pooler\..*|seq_relationship\..*|cls\.seq_relationship\..*|num_batches_tracked"
    r")$"
)
# What a training loop around the model puts before the name of every weight.
_WRAPPERS = {r"^(?:(?:module|_orig_mod|_fsdp_wrapped_module)\.)+": ""}
# Settings of the machine that a model was trained on, and what it shall return: no answer changes.
_SETTINGS = {
    *("attn_implementation", "_attn_implementation", "_attn_implementation_internal"),
    *("output_attentions", "output_hidden_states", "chunk_size_feed_forward"),
}
_NOWHERE = "no-adapter"  # the folder in which Transformers shall look for one


def load_model(source: Source, task: Task) -> PreTrainedModel:
    """The unmodified Transformers model in float32 and evaluation mode, with the task's head.

    A PEFT adapter that lies beside the weights is merged into them.

    Raises:
        SourceError: the weights cannot be read, do not fit the config, are not finite, lack the
            head that the task needs, or hold more than the model has a place for.
        MissingExtraError: there is an adapter, and PEFT is not installed.
    """
    import torch
    import transformers

    auto = getattr(transformers, task.auto_class)
    if source.random_weights:
        torch.manual_seed(SEED)
        model = _random(auto, source)
    else:
        model = _pretrained(auto, source, task)
        if source.adapter:
            model = adapters.merged(model, source)
        _check_finite(model, source)
    if _ignores_pooler(task) and getattr(model, "pooler", None) is not None:
        model.pooler = torch.nn.Identity()  # not None: SqueezeBERT calls it without a look
    return model.eval()


def load_tokenizer(source: Source) -> PreTrainedTokenizerFast | None:
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
            source.encoder, trust_remote_code=source.trust.trust_remote_code
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
    if lowercases(source.encoder):
        tokenizers.lowercase(tokenizer)
    role_facts.mark(tokenizer, late_interaction.markers(source.folder))
    return tokenizer


def check_vocabulary(tokenizer: PreTrainedTokenizerFast, model: PreTrainedModel) -> None:
    """Refuses a tokenizer that can make an id which the model has no embedding for.

    Raises:
        SourceError: naming the token, and how many embeddings there are.
    """
    rows = model.get_input_embeddings().weight.shape[0]
    beyond = {token: id_ for token, id_ in tokenizer.get_vocab().items() if id_ >= rows}
    if beyond:
        token = min(beyond, key=beyond.__getitem__)
        raise SourceError(
            f"the tokenizer and the model do not belong together: {token!r} has id "
            f"{beyond[token]}, and the model has {rows} embeddings: train it after "
            "model.resize_token_embeddings(len(tokenizer)), or take the token out"
        )


def labels(model: PreTrainedModel, task: Task) -> tuple[str, ...]:
    """The names of the task's labels, in the order of its logits; empty where it has none."""
    if not task.has_labels:
        return ()
    names = model.config.id2label
    return tuple(str(names[index]) for index in range(model.config.num_labels))


def _random(auto: type[PreTrainedModel], source: Source) -> PreTrainedModel:
    """A model of the source's config with random weights; the caller has seeded torch."""
    import torch

    config = _config(source)
    try:
        return auto.from_config(config, dtype=torch.float32)
    except Exception as error:
        raise SourceError(
            f"Transformers cannot make a model of the config of {source.origin}: "
            f"{first_line(error)}"
        ) from error


def _config(source: Source) -> PreTrainedConfig:
    """The source's config as Transformers reads it, without settings of the training machine."""
    from transformers import CONFIG_MAPPING

    values = {name: value for name, value in source.config.items() if name not in _SETTINGS}
    try:
        return CONFIG_MAPPING[source.family.model_type].from_dict(values)
    except Exception as error:
        raise SourceError(
            f"the config of {source.origin} is not valid: {first_line(error)}"
        ) from error


def _ignores_pooler(task: Task) -> bool:
    """Whether missing weights of a pooler do not matter for a task.

    Checkpoints often lack a bare model's pooler, which none of its tasks reads. DeBERTa's
    classifier has one of the same name, which it does read.
    """
    return task.headless


def _pretrained(auto: type[PreTrainedModel], source: Source, task: Task) -> PreTrainedModel:
    """A model of Transformers' class ``auto`` with the source's weights, in float32.

    Raises:
        SourceError: a weight is missing, of another shape, or without a place in the model.
    """
    import torch

    own = {} if source.own_code else {"config": _config(source)}
    try:
        model, info = auto.from_pretrained(
            source.encoder,
            dtype=torch.float32,
            use_safetensors=not source.trust.allow_pickle or None,
            trust_remote_code=source.own_code,
            variant=source.variant,
            key_mapping=_WRAPPERS,
            adapter_kwargs={"subfolder": _NOWHERE},
            output_loading_info=True,
            ignore_mismatched_sizes=True,  # they are refused below, by name
            **own,
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
    _check_missing(info, model.base_model_prefix, source, task)
    if not source.trust.unused_weights:
        _check_unused(info["unexpected_keys"], source, task)
    return model


def _check_missing(
    info: Mapping[str, Iterable[str]], prefix: str, source: Source, task: Task
) -> None:
    """Refuses a checkpoint that lacks weights of the model, and tells the likeliest reason.

    Args:
        info: what ``from_pretrained`` reports with ``output_loading_info``.
        prefix: what the names of the encoder's weights begin with, like ``bert``.
        source: the checkpoint.
        task: whose model was loaded.

    Raises:
        SourceError: a weight is missing.
    """
    unread = "pooler." if _ignores_pooler(task) else ()
    missing = sorted(key for key in info["missing_keys"] if not key.startswith(unread))
    if not missing:
        return
    encoder = [key for key in missing if task.headless or key.startswith(f"{prefix}.")]
    part = "" if encoder else missing[0].rpartition(".")[0]
    others = sorted(key for key in info["unexpected_keys"] if key.startswith(part))
    shard = weights.listed_in(source.encoder, missing[0])
    if shard is not None:
        why = f"they are to be in {shard}, and are not: download that file again"
    elif others:
        why = (
            f"its weights have other names, such as {others[0]}: take off what was put around "
            "the Transformers model or its layers, and save it with save_pretrained()"
        )
    elif encoder:
        why = "a part of the encoder is not there: download the checkpoint again"
    else:
        why = f"it was not trained for {task.name}; name its own task with --task"
    raise SourceError(f"{source.origin} has no weights for {_named(encoder or missing)}: {why}")


def _check_unused(keys: Iterable[str], source: Source, task: Task) -> None:
    """Refuses trained weights that the model of the task has no place for.

    A bare encoder leaves out the head of the checkpoint's own class: that is what was asked for.

    Args:
        keys: names of weights in the files that the model did not take.
        source: the checkpoint.
        task: whose model was loaded.

    Raises:
        SourceError: there are some.
    """
    unused = {key for key in keys if not _HARMLESS.search(key)}
    if unused and task.headless:
        unused -= _own_keys(source)
    if task.has_head and late_interaction.is_stanford(source.folder):
        unused -= {late_interaction.PROJECTION}
    if unused:
        code = " (its own code, auto_map, may: --trust-remote-code)"
        raise SourceError(
            f"no {source.family.model_type} model for {task.name} reads {_named(sorted(unused))} "
            f"of {source.origin}{code if source.config.get('auto_map') else ''}: its answers "
            "would be others than those it was trained for. Pass --allow-unused-weights to leave "
            "them out"
        )


def _own_keys(source: Source) -> set[str]:
    """The names of the weights that a model of the class in the config has, with its head."""
    import torch
    import transformers

    names = configs.texts(source.config, "architectures")
    made = getattr(transformers, names[0], None) if names else None
    if made is None:
        return set()
    with torch.device("meta"):
        return set(made(_config(source)).state_dict())


def _named(keys: list[str]) -> str:
    return f"{keys[0]}{f' and {len(keys) - 1} more' if len(keys) > 1 else ''}"


def _check_finite(model: PreTrainedModel, source: Source) -> None:
    """Raises SourceError if a weight is NaN or infinite."""
    import torch

    for name, value in model.named_parameters():
        if not torch.isfinite(value).all():
            raise SourceError(f"the weights of {source.origin} hold NaN or infinity in {name}")
