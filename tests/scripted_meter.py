"""A budget held against what two made-up devices measure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from edgekit.benchmarks.devices import runtimes
from edgekit.benchmarks.entries import Entry
from edgekit.benchmarks.measurement import Conditions, Measurement, Parity
from edgekit.budget import limits, verdict
from edgekit.budget.baseline import Baseline
from edgekit.budget.finding import Finding
from edgekit.budget.limits import DeviceSetting, LabelledData
from edgekit.bundle import Artifact, Bundle
from edgekit.evaluation.result import ClassScore, Quality, Score

INT8 = "model-int8.onnx"
MEASURED: Mapping[str, Any] = {
    "load_ms": (90.0, 100.0, 300.0),
    "latency_ms": (10.0,) * 18 + (30.0, 40.0),
    "peak_memory_bytes": 50_000_000,
    "parity": Parity(20, 0.02, 0.999, True),
}
COUNTED = {"instructions": 800_000_000, "peak_memory_bytes": 40_000_000}
QUALITY = Quality(
    *("", "onnx", "int8", "host", "onnxruntime 1.30", 1, "0" * 64),
    metrics=(Score("accuracy", True, 0.9, 0.88, 0.92, drop=0.01),),
    classes=tuple(
        ClassScore(label, 10, Score("accuracy", True, 0.9, 0.8, 1.0, drop=drop))
        for label, drop in (("bad", -0.02), ("good", 0.05))
    ),
    agreement=0.97,
    rmse=0.03,
)
WRONG = {"parity": Parity(20, 0.02, 0.9, False), "failure": "wrong answers", "latency_ms": ()}


class Scripted:
    """Two devices, a timed one and an emulator, on which every file measures the same."""

    def __init__(self, **changed: Any) -> None:
        self.changed = changed
        self.asked: list[tuple[DeviceSetting, dict[str, frozenset[str]]]] = []
        self.compared: list[bool] = []

    def timed(self, setting: DeviceSetting) -> bool:
        return setting.device == "host"

    def blank(self, bundle: Bundle, artifact: Artifact, setting: DeviceSetting) -> Measurement:
        conditions = Conditions(setting.device, "a machine", setting.threads, setting.length)
        name = {"coreml": None, "onnx": "onnxruntime"}.get(artifact.format, "litert")
        runtime = next((row for row in runtimes.RUNTIMES if row.name == name), None)
        return Measurement(
            Entry(bundle, bundle.name, artifact, runtime).subject, conditions, {}, ""
        )

    def measure(
        self, bundle: Bundle, setting: DeviceSetting, wanted: Mapping[str, frozenset[str]]
    ) -> Mapping[str, Measurement]:
        self.asked.append((setting, dict(wanted)))
        values = {**(MEASURED if self.timed(setting) else COUNTED), **self.changed}
        blanks = [
            self.blank(bundle, artifact, setting)
            for artifact in bundle.artifacts
            if artifact.path.name in wanted
        ]
        return {
            row.subject.file: replace(row, **values)
            if row.subject.runtime
            else replace(row, unmeasured="host has no runtime for Core ML")
            for row in blanks
        }

    def judge(
        self, bundle: Bundle, device: str, data: LabelledData, files: Sequence[str], compare: bool
    ) -> Mapping[str, Quality | str]:
        self.compared.append(compare)
        return {
            file: "host cannot run it" if "mlpackage" in file else replace(QUALITY, file=file)
            for file in files
        }


def check(
    bundle: Bundle, tmp_path: Path, text: str, baseline: Baseline | None = None, **changed: Any
) -> tuple[Finding, ...]:
    path = tmp_path / "budget.toml"
    path.write_text(text, encoding="utf-8")
    (tmp_path / "dev.tsv").write_text("text\tlabel\ngood\tgood\n")
    return verdict.check(bundle, limits.read(path), baseline, Scripted(**changed))
