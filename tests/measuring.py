"""A bundle on a target, in a hurry."""

from __future__ import annotations

from pathlib import Path

from edgekit.benchmarks import bench, prepare
from edgekit.benchmarks.devices.protocol import Launch, Target
from edgekit.benchmarks.measurement import Measurement
from edgekit.benchmarks.spec import Limits, Model, Suite
from edgekit.bundle import Bundle

FAST = Limits(min_samples=5, max_samples=5, seconds=5.0, warm_up=1, processes=1)
QUICK = Limits(min_samples=2, max_samples=2, warm_up=0, processes=1)  # where each is ten, in an app


def launch(runtime: str, artifact: Path, threads: int = 1) -> Launch:
    """What a runner is to open, with inputs and outputs of any names."""
    return Launch(runtime, artifact, threads, ("x",), ("y",))


def no_model(folder: Path, suffix: str) -> Path:
    """A file that no runtime opens."""
    path = folder / f"no{suffix}"
    path.write_bytes(b"this is no model")
    return path


def measure(device: Target, bundle: Bundle, **asked: object) -> list[Measurement]:
    kept: list[Measurement] = []
    asked = {
        "runtimes": ("litert",),
        "recipes": ("fp32",),
        "lengths": (10,),
        "limits": FAST,
        **asked,
    }
    suite = Suite("test", (Model(bundle=bundle.path),), **asked)
    bundles = prepare.bundles(suite, bundle.path.parent, print)
    bench.Bench(suite, bundles, kept.append, say=print).run([device])
    return kept
