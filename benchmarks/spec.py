"""What a benchmark measures: a suite, read from TOML or put together from arguments.

A suite names models, devices, threads, lengths, recipes and limits; ``docs/suites.md`` has an
example with every key.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import get_type_hints

import msgspec
from msgspec import UNSET, structs

from edgekit import documents, recipe
from edgekit.benchmarks import foreign
from edgekit.benchmarks.measurement import Paper, SuiteFacts, Texts
from edgekit.conversion.request import ConversionRequest
from edgekit.errors import PlanError
from edgekit.model.source import DEMO

SUITES = ("quick", "paper", "full")
FEWEST = 2  # samples of which there is a median


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much is measured, and when measuring stops.

    Args:
        min_samples: inferences that are measured at least.
        max_samples: inferences that are measured at most.
        seconds: bounds one file's warm inferences, all processes together.
        precision: the half-width of the median's interval, relative to it, at which to stop.
        warm_up: inferences of a process before the first that counts.
        block: inferences of one file that count before the others' turn.
        cold: inferences with nothing in the processor's caches.
        processes: in how many fresh processes, one after the other, a file is opened and measured.
            What another start changes is known from three on, and better from five.
        profile_runs: inferences that are averaged in a profile.
        cool_seconds: bounds how long a phone is left to cool down before.
    """

    min_samples: int = 20
    max_samples: int = 200
    seconds: float = 10.0
    precision: float = 0.01
    warm_up: int = 3
    block: int = 5
    cold: int = 5
    processes: int = 5
    profile_runs: int = 10
    cool_seconds: float = 300.0

    @property
    def of_a_process(self) -> Limits:
        """The limits of each single process: time and samples are shared out among them.

        A median keeps the few samples that it needs.
        """
        return structs.replace(
            self,
            min_samples=max(FEWEST, math.ceil(self.min_samples / self.processes)),
            max_samples=max(FEWEST, math.ceil(self.max_samples / self.processes)),
            seconds=self.seconds / self.processes,
        )


class Model(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A bundle, or what one is made of; the others are compared with the one that is ``baseline``.

    Args:
        name: what reports call it; None for the bundle's own name.
        bundle: its folder, or with ``like`` a file that another tool made; None where one is made.
        like: the bundle of the same model and task that such a file is measured like.
        config: a bare architecture: ``model_type``, the rest being Transformers' defaults. Its
            weights are random.
        convert: arguments of :func:`edgekit.convert`.
        baseline: whether the others are compared with it.
    """

    name: str | None = None
    bundle: Path | None = None
    like: Path | None = None
    config: Mapping[str, object] | None = None
    convert: Mapping[str, object] = msgspec.field(default_factory=dict)
    baseline: bool = False


class PaperTable(Paper, frozen=True, forbid_unknown_fields=True):
    """A paper's numbers as a suite has them: a key that is misspelt is refused."""


class SuiteTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that is measured in one go, as a TOML file has it; ``docs/suites.md``.

    Args:
        name: of the suite; by default the file's.
        models: at least one.
        title: for the report's head.
        against: the model that the others are compared with.
        devices: as ``edgekit devices`` names them.
        threads: of the processor, one measurement for each.
        lengths: tokens of a text, special ones included, one measurement for each.
        batch: texts of an inference, one measurement for each.
        recipes: None for all that the bundles have.
        runtimes: None for all that the devices have.
        memory_limit_bytes: what an emulated device has at most.
        via: ``app`` where phones are to measure inside an app.
        profile: whether the runtimes' own profilers are asked.
        limits: when to stop.
        paper: what a paper says, to stand beside it.
    """

    name: str = ""
    models: tuple[Model, ...] = ()
    title: str = ""
    against: str | None = None
    devices: tuple[str, ...] = ("host",)
    threads: tuple[int, ...] = (1,)
    lengths: tuple[int, ...] = (128,)
    batch: tuple[int, ...] = (1,)
    recipes: tuple[str, ...] | None = None
    runtimes: tuple[str, ...] | None = None
    memory_limit_bytes: int | None = None
    via: str | None = None
    profile: bool = False
    limits: Limits = Limits()
    paper: PaperTable | None = None


class Suite(SuiteTable, frozen=True):
    """A suite that is measured, at the lengths of the user's own texts if there are ``texts``.

    ``command`` is what measures it again.
    """

    texts: Texts | None = None
    command: str = ""

    def facts(self) -> SuiteFacts:
        """What each measurement keeps of the suite, for reports."""
        return SuiteFacts(
            name=self.name,
            title=self.title,
            against=self.against,
            texts=self.texts,
            paper=self.paper,
            command=self.command,
        )


def read(name_or_path: str) -> Suite:
    """Reads a suite.

    Args:
        name_or_path: the name of a shipped one, or the path of a TOML file.

    Raises:
        PlanError: there is none, it is not TOML, or a key is unknown or of the wrong kind.
    """
    if name_or_path in SUITES:
        shipped = files("edgekit.benchmarks").joinpath("suites", f"{name_or_path}.toml")
        table = documents.decode_toml(shipped.read_bytes(), SuiteTable, name_or_path, PlanError)
        return suite(table, Path.cwd(), name_or_path)
    path = Path(name_or_path)
    if not path.is_file():
        raise PlanError(
            f"'{name_or_path}' is no suite: choose from {', '.join(SUITES)} or give a TOML file"
        )
    return suite(documents.read_toml(path, SuiteTable, PlanError), path.parent, name_or_path)


def suite(table: SuiteTable, folder: Path, origin: str) -> Suite:
    """Checks a suite as a file has it.

    Args:
        table: the parsed file.
        folder: what paths in it are relative to.
        origin: what errors call it.

    Raises:
        PlanError: something in it makes no sense.
    """
    if not table.models:
        raise PlanError(f"{origin} names no [[models]]: add at least one")
    found = Suite(**structs.asdict(table))
    models = tuple(_model(model, folder, origin) for model in table.models)
    return checked(structs.replace(found, name=table.name or Path(origin).stem, models=models))


# A suite is passed on to others: what it names runs no code, and its bundles have their place.
_NOT_OF_SUITES = ("out", "force", "allow_pickle", "trust_remote_code", "allow_unused_weights")


def _convert_table() -> type[msgspec.Struct]:
    """The arguments of :func:`edgekit.convert` that a suite may give, as a type."""
    hints = get_type_hints(ConversionRequest)
    names = [name for name in hints if name not in _NOT_OF_SUITES]
    fields = [(name, hints[name] | msgspec.UnsetType, msgspec.UNSET) for name in names]
    return msgspec.defstruct("convert", fields, frozen=True, forbid_unknown_fields=True)


_MOST_THREADS = 128  # thousands bring a machine to a standstill
_LISTS = ("devices", "threads", "lengths", "batch", "recipes", "runtimes")


def checked(suite: Suite) -> Suite:
    """Checks the numbers of a suite.

    Returns:
        The same suite.

    Raises:
        PlanError: one of them makes no sense.
    """
    for key in _LISTS:
        values = getattr(suite, key)
        if values == ():
            raise PlanError(f"{key} is an empty list: name at least one or leave it out")
        if len(set(values or ())) < len(values or ()):
            raise PlanError(f"{key} names something twice: {list(values)}")
    for key in ("threads", "lengths", "batch"):
        if min(getattr(suite, key)) < 1:
            raise PlanError(f"{key} has to be numbers from 1, not {list(getattr(suite, key))}")
    if max(suite.threads) > _MOST_THREADS:
        raise PlanError(f"threads has to be numbers to {_MOST_THREADS}, not {max(suite.threads)}")
    for name in suite.recipes or ():
        recipe.get(name)
    _check_limits(suite.limits)
    return suite


_LEAST = {"processes": 1, "profile_runs": 1, "block": 1, "warm_up": 0, "cold": 0}


def _check_limits(limits: Limits) -> None:
    """Raises PlanError if a limit makes no sense."""
    if not FEWEST <= limits.min_samples <= limits.max_samples:
        raise PlanError(f"min_samples has to be at least {FEWEST} and at most max_samples")
    for name, least in _LEAST.items():
        if getattr(limits, name) < least:
            raise PlanError(f"{name} has to be {least} or more, not {getattr(limits, name)}")
    for name in ("seconds", "precision"):
        value = getattr(limits, name)
        if not 0 < value < math.inf:  # nan is neither
            raise PlanError(f"{name} has to be a number above 0, not {value:g}")
    if not 0 <= limits.cool_seconds < math.inf:
        raise PlanError(f"cool_seconds (--cool) has to be 0 or more, not {limits.cool_seconds:g}")


def with_limits(suite: Suite, **changed: float | None) -> Suite:
    """A suite with other limits.

    Args:
        suite: any.
        **changed: limits by name; None leaves the suite's own.
    """
    given = {key: value for key, value in changed.items() if value is not None}
    return structs.replace(suite, limits=structs.replace(suite.limits, **given))


def _model(model: Model, folder: Path, origin: str) -> Model:
    """A row of ``[[models]]``, checked, with its paths relative to the suite's folder.

    Raises:
        PlanError: it is neither a bundle nor what one is made of.
    """
    convert = documents.convert(model.convert, _convert_table(), f"{origin}, convert", PlanError)
    given = {key: value for key, value in structs.asdict(convert).items() if value is not UNSET}
    if (model.bundle is None) == (model.config is None and "model" not in given):
        raise PlanError(
            f"{origin}: each of [[models]] needs either bundle, config or convert.model"
        )
    if model.bundle is None and model.config is not None and model.name is None:
        raise PlanError(f"{origin}: a model with a config needs a name")
    if model.name is not None and Path(model.name).name != model.name:
        raise PlanError(f"{origin}: '{model.name}' is no name: leave / out")
    bundle = None if model.bundle is None else folder / model.bundle
    like = None if model.like is None else folder / model.like
    return structs.replace(model, convert=_beside(folder, given), bundle=bundle, like=like)


def _beside(folder: Path, convert: Mapping[str, object]) -> Mapping[str, object]:
    """The arguments of a conversion.

    A checkpoint that lies beside the suite is meant before others.
    """
    model = convert.get("model")
    if not isinstance(model, str) or model == DEMO or not (folder / model).is_dir():
        return convert
    return {**convert, "model": str(folder / model)}


def of_bundles(
    bundles: Sequence[Path], against: Path | None, like: Path | None = None
) -> tuple[Model, ...]:
    """The models of a suite that is given as a command line.

    Args:
        bundles: folders of bundles, or with ``like`` files of other tools.
        against: the folder of the bundle that they are compared with; it comes last.
        like: the bundle that files of other tools are measured like.
    """
    files = [path for path in bundles if foreign.is_file(path)]
    if files and like is None:
        raise PlanError(
            f"{files[0]} is no bundle: name one of the same model and task: --like BUNDLE"
        )
    own = [path for path in bundles if path not in files]
    models = [Model(bundle=path, like=like) for path in files] + [Model(bundle=p) for p in own]
    base = against or like
    return (*models, Model(bundle=base, baseline=True)) if base and base not in own else (*models,)
