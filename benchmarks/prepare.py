"""The bundles of a suite: opened, or converted once into the results' folder."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from edgekit.benchmarks import foreign
from edgekit.benchmarks.spec import Model, Suite
from edgekit.bundle import Bundle
from edgekit.contents import MANIFEST
from edgekit.conversion import pipeline, plan
from edgekit.conversion.request import ConversionRequest
from edgekit.errors import ConversionError, PlanError
from edgekit.files import output_folder, write_text

Say = Callable[[str], None]


def bundles(suite: Suite, out: Path, say: Say) -> list[tuple[str, Bundle]]:
    """Opens the bundles of a suite's models, each file checked against its manifest.

    A model that is no bundle yet is converted into the folder of results, once.

    Args:
        suite: the suite.
        out: the folder of results.
        say: is told what is converted.

    Returns:
        Each model's name and bundle. Two models of one name are called by their folders.

    Raises:
        EdgekitError: a bundle is damaged or named twice, or a model cannot be converted.
    """
    found = [(model.name, _bundle(model, suite, out, say)) for model in suite.models]
    names = Counter(name or bundle.name for name, bundle in found)
    named = [
        (name or (bundle.name if names[bundle.name] == 1 else bundle.path.stem), bundle)
        for name, bundle in found
    ]
    twice = [name for name, count in Counter(name for name, _ in named).items() if count > 1]
    if twice:
        raise PlanError(f"two models are called {twice[0]}: give each a name of its own in a suite")
    if len({bundle.id for _, bundle in named}) < len(named):
        raise PlanError("the same bundle is named twice: name each one once")
    return named


def _bundle(model: Model, suite: Suite, out: Path, say: Say) -> Bundle:
    """The bundle of one model of a suite: opened, or converted into the folder of results."""
    if model.bundle is not None and model.like is not None:
        return foreign.opened(model.bundle, Bundle.open(model.like))
    if model.bundle is not None:
        return Bundle.open(model.bundle)
    name = model.name or Path(str(model.convert["model"])).name
    folder = out / "bundles" / f"{name}.edgekit"
    if not (folder / MANIFEST).exists():
        _convert(model, suite, folder, say)
    return Bundle.open(folder)


def _convert(model: Model, suite: Suite, folder: Path, say: Say) -> None:
    """Converts a model of a suite, at the suite's lengths and in its recipes."""
    options: dict[str, Any] = {"recipe": suite.recipes, **model.convert}
    options.setdefault("buckets", sorted(suite.lengths))
    options.setdefault("max_length", max(suite.lengths))
    config = folder.with_suffix("") / "config.json"
    with output_folder(folder.parent):
        try:
            if model.config is not None:
                write_text(config, json.dumps(dict(model.config)))
                options["model"] = f"config:{config}"
            planned = plan.make(ConversionRequest(**{**options, "out": folder}))
            say(f"convert {folder.stem}: {', '.join(row.file for row in planned.artifacts)}")
            pipeline.convert(planned, jobs=2)
        except ConversionError as error:
            if not folder.exists():
                raise
            say(f"    {error}")
        finally:
            if not folder.exists():
                shutil.rmtree(config.parent, ignore_errors=True)
