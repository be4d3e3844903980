"""One `edgekit bench`: the suite asked for, run into a folder, going on where it stopped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from pathlib import Path

from msgspec.structs import replace

from edgekit.benchmarks import own_texts, prepare, results, spec
from edgekit.benchmarks.bench import Bench
from edgekit.benchmarks.devices import targets
from edgekit.benchmarks.devices.protocol import Target
from edgekit.benchmarks.measurement import Measurement
from edgekit.benchmarks.spec import Suite
from edgekit.bundle import Bundle
from edgekit.errors import PlanError
from edgekit.files import output_folder
from edgekit.words import command

Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class BenchRequest:
    """What ``edgekit bench`` is asked for, named as its options; None leaves what the suite has.

    Attributes:
        bundles: the folders of the bundles to measure; they take the place of a suite's own models.
        against: the folder of the bundle that they are compared with.
        like: the bundle of the same model that files of other tools are measured like.
        suite: a shipped suite's name, or a TOML file.
        device: as ``edgekit devices`` names them.
        threads: of the processor, one measurement for each.
        lengths: tokens of a text, special ones included, one measurement for each.
        batch: texts of an inference, one measurement for each.
        texts: a file of the user's own texts, whose lengths replace ``lengths``.
        recipe: which of the bundles' recipes are measured.
        runtime: in which runtimes.
        profile: whether the runtimes' own profilers are asked.
        memory: bytes that an emulated device has at most.
        seconds: most time for one file's inferences.
        processes: fresh ones, one after the other, in which each file is measured.
        via: ``app`` where phones are to measure inside an app.
        cool: most seconds for a hot phone to cool.
    """

    bundles: tuple[Path, ...] = ()
    against: Path | None = None
    like: Path | None = None
    suite: str | None = None
    device: tuple[str, ...] | None = None
    threads: tuple[int, ...] | None = None
    lengths: tuple[int, ...] | None = None
    batch: tuple[int, ...] | None = None
    texts: Path | None = None
    recipe: tuple[str, ...] | None = None
    runtime: tuple[str, ...] | None = None
    profile: bool | None = None
    memory: int | None = None
    seconds: float | None = None
    processes: int | None = None
    via: str | None = None
    cool: float | None = None

    @property
    def command(self) -> str:
        """What measures it again, as a shell takes it."""
        options = {field.name: getattr(self, field.name) for field in fields(self)[1:]}
        return command("bench", self.bundles, options)


_FIELDS = {  # of a suite, by the option that replaces it
    "device": "devices", "threads": "threads", "lengths": "lengths", "batch": "batch",
    "recipe": "recipes", "runtime": "runtimes", "profile": "profile",
    "memory": "memory_limit_bytes", "via": "via",
}  # fmt: skip


def suite(asked: BenchRequest) -> Suite:
    """The suite that is measured: the one named, or the command line's own, with its options.

    Raises:
        PlanError: neither bundles nor a suite were given, or a number makes no sense.
    """
    if asked.suite is None and not asked.bundles:
        raise PlanError("name a bundle to measure, or a suite: --suite quick")
    if asked.against is not None and not asked.bundles:
        raise PlanError("--against compares bundles: name the one to measure first")
    if asked.texts and asked.lengths:
        raise PlanError("--texts measures the lengths of its own: leave --lengths out")
    found = Suite(asked.bundles[0].stem) if asked.suite is None else spec.read(asked.suite)
    if asked.bundles:
        models = spec.of_bundles(asked.bundles, asked.against, asked.like)
        found = replace(found, models=models, title="", against=None, paper=None)
    given = {field: getattr(asked, option) for option, field in _FIELDS.items()}
    given = {field: value for field, value in given.items() if value is not None}
    found = replace(found, **given, command=asked.command)
    limits = {
        "seconds": asked.seconds,
        "processes": asked.processes,
        "cool_seconds": asked.cool,
    }
    return spec.checked(spec.with_limits(found, **limits))


def run(
    asked: Suite, folder: Path, *, texts: Path | None, force: bool, say: Say, tick: Say
) -> list[Measurement]:
    """Measures what is missing in a folder of results.

    Args:
        asked: the suite.
        folder: the folder, which is made. If nothing is measured, it is gone afterwards.
        texts: the user's own texts, whose lengths replace the suite's, or None.
        force: whether everything is measured again.
        say: is told what happens.
        tick: is told what happens right now, which the next call replaces.

    Returns:
        All measurements in the folder.

    Raises:
        EdgekitError: a device, a bundle or an argument is at fault, and nothing was measured.
    """
    devices = _devices(asked, say)
    with output_folder(folder):
        found = prepare.bundles(asked, folder, say)
        if texts is not None:
            asked = own_texts.with_texts(asked, found, texts)
        asked = replace(asked, against=_against(asked, found))
        store = results.Store(folder)
        have = [row for row in store.load() if row.failure is None and not force]
        bench = Bench(asked, found, store.append, {row.key: row for row in have}, say, tick)
        here = [device for device in devices if not targets.apart(device.name)]
        apart = [device for device in devices if targets.apart(device.name)]
        bench.plan([*here, *apart])
        bench.run(here)
        _side_by_side(bench, apart)
        return store.load()


def _side_by_side(bench: Bench, devices: Sequence[Target]) -> None:
    """Measures devices at the same time, whose processors have nothing to do with each other."""
    if len(devices) < 2:
        bench.run(devices)
        return
    with ThreadPoolExecutor(len(devices)) as pool:
        try:
            list(pool.map(bench.run, [[device] for device in devices]))
        except BaseException:
            bench.stop()
            raise


def _devices(asked: Suite, say: Say) -> list[Target]:
    """The devices of a suite, opened; PlanError if one is named twice or ``--memory`` fits none."""
    found = [targets.make(name, asked.memory_limit_bytes, say, asked.via) for name in asked.devices]
    if len({target.name for target in found}) < len(found):
        raise PlanError(f"--device names one twice: {', '.join(asked.devices)}")
    if asked.memory_limit_bytes is not None and all(target.timed for target in found):
        raise PlanError("--memory limits an emulated device only: add --device arm64")
    return found


def _against(asked: Suite, found: Sequence[tuple[str, Bundle]]) -> str | None:
    """The name of the model that the others are compared with, or None.

    It is that of the bundle that the command line names for it, else the one that the suite names.

    Raises:
        PlanError: the suite names none of its models.
    """
    for model, (name, _) in zip(asked.models, found, strict=True):
        if model.baseline:
            return name
    names = [name for name, _ in found]
    if asked.against is not None and asked.against not in names:
        raise PlanError(
            f"the suite compares with '{asked.against}', which is none of its models: choose from "
            f"{', '.join(names)}"
        )
    return asked.against
