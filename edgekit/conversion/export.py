"""The second stage, once for each format: files are written, held against recipes, and proven."""

from __future__ import annotations

import gc
from dataclasses import replace
from functools import partial
from pathlib import Path

from edgekit import formats, recipe
from edgekit.conversion.plan import ExportPlan
from edgekit.conversion.results import (
    GRAPH,
    PROBES,
    Built,
    Exported,
    FormatOutcome,
    Traced,
    WrittenFile,
)
from edgekit.conversion.steps import Say, Timed
from edgekit.converters.facts import FileFacts
from edgekit.errors import EdgekitError, OutputError, ProofError
from edgekit.proof import fault_location, probes, recipe_reference
from edgekit.proof.prove import prove, prove_text
from edgekit.proof.reference import Reference, Rounded
from edgekit.proof.trials import Trial
from edgekit.quantize.audit import Wanted, hold
from edgekit.quantize.tensors import tensors
from edgekit.recipe import Recipe
from edgekit.runtime import table as runtime
from edgekit.runtime.inspection import inspect_file
from edgekit.runtime.session import Session
from edgekit.runtime.text import TextSession
from edgekit.tolerance import Tolerance
from edgekit.tracing import graph

TEXT = "-text"  # ends the stem of a file that takes text


def export(
    plan: ExportPlan, traced: Traced, name: str, work: Path, out: Path, *, say: Say
) -> FormatOutcome:
    """Converts one format in each of its recipes, then proves each file in its runtimes.

    Args:
        plan: what was decided.
        traced: what the first stage has found out about the model.
        name: the format's.
        work: a folder with the traced program and PyTorch's answers, from the first stage.
        out: where files are written.
        say: is told which step begins and ends.

    Returns:
        The files with their proofs, and the error that ended the format early, if one did.
    """
    answers = probes.load(work / PROBES)
    reference = Reference.of(plan.task, traced.signature, answers, plan.max_length)
    stored = graph.load(work / GRAPH)
    built = _build(plan, traced, name, stored, out, say)
    exported, known = [], dict[str, Reference]()
    for file in built.files:
        facts, tokenizer, chosen = inspect_file(file.path), traced.tokenizer, file.recipe
        if file.fault is not None:
            exported.append(
                Exported(file.path, chosen.name, facts, None, False, (), fault=file.fault)
            )
            continue
        if chosen.name not in known:
            own = _rounded(plan, name, chosen, reference, stored)
            known[chosen.name] = replace(reference, rounded=own)
        asked = known[chosen.name]
        if file.path.stem.endswith(TEXT) and tokenizer is not None:
            with Timed(say, name, "prove", file.path.name):
                exported.append(_export_text(file, facts, asked, tokenizer.truncation_side))
        else:
            exported.append(_export_ids(file, facts, asked, name, stored, say))
    return FormatOutcome(tuple(exported), built.failure)


def _export_ids(
    file: WrittenFile,
    facts: FileFacts,
    reference: Reference,
    name: str,
    stored: graph.Graph,
    say: Say,
) -> Exported:
    """Proves a file that takes ids, in each runtime of this machine.

    Args:
        file: as it was written.
        facts: what is inside it.
        reference: PyTorch's answers.
        name: the format's.
        stored: the traced graph, which tells at which layer a wrong file goes wrong.
        say: is told of each step.
    """
    proofs, lengths, batched = [], None, False
    tolerance = file.recipe.tolerance_of(reference.task.name)
    for session in runtime.sessions(file.path, name):
        own = reference.rounded if recipe_reference.known(session.runtime) else None
        locate = partial(_layer, session, stored, tolerance)
        with Timed(say, name, "prove", f"{file.path.name} in {session.runtime}"):
            proofs.append(prove(session, replace(reference, rounded=own), tolerance, locate))
        lengths, batched = session.lengths, session.batched
        del session, locate  # they hold the weights, and so do the next ones
    return Exported(
        file.path, file.recipe.name, facts, lengths, batched, tuple(proofs), file.weights
    )


def _rounded(
    plan: ExportPlan, name: str, chosen: Recipe, reference: Reference, stored: graph.Graph
) -> Rounded | None:
    """What a quantised file is held to: the outputs of the traced graph with its rounding.

    None where the format does not tell how it rounds.
    """
    if not plan.options[name].rounding_known:
        return None
    found = recipe_reference.answers(stored.copy(), chosen.selector, name, reference)
    gc.collect()  # the rounded weights
    return found


def _export_text(file: WrittenFile, facts: FileFacts, reference: Reference, side: str) -> Exported:
    """Proves a file that takes text; ``side`` is where the bundle's tokenizer truncates."""
    tolerance = file.recipe.tolerance_of(reference.task.name)
    proof = prove_text(TextSession(file.path), reference, tolerance, side)
    return Exported(
        file.path, file.recipe.name, facts, None, False, (proof,), file.weights, takes_text=True
    )


def _layer(session: Session, stored: graph.Graph, tolerance: Tolerance, trial: Trial) -> str | None:
    """The first layer at which a trial goes wrong; None also if the search itself fails.

    That a file is wrong has to be told in any case.
    """
    try:
        return fault_location.first_difference(session, stored, trial, tolerance)
    except Exception:
        return None


def build(plan: ExportPlan, traced: Traced, name: str, work: Path, out: Path, *, say: Say) -> Built:
    """Converts one format in each of its recipes and holds the files against them, unproven.

    Args:
        plan: what was decided.
        traced: what the first stage has found out about the model.
        name: the format's.
        work: the folder with the traced graph.
        out: the folder that the files are written to.
        say: is told of each step.

    Returns:
        The files, and the error of the recipe that ended the format, if one did.

    Raises:
        EdgekitError: the first recipe failed, so that there is no file.
    """
    return _build(plan, traced, name, graph.load(work / GRAPH), out, say)


def _build(
    plan: ExportPlan, traced: Traced, name: str, stored: graph.Graph, out: Path, say: Say
) -> Built:
    """:func:`build` with the graph at hand.

    A recipe that fails leaves the files of those before it.
    """
    options, format_ = plan.options[name], formats.get(name)
    recipes = [options.adapted(recipe.get(row)) for row in plan.recipes(name)]
    if traced.tokenizer is not None:
        options = options.with_tokenizer(out, traced.tokenizer)
    files: list[WrittenFile] = []
    failure = None
    with Timed(say, name, "convert", ", ".join(row.name for row in recipes)):
        converter = format_.converter()
        try:
            made = converter.convert(stored, recipes, traced.card, out, options)
            for chosen, path in made:
                files.append(_held(stored, converter, chosen, path))
        except EdgekitError as error:
            if not files or isinstance(error, OutputError):
                raise
            failure = error
    gc.collect()  # traced programs are cyclic, and hold the weights
    return Built(tuple(files), failure)


def _held(
    stored: graph.Graph, converter: formats.Converter, chosen: Recipe, path: Path
) -> WrittenFile:
    """Reads back what a file stores of each weight, and compares it with the recipe."""
    program = stored.dynamic
    state = {**program.constants, **program.state_dict}
    found = tensors(program)
    schemes = converter.COVERAGE.schemes(chosen, found)
    wanted = Wanted(found, schemes, lambda name: state[name].detach().numpy())
    try:
        return WrittenFile(chosen, path, hold(wanted, converter.weights(path, wanted)))
    except ProofError as error:
        return WrittenFile(chosen, path, fault=str(error))
