"""A package of one operation or few, made by coremltools and evaluated by edgekit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from edgekit.mil.program import Program
from edgekit.mil.toolbox import coremltools

ct = coremltools()
from coremltools.converters.mil import Builder as mb  # noqa: E402, N813

Build = Callable[[Any], Any]
WEIGHTS = "Data/com.apple.CoreML/weights/weight.bin"
RNG = np.random.default_rng(0)
X = RNG.normal(size=(2, 3, 4)).astype(np.float32)
W34, W54 = (RNG.normal(size=shape).astype(np.float32) for shape in ((3, 4), (5, 4)))
W45 = W54.T.copy()


def save(build: Build, x: np.ndarray, folder: Path, *, half: bool = False) -> Path:
    """A package with the one operation (or few) that ``build`` makes of an input ``x``."""

    @mb.program(input_specs=[mb.TensorSpec(shape=x.shape)], opset_version=ct.target.iOS18)
    def program(x: Any) -> Any:
        return build(x)

    package = folder / "model.mlpackage"
    ct.convert(
        program,
        convert_to="mlprogram",
        minimum_deployment_target=ct.target.iOS18,
        compute_precision=ct.precision.FLOAT16 if half else ct.precision.FLOAT32,
        pass_pipeline=None if half else ct.PassPipeline.EMPTY,
        package_dir=str(package),
        skip_model_load=True,
    )
    return package


def evaluate(package: Path, x: np.ndarray) -> list[np.ndarray]:
    return list(Program.load(package).predict({"x": x}).values())
