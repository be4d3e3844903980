"""The whole way: teacher -> student -> training -> controls -> a folder and a report."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import torch

from edgekit.distillation import outcome, page, report, saving, teachers
from edgekit.distillation.checkpoints import Checkpoints
from edgekit.distillation.learner import Learner
from edgekit.distillation.loading import Materials
from edgekit.distillation.losses import Losses
from edgekit.distillation.plan import DistillationPlan
from edgekit.distillation.progress import Progress, Say
from edgekit.distillation.report import Course, DistillationReport
from edgekit.distillation.training import Run
from edgekit.errors import PlanError, first_line
from edgekit.files import file_sha256, output_folder

if TYPE_CHECKING:
    from accelerate import Accelerator

_TRACKER = "tensorboard"
_CACHE = "teacher"
_FREE = {"save_every", "keep", "micro_batch", "precision", "learning_rate"}  # free on resuming


def run(
    plan: DistillationPlan, say: Say = lambda text: None, tick: Say = lambda text: None
) -> DistillationReport | None:
    """Trains the student, and writes it and its report.

    Under ``accelerate launch`` every process calls this, and they share the work.

    Args:
        plan: what is asked for.
        say: is told what was found and finished.
        tick: is told what happens now.

    Returns:
        The report; None in all processes but the first.

    Raises:
        EdgekitError: with one line that says what was wrong and what to do.
    """
    accelerator = _accelerator(plan)
    if not accelerator.is_main_process:
        say = tick = _silent
    if accelerator.is_main_process and plan.work.exists() and not plan.request.resume:
        shutil.rmtree(plan.work)
    with output_folder(plan.work):
        accelerator.wait_for_everyone()
        if plan.request.tensorboard:
            accelerator.init_trackers(_TRACKER)
        found = _Distillation(Materials(plan, accelerator, say, tick)).run()
        accelerator.wait_for_everyone()
        accelerator.end_training()
    return found


def _silent(text: str) -> None:
    """In the place of ``say`` for all processes but the first: says nothing."""


def _accelerator(plan: DistillationPlan) -> Accelerator:
    """Accelerate with the plan's precision, where its own settings name none.

    ``auto`` is bfloat16 on a GPU that has it.
    """
    from accelerate import Accelerator

    precision: str | None = plan.training.precision
    if precision == "auto":
        capable = torch.cuda.is_available() and torch.cuda.is_bf16_supported()
        own = "ACCELERATE_MIXED_PRECISION" in os.environ
        precision = None if own else "bf16" if capable else "no"
    try:
        found = Accelerator(
            mixed_precision="no" if precision == "fp32" else precision,
            log_with=_TRACKER if plan.request.tensorboard else None,
            project_dir=plan.work if plan.request.tensorboard else None,
        )
    except ValueError as error:  # a device that cannot, or a process that computes otherwise
        raise PlanError(f"--precision {plan.training.precision}: {first_line(error)}") from error
    started = int(os.environ.get("WORLD_SIZE", "1"))
    if started > 1 and found.num_processes == 1:
        raise PlanError(
            f"{started} processes were started, and each would train alone: on CPUs set "
            "ACCELERATE_USE_CPU=true, and start them with torchrun"
        )
    if plan.training.batch % found.num_processes:
        raise PlanError(
            f"--batch {plan.training.batch} cannot be shared by {found.num_processes} processes: "
            "give a multiple of their number"
        )
    return found


@dataclass
class _Distillation:
    """A distillation while it runs."""

    materials: Materials

    def run(self) -> DistillationReport | None:
        """Trains everything, writes the student and the report.

        None in all processes but the first.
        """
        plan, materials = self.materials.plan, self.materials
        if materials.accelerator.is_main_process:
            _ = materials.judging  # read before hours of training, not after them
        trained = dict(self._trainings())
        if not materials.accelerator.is_main_process:
            return None
        students = {name: learner for name, (learner, _) in trained.items()}
        if plan.request.controls and report.WITHOUT not in students:
            students[report.WITHOUT] = materials.student(plan.shape.start)[0]
        student, tokenizer = students[report.STUDENT], materials.student_tokenizer
        saving.save(student, tokenizer, plan.training.length, plan.out)
        found = outcome.compare(materials, students, [course for _, course in trained.values()])
        found.save(plan.work)
        shutil.rmtree(plan.work / _CACHE, ignore_errors=True)  # gigabytes that nothing asks for
        if page.possible():
            page.save(found, plan.work)
        return found

    def _trainings(self) -> Iterator[tuple[str, tuple[Learner, Course]]]:
        """Trains the student, then each control that differs from it.

        Yields:
            The name, with the trained model and how its training went.
        """
        plan = self.materials.plan
        shape, weights = plan.shape, plan.training.weights
        yield report.STUDENT, self._train(report.STUDENT, shape.start, weights)
        if not plan.request.controls:
            return
        if shape.start != "random" and shape.width is None:
            yield report.RANDOM, self._train(report.RANDOM, "random", weights)
        hard = {part: value for part, value in weights.items() if part in plan.objective.hard}
        if any(hard.values()):
            alone = {part: float(part in hard) for part in weights}
            yield report.WITHOUT, self._train(report.WITHOUT, shape.start, alone)

    def _train(self, name: str, start: str, weights: Mapping[str, float]) -> tuple[Learner, Course]:
        """One training, from its start or its last checkpoint to its end.

        Args:
            name: ``student``, or which control.
            start: of its layers, ``teacher`` or ``random``.
            weights: how much each part of the loss counts.

        Returns:
            The trained model, and how the training went.
        """
        materials, training = self.materials, self.materials.plan.training
        learner, notes = materials.student(start)
        for note in notes:
            materials.say(f"{name}: {note}")
        taps = len(learner.readout.taps)
        losses = Losses(materials.plan.task, weights, training.temperature, taps)
        each_epoch = materials.batches.order.steps_per_epoch
        steps = training.steps or max(1, round(training.epochs * each_epoch))
        folder = materials.plan.work / name.replace(" ", "-")
        checkpoints = Checkpoints(folder, self._facts(weights, steps), training.keep)
        tracked = materials.accelerator if materials.plan.request.tensorboard else None
        progress = Progress(materials.say, materials.tick, tracked)
        records = Run(
            name,
            learner,
            self.teacher if losses.needs_teacher else None,
            materials.batches,
            losses,
            training,
            steps,
            folder,
            checkpoints,
            materials.accelerator,
            progress,
        ).train(materials.plan.request.resume)
        materials.accelerator.free_memory()
        trained = materials.student(start)[0]  # whole and on the CPU, whatever Accelerate did to it
        checkpoints.weights(steps, trained)
        return trained, outcome.course(name, records, progress.tokens_per_s)

    @cached_property
    def teacher(self) -> teachers.Teacher:
        """The teacher on its device.

        With ``cache_teacher`` its stored outputs, which are made if need be.
        """
        materials, accelerator = self.materials, self.materials.accelerator
        learner = materials.teacher.to(accelerator.device)
        if not materials.plan.request.cache_teacher:
            return teachers.Live(learner)
        folder, rows = materials.plan.work / _CACHE, materials.batches.examples.rows
        if accelerator.is_main_process and not folder.is_dir():
            with accelerator.autocast():
                pad_id, device = materials.batches.pad_id, accelerator.device
                teachers.fill(learner, rows, pad_id, device, folder, materials.tick)
        accelerator.wait_for_everyone()
        return teachers.Cached.load(folder, rows, learner.readout)

    def _facts(self, weights: Mapping[str, float], steps: int) -> dict[str, object]:
        """What a training that is resumed must have in common with the one that was interrupted."""
        plan, rows = self.materials.plan, self.materials.batches.examples.rows
        numbers = {key: value for key, value in asdict(plan.training).items() if key not in _FREE}
        data = plan.inputs.data
        return {
            "teacher": plan.teacher.sha256,
            "objective": plan.objective.name,
            **{key: str(value) for key, value in asdict(plan.shape).items()},
            **numbers,
            "weights": dict(weights),
            "steps": steps,
            "data": None if data is None else file_sha256(data),
            "texts": list(plan.inputs.texts),
            "examples": len(rows),
            "tokens": int(rows.starts[-1]),
        }
