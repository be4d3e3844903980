"""A distillation that ends early, in several processes, and what is refused."""

from __future__ import annotations

import inspect
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import torch
from accelerate import Accelerator
from distilling import TEXTS, log, mlm, teacher_of, write
from shared import Shared

import edgekit
from edgekit.cli.distill import distill as distill_command
from edgekit.distillation import plan
from edgekit.distillation.batches import Micro
from edgekit.distillation.checkpoints import Checkpoints
from edgekit.distillation.learner import Outputs
from edgekit.distillation.loading import Materials
from edgekit.distillation.losses import Losses
from edgekit.distillation.progress import Progress
from edgekit.distillation.report import FILE
from edgekit.distillation.request import DistillationRequest
from edgekit.distillation.teachers import Live, Tensors
from edgekit.distillation.training import LogEntry, Run
from edgekit.errors import EdgekitError, PlanError, TrainingError


def test_a_resumed_run_gives_the_same_losses(shared: Shared, tmp_path: Path) -> None:
    """Also with dropout, and with a learning rate that depends on the step."""
    mlm(shared, tmp_path, "whole", dropout=True)
    mlm(shared, tmp_path, "cut", dropout=True, save_every=3)
    work = tmp_path / "cut.distill" / "student"
    assert sorted(path.name for path in work.glob("checkpoint-*")) == [
        "checkpoint-3",
        "checkpoint-6",
    ]
    assert not list(work.rglob("*.bin")) + list(work.rglob("*.pt"))
    for path in (work / "checkpoint-6").iterdir():
        path.unlink()
    (work / "checkpoint-6").rmdir()
    mlm(shared, tmp_path, "cut", dropout=True, save_every=3, resume=True, force=True)
    assert log(tmp_path / "cut") == log(tmp_path / "whole")
    with pytest.raises(PlanError, match="with seed 0, not 1"):
        mlm(shared, tmp_path, "cut", dropout=True, seed=1, resume=True, force=True)


def test_what_is_not_finite_ends_with_a_checkpoint(shared: Shared, tmp_path: Path) -> None:
    with pytest.raises(EdgekitError, match=r"not finite at step \d+, and .*checkpoint-\d+ is kept"):
        mlm(shared, tmp_path, "student", steps=40, lr=1e30, warmup=0.0)
    assert not (tmp_path / "student").exists()
    kept = list((tmp_path / "student.distill" / "student").glob("checkpoint-*/state.json"))
    assert kept


@dataclass(frozen=True)
class Failing:
    """A teacher that runs out of memory after some micro batches."""

    teacher: Live
    after: int
    asked: list[Micro] = field(default_factory=list)

    def outputs(self, micro: Micro, tensors: Tensors) -> Outputs:
        self.asked.append(micro)
        if len(self.asked) > self.after:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return self.teacher.outputs(micro, tensors)


def test_what_runs_out_of_memory_goes_on(shared: Shared, tmp_path: Path) -> None:
    texts = write(tmp_path / "texts.txt", TEXTS)
    asked = {"layers": 2, "objective": "mlm", "texts": [str(texts)], "batch": 8, "steps": 6}
    planned = plan.make(
        DistillationRequest(str(teacher_of(shared, "fill-mask")), tmp_path / "out", **asked)
    )
    planned.work.mkdir()
    materials = Materials(planned, Accelerator(cpu=True), print, print)
    folder, teacher = planned.work / "student", Live(materials.teacher)
    losses = Losses(planned.task, planned.training.weights, 2.0, 1)

    def train(teacher: Live | Failing, resume: bool) -> list[LogEntry]:
        checkpoints = Checkpoints(folder, {}, 2)
        learner = materials.student("teacher")[0]
        return Run(
            "student", learner, teacher, materials.batches, losses, planned.training, 6, folder,
            checkpoints, materials.accelerator, Progress(print, print),
        ).train(resume)  # fmt: skip

    with pytest.raises(TrainingError, match=r"out of memory at step 3, .*checkpoint-3 is kept"):
        train(Failing(teacher, 3), resume=False)
    resumed = train(teacher, resume=True)
    assert resumed == train(teacher, resume=False)


def test_a_distillation_has_the_same_arguments_however_it_is_asked_for() -> None:
    """Of the function, its request and the command line."""
    request = dict(inspect.signature(DistillationRequest).parameters)
    function = dict(inspect.signature(edgekit.distill).parameters)
    assert function.pop("progress")
    assert [(name, each.default) for name, each in function.items()] == [
        (name, each.default) for name, each in request.items()
    ]
    own = {"quiet", "as_json", "debug"}
    assert {each.name for each in distill_command.params} == request.keys() | own


def command(*arguments: object, processes: int = 1) -> list[str]:
    own = ["-m", "edgekit", "distill", *map(str, arguments)]
    if processes == 1:
        return [sys.executable, *own]
    launch = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node", str(processes)]
    return [sys.executable, *launch, "--module", *own[1:]]


@pytest.mark.slow
def test_a_killed_run_goes_on(shared: Shared, tmp_path: Path) -> None:
    """kill -9 in the midst loses no more than the steps since the last checkpoint."""
    texts = write(tmp_path / "texts.txt", TEXTS)
    asked = (teacher_of(shared, "fill-mask"), "--layers", 2, "--objective", "mlm", "--texts", texts,
             "--batch", 8, "--steps", 150, "--save-every", 4)  # fmt: skip
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        command(*asked, "-o", tmp_path / "cut"), env=environment, stderr=subprocess.DEVNULL
    )
    work = tmp_path / "cut.distill" / "student"
    while process.poll() is None and not (work / "checkpoint-20").exists():
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "cut").exists()
    done = len(log(tmp_path / "cut"))
    assert 20 <= done < 150
    kept = max(int(path.name[11:]) for path in work.glob("checkpoint-*"))
    assert done - kept <= 4 + 1  # the log's last line may be ahead of the checkpoint's folder
    found = mlm(shared, tmp_path, "cut", steps=150, save_every=100, resume=True)
    mlm(shared, tmp_path, "whole", steps=150)
    assert found is not None
    assert log(tmp_path / "cut") == log(tmp_path / "whole")


@pytest.mark.slow
@pytest.mark.parametrize("objective", ["mlm", pytest.param("embedding", marks=pytest.mark.slow)])
def test_two_processes_are_one(objective: str, shared: Shared, tmp_path: Path) -> None:
    """By Accelerate, on one machine: the same examples in the same order, the same losses."""
    task = {"mlm": "fill-mask", "embedding": "sentence-similarity"}[objective]
    texts = write(tmp_path / "texts.txt", TEXTS)
    edgekit.distill(
        str(teacher_of(shared, task)), tmp_path / "one",
        layers=2, objective=objective, texts=[str(texts)], batch=8, steps=5,
    )  # fmt: skip
    asked = (teacher_of(shared, task), "-o", tmp_path / "two",
             "--layers", 2, "--objective", objective, "--texts", texts,
             "--batch", 8, "--steps", 5, "--quiet")  # fmt: skip
    done = subprocess.run(
        command(*asked, processes=2),
        env={**os.environ, "OMP_NUM_THREADS": "1", "ACCELERATE_USE_CPU": "true"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    report = json.loads((tmp_path / "two.distill" / FILE).read_text())
    assert report["facts"]["device"] == "2 x CPU"
    for one, other in zip(log(tmp_path / "one"), log(tmp_path / "two"), strict=True):
        assert one["tokens"] == other["tokens"]
        assert one["parts"] == pytest.approx(other["parts"], rel=1e-4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--objective", "mlm"), "trained on texts: give --texts"),
        (("--objective", "mlm", "--data", "{texts}"), "give --texts"),
        (("--objective", "mlm", "--texts", "missing.txt"), "missing.txt is no file"),
        (("--objective", "mlm", "--texts", "{texts}", "--weights", "sim=1"), "no 'sim' here"),
        (("--objective", "mlm", "--texts", "{texts}", "--width", "9"), "give a multiple of 8"),
        (("--objective", "task", "--data", "{texts}"), "this one is for fill-mask"),
        (("--objective", "mlm", "--texts", "{empty}"), "the texts are all empty"),
        (("--objective", "mlm", "--texts", "{texts}", "--layers", "9"), "give 1 to 4"),
        (
            ("--objective", "mlm", "--texts", "{texts}", "--eval", "x.tsv"),
            "--eval x.tsv is no file",
        ),
        (("--objective", "mlm", "--texts", "{texts}", "--precision", "fp16"), "--precision fp16: "),
    ],
)
def test_wrong_requests_are_one_line(
    arguments: tuple[str, ...],
    message: str,
    shared: Shared,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from edgekit.cli.main import main

    files = {"texts": write(tmp_path / "t.txt", TEXTS), "empty": write(tmp_path / "e.txt", "\n\n")}
    given = [each.format(**files) for each in arguments]
    more = ["--layers", "2"] if "--layers" not in given else []
    with pytest.raises(SystemExit) as ended:
        main(
            [
                "distill",
                str(teacher_of(shared, "fill-mask")),
                "-o",
                str(tmp_path / "out"),
                *more,
                *given,
            ]
        )
    assert ended.value.code == 2
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith("error: ")
    assert message in error
    assert not (tmp_path / "out").exists()
