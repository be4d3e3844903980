"""The stages of a conversion, each in a process of its own: trace once, then each format."""

from __future__ import annotations

import gc
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from edgekit import bundle, documents, formats, recipe
from edgekit.conversion.plan import ExportPlan
from edgekit.conversion.steps import Say, Step, Timed
from edgekit.errors import ConversionError, EdgekitError, OutputError, ProofError
from edgekit.manifest import FileEntry, Proof, TokenizerFacts
from edgekit.model import checkpoint, tasks
from edgekit.model.head import Head
from edgekit.model.oracle import Oracle
from edgekit.postprocess import Facts
from edgekit.postprocess import golden as vectors
from edgekit.proof import embedded_tokenizer, fault_location, golden, probes, recipe_reference
from edgekit.proof.compare import Reference
from edgekit.proof.prove import prove, prove_text
from edgekit.proof.recipe_reference import Rounded
from edgekit.proof.trials import Trial
from edgekit.quantize.audit import Wanted, Weight, hold
from edgekit.quantize.tensors import tensors
from edgekit.recipe import Recipe, Tolerance
from edgekit.runtime import table as runtime
from edgekit.runtime.inspection import FileFacts, inspect_file
from edgekit.runtime.interpreters import Session
from edgekit.runtime.text import TextSession
from edgekit.signature import Card, Signature, TensorSpec
from edgekit.tokens import tokenizer as tokenizers
from edgekit.tokens.encoding import Encoded, Prefixes, Tokenizer
from edgekit.tokens.tokenizer import TextTokenizer
from edgekit.tracing import graph

if TYPE_CHECKING:
    from transformers import PreTrainedConfig, PreTrainedTokenizerFast

PROBES = "probes.pickle"
GRAPH = "graph"
_BEYOND_FLOAT16 = (
    ": float16 ends at 65504: keep the layers whose numbers pass it out of it (--keep-float32), or "
    "build --recipe fp32"
)
TEXT = "-text"  # ends the stem of a file that takes text


@dataclass(frozen=True)
class Traced:
    """What tracing found out: all that the formats and the manifest need to know of the model.

    ``missing`` says of a format which operators it has no lowering for; it cannot be converted.
    """

    signature: Signature
    card: Card
    parameters: int
    tokenizer: TokenizerFacts | None
    postprocess: FileEntry | None
    missing: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class File:
    """One written file, not proven yet.

    ``weights`` is what it stores of each tensor; ``fault`` says what of that is not as its recipe
    says, and is None where all is.
    """

    recipe: Recipe
    path: Path
    weights: tuple[Weight, ...] = ()
    fault: str | None = None


@dataclass(frozen=True)
class Exported:
    """One finished file, what is in it, and its proofs: none where its weights are at fault."""

    path: Path
    recipe: str
    facts: FileFacts
    buckets: tuple[int, ...] | None
    batched: bool
    proofs: tuple[Proof, ...]
    weights: tuple[Weight, ...] = ()
    takes_text: bool = False
    fault: str | None = None

    @property
    def failure(self) -> str | None:
        """What it stores wrongly, or the first proof that failed, with its runtime."""
        if self.fault is not None:
            return self.fault
        failed = next((proof for proof in self.proofs if not proof.passed), None)
        if failed is None:
            return None
        halves = any(weight.scheme.activations == "float16" for weight in self.weights)
        overflows = halves and self.facts.format == "coreml" and not math.isfinite(failed.max_abs)
        return f"{failed.runtime}: {failed.failure}{_BEYOND_FLOAT16 if overflows else ''}"


@dataclass(frozen=True)
class Built:
    """The files of one format as its converter left them, and what ended it before the last."""

    files: tuple[File, ...]
    failure: EdgekitError | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of one format: its files with their proofs, and what ended it before the last."""

    files: tuple[Exported, ...] = ()
    failure: EdgekitError | None = None


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
        missing = dict(_missing(plan, traced))
    for name, failure in missing.items():
        say(Step(name, "refuse", failure, seconds=0.0))
    if len(missing) == len(plan.formats()):
        raise ConversionError("; ".join(missing.values()))
    with Timed(say, "trace", "reference", "PyTorch's answers"):
        reference = _reference(plan, oracle, tokenizer, signature)
        probes.save(reference.probes, work / PROBES)
        found = golden.content(tokenizer, reference)
        stored = documents.dump_rows(found, "cases", bundle.GOLDEN)
        (out / bundle.GOLDEN).write_text(stored, encoding="utf-8")
        labels = checkpoint.labels(model, plan.task)
        answered = None
        if saved is not None:
            answered = _write_vectors(plan, oracle, labels, saved, out)
    parameters = sum(parameter.numel() for parameter in model.parameters())
    parameters += head.parameters
    return Traced(signature, _card(plan, labels), parameters, saved, answered, missing)


def _missing(plan: ExportPlan, traced: graph.Graph) -> Iterator[tuple[str, str]]:
    """Each format that lacks operators of this graph, and which."""
    for name in plan.formats():
        format_ = formats.get(name)
        operators = format_.missing_operators(traced)
        if operators:
            lacks = f"{format_.title} has no lowering for {', '.join(operators)}"
            yield name, f"{lacks}: add rows to its table in converters/"


def _reference(
    plan: ExportPlan,
    oracle: Oracle,
    tokenizer: PreTrainedTokenizerFast | None,
    signature: Signature,
) -> Reference:
    """PyTorch's answers to the texts and made-up rows, and to more where they decide too little."""
    vocabulary = probes.Vocabulary.of(oracle.model.config, oracle.token_types)
    rows = list(probes.made_up(vocabulary, plan.max_length, plan.buckets))
    if tokenizer is not None:
        prompts = plan.source.prompts() if plan.task.has_head else {}
        texts = probes.from_texts(tokenizer, plan.max_length, vocabulary, prompts)
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
    out: Path,
) -> FileEntry:
    """Golden vectors for post-processing, of texts tokenized by the saved files."""

    def ask(encoded: Encoded) -> dict[str, np.ndarray]:
        return oracle.answer(encoded.input_ids, encoded.token_type_ids)

    prefixes = Prefixes(plan.source.prompts(), plan.source.default_prompt_name())
    tokenizer = Tokenizer(out / bundle.TOKENIZER, plan.max_length, saved.truncation_side, prefixes)
    mask_id = saved.special_tokens.get("mask_token")
    facts = Facts(
        plan.task.name,
        plan.task.problem_type,
        labels,
        mask_id,
        tokenizer.token,
        plan.source.similarity(plan.task) or "cosine",
    )
    path = out / bundle.POSTPROCESS
    found = vectors.content(facts, tokenizer, plan.max_length, ask)
    path.write_text(documents.dump_rows(found, "cases", bundle.POSTPROCESS), encoding="utf-8")
    return bundle.entry(out, path)


def export(
    plan: ExportPlan, traced: Traced, name: str, work: Path, out: Path, *, say: Say
) -> Outcome:
    """Converts one format in each of its recipes, then proves each file in its runtimes."""
    answers = probes.load(work / PROBES)
    reference = Reference.of(plan.task, traced.signature, answers, plan.max_length)
    built = build(plan, traced, name, work, out, say=say)
    exported = []
    for file in built.files:
        facts, tokenizer = inspect_file(file.path), traced.tokenizer
        if file.fault is not None:
            exported.append(
                Exported(file.path, file.recipe.name, facts, None, False, (), fault=file.fault)
            )
        elif file.path.stem.endswith(TEXT) and tokenizer is not None:
            with Timed(say, name, "prove", file.path.name):
                exported.append(_export_text(file, facts, reference, tokenizer.truncation_side))
        else:
            own = _rounded(plan, name, file.recipe, reference, work / GRAPH)
            asked = replace(reference, rounded=own)
            exported.append(_export_ids(file, facts, asked, name, work / GRAPH, say))
    return Outcome(tuple(exported), built.failure)


def _export_ids(
    file: File, facts: FileFacts, reference: Reference, name: str, folder: Path, say: Say
) -> Exported:
    """Proves a file in each runtime of this machine; ``folder`` has the traced graph."""
    proofs, lengths, batched = [], None, False
    tolerance = file.recipe.tolerance_of(reference.task.name)
    for session in runtime.sessions(file.path, name):
        own = reference.rounded if recipe_reference.known(session.runtime) else None
        locate = partial(_layer, session, graph.load(folder), tolerance)
        with Timed(say, name, "prove", f"{file.path.name} in {session.runtime}"):
            proofs.append(prove(session, replace(reference, rounded=own), tolerance, locate))
        lengths, batched = session.lengths, session.batched
        del session, locate  # they hold the weights, and so do the next ones
    return Exported(
        file.path, file.recipe.name, facts, lengths, batched, tuple(proofs), file.weights
    )


def _rounded(
    plan: ExportPlan, name: str, kind: Recipe, reference: Reference, folder: Path
) -> Rounded | None:
    """What a file's own rounding gives; None where that is not known."""
    if name == "tflite" and "minimum_tflite" in plan.options:
        return None  # an old TensorFlow Lite is given float weights: it rounds no activations
    found = recipe_reference.answers(graph.load(folder), kind.selector, name, reference)
    gc.collect()  # the rounded weights
    return found


def _export_text(file: File, facts: FileFacts, reference: Reference, side: str) -> Exported:
    tolerance = file.recipe.tolerance_of(reference.task.name)
    proof = prove_text(TextSession(file.path), reference, tolerance, side)
    return Exported(
        file.path, file.recipe.name, facts, None, False, (proof,), file.weights, takes_text=True
    )


def _layer(session: Session, stored: graph.Graph, tolerance: Tolerance, trial: Trial) -> str | None:
    """Where a trial goes wrong; a search that fails must not hide that it did."""
    try:
        return fault_location.first_difference(session, stored, trial, tolerance)
    except Exception:
        return None


def build(plan: ExportPlan, traced: Traced, name: str, work: Path, out: Path, *, say: Say) -> Built:
    """Converts one format in each of its recipes and holds the files against them, unproven.

    A recipe that fails ends the format, and leaves the files of those before it.

    Raises:
        EdgekitError: the first recipe failed.
    """
    recipes = [recipe.get(row).keeping(plan.float32_layers) for row in plan.recipes(name)]
    format_ = formats.get(name)
    options = {key: value for key, value in plan.options.items() if key in format_.options}
    if name == "onnx" and plan.embed_tokenizer and traced.tokenizer is not None:
        options["tokenizer"] = TextTokenizer.read(out, traced.tokenizer)
    files: list[File] = []
    failure = None
    with Timed(say, name, "convert", ", ".join(row.name for row in recipes)):
        stored, converter = graph.load(work / GRAPH), format_.converter()
        try:
            made = converter.convert(stored, recipes, traced.card, out, **options)
            for kind, path in made:
                files.append(_held(stored, converter, kind, path))
        except EdgekitError as error:
            if not files or isinstance(error, OutputError):
                raise
            failure = error
    gc.collect()  # traced programs are cyclic, and hold the weights
    return Built(tuple(files), failure)


def _held(stored: graph.Graph, converter: formats.Converter, kind: Recipe, path: Path) -> File:
    """A written file with what it stores of each weight, or with what is wrong there."""
    program = stored.dynamic
    state = {**program.constants, **program.state_dict}
    found = tensors(program)
    schemes = converter.FORMAT.schemes(kind, found)
    wanted = Wanted(found, schemes, lambda name: state[name].detach().numpy())
    try:
        return File(kind, path, hold(wanted, converter.weights(path, wanted)))
    except ProofError as error:
        return File(kind, path, fault=str(error))


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
