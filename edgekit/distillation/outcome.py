"""Teacher, student and controls beside each other, once all are trained."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import torch

from edgekit.distillation import quality, report
from edgekit.distillation.learner import Learner
from edgekit.distillation.loading import Materials
from edgekit.distillation.report import Course, DistillationReport, Entrant, Gain
from edgekit.distillation.training import LogEntry
from edgekit.evaluation.judged import Judged
from edgekit.evaluation.result import Score
from edgekit.evaluation.scoring import score
from edgekit.stats import Interval


def compare(
    materials: Materials, students: Mapping[str, Learner], courses: Sequence[Course]
) -> DistillationReport:
    """Judges teacher, student and controls on the same data, and times teacher and student.

    Args:
        materials: the plan with its teacher and evaluation data.
        students: the student and the controls, trained, by name.
        courses: how each training went.

    Returns:
        The report of the distillation.
    """
    plan, teacher = materials.plan, materials.teacher
    everyone = {report.TEACHER: teacher, **students}
    judged = _judged(materials, everyone)
    count = len(materials.judging[0].kind.examples) if materials.judging else 0
    scores = score(list(judged.values()), count, baseline=True) if judged else []
    found = {name: each.scores for name, each in zip(judged, scores, strict=True)}
    length = min(report.TIMED_TOKENS, plan.training.length)
    faster = quality.speedup(teacher.cpu(), students[report.STUDENT].cpu(), length)
    entrants = tuple(
        _entrant(name, learner, faster, found.get(name, ())) for name, learner in everyone.items()
    )
    gains = tuple(_gains(judged, count))
    return DistillationReport(
        plan.teacher.name,
        plan.objective.name,
        plan.shape.layers,
        length,
        _facts(materials),
        count,
        entrants,
        gains,
        tuple(courses),
        report.retained(entrants),
        report.sentence(entrants, gains),
    )


def _entrant(name: str, learner: Learner, faster: Interval, scores: tuple[Score, ...]) -> Entrant:
    """A model of the comparison.

    Args:
        name: ``student``, or which control.
        learner: the model.
        faster: the student's lead in speed: a control has its shape, and is not timed again.
        scores: how good it is; empty without evaluation data.
    """
    size = quality.parameters(learner), quality.size_bytes(learner)
    return Entrant(name, *size, faster if name == report.STUDENT else None, scores)


def course(name: str, records: Sequence[LogEntry], tokens_per_s: float) -> Course:
    """Sums up the log of one training.

    Args:
        name: ``student``, or which control.
        records: a line for each step.
        tokens_per_s: how fast it was.
    """
    parts = {
        part: report.tenths([record.parts[part] for record in records])
        for part in (records[0].parts if records else ())
    }
    tokens = sum(record.tokens for record in records)
    return Course(name, len(records), tokens, tokens_per_s, parts)


def _judged(materials: Materials, everyone: Mapping[str, Learner]) -> dict[str, Judged]:
    """How good each model is, by name, each with its own tokenizer.

    Empty without evaluation data.
    """
    if materials.judging is None:
        return {}
    prepared, model = materials.judging
    found = {}
    for name, learner in everyone.items():
        own = name != report.TEACHER and materials.student_tokenizer is not materials.tokenizer
        tokenizer = materials.student_tokenizer if own else materials.tokenizer
        asked = materials.judged_by(tokenizer) if own else model
        learner.to(materials.accelerator.device)
        found[name] = quality.judge(
            learner, prepared, asked, materials.pad_id(tokenizer), materials.tick
        )
    return found


def _gains(judged: Mapping[str, Judged], count: int) -> Iterator[Gain]:
    """The student's lead over each control in each metric, on the same resamples."""
    for control in (name for name in (report.WITHOUT, report.RANDOM) if name in judged):
        pair = [judged[control], judged[report.STUDENT]]
        found = score(pair, count, baseline=True)[1].scores[0]
        if found.drop is not None and found.drop_low is not None and found.drop_high is not None:
            yield Gain(control, found.name, -found.drop, -found.drop_high, -found.drop_low)


def _facts(materials: Materials) -> dict[str, str]:
    """How the training was done, for the report: names and values as people read them."""
    plan, training, accelerator = materials.plan, materials.plan.training, materials.accelerator
    device = accelerator.device
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"
    return {
        "device": f"{accelerator.num_processes} x {name}",
        "precision": str(accelerator.mixed_precision),
        "batch": str(training.batch),
        "learning rate": f"{training.learning_rate:g}",
        "temperature": f"{training.temperature:g}",
        "weights": ", ".join(f"{part} {value:g}" for part, value in training.weights.items()),
        "seed": str(training.seed),
        "start": plan.shape.start,
        "architecture": plan.shape.architecture or plan.teacher.family.model_type,
    }
