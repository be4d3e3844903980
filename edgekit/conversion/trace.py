"""The first stage of a conversion: the model is loaded, traced once and asked for its answers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from edgekit import contents, documents, formats, recipe
from edgekit.conversion.plan import ExportPlan, PlannedArtifact
from edgekit.conversion.results import (
    GRAPH,
    PROBES,
    Traced,
)
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
    """Loads the model, asks PyTorch for its answers, and stores the traced graphs.

    Args:
        plan: what was decided.
        work: a folder for what later stages read: graphs and answers.
        out: the bundle's folder to be: tokenizer and golden files are written there.
        say: is told of each step.

    Returns:
        What the formats and the manifest need to know of the model.

    Raises:
        EdgekitError: the checkpoint cannot be loaded, run or traced.
    """
    with Timed(say, "trace", "load", plan.source.name):
        _quiet_transformers()
        tokenizer = checkpoint.load_tokenizer(plan.source)
        saved = None
        if tokenizer is not None:
            with Timed(say, "trace", "tables", "every code point"):
                saved = tokenizers.save(tokenizer, out, plan.max_length)
        if plan.embed_tokenizer and saved is not None:
            embedded_tokenizer.check(
                tokenizer, TextTokenizer.read(out, saved), work / "tokenizer.onnx"
            )
        model = checkpoint.load_model(plan.source, plan.task)
        if tokenizer is not None:
            checkpoint.check_vocabulary(tokenizer, model)
        head = plan.source.head(plan.task)
        signature = plan.signature(_outputs(plan, model.config, head))
        oracle = Oracle(model, plan.task, head, token_types=len(signature.inputs) == 3)
        oracle.try_out(min(3, plan.max_length))
    with Timed(say, "trace", "trace", plan.task.name):
        from edgekit.tracing.export import trace as trace_model

        (work / GRAPH).mkdir()
        traced = trace_model(model, plan.task, signature, work / GRAPH, head)
        lacking = dict(_lacking(plan, traced))
    for name, failure in dict.fromkeys((row.format, why) for row, why in lacking.items()):
        say(Step(name, "refuse", failure, seconds=0.0))
    if len(lacking) == len(plan.artifacts):
        raise ConversionError("; ".join(dict.fromkeys(lacking.values())))
    with Timed(say, "trace", "reference", "PyTorch's answers"):
        roles = text_roles(plan, tokenizer)
        reference = _reference(plan, oracle, tokenizer, signature, roles)
        probes.save(reference.probes, work / PROBES)
        found = golden.content(tokenizer, reference)
        stored = documents.dump_rows(found, "cases", contents.GOLDEN)
        (out / contents.GOLDEN).write_text(stored, encoding="utf-8")
        labels = checkpoint.labels(model, plan.task)
        answered = None
        if saved is not None:
            answered = _write_vectors(plan, oracle, labels, saved, roles, out)
    parameters = sum(parameter.numel() for parameter in model.parameters())
    parameters += head.parameters
    card = _card(plan, labels)
    refused = {row.file: why for row, why in lacking.items()}
    return Traced(signature, card, parameters, saved, answered, refused, roles.facts)


def _lacking(plan: ExportPlan, traced: graph.Graph) -> Iterator[tuple[PlannedArtifact, str]]:
    """The files that their formats cannot make of the graph: each with a message."""
    known, owners = tensors(traced.dynamic), operator_owners(traced.dynamic)
    for name in plan.formats():
        format_, options = formats.get(name), plan.options[name]
        coverage, operators = format_.converter().COVERAGE, format_.missing_operators(traced)
        named = ", ".join(f"{row} of {owners[row]}" if row in owners else row for row in operators)
        for artifact in (row for row in plan.artifacts if row.format == name):
            if operators:
                yield artifact, (
                    f"{format_.title} has no lowering for {named}: add rows to {coverage.table}, or "
                    "say the module without them in edgekit/tracing/rewrites.py"
                )
                continue
            try:
                coverage.schemes(options.adapted(recipe.get(artifact.recipe)), known)
            except UnsupportedError as error:
                yield artifact, str(error)


def text_roles(plan: ExportPlan, tokenizer: PreTrainedTokenizerFast | None) -> Roles:
    """The prompt, the length and the ids that belong to a text's role.

    Empty for tasks that make no vectors; without a tokenizer only prompts are known.
    """
    source = plan.source
    if not plan.task.has_head:
        return Roles()
    settings = source.text_settings(plan.task)
    facts = {} if tokenizer is None else role_facts.roles(settings, tokenizer, plan.max_length)
    return Roles(source.prompts(), source.default_prompt_name(), facts)


def _reference(
    plan: ExportPlan,
    oracle: Oracle,
    tokenizer: PreTrainedTokenizerFast | None,
    signature: Signature,
    roles: Roles,
) -> Reference:
    """PyTorch's answers to the proof's texts and made-up rows.

    Where those decide too little, such as hardly any clear label, more texts are asked.
    """
    vocabulary = probes.ProbeIds.of(oracle.model.config, oracle.token_types)
    rows = list(probes.made_up(vocabulary, plan.max_length, plan.buckets))
    if tokenizer is not None:
        texts = probes.from_texts(tokenizer, plan.max_length, vocabulary, roles)
        rows = [*texts, *rows]
    answers = [probes.answer(oracle, row) for row in rows]
    reference = Reference.of(plan.task, signature, answers, plan.max_length)
    clear = max(
        recipe.get(artifact.recipe).tolerance_of(plan.task.name).clear
        for artifact in plan.artifacts
    )
    return reference.decided(
        clear, (probes.answer(oracle, row) for row in probes.decisive(vocabulary, plan.max_length))
    )


def _write_vectors(
    plan: ExportPlan,
    oracle: Oracle,
    labels: tuple[str, ...],
    saved: TokenizerFacts,
    roles: Roles,
    out: Path,
) -> FileEntry:
    """Writes the golden vectors for post-processing, of texts tokenized by the saved files.

    Returns:
        The file as the manifest lists it.
    """

    def ask(encoded: Encoded) -> dict[str, np.ndarray]:
        return oracle.answer(encoded.input_ids, encoded.token_type_ids, encoded.attention_mask)

    tokenizer = Tokenizer(out / contents.TOKENIZER, plan.max_length, saved.truncation_side, roles)
    mask_id = saved.special_tokens.get("mask_token")
    facts = Facts(
        plan.task.name,
        plan.task.problem_type,
        labels,
        mask_id,
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
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
