"""edgekit: Transformers encoders on phones, converted, quantised, proven and measured.

>>> import edgekit
>>> bundle = edgekit.convert("demo")
>>> bundle.artifacts[0].proofs[0].max_abs
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from edgekit.api.bundles import inspect, make_app, open_bundle, run, verify
from edgekit.api.converting import convert, plan
from edgekit.api.judging import check, evaluate, write_budget
from edgekit.api.measuring import bench, buckets, devices, report
from edgekit.api.training import distill
from edgekit.errors import EdgekitError
from edgekit.version import VERSION

# onnxruntime 1.29 and later report their use to Microsoft unless this is set before the import.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

if TYPE_CHECKING:
    from edgekit.bundle import Bundle

__version__ = VERSION
__all__ = [
    "Bundle", "EdgekitError", "__version__",
    "bench", "buckets", "check", "convert", "devices", "distill", "evaluate", "inspect", "make_app",
    "open_bundle", "plan", "report", "run", "verify", "write_budget",
]  # fmt: skip


def __getattr__(name: str) -> type[Bundle]:
    """``edgekit.Bundle``, which is imported when it is first asked for."""
    if name == "Bundle":
        from edgekit.bundle import Bundle

        return Bundle
    raise AttributeError(name)
