"""The whole way: plan -> trace once -> each format -> proof -> a published bundle."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import msgspec

from edgekit import contents, documents, formats
from edgekit.bundle import Bundle
from edgekit.conversion.crew import Crew, Here
from edgekit.conversion.export import export
from edgekit.conversion.plan import ExportPlan
from edgekit.conversion.results import Exported, FormatOutcome, Traced
from edgekit.conversion.steps import Say
from edgekit.conversion.trace import trace
from edgekit.conversion.worker import disk_error
from edgekit.errors import ConversionError, EdgekitError, OutputError, ProofError
from edgekit.files import external_data
from edgekit.manifest import SCHEMA_VERSION, Manifest
from edgekit.manifest.artifacts import ArtifactEntry, Refused, TextArtifactEntry, WeightEntry
from edgekit.manifest.checkpoint import SourceFacts
from edgekit.manifest.files import FileEntry
from edgekit.model import config as configs
from edgekit.model.source import SEED, Source
from edgekit.postprocess import settings
from edgekit.runtime import text as text_runtime
from edgekit.signature import TensorSpec
from edgekit.staging import publish, staging
from edgekit.version import VERSION


def convert(
    plan: ExportPlan,
    *,
    say: Say = lambda step: None,
    jobs: int = 1,
    debug: bool = False,
    isolated: bool = True,
) -> Bundle:
    """Converts, proves and publishes what the plan says.

    What goes wrong with one format leaves the files of the others: they are published, and the
    message says where.

    Args:
        plan: from :func:`edgekit.conversion.plan.make`.
        say: is told of each step as it begins and ends.
        jobs: how many formats are converted at the same time.
        debug: pass on what the libraries print, to standard error.
        isolated: run each stage in a process of its own, which a crash of a library ends alone.
            Else all happens in this one, in turn, where a debugger sees it.

    Returns:
        The published bundle.

    Raises:
        ProofError: files are not what PyTorch computes, and nothing else went wrong.
        ConversionError: a format could not be converted, or its process crashed.
        EdgekitError: anything that all formats have in common; nothing was written.
    """
    with staging(plan.out) as folder:
        try:
            crew = Crew(folder / "log", say, debug) if isolated else Here(say)
            traced, outcomes = _run(plan, folder, crew, jobs if isolated else 1)
            finished = [row for outcome in outcomes.values() for row in outcome.files]
            kept = [row for row in finished if row.failure is None]
            refused = tuple(_refused(plan, outcomes))
            if kept:
                _write_manifest(plan, traced, kept, refused, folder / "bundle")
                publish(folder / "bundle", plan.out, force=plan.force)
        except OSError as error:
            raise disk_error(error, folder) or error from error
    if refused:
        raise _error(outcomes, plan.out if kept else None)
    return Bundle.open(plan.out, check_hashes=False)


def _run(
    plan: ExportPlan, folder: Path, crew: Crew | Here, jobs: int
) -> tuple[Traced, dict[str, FormatOutcome]]:
    """Traces the model, then writes and proves its formats, several at a time.

    Args:
        plan: what was decided.
        folder: an empty one, for the bundle and for what the stages hand on.
        crew: runs the stages.
        jobs: how many formats at a time.

    Returns:
        What tracing found out, and what became of each format, in the order asked for.
    """
    work, out = folder / "work", folder / "bundle"
    work.mkdir()
    out.mkdir()
    with crew:
        traced = crew.call(1, trace, plan, work, out)
        left = plan.without(traced.refused)
        names = left.formats()
        with ThreadPoolExecutor(jobs) as pool:
            futures = {
                name: pool.submit(crew.call, jobs, export, left, traced, name, work, out)
                for name in sorted(names, key=lambda name: -formats.get(name).effort)
            }
            try:
                found = {name: _outcome(futures[name]) for name in names}
            except BaseException:
                crew.kill()
                pool.shutdown(wait=True, cancel_futures=True)
                raise
    return traced, {
        name: _with_refused(found.get(name, FormatOutcome()), plan, name, traced.refused)
        for name in plan.formats()
    }


def _outcome(future: Future[FormatOutcome]) -> FormatOutcome:
    """The result of a format's stage; an error of that format alone is a part of it."""
    try:
        return future.result()
    except OutputError:  # the disk is full, or gone: no other format will fare better
        raise
    except EdgekitError as error:
        return FormatOutcome(failure=error)


def _with_refused(
    outcome: FormatOutcome, plan: ExportPlan, name: str, refused: Mapping[str, str]
) -> FormatOutcome:
    """What became of a format, with the reasons why some of its files were not begun."""
    files = (row.file for row in plan.artifacts if row.format == name)
    reasons = dict.fromkeys(refused[file] for file in files if file in refused)
    if not reasons:
        return outcome
    failures = [*([str(outcome.failure)] if outcome.failure else []), *reasons]
    return replace(outcome, failure=ConversionError("; ".join(failures)))


def _refused(plan: ExportPlan, outcomes: Mapping[str, FormatOutcome]) -> Iterator[Refused]:
    """The manifest's rows of files that were planned and are not published, with the reasons."""
    for name, outcome in outcomes.items():
        for row in outcome.files:
            if row.failure is not None:
                yield Refused(
                    file=row.path.name, format=name, recipe=row.recipe, failure=row.failure
                )
        made = {row.path.name for row in outcome.files}
        for planned in plan.artifacts:
            if planned.format == name and planned.file not in made:
                yield Refused(
                    file=planned.file,
                    format=name,
                    recipe=planned.recipe,
                    failure=str(outcome.failure),
                )


def _write_manifest(
    plan: ExportPlan,
    traced: Traced,
    kept: Sequence[Exported],
    refused: tuple[Refused, ...],
    folder: Path,
) -> None:
    """Writes ``manifest.json`` into a bundle's folder, and removes files that are not in it.

    Args:
        plan: what was decided.
        traced: what was found out about the model.
        kept: the files that are published.
        refused: those that are not, and why.
        folder: the bundle's, with all its other files.
    """
    source = plan.source
    _remove_all_but(kept, folder)
    manifest = Manifest(
        schema_version=SCHEMA_VERSION,
        edgekit_version=VERSION,
        name=source.name,
        task=plan.task.name,
        problem_type=plan.task.problem_type,
        labels=traced.card.labels,
        random_weights=source.random_weights,
        source=_source(source, traced.parameters),
        max_length=plan.max_length,
        buckets=plan.buckets,
        pad_id=traced.signature.pad_id,
        prompts=source.prompts() if plan.task.has_head else {},
        default_prompt_name=source.default_prompt_name() if plan.task.has_head else None,
        roles=traced.roles,
        similarity=source.similarity(plan.task),
        pooling=source.head(plan.task).facts() if plan.task.has_head else None,
        tokenizer=traced.tokenizer,
        golden=contents.entry(folder, folder / contents.GOLDEN),
        postprocess=traced.postprocess,
        postprocessing=settings(plan.task.name, plan.task.problem_type),
        artifacts=tuple(_artifact(traced, row, folder) for row in kept if not row.takes_text),
        text_artifacts=tuple(_text_artifact(traced, row, folder) for row in kept if row.takes_text),
        refused=refused,
    )
    text = documents.dump_json(manifest, contents.MANIFEST, indent=2)
    (folder / contents.MANIFEST).write_text(text + "\n", encoding="utf-8")


def _source(source: Source, parameters: int) -> SourceFacts:
    """What the manifest says of the checkpoint."""
    return SourceFacts(
        origin=source.origin,
        kind=source.kind,
        model_type=source.family.model_type,
        architectures=configs.texts(source.config, "architectures"),
        sha256=source.sha256,
        parameters=parameters,
        license=source.card.get("license"),
        seed=SEED if source.random_weights else None,
        versions=formats.versions(),
    )


def _artifact(traced: Traced, row: Exported, folder: Path) -> ArtifactEntry:
    """The manifest's entry of a file that takes ids."""
    facts, batch = row.facts, "batch" if row.batched else 1
    dtypes = {spec.name: spec.dtype for spec in facts.inputs}
    inputs = [replace(spec, dtype=dtypes[spec.name]) for spec in traced.signature.inputs]
    return ArtifactEntry(
        **msgspec.structs.asdict(contents.entry(folder, row.path)),
        data=_data(row, folder),
        format=facts.format,
        recipe=row.recipe,
        runtime=formats.get(facts.format).runtime,
        least_runtime=facts.least_runtime,
        minimum_os=facts.minimum_os,
        buckets=row.buckets,
        inputs=_batched(inputs, batch),
        outputs=_batched(traced.signature.outputs, batch),
        weights=_weights(row),
        proofs=row.proofs,
    )


def _text_artifact(traced: Traced, row: Exported, folder: Path) -> TextArtifactEntry:
    """The manifest's entry of a file that takes text."""
    from edgekit.converters.onnx_text import IDS, INPUT

    return TextArtifactEntry(
        **msgspec.structs.asdict(contents.entry(folder, row.path)),
        data=_data(row, folder),
        format=row.facts.format,
        recipe=row.recipe,
        runtime="onnxruntime",
        operators=text_runtime.operators(),
        least_runtime=row.facts.least_runtime,
        minimum_os=row.facts.minimum_os,
        inputs=(INPUT,),
        outputs=_batched((*traced.signature.outputs, IDS), 1),
        weights=_weights(row),
        proofs=row.proofs,
    )


def _weights(row: Exported) -> tuple[WeightEntry, ...]:
    """The tensors of a file as the manifest lists them."""
    return tuple(
        WeightEntry(tensor=each.tensor, scheme=str(each.scheme), size_bytes=each.size_bytes)
        for each in row.weights
    )


def _data(row: Exported, folder: Path) -> FileEntry | None:
    """The external data beside a file, if it has any."""
    path = external_data(row.path)
    return contents.entry(folder, path) if path.exists() else None


def _batched(specs: Sequence[TensorSpec], batch: int | str) -> tuple[TensorSpec, ...]:
    """The tensors with ``batch`` as their first axis: a number, or a name where it is free."""
    return tuple(replace(spec, shape=(batch, *spec.shape[1:])) for spec in specs)


def _remove_all_but(kept: Sequence[Exported], folder: Path) -> None:
    """Deletes refused files from a bundle's folder, and what a converter that died had begun."""
    named = {contents.GOLDEN, contents.POSTPROCESS, contents.TOKENIZER}
    named.update(path.name for row in kept for path in (row.path, external_data(row.path)))
    for path in folder.iterdir():
        if path.name not in named:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _error(outcomes: Mapping[str, FormatOutcome], published: Path | None) -> EdgekitError:
    """The error of a conversion that failed in part.

    It says what went wrong, and where the rest is published.

    Args:
        outcomes: of each format, by its name.
        published: the bundle; None if no file is left.
    """
    wrong = [
        f"{row.path.name}: {row.failure}"
        for outcome in outcomes.values()
        for row in outcome.files
        if row.failure is not None
    ]
    ended = {name: outcome.failure for name, outcome in outcomes.items() if outcome.failure}
    if len(outcomes) == 1 and not wrong and not published:
        (failure,) = ended.values()
        return failure
    parts = [f"does not compute what PyTorch computes: {'; '.join(wrong)}"] if wrong else []
    parts += [f"{formats.get(name).title} failed: {failure}" for name, failure in ended.items()]
    parts.append(f"the others are in {published}" if published else "nothing was written")
    error = ConversionError(". ".join(parts)) if ended else ProofError(". ".join(parts))
    error.__cause__ = next((failure.__cause__ for failure in ended.values()), None)
    return error
