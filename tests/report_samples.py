"""Measurements that nobody made: two models, three runtimes, two lengths, and an emulated phone."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

from edgekit.benchmarks.measurement import (
    Conditions,
    Measurement,
    Operator,
    Paper,
    Parity,
    Subject,
    SuiteFacts,
    Texts,
)
from edgekit.evaluation.result import BundleEvaluation, DataFacts, Evaluation, Quality, Score

MACHINE, OTHER, PHONE = "Epyc, 2 cores", "Graviton, 4 cores", "cortex-a76 by qemu"
BERT, DISTILBERT = "BERT-base", "DistilBERT-base"
PARAMETERS = {BERT: 108_893_186, DISTILBERT: 66_364_418}
SPEED = {BERT: 2.0, DISTILBERT: 1.0}
FILES = (  # format, recipe, runtime, milliseconds at 128 tokens, share of the fp32 size
    ("onnx", "fp32", "onnxruntime", 40.0, 1.0),
    ("onnx", "int8", "onnxruntime", 20.0, 0.25),
    ("tflite", "fp32", "LiteRT", 44.0, 1.0),
    ("tflite", "int8", "LiteRT", 18.0, 0.26),
    ("pytorch", "fp32", "PyTorch eager", 60.0, 1.0),
)
PAPER = Paper(
    source="Sanh et al. 2019",
    parameters={DISTILBERT: 66e6, BERT: 110e6},
    inference_s={DISTILBERT: 410.0, BERT: 668.0},
    faster_on_phone=1.71,
    phone_bytes=207e6,
)
PROFILE = tuple(Operator(f"Operator{index}", 12, 9.0 / (index + 1)) for index in range(12))


def subject(model: str, row: tuple[str, str, str, float, float]) -> Subject:
    kind, recipe, runtime, _, share = row
    suffix = {"onnx": ".onnx", "tflite": ".tflite"}.get(kind)
    return Subject(
        model=model,
        bundle=f"{model}.edgekit",
        bundle_id=f"{model}{'0' * 49}"[:64],
        file=f"model-{recipe}{suffix}" if suffix else "",
        format=kind,
        recipe=recipe,
        runtime=runtime,
        size_bytes=int(PARAMETERS[model] * 4 * share),
        parameters=PARAMETERS[model],
        random_weights=True,
    )


def suite(max_length: int) -> SuiteFacts:
    texts = Texts(
        file="reviews.txt", count=120, cut=2, lengths={64: 80, 128: 40}, max_length=max_length
    )
    return SuiteFacts("paper", "DistilBERT & BERT", BERT, texts, PAPER)


def timed(machine: str = MACHINE, lengths: tuple[int, ...] = (64, 128)) -> Iterator[Measurement]:
    """The whole grid on a machine with a clock, in turns."""
    noise = random.Random(machine)
    for length in lengths:
        for model in (DISTILBERT, BERT):
            for row in FILES:
                ms = row[3] * SPEED[model] * length / 128
                yield Measurement(
                    subject(model, row),
                    Conditions("host", machine, 1, length),
                    {"cpu": machine, "features": ["avx2", "fma"], "memory_bytes": 8 << 30},
                    started="2026-11-25T09:00:00+00:00",
                    round=f"{machine} {length}",
                    padded_to=length,
                    latency_ms=tuple(ms * noise.lognormvariate(0, 0.03) for _ in range(30)),
                    cold_ms=(ms * 1.3, ms * 1.4),
                    load_ms=(200.0, 210.0),
                    first_ms=(ms * 1.5,),
                    peak_memory_bytes=int(PARAMETERS[model] * 4 * row[4] * 1.2),
                    parity=Parity(43, 1e-5, 0.9999, True),
                    profile=PROFILE if row[2] in ("onnxruntime", "LiteRT") else (),
                    warnings=("busy",) if length == 64 else (),
                    suite=suite(max(lengths)),
                )


def counted() -> Iterator[Measurement]:
    """The same files on an emulated phone, which counts instructions and has no clock."""
    for row in timed(lengths=(64,)):
        if row.subject.format != "pytorch":
            yield replace(
                row,
                conditions=Conditions("arm64:cortex-a76", PHONE, 1, 64),
                latency_ms=(),
                load_ms=(),
                first_ms=(),
                profile=(),
                warnings=(),
                instructions=round(1e8 * row.latency_ms[0]),
                memory_limit_bytes=1 << 30,
            )


def without() -> Iterator[Measurement]:
    """One file that no runtime here opens, and one that answers wrongly."""
    first, second = list(timed(lengths=(128,)))[:2]
    nothing = {"latency_ms": (), "load_ms": (), "first_ms": (), "profile": (), "parity": None}
    nothing["peak_memory_bytes"] = None
    coreml = replace(first.subject, file="model-fp16.mlpackage", format="coreml", runtime="")
    coreml = replace(coreml, recipe="fp16")
    why = "host has no runtime for Core ML"
    yield replace(first, subject=coreml, unmeasured=why, **nothing)
    wrong = replace(second.subject, model="<b>Broken & fast</b>", bundle_id="b" * 64)
    yield replace(second, subject=wrong, failure="wrong answers: max abs 3, cosine 0.1", **nothing)


def everything() -> list[Measurement]:
    return [*timed(), *without(), *counted()]


def evaluation() -> Evaluation:
    """DistilBERT's files and PyTorch over the same labelled data: int8 in ONNX is worse."""
    share, size = "accuracy", 400
    found = {row[1] + row[0]: subject(DISTILBERT, row) for row in FILES}
    drops = {"int8onnx": 0.021, "int8tflite": 0.004}

    def quality(name: str, file: Subject) -> Quality:
        lost = drops.get(name, 0.0)
        value, near = 0.9 - lost, 0.012 if lost else 0.009
        score = Score(
            share, True, value, value - 0.03, value + 0.03, lost, lost - near, lost + near
        )
        score_f1 = Score("f1_macro", True, value - 0.01, value - 0.05, value + 0.03)
        alike = {"agreement": 1 - 2 * lost, "decisions": size, "runtime": file.runtime}
        known = (file.file, file.format, file.recipe, file.size_bytes)
        if file.format == "pytorch":
            known, score = ("pytorch", None, None, None), replace(score, drop=None)
        return Quality(
            *known[:3],
            "host",
            size_bytes=known[3],
            sha256="0" * 64,
            metrics=(score, score_f1),
            **alike,
        )

    *files, baseline = [quality(name, file) for name, file in found.items()]
    bundle = BundleEvaluation(
        *(DISTILBERT, f"{DISTILBERT}.edgekit", "text-classification", size, baseline, None),
        tuple(files),
        bundle_id=found["fp32onnx"].bundle_id,
    )
    command = f"edgekit eval {DISTILBERT}.edgekit --data dev.tsv"
    return Evaluation(DataFacts("dev.tsv", "0" * 64, None), (bundle,), command=command)
