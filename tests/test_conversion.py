"""A conversion as a whole: what one format's failure leaves, and what a file asks for."""

from __future__ import annotations

import inspect
import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch
from conftest import BERT
from shared import plan_of
from transformers import BertForSequenceClassification

import edgekit
from edgekit import formats
from edgekit.benchmarks.entries import Entry
from edgekit.bundle import Bundle
from edgekit.cli.convert import convert as command
from edgekit.conversion import pipeline
from edgekit.conversion.request import ConversionRequest
from edgekit.conversion.worker import alone
from edgekit.converters.onnx import Options as OnnxOptions
from edgekit.errors import BundleError, ConversionError, PlanError, ProofError
from edgekit.quantize.scheme import FLOAT32, INT8
from edgekit.quantize.selector import Rule, Selector
from edgekit.recipe import RECIPES, Recipe
from edgekit.runtime.inspection import inspect_file
from edgekit.runtime.interpreters import OnnxRuntime
from edgekit.signature import Signature, TensorSpec
from edgekit.tracing import graph


@pytest.fixture(scope="module")
def half(classifier: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Bundle, str]:
    """A bundle whose TFLite file failed, and what was said: TensorFlow Lite 2.5 has no GELU."""
    out = tmp_path_factory.mktemp("half") / "half.edgekit"
    planned = plan_of(
        str(classifier),
        out=out,
        to=("onnx", "tflite"),
        recipe=("fp32",),
        buckets=(16,),
        minimum_tflite="2.5",
        opset=17,
        int64_inputs=True,
    )
    onnx_ = planned.options["onnx"]
    assert isinstance(onnx_, OnnxOptions)
    onnx_ = replace(onnx_, limit_bytes=50_000)
    planned = replace(planned, options={**planned.options, "onnx": onnx_})
    with pytest.raises(ConversionError) as caught:
        pipeline.convert(planned, isolated=False)
    assert caught.value.exit_code == 1
    return Bundle.open(out), str(caught.value)


def test_a_format_that_fails_leaves_the_files_of_the_others(half: tuple[Bundle, str]) -> None:
    bundle, message = half
    assert [artifact.file for artifact in bundle.artifacts] == ["model-fp32.onnx"]
    assert "TFLite failed: TensorFlow Lite 2.5 has no GELU" in message
    assert f"the others are in {bundle.path}" in message
    (refused,) = bundle.manifest.refused
    assert (refused.file, refused.format) == ("model-fp32.tflite", "tflite")
    assert "GELU" in refused.failure


def test_what_a_file_asks_for_is_in_the_manifest_as_in_the_file(half: tuple[Bundle, str]) -> None:
    (artifact,) = half[0].artifacts
    assert [spec.dtype for spec in artifact.inputs] == ["int64"] * 3
    assert artifact.least_runtime == {"onnxruntime": "1.12.0"}
    facts = inspect_file(artifact.path)
    assert (facts.least_runtime, facts.minimum_os) == (artifact.least_runtime, artifact.minimum_os)
    assert facts.size_bytes == artifact.total_bytes


def test_external_data_belongs_to_its_file(half: tuple[Bundle, str], tmp_path: Path) -> None:
    (artifact,) = half[0].artifacts
    assert artifact.data is not None
    assert artifact.data.file == "model-fp32.onnx.data"
    feed = {spec.name: np.ones((1, 16), np.int32) for spec in artifact.inputs}
    assert np.isfinite(OnnxRuntime(artifact.path).run(feed)["logits"]).all()
    data = half[0].path / artifact.data.file
    stored = data.read_bytes()
    data.write_bytes(stored[:-1] + bytes([stored[-1] ^ 1]))
    with pytest.raises(BundleError, match=r"model-fp32\.onnx\.data is not the file"):
        Bundle.open(half[0].path)
    data.write_bytes(stored)


def test_a_device_is_not_given_what_it_cannot_take(half: tuple[Bundle, str]) -> None:
    (artifact,) = half[0].artifacts
    assert "a second file" in str(Entry(half[0], "x", artifact, None).bound_to_host)
    alone = msgspec.structs.replace(artifact, data=None)
    assert "int64" in str(Entry(half[0], "x", alone, None).bound_to_host)


def test_operators_without_a_lowering_are_named_by_every_format(tmp_path: Path) -> None:
    class Odd(torch.nn.Module):
        def forward(self, input_ids: torch.Tensor) -> dict[str, torch.Tensor]:
            odd = torch.special.bessel_j0(input_ids)
            return {"odd": torch.special.bessel_j1(odd) + odd}

    program = torch.export.export(Odd(), (torch.ones(1, 4, dtype=torch.int32),))
    spec = TensorSpec("input_ids", "int32", (1, 4))
    signature = Signature((spec,), (TensorSpec("odd", "float32", (1, 4)),), (4,))
    odd = graph.save(tmp_path, signature, program)
    for name in formats.DEFAULT:
        found = formats.get(name).missing_operators(odd)
        assert found == ["aten.special_bessel_j0.default", "aten.special_bessel_j1.default"]


def test_a_file_that_lacks_a_lowering_leaves_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TensorFlow Lite has no error function, of which the activation ``laplace`` is made, and no
    format has biases of int8.
    """
    odd = Recipe(
        "odd", Selector((Rule(INT8, layers=(1,)),), FLOAT32), RECIPES["int8"].tolerance, ""
    )
    monkeypatch.setitem(RECIPES, "odd", odd)
    config = {**BERT.to_dict(), "hidden_act": "laplace", "architectures": ["BertModel"]}
    (tmp_path / "config.json").write_text(json.dumps(config))
    planned = plan_of(
        f"config:{tmp_path / 'config.json'}",
        out=tmp_path / "laplace.edgekit",
        to=("onnx", "tflite"),
        recipe=("fp32", "odd"),
        buckets=(16,),
    )
    message = (
        r"ONNX .*'linear'.*TFLite .*aten\.erf\.default of LaplaceActivation.*the others are in"
    )
    with pytest.raises(ConversionError, match=message) as caught:
        pipeline.convert(planned, isolated=False)
    assert caught.value.exit_code == 1
    bundle = Bundle.open(planned.out)
    (artifact,) = bundle.artifacts
    assert artifact.file == "model-fp32.onnx"
    assert all(proof.passed for proof in artifact.proofs)
    refused = {row.file: "'linear'" in row.failure for row in bundle.manifest.refused}
    assert refused == {
        "model-odd.onnx": True,
        "model-fp32.tflite": False,
        "model-odd.tflite": False,
    }


@pytest.mark.slow
def test_layers_whose_numbers_pass_float16_are_computed_in_float32(
    classifier: Path, tmp_path: Path
) -> None:
    """The feed-forward part of one layer passes 65,504, and its output does not."""
    model = BertForSequenceClassification.from_pretrained(classifier)
    layer = model.bert.encoder.layer[1]
    with torch.no_grad():
        layer.intermediate.dense.weight *= 5e4
        layer.output.dense.weight /= 5e4
    checkpoint = Path(shutil.copytree(classifier, tmp_path / "wide"))
    model.save_pretrained(checkpoint)

    def convert(**options: object) -> Bundle:
        return edgekit.convert(
            str(checkpoint), to=("coreml",), buckets=(16,), out=tmp_path / "wide.edgekit", **options
        )

    with pytest.raises(ProofError, match=r"NaN, infinity.*float16 ends at 65504.*--keep-float32"):
        convert()
    for artifact in convert(keep_float32=(1,)).artifacts:
        stored = {row.tensor: row.scheme for row in artifact.weights}
        wide, narrow = (
            stored[f"model.bert.encoder.layer.{number}.output.dense.weight"] for number in (1, 0)
        )
        assert wide == "float32"
        assert narrow == ("float16" if artifact.recipe == "fp16" else "int8 asymmetric per channel")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"keep_float32": (2,)}, "--keep-float32 2: the model's layers are 0 to 1"),
        ({"keep_float32": (0,), "to": ("onnx",)}, "--keep-float32 is for Core ML files"),
        ({"opset": 12}, "--opset 12: choose from 15, 16"),
        ({"opset": 17, "to": ("tflite",)}, "--opset is for ONNX files: add onnx to --to"),
        ({"minimum_ios": "15"}, "--minimum-ios 15: choose from 16, 17, 18"),
        ({"minimum_tflite": "1.0"}, "--minimum-tflite 1.0: choose from 2.5"),
    ],
)
def test_an_option_that_cannot_be_is_refused_at_once(
    classifier: Path, options: dict[str, object], message: str
) -> None:
    with pytest.raises(PlanError, match=message):
        plan_of(classifier, **options)  # type: ignore[arg-type]


def test_a_conversion_has_the_same_arguments_however_it_is_asked_for() -> None:
    """Of the function, its request, the command line, and the formats that have arguments alone."""
    request = dict(inspect.signature(ConversionRequest).parameters)
    function = dict(inspect.signature(edgekit.convert).parameters)
    assert function.keys() == request.keys() | {"jobs", "progress"}
    assert all(function[name].default == each.default for name, each in request.items())
    assert dict(inspect.signature(edgekit.plan).parameters) == {
        name: each for name, each in function.items() if name in request
    }
    own = {"jobs", "dry_run", "quiet", "as_json", "debug"}
    assert {each.name for each in command.params} == request.keys() | own
    found = {name for each in formats.FORMATS.values() for name in each.arguments()}
    assert found - request.keys() == {"limit_bytes", "tokenizer"}


def test_each_format_has_its_own_default_recipes(classifier: Path, tmp_path: Path) -> None:
    planned = plan_of(classifier, out=tmp_path / "out")
    assert [row.file for row in planned.artifacts if row.format == "coreml"] == [
        "model-fp16.mlpackage",
        "model-int8.mlpackage",
    ]
    asked = plan_of(classifier, out=tmp_path / "out", to=("coreml",), recipe=("fp32",))
    assert [row.file for row in asked.artifacts] == ["model-fp32.mlpackage"]


def test_no_process_of_edgekit_reports_to_anybody() -> None:
    """onnxruntime reads the variable when it is imported."""
    script = "import edgekit, os, sys; print(os.environ['ORT_DISABLE_TELEMETRY'], *sys.modules)"
    clean = {name: value for name, value in os.environ.items() if "TELEMETRY" not in name}
    told = subprocess.run(
        [sys.executable, "-c", script], env=clean, capture_output=True, text=True, check=True
    )
    value, *modules = told.stdout.split()
    assert value == "1"
    assert "onnxruntime" not in modules
    assert alone(os.getenv, "ORT_DISABLE_TELEMETRY") == "1"
