"""Runtimes of years ago, really installed: each in a folder of its own, fetched once."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from edgekit.files import cache_folder

# Run by a Python without site-packages: only the old runtime's folder is seen.
_RUN = """
import json, sys
import numpy as np
module, model, feed, out = sys.argv[1:]
feed = dict(np.load(feed))
try:
    if module == "onnxruntime":
        import onnxruntime
        session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
        names = [row.name for row in session.get_outputs()]
        run = lambda: dict(zip(names, session.run(None, feed)))
    else:
        from importlib import import_module
        interpreter = import_module(module).Interpreter(model_path=model)
        runner = interpreter.get_signature_runner("seq_%d" % feed["input_ids"].shape[1])
        run = lambda: dict(runner(**feed))
    run()  # what is dequantised once has to be right the second time, too
    np.savez(out, **run())
except Exception as error:
    print(json.dumps(str(error)))
"""


@dataclass(frozen=True)
class OldRuntime:
    """A release of a runtime. ``name`` is that in a manifest, ``module`` what opens a file."""

    name: str
    version: str
    requirement: str
    module: str

    def run(self, model: Path, feed: dict[str, np.ndarray]) -> dict[str, np.ndarray] | str:
        """The outputs, or why the runtime refuses the file."""
        with tempfile.TemporaryDirectory() as name:
            asked, told = Path(name) / "feed.npz", Path(name) / "out.npz"
            np.savez(asked, **feed)  # type: ignore[arg-type]
            found = subprocess.run(
                [sys.executable, "-S", "-c", _RUN, self.module, model, asked, told],
                env={"PYTHONPATH": str(self._folder()), "ORT_DISABLE_TELEMETRY": "1"},
                capture_output=True,
                text=True,
                check=True,
            )
            return dict(np.load(told)) if told.exists() else str(json.loads(found.stdout))

    def _folder(self) -> Path:
        folder = cache_folder("old-runtimes") / self.requirement
        if not folder.exists():
            folder.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=folder.parent) as part:
                target = Path(part) / "packages"
                pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-compile"]
                wanted = ["--only-binary=:all:", "--target", target, self.requirement, "numpy<2"]
                found = subprocess.run([*pip, *wanted], capture_output=True, text=True)
                if found.returncode:
                    pytest.skip(f"{self.requirement}: {found.stderr.strip().splitlines()[-1]}")
                target.rename(folder)
        return folder


OLD_RUNTIMES = (
    OldRuntime("TensorFlow Lite", "2.14.0", "tflite-runtime==2.14.0", "tflite_runtime.interpreter"),
    OldRuntime(
        "TensorFlow Lite", "2.17.1", "tensorflow-cpu==2.17.1", "tensorflow.lite.python.interpreter"
    ),
    OldRuntime("LiteRT", "1.0.1", "ai-edge-litert==1.0.1", "ai_edge_litert.interpreter"),
    OldRuntime("onnxruntime", "1.16.3", "onnxruntime==1.16.3", "onnxruntime"),
    OldRuntime("onnxruntime", "1.17.3", "onnxruntime==1.17.3", "onnxruntime"),
)
