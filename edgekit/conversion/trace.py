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
from edgekit.quantize.tensors import tensors
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
    """Loads the model, asks PyTorch for its answers, and stores the traced graphs in ``work``."""
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
    """Each file that its format cannot make of this graph, and what there is no lowering for."""
    known = tensors(traced.dynamic)
    for name in plan.formats():
        format_, options = formats.get(name), plan.options[name]
        coverage, operators = format_.converter().COVERAGE, format_.missing_operators(traced)
        for artifact in (row for row in plan.artifacts if row.format == name):
            if operators:
                lacks = f"{format_.title} has no lowering for {', '.join(operators)}"
                yield artifact, f"{lacks}: add rows to {coverage.table}"
                continue
            try:
                coverage.schemes(options.adapted(recipe.get(artifact.recipe)), known)
            except UnsupportedError as error:
                yield artifact, str(error)


def text_roles(plan: ExportPlan, tokenizer: PreTrainedTokenizerFast | None) -> Roles:
    """What a text's role decides; nothing for tasks that make no vectors of it."""
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
    """PyTorch's answers to the texts and made-up rows, and to more where they decide too little."""
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
    """Golden vectors for post-processing, of texts tokenized by the saved files."""

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
