"""``edgekit.evaluate``, ``edgekit.check`` and ``edgekit.write_budget``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from edgekit.api.arguments import AnyPath, names, paths

if TYPE_CHECKING:
    from edgekit.api.rows import Rows
    from edgekit.budget.finding import Finding
    from edgekit.evaluation.result import Evaluation


def evaluate(
    *bundles: AnyPath,
    data: AnyPath,
    task: str | None = None,
    artifact: str | Iterable[str] | None = None,
    device: str = "host",
    limit: int | None = None,
    columns: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
    null_threshold: float = 0.0,
    top: int = 10,
    shown: int = 3,
    prompt: str | None = None,
    out: AnyPath | None = None,
    force: bool = False,
    progress: Callable[[str], None] = lambda text: None,
) -> Evaluation:
    """Runs every file of the bundles, and PyTorch, over labelled data.

    Args:
        *bundles: their folders.
        data: TSV, CSV, JSONL, Parquet, SQuAD's JSON or CoNLL.
        task: what to evaluate where the model's task leaves a choice, like ``retrieval``.
        artifact: files, formats or recipes; None for all that the device runs.
        device: ``host``, or one of :func:`devices`.
        limit: the most examples, from the first on.
        columns: the data's columns by role, like ``{"label": "stars"}``.
        labels: the model's labels by the data's.
        null_threshold: by how much no answer has to beat the best span (SQuAD 2.0).
        top: documents that count in retrieval.
        shown: how many examples that differ from PyTorch are kept of each file.
        prompt: role of every text, like ``query``, with the bundles' prompt for it; None leaves it
            to the model.
        out: folder for predictions and ``eval.json``; None is named after the data.
        force: ask again what is in the folder already.
        progress: is told what was guessed and finished.

    Raises:
        EdgekitError: with one line that says what was wrong and what to do.
    """
    from edgekit.evaluation import run
    from edgekit.evaluation.kinds import EvaluationOptions

    request = run.EvaluationRequest(
        bundles=paths(bundles),
        data=Path(data),
        task=task,
        artifact=names(artifact),
        device=device,
        limit=limit,
        shown=shown,
        options=EvaluationOptions(columns or {}, labels or {}, null_threshold, top),
        prompt=prompt,
    )
    folder = run.default_folder(request.data) if out is None else Path(out)
    return run.run(request, folder, force=force, say=progress)


def check(
    bundle: AnyPath,
    *,
    budget: AnyPath,
    baseline: AnyPath | Iterable[AnyPath] | None = None,
    junit: AnyPath | None = None,
    markdown: AnyPath | None = None,
    progress: Callable[[str], None] = lambda text: None,
) -> Rows[Finding]:
    """Holds a bundle against a budget: size, speed, memory, parity, quality.

    Args:
        bundle: its folder.
        budget: a TOML file of limits.
        baseline: what limits are relative to: reports of :func:`bench`, ``eval.json`` of
            :func:`evaluate`, or their folders.
        junit: write JUnit XML there.
        markdown: write a summary for a pull request there.
        progress: is told what is measured.

    Returns:
        Every limit of every file, the broken ones (``met`` is False) first.

    Raises:
        EdgekitError: the budget makes no sense, or cannot be measured.
    """
    from edgekit import extras
    from edgekit.api.rows import Rows
    from edgekit.budget import junit as xml
    from edgekit.budget import limits, render, verdict
    from edgekit.budget.baseline import Baseline
    from edgekit.budget.devices import Devices
    from edgekit.bundle import Bundle
    from edgekit.files import write_text

    budgets = limits.read(Path(budget))
    extras.require(*(["check"] if junit else []), *limits.extras(budgets))
    former = Baseline.read(paths(baseline)) if baseline is not None else None
    opened = Bundle.open(Path(bundle).absolute())
    found = verdict.check(opened, budgets, former, Devices(progress, lambda text: None))
    if junit:
        write_text(Path(junit), xml.to_xml(opened.name, found))
    if markdown:
        write_text(Path(markdown), render.to_markdown(opened.name, found))
    return Rows(found)


def write_budget(
    bundle: AnyPath,
    out: AnyPath,
    *,
    progress: Callable[[str], None] = lambda text: None,
    tick: Callable[[str], None] = lambda text: None,
) -> Path:
    """Measures a bundle on this machine, and writes a budget that it meets: a start for CI.

    Args:
        bundle: its folder.
        out: the TOML file; one that is there is somebody's and stays.
        progress: is told what is measured.
        tick: is told how far that is, many times a second.

    Returns:
        The file's path, for :func:`check`.

    Raises:
        EdgekitError: the file exists, or the bundle cannot be measured.
    """
    from edgekit import extras
    from edgekit.budget import first
    from edgekit.budget.devices import Devices
    from edgekit.bundle import Bundle

    extras.require("bench")
    path = Path(out)
    first.write(path, Bundle.open(Path(bundle).absolute()), Devices(progress, tick))
    return path
