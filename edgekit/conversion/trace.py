"""The first stage of a conversion: the model is loaded, traced once and asked for its answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from edgekit import contents, documents, formats, recipe
from edgekit.conversion.plan import ExportPlan, PlannedArtifact
from edgekit.conversion.results import GRAPH, PROBES, Traced
from edgekit.conversion.steps import Say, Step, Timed
from edgekit.errors import ConversionError, UnsupportedError
from edgekit.manifest.files import FileEntry
from edgekit.manifest.texts import TokenizerFacts
from edgekit.model import checkpoint, role_facts, tasks
from edgekit.model.head import Head
from edgekit.model.oracle import Oracle
from edgekit.postprocess import Facts
from edgekit.postprocess import golden as vectors
from edgekit.proof import embedded_tokenizer, golden, probes
from edgekit.proof.reference import Reference
from edgekit.quantize.selector import Tensor
from edgekit.quantize.tensors import operator_owners, tensors
from edgekit.signature import Card, Signature, TensorSpec
from edgekit.tokens import tokenizer as tokenizers
from edgekit.tokens.encoded import Encoded
from edgekit.tokens.encoding import Tokenizer
from edgekit.tokens.roles import Roles
from edgekit.tokens.saved import TextTokenizer
from edgekit.tracing import graph

if TYPE_CHECKING:
    from transformers import PreTrainedConfig, PreTrainedTokenizerFast


def trace(plan: ExportPlan, work: Path, out: Path, *, say: Say) -> Traced:
    """Loads the model, traces it, and asks PyTorch for its answers.

    Args:
        plan: what is converted, and to which formats.
        work: a folder for what later stages read: graphs and probes.
        out: the bundle's folder to be: tokenizer and golden files are written there.
        say: is told of each step as it begins and ends, and of what a format has no lowering for.

    Returns:
        What the formats are converted from, with the files that cannot be made.

    Raises:
        ConversionError: no file can be made.
        EdgekitError: the checkpoint cannot be loaded or traced, or its parts do not fit together.
    """
    with Timed(say, "trace", "load", plan.source.name):
        loaded = _load(plan, work, out, say)
    with Timed(say, "trace", "trace", plan.task.name):
        refused = _trace(plan, loaded, work)
    for name, failure in dict.fromkeys((row.format, why) for row, why in refused.items()):
        say(Step(name, "refuse", failure, seconds=0.0))
    if len(refused) == len(plan.artifacts):
        raise ConversionError("; ".join(dict.fromkeys(refused.values())))
    with Timed(say, "trace", "reference", "PyTorch's answers"):
        roles = text_roles(plan, loaded.tokenizer)
        _write_reference(plan, loaded, roles, work, out)
        answered = _write_vectors(plan, loaded, roles, out)
    return Traced(
        loaded.signature,
        _card(plan, loaded.labels),
        loaded.parameters,
        loaded.saved,
        answered,
        {row.file: why for row, why in refused.items()},
        roles.facts,
    )


@dataclass(frozen=True)
class _Loaded:
    """A checkpoint in memory.

    Attributes:
        tokenizer: the checkpoint's own, and None if it has none.
        saved: the tokenizer's files in the bundle, and None if it has none.
        oracle: the model, with its task and head.
        signature: the inputs and outputs of every file.
        labels: names of the classes, in the order of the logits; empty where the task has none.
    """

    tokenizer: PreTrainedTokenizerFast | None
    saved: TokenizerFacts | None
    oracle: Oracle
    signature: Signature
    labels: tuple[str, ...]

    @property
    def parameters(self) -> int:
        """How many numbers were trained: the model's and its head's."""
        of_model: int = sum(each.numel() for each in self.oracle.model.parameters())
        return of_model + self.oracle.head.parameters


def _load(plan: ExportPlan, work: Path, out: Path, say: Say) -> _Loaded:
    """Reads the checkpoint, and writes its tokenizer into the bundle."""
    _quiet_transformers()
    tokenizer = checkpoint.load_tokenizer(plan.source)
    saved = None
    if tokenizer is not None:
        with Timed(say, "trace", "tables", "every code point"):
            saved = tokenizers.save(tokenizer, out, plan.max_length)
        if plan.embed_tokenizer:
            text_tokenizer = TextTokenizer.read(out, saved)
            embedded_tokenizer.check(tokenizer, text_tokenizer, work / "tokenizer.onnx")
    model = checkpoint.load_model(plan.source, plan.task)
    if tokenizer is not None:
        checkpoint.check_vocabulary(tokenizer, model)
    head = plan.source.head(plan.task)
    signature = plan.signature(_outputs(plan, model.config, head))
    oracle = Oracle(model, plan.task, head, token_types=len(signature.inputs) == 3)
    oracle.try_out(min(3, plan.max_length))
    return _Loaded(tokenizer, saved, oracle, signature, checkpoint.labels(model, plan.task))


def _trace(plan: ExportPlan, loaded: _Loaded, work: Path) -> dict[PlannedArtifact, str]:
    """Stores the traced graphs; returns the files that cannot be made of them, and why."""
    from edgekit.tracing.export import trace as trace_model

    (work / GRAPH).mkdir()
    oracle = loaded.oracle
    traced = trace_model(oracle.model, plan.task, loaded.signature, work / GRAPH, oracle.head)
    return dict(_refused(plan, traced))


def _refused(plan: ExportPlan, traced: graph.Graph) -> Iterator[tuple[PlannedArtifact, str]]:
    """The files that their formats have no lowerings for: each with a message."""
    known, owners = tensors(traced.dynamic), operator_owners(traced.dynamic)
    lacks = {name: _lacks(formats.get(name), traced, owners) for name in plan.formats()}
    for row in plan.artifacts:
        why = lacks[row.format] or _cannot_store(plan, row, known)
        if why:
            yield row, why


def _lacks(format_: formats.Format, traced: graph.Graph, owners: Mapping[str, str]) -> str:
    """The message that a format lacks operators of the graph; empty where it has them all.

    Args:
        format_: the format.
        traced: the model as traced.
        owners: the class of a module that calls each operator, by the operator's name.
    """
    operators = format_.missing_operators(traced)
    if not operators:
        return ""
    named = (f"{row} of {owners[row]}" if row in owners else row for row in operators)
    return (
        f"{format_.title} has no lowering for {', '.join(named)}: add rows to "
        f"{format_.converter().COVERAGE.table}, or say that module without them in "
        "edgekit/tracing/rewrites.py"
    )


def _cannot_store(plan: ExportPlan, row: PlannedArtifact, known: Mapping[str, Tensor]) -> str:
    """The message that a file's recipe wants a tensor as its format has none; empty otherwise."""
    chosen = plan.options[row.format].adapted(recipe.get(row.recipe))
    try:
        formats.get(row.format).converter().COVERAGE.schemes(chosen, known)
    except UnsupportedError as error:
        return str(error)
    return ""


def text_roles(plan: ExportPlan, tokenizer: PreTrainedTokenizerFast | None) -> Roles:
    """What a text's role decides; nothing for tasks that make no vectors of it."""
    source = plan.source
    if not plan.task.has_head:
        return Roles()
    settings = source.text_settings(plan.task)
    facts = {} if tokenizer is None else role_facts.roles(settings, tokenizer, plan.max_length)
    return Roles(source.prompts(), source.default_prompt_name(), facts)


def _write_reference(
    plan: ExportPlan, loaded: _Loaded, roles: Roles, work: Path, out: Path
) -> None:
    """Stores the probes that every file is proven with, and the golden texts for apps."""
    reference = _reference(plan, loaded, roles)
    probes.save(reference.probes, work / PROBES)
    found = golden.content(loaded.tokenizer, reference)
    stored = documents.dump_rows(found, "cases", contents.GOLDEN)
    (out / contents.GOLDEN).write_text(stored, encoding="utf-8")


def _reference(plan: ExportPlan, loaded: _Loaded, roles: Roles) -> Reference:
    """PyTorch's answers to the proof's texts and made-up rows.

    Where those decide too little, such as hardly any clear label, more texts are asked.
    """
    oracle = loaded.oracle
    vocabulary = probes.ProbeIds.of(oracle.model.config, oracle.token_types)
    rows = list(probes.made_up(vocabulary, plan.max_length, plan.buckets))
    if loaded.tokenizer is not None:
        texts = probes.from_texts(loaded.tokenizer, plan.max_length, vocabulary, roles)
        rows = [*texts, *rows]
    answers = [probes.answer(oracle, row) for row in rows]
    reference = Reference.of(plan.task, loaded.signature, answers, plan.max_length)
    clear = max(
        recipe.get(artifact.recipe).tolerance_of(plan.task.name).clear
        for artifact in plan.artifacts
    )
    return reference.decided(
        clear, (probes.answer(oracle, row) for row in probes.decisive(vocabulary, plan.max_length))
    )


def _write_vectors(plan: ExportPlan, loaded: _Loaded, roles: Roles, out: Path) -> FileEntry | None:
    """Writes the golden vectors for post-processing, of texts tokenized by the saved files.

    Returns:
        The file as the manifest lists it; None where the checkpoint has no tokenizer.
    """
    saved = loaded.saved
    if saved is None:
        return None

    def ask(encoded: Encoded) -> dict[str, np.ndarray]:
        return loaded.oracle.answer(
            encoded.input_ids, encoded.token_type_ids, encoded.attention_mask
        )

    tokenizer = Tokenizer(out / contents.TOKENIZER, plan.max_length, saved.truncation_side, roles)
    facts = Facts(
        plan.task.name,
        plan.task.problem_type,
        loaded.labels,
        saved.special_tokens.get("mask_token"),
        tokenizer.token,
        plan.source.similarity(plan.task) or "cosine",
    )
    path = out / contents.POSTPROCESS
    found = vectors.content(facts, tokenizer, plan.max_length, ask)
    path.write_text(documents.dump_rows(found, "cases", contents.POSTPROCESS), encoding="utf-8")
    return contents.entry(out, path)


def _outputs(plan: ExportPlan, config: PreTrainedConfig, head: Head) -> tuple[TensorSpec, ...]:
    """The model's outputs with the sizes that its config and head tell."""
    sizes = {
        "hidden": config.hidden_size,
        "labels": config.num_labels,
        "vocabulary": config.vocab_size,
    }
    if plan.task.has_head:
        made = plan.task.outputs[0].axes[-1]
        sizes[made] = head.width(sizes[made])
    return tasks.tensor_specs(plan.task, sizes)


def _card(plan: ExportPlan, labels: tuple[str, ...]) -> Card:
    """What the files say of themselves."""
    source = plan.source
    weights = "random weights" if source.random_weights else f"weights of {source.name}"
    return Card(
        name=source.name,
        task=plan.task.name,
        source=source.origin,
        description=(
            f"{source.name} for {plan.task.name} ({source.family.model_type}, {weights}), "
            f"up to {plan.max_length} tokens. Made by edgekit."
        ),
        author=source.card.get("author", source.origin.partition("/")[0]),
        license=source.card.get("license", "see the source checkpoint"),
        labels=labels,
        random_weights=source.random_weights,
    )


def _quiet_transformers() -> None:
    """Keeps Transformers from printing warnings and progress bars."""
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
