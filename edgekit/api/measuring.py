"""``edgekit.bench``, ``edgekit.buckets``, ``edgekit.report`` and ``edgekit.devices``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from edgekit.api.arguments import AnyPath, counts, names, path, paths

if TYPE_CHECKING:
    from edgekit.api.notebook import ReportView
    from edgekit.api.rows import Rows
    from edgekit.benchmarks.buckets import BucketChoice
    from edgekit.benchmarks.devices.driver import Found


def bench(
    *bundles: AnyPath,
    against: AnyPath | None = None,
    like: AnyPath | None = None,
    suite: str | None = None,
    device: str | Iterable[str] | None = None,
    threads: int | Iterable[int] | None = None,
    lengths: int | Iterable[int] | None = None,
    batch: int | Iterable[int] | None = None,
    texts: AnyPath | None = None,
    recipe: str | Iterable[str] | None = None,
    runtime: str | Iterable[str] | None = None,
    profile: bool | None = None,
    memory: int | None = None,
    seconds: float | None = None,
    processes: int | None = None,
    via: str | None = None,
    cool: float | None = None,
    out: AnyPath | None = None,
    force: bool = False,
    progress: Callable[[str], None] = lambda text: None,
) -> ReportView:
    """Measures latency, memory and size of bundles, each file checked and all of them interleaved.

    Interrupted, the same call goes on where it stopped.

    Args:
        *bundles: their folders.
        against: the folder of the bundle to compare with.
        like: the bundle of the same model that files of other tools are measured like.
        suite: ``quick``, ``paper``, ``full``, or a TOML file.
        device: of :func:`devices`; None is ``host``.
        threads: of the processor, one measurement for each; None is 1.
        lengths: tokens of a text, special ones included; None is 128.
        batch: texts of an inference, where a file takes several on this machine; None is 1.
        texts: a file of your own texts, one a line, whose lengths are measured.
        recipe: like ``int8``; None is all.
        runtime: like ``onnxruntime``; None is those that phones have.
        profile: time by operator, too.
        memory: bytes that an emulated device has.
        seconds: most time for one file's inferences; None is 10.
        processes: fresh ones, one after the other, in which each file is measured; None is 5.
        via: ``app``, to measure inside an app on a phone.
        cool: most seconds for a hot phone to cool; None is 300.
        out: folder of the results and the report; None is ``<suite>.bench`` here.
        force: measure again what is in the folder already.
        progress: is told what happens.

    Returns:
        The report, which is in the folder already.

    Raises:
        EdgekitError: with one line that says what was wrong and what to do.
    """
    from edgekit import extras, reporting
    from edgekit.api.notebook import ReportView
    from edgekit.benchmarks import session

    extras.require("bench", "report")

    request = session.BenchRequest(
        bundles=paths(bundles),
        against=path(against),
        like=path(like),
        suite=suite,
        device=names(device),
        threads=counts(threads),
        lengths=counts(lengths),
        batch=counts(batch),
        texts=path(texts),
        recipe=names(recipe),
        runtime=names(runtime),
        profile=profile,
        memory=memory,
        seconds=seconds,
        processes=processes,
        via=via,
        cool=cool,
    )
    asked = session.suite(request)
    folder = Path(f"{asked.name}.bench") if out is None else Path(out)
    rows = session.run(
        asked, folder, texts=request.texts, force=force, say=progress, tick=lambda text: None
    )
    found = ReportView.of(reporting.build(rows))
    found.save(folder)
    return found


def buckets(
    bundle: AnyPath,
    *,
    texts: AnyPath,
    artifact: str | None = None,
    most: int = 6,
    device: str = "host",
    threads: int = 1,
    seconds: float = 30.0,
    progress: Callable[[str], None] = lambda text: None,
) -> BucketChoice:
    """Proposes static lengths for texts, by what each length costs here.

    Args:
        bundle: its folder.
        texts: a file of your own texts, one a line.
        artifact: the file to measure: a name, a format or a recipe. None takes the smallest of
            those that take any length; one of fixed lengths is measured at them alone.
        most: how many buckets a set has at most.
        device: of :func:`devices`.
        threads: of the processor.
        seconds: how long is measured, about.
        progress: is told what happens.

    Returns:
        The cheapest set of each size, and the one that is proposed.

    Raises:
        EdgekitError: with one line that says what was wrong and what to do.
    """
    from edgekit import extras
    from edgekit.benchmarks.buckets import choose
    from edgekit.bundle import Bundle

    extras.require("bench")
    return choose(
        Bundle.open(Path(bundle)),
        Path(texts),
        artifact=artifact,
        most=most,
        device=device,
        threads=threads,
        seconds=seconds,
        say=progress,
    )


def report(*results: AnyPath, against: str | None = None, out: AnyPath | None = None) -> ReportView:
    """Shows stored results again, several of them as one.

    Args:
        *results: folders of :func:`bench` and of :func:`evaluate`, or files of theirs. Of a bundle
            that has both, size, latency and quality stand in one table.
        against: the model to compare the others with.
        out: a folder to write the report's files to.

    Raises:
        EdgekitError: with one line that says what was wrong and what to do.
    """
    from edgekit import reporting
    from edgekit.api.notebook import ReportView
    from edgekit.reporting import sources

    stored = sources.read(paths(results))
    found = ReportView.of(reporting.build(stored.measurements, against, stored.evaluations))
    if out is not None:
        found.save(Path(out))
    return found


def devices() -> Rows[Found]:
    """The devices that can be measured on, and what is missing to reach the others."""
    from edgekit.api.rows import Rows
    from edgekit.benchmarks.devices import targets

    return Rows(targets.find())
