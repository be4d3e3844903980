"""What a benchmark measures: a suite, read from TOML or put together from arguments.

A suite names models, devices, threads, lengths, recipes and limits; ``docs/suites.md`` has an
example with every key.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from importlib import import_module
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from edgekit.errors import PlanError

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
    defaults; its weights are random. The others are compared with a ``base_line``.
    """

    name: str | None = None
    bundle: Path | None = None
    config: Mapping[str, Any] | None = None
    convert: Mapping[str, Any] = field(default_factory=dict)
    base_line: bool = False


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
    text, folder = _text(name_or_path)
    tomllib = _tomllib()
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PlanError(f"{name_or_path} is not TOML: {error}") from error
    return suite(data, folder, name_or_path)


def suite(data: Mapping[str, Any], folder: Path, origin: str) -> Suite:
    """From parsed TOML; paths are relative to ``folder``, ``origin`` is named in errors."""
    models = data.get("models")
    if not isinstance(models, list) or not models:
        raise PlanError(f"{origin} names no [[models]]: add at least one")
    found = _build(
        Suite,
        {
            **{key: tuple(v) if isinstance(v, list) else v for key, v in data.items()},
            "models": tuple(_model(row, folder, origin) for row in models),
            "limits": _build(Limits, data.get("limits", {}), f"{origin}, [limits]"),
            "name": data.get("name", Path(origin).stem),
        },
        origin,
    )
    return checked(found)


def checked(suite: Suite) -> Suite:
    """The suite, if its numbers make sense.

    Raises:
        PlanError: they do not.
    """
    for key in ("threads", "lengths"):
        values = getattr(suite, key)
        if not values or any(not isinstance(value, int) or value < 1 for value in values):
            raise PlanError(f"{key} has to be whole numbers from 1, not {list(values)}")
        if len(set(values)) < len(values):
            raise PlanError(f"{key} names a number twice: {list(values)}")
    limits = suite.limits
    if not 2 <= limits.min_samples <= limits.max_samples:
        raise PlanError("min_samples has to be at least 2 and at most max_samples")
    if limits.seconds <= 0 or limits.warm_up < 0 or limits.loads < 1 or limits.profile_runs < 1:
        raise PlanError("seconds, loads and profile_runs have to be positive, warm_up 0 or more")
    return suite


def with_limits(suite: Suite, **changed: Any) -> Suite:
    """The suite with the limits that are not None in the place of its own."""
    given = {key: value for key, value in changed.items() if value is not None}
    return replace(suite, limits=replace(suite.limits, **given))


def _model(row: Any, folder: Path, origin: str) -> Model:
    found: Model = _build(Model, row, f"{origin}, [[models]]")
    if (found.bundle is None) == (found.config is None and "model" not in found.convert):
        raise PlanError(
            f"{origin}: each of [[models]] needs either bundle, config or convert.model"
        )
    if found.bundle is not None:
        return replace(found, bundle=folder / found.bundle)
    return found


def _build(kind: Any, data: Mapping[str, Any], origin: str) -> Any:
    known = [each.name for each in fields(kind)]
    unknown = [key for key in data if key not in known]
    if unknown:
        raise PlanError(f"{origin}: unknown key '{unknown[0]}': choose from {', '.join(known)}")
    try:
        return kind(**data)
    except TypeError as error:
        raise PlanError(f"{origin}: {error}") from error


def _text(name_or_path: str) -> tuple[str, Path]:
    if name_or_path in SUITES:
        shipped = files("edgekit.benchmarks").joinpath("suites", f"{name_or_path}.toml")
        return shipped.read_text("utf-8"), Path.cwd()
    path = Path(name_or_path)
    if not path.is_file():
        raise PlanError(
            f"'{name_or_path}' is no suite: choose from {', '.join(SUITES)} or give a TOML file"
        )
    return path.read_text("utf-8"), path.parent


def _tomllib() -> Any:
    """The standard library's from Python 3.11 on, before that the package it came from."""
    return import_module("tomllib" if find_spec("tomllib") else "tomli")


def of_bundles(bundles: Sequence[Path], against: Path | None) -> tuple[Model, ...]:
    """The models of a command line, the one compared with last."""
    models = tuple(Model(bundle=path) for path in bundles)
    return (*models, Model(bundle=against, base_line=True)) if against else models
