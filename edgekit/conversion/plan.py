"""Everything about a conversion decided and checked, and nothing done yet."""

from __future__ import annotations

import html
import math
import os
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from safetensors import safe_open

from edgekit import extras, formats, recipe
from edgekit.conversion.request import ConversionRequest
from edgekit.converters.options import FormatOptions, flag
from edgekit.errors import OutputError, PlanError
from edgekit.formats import Format
from edgekit.layout import html_table
from edgekit.model import config as configs
from edgekit.model.finding import find
from edgekit.model.source import DEMO, Source
from edgekit.model.tasks import Task
from edgekit.signature import Signature, TensorSpec
from edgekit.staging import check_replaceable
from edgekit.words import count, megabytes

BUCKETS = (32, 64, 128, 256, 384, 512)
_SHORT_BUCKETS = (16, 32, 64, 128, 256, 512)  # the mean sentence of STS-B has 14 tokens
_FLOATS = ("F64", "F32", "F16", "BF16")
_INPUTS = {
    "input_ids": "the text's token ids",
    "attention_mask": "1 for a token of the text, 0 for padding",
    "token_type_ids": "0 for the first text of a pair, 1 for the second",
}


@dataclass(frozen=True)
class PlannedArtifact:
    """One file to come. ``size_bytes`` is an estimate from the count of parameters."""

    file: str
    format: str
    recipe: str
    size_bytes: int


@dataclass(frozen=True, repr=False)
class ExportPlan:
    """What :func:`edgekit.convert` is going to do: what :func:`edgekit.plan` returns.

    Attributes:
        source: the checkpoint.
        task: what it is for.
        artifacts: the files to come.
        max_length: where texts are cut, in tokens.
        buckets: ascending lengths; the last is ``max_length``.
        out: the bundle's folder.
        options: what each format alone is asked for, by its name.
        force: replace a bundle that is there.
        embed_tokenizer: add ONNX files that take text.
        notes: for the user: what is done that was not asked for.
    """

    source: Source
    task: Task
    artifacts: tuple[PlannedArtifact, ...]
    max_length: int
    buckets: tuple[int, ...]
    out: Path
    options: Mapping[str, FormatOptions]
    force: bool = False
    embed_tokenizer: bool = False
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        files = count(len(self.artifacts), "file")
        return f"<plan for {self.source.name!r}: {self.task.name}, {files} in {str(self.out)!r}>"

    def _repr_html_(self) -> str:
        """The files to come, as a notebook shows them."""
        rows = (
            (row.file, row.format, row.recipe, megabytes(row.size_bytes)) for row in self.artifacts
        )
        notes = (f"<p>{html.escape(note)}</p>" for note in self.notes)
        return html_table(("file", "format", "recipe", "estimated size"), rows) + "".join(notes)

    @property
    def inputs(self) -> tuple[TensorSpec, ...]:
        """The graph's inputs: int32 (batch, length), in fixed order."""
        names = list(_INPUTS)[: 3 if self.source.family.has_token_types(self.source.config) else 2]
        return tuple(
            TensorSpec(name, "int32", ("batch", "length"), _INPUTS[name]) for name in names
        )

    def signature(self, outputs: tuple[TensorSpec, ...]) -> Signature:
        """The graph's inputs and outputs with the plan's buckets.

        Args:
            outputs: with the sizes that only the loaded model tells.
        """
        pad_id = self.source.family.pad_id(self.source.config)
        return Signature(self.inputs, outputs, self.buckets, pad_id)

    def formats(self) -> tuple[str, ...]:
        """The formats asked for, each once, in order."""
        return tuple(dict.fromkeys(artifact.format for artifact in self.artifacts))

    def without(self, files: Container[str]) -> ExportPlan:
        """The same plan, but for the files of those names."""
        return replace(
            self, artifacts=tuple(row for row in self.artifacts if row.file not in files)
        )

    def recipes(self, format_name: str) -> tuple[str, ...]:
        """The recipes of one format."""
        return tuple(row.recipe for row in self.artifacts if row.format == format_name)


def make(request: ConversionRequest) -> ExportPlan:
    """Checks a request against the model and the machine.

    Raises:
        EdgekitError: the first thing that cannot work, with its remedy.
    """
    to = formats.DEFAULT if request.to is None else request.to
    wanted = [formats.get(name) for name in _once("--to", to)]
    pairs = [(format_, name) for format_ in wanted for name in _recipes(format_, request.recipe)]
    bundled = ("demo",) if request.model == DEMO else ()
    extras.require("pytorch", *bundled, *(format_.name for format_ in wanted))
    options = _options(request, wanted)
    source = find(request.model, request.trust)
    if source.adapter:
        extras.require("peft")
    _check_layers(request.keep_float32, source)
    if request.embed_tokenizer:
        _check_embedding(source)
    task = source.task(request.task)
    source.head(task)
    source.similarity(task)
    length = _length(source, task, request)
    folder = Path(f"{source.name}.edgekit" if request.out is None else request.out)
    _check_out(folder, request.force)
    return ExportPlan(
        source,
        task,
        _artifacts(pairs, count_parameters(source)),
        length,
        _buckets(length, request.buckets, task),
        folder,
        options,
        request.force,
        request.embed_tokenizer,
        (*source.notes, *_notes(source, task, request, length), *_of_recipes(pairs)),
    )


def _artifacts(pairs: Sequence[tuple[Format, str]], parameters: int) -> tuple[PlannedArtifact, ...]:
    """The planned files: each format in each recipe, once, with estimated sizes.

    Args:
        pairs: format and recipe.
        parameters: how many the model has.
    """
    return tuple(
        dict.fromkeys(
            PlannedArtifact(
                f"model-{name}{format_.suffix}",
                format_.name,
                name,
                parameters * recipe.get(name).weight_bits(format_.name) // 8,
            )
            for format_, name in pairs
        )
    )


def _options(request: ConversionRequest, wanted: Sequence[Format]) -> dict[str, FormatOptions]:
    """The options of each format, by its name.

    Raises:
        PlanError: an argument was given for a format that is not converted.
    """
    given = request.given()
    for owner in formats.FORMATS.values():
        strange = sorted(owner.arguments() & given.keys()) if owner not in wanted else []
        if strange:
            raise PlanError(
                f"{flag(strange[0])} is for {owner.title} files: add {owner.name} to --to"
            )
    return {format_.name: format_.converter().Options.of(given) for format_ in wanted}


def _check_layers(layers: Sequence[int], source: Source) -> None:
    """Raises PlanError if a layer to keep in float32 is none of the model's."""
    family = source.family
    count = configs.integer(source.config, family.groups or family.layers, 1)
    wrong = [layer for layer in layers if not 0 <= layer < count]
    if wrong:
        raise PlanError(f"--keep-float32 {wrong[0]}: the model's layers are 0 to {count - 1}")


def _check_embedding(source: Source) -> None:
    """Raises if a file that takes text cannot be made: no tokenizer, or no extra."""
    if not source.has_tokenizer:
        raise PlanError(f"--embed-tokenizer: {source.origin} brings no tokenizer")
    extras.require("embed")


def _recipes(format_: Format, asked: Sequence[str] | None) -> Sequence[str]:
    """The names of a format's recipes: those asked for, or its own.

    Raises if it has no lowering.
    """
    if asked is None:
        return format_.default_recipes
    names = [recipe.get(name).name for name in _once("--recipe", asked)]
    for name in names:
        format_.check_recipe(name)
    return names


def _once(option: str, names: Sequence[str]) -> list[str]:
    """Each name once, in order; PlanError if ``option`` was given without any."""
    if not names:
        raise PlanError(f"{option} names nothing")
    return list(dict.fromkeys(names))


def _length(source: Source, task: Task, request: ConversionRequest) -> int:
    """The most tokens of the bundle's texts; PlanError if the model or its queries want another."""
    length = request.max_length or max(request.buckets or (_default_length(source, task),))
    if length < 1:
        raise PlanError(f"--max-length {length}: a length is at least 1")
    if length > source.limit:
        raise PlanError(
            f"{length} tokens are beyond the model's limit of {source.limit}: "
            f"use --max-length {source.limit} or less"
        )
    expansion = source.text_settings(task).expansion if task.has_head else None
    if expansion is not None and length < expansion.length:
        raise PlanError(
            f"queries are filled up to {expansion.length} tokens, and the bundle's rows would have "
            f"{length} at most: use --max-length {expansion.length} or more"
        )
    return length


def _default_length(source: Source, task: Task) -> int:
    """The length, in tokens, that texts are cut at where the user names none.

    One label is a score, mostly a reranker's of a question and a passage, which is long.
    """
    usual = None if source.names_length else task.usual_length
    if usual and configs.label_count(source.config) == 1:
        usual = None
    return min(source.library_length(task), usual or max(BUCKETS))


def _notes(source: Source, task: Task, request: ConversionRequest, length: int) -> Iterator[str]:
    """A sentence for the user if texts are cut shorter than the checkpoint's library cuts them."""
    takes = source.library_length(task)
    if length < takes and not (request.max_length or request.buckets):
        remedy = f"the checkpoint takes {takes}: --max-length {takes}"
        yield f"texts are cut at {length} tokens; {remedy}"


def _of_recipes(pairs: Sequence[tuple[Format, str]]) -> Iterator[str]:
    """What has to be known of the formats' recipes.

    Args:
        pairs: format and recipe.
    """
    for format_, name in pairs:
        if name in format_.recipe_notes:
            yield format_.recipe_notes[name]


def _buckets(max_length: int, asked: Sequence[int] | None, task: Task) -> tuple[int, ...]:
    """The lengths that files of static shapes take, ascending; the last is ``max_length``.

    An app cuts no more than that.

    Args:
        max_length: the most tokens.
        asked: by the user; None takes usual ones.
        task: whose texts may be short.

    Raises:
        PlanError: one that was asked for is beyond ``max_length``, or below 1.
    """
    if asked is None:
        usual = _SHORT_BUCKETS if task.short_texts else BUCKETS
        return (*(bucket for bucket in usual if bucket < max_length), max_length)
    wrong = [bucket for bucket in asked if not 1 <= bucket <= max_length]
    if wrong:
        raise PlanError(f"bucket {wrong[0]} is not between 1 and the maximum length {max_length}")
    return tuple(sorted({*asked, max_length}))


def _check_out(folder: Path, force: bool) -> None:
    """Raises OutputError if the bundle could not be published there, before anything slow."""
    check_replaceable(folder, force=force)
    parent = folder.absolute().parent
    while not parent.exists():
        parent = parent.parent
    if not parent.is_dir() or not os.access(parent, os.W_OK):
        raise OutputError(f"{parent} cannot be written to: choose another folder with -o")


def count_parameters(source: Source) -> int:
    """How many parameters the checkpoint has; computed from the config where weights are random."""
    if not source.weights:
        return _parameters_of(source)
    return sum(_parameters_in(path) for path in source.weights)


def _parameters_in(path: Path) -> int:
    """How many parameters a file of weights holds, told by its headers; of a pickle by its size."""
    if path.suffix != ".safetensors":
        return path.stat().st_size // 4
    with safe_open(path, "numpy") as file:
        slices = [file.get_slice(name) for name in file.keys()]  # noqa: SIM118  not a mapping
        return sum(math.prod(row.get_shape()) for row in slices if row.get_dtype() in _FLOATS)


def _parameters_of(source: Source) -> int:
    """An estimate of the parameters from the sizes of a BERT-like config, for random weights.

    Embeddings and encoder layers are counted; biases and norms are under 1%.
    """
    family, config = source.family, source.config
    hidden = configs.integer(config, family.hidden, 768)
    wide = configs.integer(config, family.intermediate, 4 * hidden)
    layer = 4 * hidden * hidden + 2 * hidden * wide
    rows = configs.integer(config, "vocab_size", 30522) + configs.integer(
        config, "max_position_embeddings", 512
    )
    return rows * hidden + configs.integer(config, family.layers, 6) * layer
