"""The loop: steps from wherever it stands to the last one, on one process or on many."""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from edgekit.distillation.batches import Batches, Micro, StepBatch
from edgekit.distillation.checkpoints import Checkpoints
from edgekit.distillation.learner import Learner
from edgekit.distillation.losses import Given, Losses
from edgekit.distillation.progress import Progress
from edgekit.distillation.request import Training
from edgekit.distillation.teachers import Teacher, Tensors
from edgekit.errors import TrainingError
from edgekit.files import write_text

if TYPE_CHECKING:
    from accelerate import Accelerator
    from accelerate.optimizer import AcceleratedOptimizer

LOG = "log.jsonl"
_MEMORY = ("out of memory", "can't allocate memory", "not enough memory")


@dataclass(frozen=True)
class LogEntry:
    """One step as the log has it: numbers of the whole step, over all processes.

    ``loss`` is the weighted sum of ``parts``; ``gradient`` is the norm of all gradients before it
    was limited; ``tokens`` are those of the examples, without padding.
    """

    step: int
    loss: float
    parts: Mapping[str, float]
    gradient: float
    learning_rate: float
    tokens: int


@dataclass(frozen=True)
class Run:
    """One training: a student, what it learns from, and where its state is kept.

    ``teacher`` is None where no part of the losses needs one.
    """

    name: str
    learner: Learner
    teacher: Teacher | None
    batches: Batches
    losses: Losses
    training: Training
    steps: int
    folder: Path
    checkpoints: Checkpoints
    accelerator: Accelerator
    progress: Progress

    def train(self, resume: bool) -> list[LogEntry]:
        """Trains to the end, and returns the log of all steps, those before a resumption included.

        Raises:
            TrainingError: memory ran out, or a loss was not finite; a checkpoint is there.
            KeyboardInterrupt: by the user; a checkpoint is there.
        """
        optimizer = _optimizer(self.learner, self.training)
        prepared = self.accelerator.prepare(self.learner, optimizer)
        model: Any = prepared[0]
        state = _State(self, model, prepared[1])
        state.begin(resume)
        try:
            state.run()
        except KeyboardInterrupt:
            state.save()
            raise
        state.save()
        return state.records


class _State:
    """What changes while one training goes on: step, weights, optimizer, log."""

    def __init__(self, run: Run, model: torch.nn.Module, optimizer: torch.optim.Optimizer) -> None:
        self.run_, self.model, self.optimizer = run, model, optimizer
        self.step, self.saved = 0, -1
        self.records: list[LogEntry] = []

    def begin(self, resume: bool) -> None:
        """Takes up the last checkpoint with its part of the log, if ``resume`` and there is one."""
        steps = self.run_.checkpoints.steps
        if resume and steps:
            self.step = self.saved = steps[-1]
            self.run_.checkpoints.load(self.step, self.model, _bare(self.optimizer))
            self.records = _read(self.run_.folder / LOG)[: self.step]
        if self.run_.accelerator.is_main_process:
            text = "".join(map(_line, self.records))
            write_text(self.run_.folder / LOG, text)

    def run(self) -> None:
        """Steps until the last one, each logged at once, with a checkpoint now and then."""
        run = self.run_
        self.model.train(run.training.dropout)
        run.progress.begin(run.name, self.step, run.steps)
        with _log(run) as write:
            while self.step < run.steps:
                try:
                    record = self._advance()
                except (RuntimeError, MemoryError) as error:
                    self._out_of_memory(error)
                    raise
                self.step += 1
                self.records.append(record)
                write(record)
                run.progress.advance(record)
                if self.step % run.training.save_every == 0:
                    self.save()

    def save(self) -> None:
        """Writes a checkpoint of this step, unless there is one."""
        if self.saved != self.step:
            bare = _bare(self.optimizer)
            self.run_.checkpoints.save(self.step, self.model, bare, self.run_.accelerator)
            self.saved = self.step

    def _advance(self) -> LogEntry:
        """Does one step: gradients of all micro batches, checked, then an update of the weights.

        Raises:
            TrainingError: a number is not finite.
        """
        run, accelerator = self.run_, self.run_.accelerator
        torch.manual_seed(_seed(run.training.seed, self.step, accelerator.process_index))
        self.optimizer.zero_grad(set_to_none=True)
        step = run.batches.step(
            self.step, accelerator.process_index, accelerator.num_processes, _micros(run)
        )
        parts = self._gradients(step)
        values = dict(zip(parts, _summed(parts, accelerator), strict=True))
        loss = sum(run.losses.weights[name] * value for name, value in values.items())
        if not math.isfinite(loss):
            self._not_finite(values)
        norm = accelerator.clip_grad_norm_(self.model.parameters(), run.training.max_gradient)
        gradient = float(norm) if norm is not None else math.nan
        if not math.isfinite(gradient) and accelerator.scaler is None:
            self._not_finite({"gradient": gradient})
        rate = learning_rate(run.training, self.step, run.steps)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.step()
        return LogEntry(self.step, loss, values, gradient, rate, step.tokens)

    def _gradients(self, step: StepBatch) -> dict[str, torch.Tensor]:
        """Adds up the gradients of a step's micro batches.

        Returns the parts of its loss, unweighted.
        """
        accelerator = self.run_.accelerator
        sums: dict[str, torch.Tensor] = {}
        for number, micro in enumerate(step.micros, 1):
            last = number == len(step.micros)
            quiet = contextlib.nullcontext() if last else accelerator.no_sync(self.model)
            with quiet:
                parts = self._parts(micro, step)
                # each process adds its share, and the library takes the mean of their gradients
                total = self.run_.losses.total(parts) * accelerator.num_processes
                accelerator.backward(total)
            for name, value in parts.items():
                sums[name] = sums.get(name, torch.zeros_like(value)) + value.detach()
        return sums

    def _parts(self, micro: Micro, step: StepBatch) -> dict[str, torch.Tensor]:
        """Runs student and teacher on a micro batch.

        Returns the parts of the loss as shares of the step's.
        """
        run, device = self.run_, self.run_.accelerator.device
        asked = Tensors.of(micro, device)
        own = asked if micro.student is None else Tensors.of(micro.student, device)
        with run.accelerator.autocast():
            theirs = {} if run.teacher is None else run.teacher.outputs(micro, asked)
            ours = self.model(own.ids, own.mask, own.types, own.chosen)
        given = Given(
            ours, theirs, own.mask, asked.chosen, asked.labels, step.rows, step.tokens, step.chosen
        )
        return run.losses.parts(given)

    def _not_finite(self, values: Mapping[str, float]) -> None:
        """Raises TrainingError if one of a step's numbers is NaN or infinite.

        The weights are still those before the step: a checkpoint is written if they are finite
        themselves.
        """
        name = next((name for name, value in values.items() if not math.isfinite(value)), "loss")
        if all(bool(torch.isfinite(value).all()) for value in self.model.parameters()):
            self.save()
        raise TrainingError(
            f"{self.run_.name}: {name} is not finite at step {self.step}, and {self._kept()}: go "
            "on from there with --resume and a smaller --lr, or with --precision fp32"
        )

    def _out_of_memory(self, error: BaseException) -> None:
        """Raises TrainingError, with a checkpoint written, if the error says that memory ran out.

        Other errors are left to the caller.
        """
        text = str(error).casefold()
        if not isinstance(error, MemoryError) and not any(each in text for each in _MEMORY):
            return
        self.optimizer.zero_grad(set_to_none=True)
        if self.run_.accelerator.num_processes == 1:  # others would wait for this one forever
            self.save()
        raise TrainingError(
            f"{self.run_.name}: out of memory at step {self.step}, and {self._kept()}: go on from "
            "there with --resume and a smaller --micro-batch, which changes nothing else"
        ) from error

    def _kept(self) -> str:
        """The part of a message that says which checkpoint there is."""
        steps = self.run_.checkpoints.steps
        if not steps:
            return "nothing was kept yet"
        return f"{self.run_.checkpoints.path(steps[-1])} is kept"


def learning_rate(training: Training, step: int, steps: int) -> float:
    """The rate of a step: it rises over the first share of the steps, then falls to 0.

    Args:
        training: has the highest rate, and which share of the steps it rises over (``warmup``).
        step: from 0.
        steps: how many there are.
    """
    rise = max(1.0, training.warmup * steps)
    return training.learning_rate * min((step + 1) / rise, (steps - step) / max(1, steps - rise))


def _micros(run: Run) -> int:
    """In how many parts one process takes its rows of a step."""
    own: int = run.batches.order.batch // run.accelerator.num_processes
    return -(-own // (run.training.micro_batch or own))


def _optimizer(learner: Learner, training: Training) -> torch.optim.AdamW:
    """AdamW for the weights that are trained; biases and norms do not decay."""
    trained = [value for value in learner.parameters() if value.requires_grad]
    groups = [
        {"params": [v for v in trained if v.ndim > 1], "weight_decay": training.weight_decay},
        {"params": [v for v in trained if v.ndim < 2], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=training.learning_rate)


def _bare(optimizer: AcceleratedOptimizer | torch.optim.Optimizer) -> torch.optim.Optimizer:
    """PyTorch's own, without Accelerate's wrapper."""
    found: torch.optim.Optimizer = getattr(optimizer, "optimizer", optimizer)
    return found


def _seed(*numbers: int) -> int:
    """One seed of several numbers, such as the run's, the step and the process: for dropout."""
    found: np.uint32 = np.random.SeedSequence(numbers).generate_state(1)[0]
    return int(found)


def _summed(parts: Mapping[str, torch.Tensor], accelerator: Accelerator) -> list[float]:
    """The sum of each part over all processes."""
    values = torch.stack([value.float() for value in parts.values()])
    found: list[float] = accelerator.reduce(values, "sum").tolist()
    return found


@contextlib.contextmanager
def _log(run: Run) -> Iterator[Callable[[LogEntry], None]]:
    """Opens the run's log and yields a function that appends a record.

    Each is on disk at once: a killed run has all but maybe the last line.
    """
    if not run.accelerator.is_main_process:
        yield lambda record: None
        return
    with (run.folder / LOG).open("a", encoding="utf-8") as file:

        def write(record: LogEntry) -> None:
            file.write(_line(record))
            file.flush()
            run.progress.track(run.name, record)

        yield write


def _line(record: LogEntry) -> str:
    return json.dumps(asdict(record)) + "\n"


def _read(path: Path) -> list[LogEntry]:
    """The records of a log; a last line that was not finished is left out."""
    lines = path.read_text("utf-8").split("\n")[:-1] if path.is_file() else []
    return [LogEntry(**json.loads(line)) for line in lines]
