"""The whole way: plan -> trace once -> each format -> proof -> a published bundle."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from edgekit import bundle, documents, formats
from edgekit.bundle import Bundle
from edgekit.conversion import stages
from edgekit.conversion.plan import ExportPlan
from edgekit.conversion.stages import Exported, Say, Traced
from edgekit.conversion.worker import Worker, disk_error
from edgekit.errors import ProofError
from edgekit.manifest import (
    SCHEMA_VERSION,
    ArtifactEntry,
    Manifest,
    Refused,
    SourceFacts,
    TextArtifactEntry,
    WeightEntry,
)
from edgekit.model import config as configs
from edgekit.model.source import SEED, Source
from edgekit.runtime import text as text_runtime
from edgekit.signature import TensorSpec
from edgekit.staging import publish, staging
from edgekit.version import VERSION

_MINIMUM_OS = {
    "16": "iOS 16, macOS 13",
    "17": "iOS 17, macOS 14",
    "18": "iOS 18, macOS 15",
}


def convert(
    plan: ExportPlan, *, say: Say = lambda step: None, jobs: int = 1, debug: bool = False
) -> Bundle:
    """Does what the plan says and returns the published bundle.

    Args:
        plan: from :func:`edgekit.conversion.plan.make`.
        say: is told of each step as it begins and ends.
        jobs: how many formats are converted at the same time.
        debug: pass on what the libraries print, to standard error.

    Raises:
        ProofError: an artifact is not what PyTorch computes. It is left out; the bundle of the
            others, if there are any, is published all the same and named in the message.
        EdgekitError: anything else that went wrong; nothing was written.
    """
    with staging(plan.out) as folder:
        try:
            traced, exported = _run(plan, folder, say, jobs, debug)
            kept = [row for row in exported if row.failure is None]
            refused = [row for row in exported if row.failure is not None]
            if kept:
                _write_manifest(plan, traced, kept, refused, folder / "bundle")
                publish(folder / "bundle", plan.out, force=plan.force)
        except OSError as error:
            raise disk_error(error, folder) or error from error
    if refused:
        raise ProofError(_refusal(refused, plan.out if kept else None))
    return Bundle.open(plan.out, check_hashes=False)


def _run(
    plan: ExportPlan, folder: Path, say: Say, jobs: int, debug: bool
) -> tuple[Traced, list[Exported]]:
    work, out, log = folder / "work", folder / "bundle", folder / "log"
    work.mkdir()
    out.mkdir()
    with _Crew(log, say, debug) as crew:
        traced: Traced = crew.call(1, stages.trace, plan, work, out)
        with ThreadPoolExecutor(jobs) as pool:
            futures = {
                name: pool.submit(crew.call, jobs, stages.export, plan, traced, name, work, out)
                for name in sorted(plan.formats(), key=lambda name: -formats.get(name).effort)
            }
            try:
                return traced, [row for name in plan.formats() for row in futures[name].result()]
            except BaseException:
                crew.kill()
                pool.shutdown(wait=True, cancel_futures=True)
                raise


class _Crew:
    """The running workers, so that all end when one fails or the user interrupts."""

    def __init__(self, log: Path, say: Say, debug: bool) -> None:
        self._log, self._say, self._debug = log, say, debug
        self._lock = threading.Lock()
        self._workers: list[Worker] = []
        self._closed = False

    def __enter__(self) -> _Crew:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def call(self, share: int, function: Callable[..., Any], *args: Any) -> Any:
        """Runs ``function(*args, say=...)`` in a process of its own and returns its result.

        ``share`` is how many such processes have to share the cores.
        """
        with self._lock:
            if self._closed:
                return []
            threads = max(1, (os.cpu_count() or 1) // share)
            worker = Worker(function, args, self._log, threads=threads, echo=self._debug)
            self._workers.append(worker)
        return worker.result(self._say)

    def kill(self) -> None:
        with self._lock:
            self._closed = True
            for worker in self._workers:
                worker.kill()


def _write_manifest(
    plan: ExportPlan,
    traced: Traced,
    kept: Sequence[Exported],
    refused: Sequence[Exported],
    folder: Path,
) -> None:
    source = plan.source
    for row in refused:
        _remove(row.path)
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
        pooling=source.pooling().facts() if plan.task.pooled else None,
        tokenizer=traced.tokenizer,
        golden=bundle.entry(folder, folder / bundle.GOLDEN),
        postprocess=traced.postprocess,
        artifacts=tuple(_artifact(plan, traced, row, folder) for row in kept if not row.takes_text),
        text_artifacts=tuple(_text_artifact(traced, row, folder) for row in kept if row.takes_text),
        refused=tuple(
            Refused(
                file=row.path.name, format=row.format, recipe=row.recipe, failure=row.failure or ""
            )
            for row in refused
        ),
    )
    text = documents.dump_json(manifest, bundle.MANIFEST, indent=2)
    (folder / bundle.MANIFEST).write_text(text + "\n", encoding="utf-8")


def _source(source: Source, parameters: int) -> SourceFacts:
    return SourceFacts(
        origin=source.origin,
        model_type=source.family.model_type,
        architectures=configs.texts(source.config, "architectures"),
        sha256=source.sha256,
        parameters=parameters,
        license=source.card.get("license"),
        seed=SEED if source.random_weights else None,
        versions=stages.versions(),
    )


def _artifact(plan: ExportPlan, traced: Traced, row: Exported, folder: Path) -> ArtifactEntry:
    format_ = formats.get(row.format)
    batch = "batch" if row.batched else 1
    return ArtifactEntry(
        **msgspec.structs.asdict(bundle.entry(folder, row.path)),
        format=row.format,
        recipe=row.recipe,
        runtime=format_.runtime,
        minimum_os=_MINIMUM_OS[plan.minimum_ios] if row.format == "coreml" else format_.minimum_os,
        buckets=row.buckets,
        inputs=_batched(traced.signature.inputs, batch),
        outputs=_batched(traced.signature.outputs, batch),
        weights=_weights(row),
        proofs=row.proofs,
    )


def _text_artifact(traced: Traced, row: Exported, folder: Path) -> TextArtifactEntry:
    from edgekit.converters.onnx_text import IDS, INPUT

    return TextArtifactEntry(
        **msgspec.structs.asdict(bundle.entry(folder, row.path)),
        format=row.format,
        recipe=row.recipe,
        runtime="onnxruntime",
        operators=text_runtime.operators(),
        minimum_os=formats.get(row.format).minimum_os,
        inputs=(INPUT,),
        outputs=_batched((*traced.signature.outputs, IDS), 1),
        weights=_weights(row),
        proofs=row.proofs,
    )


def _weights(row: Exported) -> tuple[WeightEntry, ...]:
    return tuple(
        WeightEntry(tensor=each.tensor, scheme=str(each.scheme), size_bytes=each.size_bytes)
        for each in row.weights
    )


def _batched(specs: Sequence[TensorSpec], batch: int | str) -> tuple[TensorSpec, ...]:
    """The tensors with their first axis as this artifact has it."""
    return tuple(replace(spec, shape=(batch, *spec.shape[1:])) for spec in specs)


def _remove(path: Path) -> None:
    import shutil

    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


def _refusal(refused: Sequence[Exported], published: Path | None) -> str:
    names = "; ".join(f"{row.path.name}: {row.failure}" for row in refused)
    rest = f"the others are in {published}" if published else "nothing was written"
    return f"does not compute what PyTorch computes: {names}. {rest}"
