"""Teacher, students and examples of a plan, each made once and when it is first asked for."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from edgekit.contents import TOKENIZER
from edgekit.data import texts as text_data
from edgekit.distillation import architecture, examples, labelled, layers, vocabulary
from edgekit.distillation.batches import Batches, Masking, Order
from edgekit.distillation.examples import Examples
from edgekit.distillation.learner import Learner, Readout
from edgekit.distillation.objectives import COSINE, HIDDEN
from edgekit.distillation.plan import DistillationPlan, layer_count
from edgekit.distillation.progress import Say
from edgekit.distillation.request import DISTILBERT
from edgekit.distillation.saving import saves
from edgekit.errors import PlanError, UnsupportedError
from edgekit.evaluation.kinds import ModelFacts
from edgekit.evaluation.ways import Prepared
from edgekit.model import checkpoint, families
from edgekit.postprocess import Facts
from edgekit.tokens import tokenizer as tokenizers
from edgekit.tokens.encoding import Tokenizer

if TYPE_CHECKING:
    from accelerate import Accelerator
    from transformers import PreTrainedModel, PreTrainedTokenizerFast

_TOKENS, _STUDENT_TOKENS = "tokens", "student-tokens"


@dataclass
class Materials:
    """A plan's models, tokenizers and data, each loaded when it is first asked for.

    ``say`` is told what was found, ``tick`` what happens right now.
    """

    plan: DistillationPlan
    accelerator: Accelerator
    say: Say
    tick: Say

    @cached_property
    def model(self) -> PreTrainedModel:
        """The teacher with its head, in float32."""
        found: PreTrainedModel = checkpoint.load_model(self.plan.teacher, self.plan.task)
        return found.requires_grad_(False)

    @cached_property
    def tokenizer(self) -> PreTrainedTokenizerFast:
        """The teacher's tokenizer."""
        found: PreTrainedTokenizerFast | None = checkpoint.load_tokenizer(self.plan.teacher)
        assert found is not None  # the plan has checked it
        return found

    @cached_property
    def student_tokenizer(self) -> PreTrainedTokenizerFast:
        """The student's own, or the teacher's."""
        folder = self.plan.shape.vocabulary
        return self.tokenizer if folder is None else vocabulary.tokenizer_of(folder)

    @cached_property
    def teacher(self) -> Learner:
        """The teacher, wrapped so that a step reads off the outputs that losses compare."""
        taps = self._taps(self.plan.shape.layers, layer_count(self.plan.teacher))
        return Learner(self.model, self._readout(self.model, taps, None)).eval()

    @cached_property
    def basis(self) -> PreTrainedModel:
        """The model that a student's layers come from: the teacher, or the same as a DistilBERT."""
        if self.plan.shape.architecture != DISTILBERT:
            return self.model
        found, worst = architecture.as_distilbert(self.model, self.plan.task)
        self.say(
            "as a DistilBERT, the teacher has the same hidden states after every layer: "
            f"{worst:.1e} of the largest value is the largest difference"
        )
        return found

    def student(self, start: str) -> tuple[Learner, list[str]]:
        """Makes a student as it is before its training.

        Args:
            start: ``teacher``, or ``random`` for layers as they were drawn.

        Returns:
            The student in evaluation mode, and sentences for the user about what of it is new.
        """
        plan, shape = self.plan, self.plan.shape
        model, taken = layers.shortened(
            self.basis, shape.layers, shape.width, start, plan.training.seed
        )
        notes = []
        if taken.fresh:
            count = len(taken.fresh) + taken.copied
            notes.append(
                f"{len(taken.fresh)} of {count} weights begin at random, first {taken.fresh[0]}"
            )
        if shape.vocabulary is not None:
            shared = vocabulary.transfer(model, self.tokenizer, self.student_tokenizer)
            count = len(self.student_tokenizer)
            notes.append(f"{shared} of {count} entries of its vocabulary are the teacher's too")
        taps = self._taps(range(len(shape.layers)), len(shape.layers))
        torch.manual_seed(plan.training.seed)
        wide = self.model.config.hidden_size if shape.width else None
        learner = Learner(model, self._readout(model, taps, wide))
        model.requires_grad_(True)
        if not plan.training.train_embeddings:
            model.get_input_embeddings().weight.requires_grad_(False)
        return learner.eval(), notes

    @cached_property
    def batches(self) -> Batches:
        """The examples that are trained on, put together for each step."""
        plan, tokenizer = self.plan, self.tokenizer
        found = self._labelled() if plan.objective.labelled else self._texts()
        masking = self._masking() if plan.objective.name == "mlm" else None
        lengths = np.asarray(found.rows.lengths)
        self.say(f"{len(lengths):,} examples of {lengths.sum():,} tokens")
        return Batches(
            found,
            Order(lengths, plan.training.batch, plan.training.seed),
            self.pad_id(tokenizer),
            masking,
            plan.task.name == "token-classification",
            self.pad_id(self.student_tokenizer),
        )

    @cached_property
    def judging(self) -> tuple[Prepared, ModelFacts] | None:
        """The evaluation data by the teacher's tokenizer, and what is known of the teacher.

        None where there are no such data.
        """
        path = self.plan.inputs.evaluation
        if path is None:
            return None
        model = self.judged_by(self.tokenizer)
        return labelled.prepare(path, model, self.plan.inputs, None), model

    def judged_by(self, tokenizer: PreTrainedTokenizerFast) -> ModelFacts:
        """What an evaluation has to know of a model that reads texts with that tokenizer."""
        task, length = self.plan.task, self.plan.training.length
        with tempfile.TemporaryDirectory() as folder:
            tokenizers.save(deepcopy(tokenizer), Path(folder), length)
            found = Tokenizer(Path(folder) / TOKENIZER, length, tokenizer.truncation_side)
        names = checkpoint.labels(self.model, task)
        facts = Facts(task.name, task.problem_type, names, tokenizer.mask_token_id, found.token)
        return ModelFacts(facts, found, tokenizer.unk_token_id)

    def pad_id(self, tokenizer: PreTrainedTokenizerFast) -> int:
        """The id that rows of that tokenizer are filled up with."""
        own: int | None = tokenizer.pad_token_id
        return self.plan.teacher.family.pad_id(self.plan.teacher.config) if own is None else own

    def _masking(self) -> Masking:
        """How texts are masked for the teacher's tokenizer; PlanError if it has no mask token."""
        tokenizer = self.tokenizer
        if tokenizer.mask_token_id is None:
            raise PlanError(f"the tokenizer of {self.plan.teacher.origin} has no mask token")
        size = min(len(tokenizer), self.model.config.vocab_size)
        special = tuple(tokenizer.all_special_ids)
        return Masking(tokenizer.mask_token_id, special, size, self.plan.training.seed)

    def _labelled(self) -> Examples:
        """The labelled data as examples."""
        inputs, model = self.plan.inputs, self.judged_by(self.tokenizer)
        assert inputs.data is not None  # the plan has checked it
        prepared = labelled.prepare(inputs.data, model, inputs, inputs.limit)
        for note in prepared.notes:
            self.say(note)
        return labelled.examples(prepared, model)

    def _texts(self) -> Examples:
        """The texts as examples. The first process tokenizes them into the work folder, once."""
        folder, other = (self.plan.work / name for name in (_TOKENS, _STUDENT_TOKENS))
        own = self.plan.shape.vocabulary is not None
        if self.accelerator.is_main_process and not folder.is_dir():
            inputs, length = self.plan.inputs, self.plan.training.length
            if own:
                for place, target in enumerate((other, folder)):
                    both = (self.student_tokenizer, self.tokenizer)
                    found = examples.beginnings(self._stream(), both, length)
                    mine = (pair[place] for pair in found)
                    examples.store(mine, target, inputs.limit, self.tick)
            else:
                rows = examples.pieces(self._stream(), self.tokenizer, length, inputs.packed)
                examples.store(rows, folder, inputs.limit, self.tick)
        self.accelerator.wait_for_everyone()
        return Examples(examples.load(folder), (), examples.load(other) if own else None)

    def _stream(self) -> Iterator[str]:
        return text_data.stream(self.plan.inputs.texts, self.plan.inputs.columns.get("text"))

    def _taps(self, chosen: Sequence[int], count: int) -> tuple[int, ...]:
        """The places in ``hidden_states`` at which the model is compared.

        The last layer is not read itself: what the whole model gives stands for it. So the
        student's last layer, from which its head reads, learns from the teacher's last.

        Args:
            chosen: layers, from 0.
            count: how many layers the model has.
        """
        weights = self.plan.training.weights
        if not weights[HIDDEN if HIDDEN in weights else COSINE]:
            return ()
        places = (*(place + 1 for place in chosen[:-1]), count)
        return places[-1:] if self.plan.objective.last_only else places

    def _readout(
        self, model: PreTrainedModel, taps: tuple[int, ...], project: int | None
    ) -> Readout:
        """What is read off a model.

        ``project`` is the teacher's width where the model's is another.

        Raises:
            UnsupportedError: the teacher's head is none that a student's folder can hold.
        """
        family = families.get(model.config.model_type)
        types = family.has_token_types(model.config.to_dict())
        task = self.plan.task
        head = self.plan.teacher.head(task) if task.has_head else None
        if head is not None and not (task.makes_vectors and saves(head)):
            raise UnsupportedError(
                f"a teacher for {task.name} with {', '.join(map(str, head.steps))} cannot be "
                "distilled: edgekit saves one mode of pooling, Dense and Normalize"
            )
        return Readout(task, taps, head, types, project)
