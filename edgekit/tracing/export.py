"""From an unmodified Transformers model to a graph that phones can run.

Two public hooks of Transformers (``AttentionInterface``, ``AttentionMaskInterface``) give every
encoder the same attention: one fused op and a finite additive mask made once. No NaN guards, no
control flow, no 64-bit arithmetic, and nothing below -1e4, which float16 can hold.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch.export import Dim, ExportedProgram
from transformers import AttentionInterface, AttentionMaskInterface, PreTrainedModel
from transformers.masking_utils import bidirectional_mask_function

from edgekit.errors import ConversionError, first_line
from edgekit.model import families, tasks
from edgekit.model.families import Family
from edgekit.model.head import Head
from edgekit.model.tasks import Task
from edgekit.signature import Signature
from edgekit.tracing import graph, rewrites
from edgekit.tracing.decompositions import DECOMPOSED, MASKED
from edgekit.tracing.graph import Graph
from edgekit.tracing.graph_head import GraphHead

ATTENTION = "edgekit"
_SHORTEST = 8  # of the longest lengths that a program is traced for: the sample's is 7
_NO_OPS = (
    torch.ops.aten.clone.default,
    torch.ops.aten.alias.default,
    torch.ops.aten.detach.default,
)
_VIEWS = (torch.ops.aten.view.default, torch.ops.aten._unsafe_view.default)  # of a clone's result


@dataclass
class _MaskCalls:
    """Counts how often a model asked for its attention mask while it was traced.

    One that never does would ignore padding: it must not pass as exported.
    """

    count: int = 0


_mask_calls = _MaskCalls()


def _attention(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    dropout: float = 0.0,
    scaling: float | None = None,
    **_: object,
) -> tuple[torch.Tensor, None]:
    """Transformers' interface of attention, as one fused operator.

    A scale equal to its default is left out, else Core ML does not fuse it. Tensors are (batch,
    heads, length, size), the result (batch, length, heads, size).
    """
    default = query.shape[-1] ** -0.5
    scale = None if scaling is None or abs(scaling - default) < 1e-9 else scaling
    key, value = (_repeated(x, query.shape[1] // x.shape[1]) for x in (key, value))
    result = torch.nn.functional.scaled_dot_product_attention(
        query, key, value, attn_mask=attention_mask, scale=scale
    )
    return result.transpose(1, 2), None


def _repeated(x: torch.Tensor, count: int) -> torch.Tensor:
    """Gives each head a key or value of its own where several share one.

    (batch, groups, length, size) becomes (batch, groups * count, length, size).
    """
    return x if count == 1 else torch.cat([x.unsqueeze(2)] * count, 2).flatten(1, 2)


def _mask(
    attention_mask: torch.Tensor,
    q_length: int = 0,
    mask_function: Callable[..., torch.Tensor] = bidirectional_mask_function,
    dtype: torch.dtype = torch.float32,
    **_: object,
) -> torch.Tensor:
    """Transformers' interface of masks: -1e4 where a token may not be seen, added to scores.

    Args:
        attention_mask: (batch, length) of 0 and 1.
        q_length: the count of queries.
        mask_function: says which tokens may see which, such as within a sliding window.
        dtype: of the result.

    Returns:
        (batch, 1, 1, length), or (batch, 1, length, length) where some tokens may not see others.
    """
    _mask_calls.count += 1
    padding = (1.0 - attention_mask[:, None, None, :].to(dtype)) * MASKED
    if mask_function is bidirectional_mask_function:
        return padding
    numbers = torch.arange(q_length)
    seen = mask_function(0, 0, numbers[:, None], numbers[None, :])
    return torch.minimum(padding, (1.0 - seen.to(dtype)) * MASKED)


AttentionInterface.register(ATTENTION, _attention)
AttentionMaskInterface.register(ATTENTION, _mask)


class TaskModule(torch.nn.Module):
    """A Transformers model as the graph has it: inputs in fixed order, outputs by name.

    Args:
        model: with edgekit's attention (see :func:`hooked`).
        task: whose outputs it gives.
        head: the steps after the model.
        family: what the graph of the architecture needs.
        length: the longest text to come, in tokens.
    """

    def __init__(
        self, model: PreTrainedModel, task: Task, head: Head, family: Family, length: int
    ) -> None:
        super().__init__()
        self.model, self.task = model, task
        self.head = GraphHead(head) if task.has_head else None
        self.family = family
        self.numbers = torch.nn.Buffer(
            torch.arange(length + 1, dtype=torch.int32), persistent=False
        )
        self.no_types = torch.nn.Buffer(torch.zeros(1, 1, dtype=torch.int32), persistent=False)

    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        token_type_ids: torch.Tensor | None = None,
    ) -> dict[str, torch.Tensor]:
        """The task's outputs.

        Args:
            input_ids: (batch, length), int32.
            attention_mask: (batch, length), int32: 1 for a token, 0 for padding.
            token_type_ids: (batch, length), int32; None is 0 everywhere, and a model without token
                types never sees them.

        Returns:
            The task's outputs by name, each with the batch as its first axis.
        """
        feed = {"input_ids": input_ids, "attention_mask": attention_mask}
        if self.family.token_types:
            feed["token_type_ids"] = self.no_types if token_type_ids is None else token_type_ids
        feed |= dict.fromkeys(self.family.zeros, self.no_types)
        if self.family.reads_neighbours:
            embeddings = self.model.get_input_embeddings()(feed.pop("input_ids"))
            feed["inputs_embeds"] = embeddings * attention_mask.unsqueeze(2)
        with rewrites.Narrow(self.numbers):
            outputs = tasks.output_values(self.task, self.model(**feed, return_dict=True))
        if self.head is None:
            return outputs
        return {name: self.head(value, attention_mask) for name, value in outputs.items()}


def trace(
    model: PreTrainedModel, task: Task, signature: Signature, folder: Path, head: Head
) -> Graph:
    """Exports the model once, with free axes, and stores the program.

    Args:
        model: the Transformers model; it stays as it is.
        task: whose outputs the graph has.
        signature: the graph's inputs, outputs and buckets.
        folder: where the program is stored.
        head: the steps after the model.

    Returns:
        The stored graph.

    Raises:
        ConversionError: torch.export fails, or the model never asked for an attention mask.
    """
    family, length = families.get(model.config.model_type), max(*signature.buckets, _SHORTEST)
    twin = hooked(model)
    rewrites.apply(twin, length)
    module = TaskModule(twin, task, head, family, length).eval()
    return graph.save(folder, signature, _export(module, signature, length))


def _export(module: TaskModule, signature: Signature, most: int) -> ExportedProgram:
    """Runs torch.export with free axes for batch and length, up to ``most`` tokens.

    Raises:
        ConversionError: it fails; the message says where.
    """
    shape = (2, 7)  # 0 and 1 are special to torch.export, which would fix them
    axes = {0: Dim("batch", min=1, max=4096), 1: Dim("length", min=1, max=most)}
    sample = tuple(torch.ones(shape, dtype=torch.int32) for _ in signature.inputs)
    _mask_calls.count = 0
    try:
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            program: ExportedProgram = torch.export.export(
                module, sample, dynamic_shapes=tuple(axes for _ in sample), strict=False
            ).run_decompositions(dict(DECOMPOSED))
    except Exception as error:
        raise ConversionError(f"torch.export failed: {first_line(error)}") from error
    if module.family.asks_for_mask and not _mask_calls.count:
        raise ConversionError(
            f"{type(module.model).__name__} never asks for an attention mask: "
            "padding would change its answers (one that makes its masks itself says so by "
            "asks_for_mask in its row of edgekit/model/families.py)"
        )
    _drop_no_ops(program)
    return program


def _drop_no_ops(program: ExportedProgram) -> None:
    """Removes copies and assertions: dropout leaves a clone, every cast an assertion."""
    nodes = program.graph_module.graph
    outputs = {spec.arg.name: spec.arg for spec in program.graph_signature.output_specs}
    for node in list(nodes.nodes):
        if node.target is torch.ops.aten._assert_tensor_metadata.default:
            nodes.erase_node(node)
        elif node.target in _VIEWS:
            node.target = torch.ops.aten.reshape.default
        elif node.target in _NO_OPS:
            if node.name in outputs:
                outputs[node.name].name = node.args[0].name
            node.replace_all_uses_with(node.args[0])
            nodes.erase_node(node)
    program.graph_module.recompile()


def hooked(model: PreTrainedModel) -> PreTrainedModel:
    """A model of the same weights, without a copy of them, whose attention is edgekit's own.

    The attention's name must be given when a model is built: ``set_attn_implementation`` afterwards
    does nothing where the layers are chosen then. Integer buffers become int32.
    """
    config = copy.deepcopy(model.config)
    config._attn_implementation = ATTENTION
    with torch.device("meta"), torch.no_grad():
        twin = type(model)(config)
    if isinstance(getattr(model, "pooler", None), torch.nn.Identity):
        twin.pooler = torch.nn.Identity()
    for name, value in model.named_parameters(remove_duplicate=False):
        _assign(twin, name, value)
    for name, value in model.named_buffers(remove_duplicate=False):
        _assign(twin, name, value.int() if value.dtype == torch.int64 else value)
    return twin.eval()


def _assign(module: torch.nn.Module, name: str, value: torch.Tensor) -> None:
    """Replaces the parameter or buffer with that dotted name."""
    *path, leaf = name.split(".")
    for part in path:
        module = getattr(module, part)
    table = module._parameters if leaf in module._parameters else module._buffers
    table[leaf] = value  # type: ignore[assignment]
