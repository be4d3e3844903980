"""One `edgekit bench`: the suite asked for, run into a folder, going on where it stopped."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from msgspec.structs import replace

from edgekit.benchmarks import prepare, results, spec
from edgekit.benchmarks.bench import Bench
from edgekit.benchmarks.devices import targets
from edgekit.benchmarks.devices.protocol import Target
from edgekit.benchmarks.measurement import Measurement
from edgekit.benchmarks.spec import Suite
from edgekit.bundle import Bundle
from edgekit.errors import PlanError
from edgekit.files import output_folder

Say = Callable[[str], None]


def suite(
    bundles: Sequence[Path],
    against: Path | None,
    name_or_path: str | None,
    options: Mapping[str, object],
) -> Suite:
    """The suite that a command line asks for.

    Args:
        bundles: The bundles to measure; they take the place of a suite's own models.
        against: The bundle to compare them with, or None.
        name_or_path: A shipped suite's name or a TOML file, or None.
        options: Fields of the suite; those that are not None replace its own.

    Raises:
        PlanError: Neither bundles nor a suite were given.
    """
    if name_or_path is None and not bundles:
        raise PlanError("name a bundle to measure, or a suite: --suite quick")
    if against is not None and not bundles:
        raise PlanError("--against compares bundles: name the one to measure first")
    found = Suite(bundles[0].stem) if name_or_path is None else spec.read(name_or_path)
    if bundles:
        models = spec.of_bundles(bundles, against)
        found = replace(found, models=models, title="", against=None, paper=None)
    given = {key: value for key, value in options.items() if value is not None}
    if "memory" in given:
        given["memory_limit_bytes"] = given.pop("memory")
    return replace(found, **given)


def run(
    asked: Suite, folder: Path, *, texts: Path | None, force: bool, say: Say, tick: Say
) -> list[Measurement]:
    """Measures what is missing in a folder of results.

    Args:
        asked: The suite.
        folder: The folder, which is made. If nothing is measured, it is gone afterwards.
        texts: The user's own texts, whose lengths replace the suite's, or None.
        force: Whether everything is measured again.
        say: Is told what happens.
        tick: Is told what happens right now, which the next call replaces.

    Returns:
        All measurements in the folder.

    Raises:
        EdgekitError: A device, a bundle or an argument is at fault, and nothing was measured.
    """
    devices = _devices(asked, say)
    with output_folder(folder):
        found = prepare.bundles(asked, folder, say)
        if texts is not None:
            asked = prepare.with_texts(asked, found, texts)
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
        PlanError: The suite names none of its models.
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
