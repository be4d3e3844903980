"""What a benchmark measures: a suite, read from TOML or put together from arguments.

A suite names models, devices, threads, lengths, recipes and limits; ``docs/suites.md`` has an
example with every key.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any, get_type_hints

from edgekit import recipe
from edgekit.benchmarks import typed
from edgekit.conversion import plan
from edgekit.errors import PlanError
from edgekit.model.source import DEMO

SUITES = ("quick", "paper", "full")


@dataclass(frozen=True)
class Limits:
    """When to stop. ``precision`` is the half-width of the median's interval, relative to it.

    ``seconds`` bounds one file's warm inferences; ``loads`` is in how many fresh processes it is
    opened; ``profile_runs`` are averaged in a profile; ``cool_seconds`` bounds how long a phone is
    left to cool down before.
    """

    min_samples: int = 20
    max_samples: int = 200
    seconds: float = 10.0
    precision: float = 0.01
    warm_up: int = 3
    loads: int = 3
    profile_runs: int = 10
    cool_seconds: float = 300.0


@dataclass(frozen=True)
class Model:
    """A bundle, or what one is made of: ``convert`` are arguments of :func:`edgekit.convert`.

    ``config`` is a bare architecture: a mapping with ``model_type``, the rest being Transformers'
    defaults; its weights are random. The others are compared with a ``baseline``.
    """

    name: str | None = None
    bundle: Path | None = None
    config: Mapping[str, Any] | None = None
    convert: Mapping[str, Any] = field(default_factory=dict)
    baseline: bool = False


@dataclass(frozen=True)
class Suite:
    """Everything that is measured in one go. ``recipes`` and ``runtimes`` None: all there are.

    ``via`` is ``app`` where phones are to measure inside an app.
    """

    name: str
    models: tuple[Model, ...]
    title: str = ""
    against: str | None = None
    devices: tuple[str, ...] = ("host",)
    threads: tuple[int, ...] = (1,)
    lengths: tuple[int, ...] = (128,)
    recipes: tuple[str, ...] | None = None
    runtimes: tuple[str, ...] | None = None
    memory_limit_bytes: int | None = None
    via: str | None = None
    profile: bool = False
    limits: Limits = Limits()
    texts: Mapping[str, Any] | None = None
    paper: Mapping[str, Any] | None = None

    def facts(self) -> dict[str, Any]:
        """What a measurement keeps of its suite."""
        kept = ("name", "title", "against", "texts", "paper")
        return {key: getattr(self, key) for key in kept if getattr(self, key)}


def read(name_or_path: str) -> Suite:
    """A shipped suite, or one in a TOML file.

    Raises:
        PlanError: there is none, it is not TOML, or a key is unknown or of the wrong kind.
    """
    if name_or_path in SUITES:
        shipped = files("edgekit.benchmarks").joinpath("suites", f"{name_or_path}.toml")
        return suite(_parsed(shipped.read_text("utf-8"), name_or_path), Path.cwd(), name_or_path)
    path = Path(name_or_path)
    if not path.is_file():
        raise PlanError(
            f"'{name_or_path}' is no suite: choose from {', '.join(SUITES)} or give a TOML file"
        )
    return suite(toml(path), path.parent, name_or_path)


def toml(path: Path) -> dict[str, Any]:
    """What a TOML file says.

    Raises:
        PlanError: it cannot be read, or is not TOML.
    """
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise PlanError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise PlanError(f"{path} is not TOML: byte {error.start + 1} is not UTF-8") from error
    return _parsed(text, str(path))


def _parsed(text: str, origin: str) -> dict[str, Any]:
    tomllib = _tomllib()
    try:
        return dict(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise PlanError(f"{origin} is not TOML: {error}") from error


def suite(data: Mapping[str, Any], folder: Path, origin: str) -> Suite:
    """From parsed TOML; paths are relative to ``folder``, ``origin`` is named in errors."""
    given = typed.checked(data, _SUITE, origin)
    if not given.get("models"):
        raise PlanError(f"{origin} names no [[models]]: add at least one")
    limits = typed.checked(given.get("limits", {}), get_type_hints(Limits), f"{origin}, [limits]")
    typed.checked(given.get("paper", {}), _PAPER, f"{origin}, [paper]")
    found = Suite(
        **{
            "name": Path(origin).stem,
            **given,
            "models": tuple(_model(row, folder, origin) for row in given["models"]),
            "limits": Limits(**limits),
        }
    )
    return checked(found)


_TABLE = Mapping[str, Any]
_SUITE = {**get_type_hints(Suite), "models": tuple[_TABLE, ...], "limits": _TABLE}
del _SUITE["texts"]  # of a command line, not of a suite
_PAPER = {
    "source": str,
    "parameters": Mapping[str, float],
    "inference_s": Mapping[str, float],
    "faster_on_phone": float,
    "phone_bytes": float,
}
_CONVERT = {
    name: hint
    for name, hint in get_type_hints(plan.make).items()
    if name not in ("out", "force", "trust", "return")
}
_MOST_THREADS = 128  # thousands bring a machine to a standstill
_LISTS = ("devices", "threads", "lengths", "recipes", "runtimes")


def checked(suite: Suite) -> Suite:
    """The suite, if its numbers make sense.

    Raises:
        PlanError: they do not.
    """
    for key in _LISTS:
        values = getattr(suite, key)
        if values == ():
            raise PlanError(f"{key} is an empty list: name at least one or leave it out")
        if len(set(values or ())) < len(values or ()):
            raise PlanError(f"{key} names something twice: {list(values)}")
    for key in ("threads", "lengths"):
        if min(getattr(suite, key)) < 1:
            raise PlanError(f"{key} has to be numbers from 1, not {list(getattr(suite, key))}")
    if max(suite.threads) > _MOST_THREADS:
        raise PlanError(f"threads has to be numbers to {_MOST_THREADS}, not {max(suite.threads)}")
    for name in suite.recipes or ():
        recipe.get(name)
    _check_limits(suite.limits)
    return suite


def _check_limits(limits: Limits) -> None:
    if not 2 <= limits.min_samples <= limits.max_samples:
        raise PlanError("min_samples has to be at least 2 and at most max_samples")
    if limits.warm_up < 0 or limits.loads < 1 or limits.profile_runs < 1:
        raise PlanError("loads and profile_runs have to be at least 1, warm_up 0 or more")
    for name in ("seconds", "precision"):
        value = getattr(limits, name)
        if not 0 < value < math.inf:  # nan is neither
            raise PlanError(f"{name} has to be a number above 0, not {value:g}")
    if not 0 <= limits.cool_seconds < math.inf:
        raise PlanError(f"cool_seconds (--cool) has to be 0 or more, not {limits.cool_seconds:g}")


def with_limits(suite: Suite, **changed: Any) -> Suite:
    """The suite with the limits that are not None in the place of its own."""
    given = {key: value for key, value in changed.items() if value is not None}
    return replace(suite, limits=replace(suite.limits, **given))


def _model(row: Any, folder: Path, origin: str) -> Model:
    given = typed.checked(row, get_type_hints(Model), f"{origin}, [[models]]")
    found = Model(**given)
    convert = typed.checked(found.convert, _CONVERT, f"{origin}, convert")
    if (found.bundle is None) == (found.config is None and "model" not in convert):
        raise PlanError(
            f"{origin}: each of [[models]] needs either bundle, config or convert.model"
        )
    if found.bundle is None and found.config is not None and found.name is None:
        raise PlanError(f"{origin}: a model with a config needs a name")
    if found.name is not None and Path(found.name).name != found.name:
        raise PlanError(f"{origin}: '{found.name}' is no name: leave / out")
    return replace(
        found,
        convert=_beside(folder, convert),
        bundle=found.bundle and folder / found.bundle,
    )


def _beside(folder: Path, convert: Mapping[str, Any]) -> Mapping[str, Any]:
    """A checkpoint that lies beside the suite goes before one of the same name elsewhere."""
    model = convert.get("model")
    if model in (None, DEMO) or not (folder / model).is_dir():
        return convert
    return {**convert, "model": str(folder / model)}


def _tomllib() -> Any:
    """The standard library's from Python 3.11 on, before that the package it came from."""
    return import_module("tomllib" if find_spec("tomllib") else "tomli")


def of_bundles(bundles: Sequence[Path], against: Path | None) -> tuple[Model, ...]:
    """The models of a command line, the one compared with last."""
    models = tuple(Model(bundle=path) for path in bundles)
    return (*models, Model(bundle=against, baseline=True)) if against else models
