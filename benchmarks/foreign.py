"""A file that another tool made of the same model, measured beside a bundle's own.

It is asked the bundle's golden texts. Its inputs and outputs are matched with the bundle's by name,
where names say something, else by order and shape; a wrong match shows in the answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from msgspec import structs

from edgekit.bundle import Artifact, Bundle
from edgekit.conversion import worker
from edgekit.converters.facts import FileFacts, function_length
from edgekit.errors import PlanError
from edgekit.files import size_bytes, tree_sha256
from edgekit.formats import of_suffix
from edgekit.runtime.inspection import inspect_file
from edgekit.signature import TensorSpec
from edgekit.tolerance import Tolerance

# Nobody here has quantised them: what is no answer of the model at all is refused.
_TOLERANCE = Tolerance(1.0, 0.9, 0.8, 1.0, 0.1)

_ROLES: Mapping[str, tuple[str, ...]] = {  # what names have in them; the first that fits
    "token_type_ids": ("type", "segment"),
    "attention_mask": ("mask",),
    "input_ids": ("ids", "tokens", "words"),
}
_RECIPES = ((3.0, "fp32"), (1.5, "fp16"), (0.0, "int8"))  # by the least bytes a parameter


@dataclass(frozen=True)
class Foreign(Bundle):
    """A bundle in which one foreign file stands for all of its own.

    Attributes:
        artifact: the file, by the names that the bundle has for inputs and outputs.
        names: what the file itself calls them.
    """

    artifact: Artifact
    names: Mapping[str, str]

    @property
    def name(self) -> str:
        """The name of the file without its suffix."""
        return self.artifact.path.stem

    @cached_property
    def id(self) -> str:
        """The SHA-256 of the file."""
        return tree_sha256(self.artifact.path)

    @property
    def artifacts(self) -> tuple[Artifact, ...]:
        """The one file, as a bundle has its own."""
        return (self.artifact,)


def is_file(path: Path) -> bool:
    """Whether it is a model's file or package, and no bundle."""
    return of_suffix(path.suffix) is not None


def opened(path: Path, like: Bundle) -> Foreign:
    """A file to be measured as one of a bundle's.

    Args:
        path: the file or package.
        like: a bundle of the same model and task.

    Raises:
        BundleError: it cannot be read.
        PlanError: its inputs or outputs are not those of the bundle's task.
    """
    facts = worker.alone(inspect_file, path.absolute())
    signature = like.signature
    inputs = matched_inputs(facts.inputs, signature.inputs, path)
    outputs = matched_outputs(facts.outputs, signature.outputs, path)
    artifact = Artifact(
        path=path.absolute(),
        file=path.name,
        size_bytes=size_bytes(path),
        sha256="",
        format=facts.format,
        recipe=_recipe(size_bytes(path), like.manifest.source.parameters),
        runtime="",
        minimum_os=facts.minimum_os,
        buckets=_lengths(facts, inputs),
        inputs=tuple(replace(theirs, name=ours) for ours, theirs in inputs.items()),
        outputs=tuple(spec for spec in signature.outputs if spec.name in outputs),
        proofs=(),
        tolerance=_TOLERANCE,
    )
    manifest = structs.replace(like.manifest, artifacts=(artifact,))
    names = {ours: theirs.name for ours, theirs in {**inputs, **outputs}.items()}
    return Foreign(like.path, manifest, artifact, names)


def matched_inputs(
    theirs: Sequence[TensorSpec], ours: Sequence[TensorSpec], path: Path
) -> dict[str, TensorSpec]:
    """Their inputs by our names, in our order.

    Args:
        theirs: the file's inputs, in its order.
        ours: the bundle's.
        path: the file, for errors.

    Raises:
        PlanError: there are others than the bundle has, or none for the ids.
    """
    named = {_role(spec.name): spec for spec in theirs}
    if None in named or len(named) < len(theirs):
        named = {spec.name: row for spec, row in zip(ours, theirs, strict=False)}
    known = {spec.name: named[spec.name] for spec in ours if spec.name in named}
    if len(known) < len(theirs) or "input_ids" not in known:
        raise PlanError(
            f"{path} has the inputs {_listed(theirs)}, the bundle {_listed(ours)}: export it for "
            "the bundle's task"
        )
    return known


def _role(name: str) -> str | None:
    """Which of the model's inputs a name means, as other tools call them; None if none."""
    lower = name.lower()
    return next((role for role, parts in _ROLES.items() if any(p in lower for p in parts)), None)


def matched_outputs(
    theirs: Sequence[TensorSpec], ours: Sequence[TensorSpec], path: Path
) -> dict[str, TensorSpec]:
    """Their outputs by our names: one of that name and shape, else the first of that shape.

    Args:
        theirs: the file's outputs, in its order.
        ours: the bundle's.
        path: the file, for errors.

    Raises:
        PlanError: None has the shape of one of the bundle's.
    """
    found: dict[str, TensorSpec] = {}
    for spec in ours:
        fits = [row for row in theirs if _alike(row, spec) and row not in found.values()]
        fits.sort(key=lambda row: row.name != spec.name)
        if not fits:
            raise PlanError(
                f"{path} gives {_listed(theirs)}, and nothing of the shape of '{spec.name}': "
                "export it with the bundle's pooling and head"
            )
        found[spec.name] = fits[0]
    return found


def _alike(theirs: TensorSpec, ours: TensorSpec) -> bool:
    """Whether another tool's tensor may be one of ours: free axes match any name and any length."""
    if len(theirs.shape) != len(ours.shape):
        return False
    pairs = zip(theirs.shape, ours.shape, strict=True)
    return all(isinstance(b, str) or isinstance(a, str) or a in (b, 0) for a, b in pairs)


def _lengths(facts: FileFacts, inputs: Mapping[str, TensorSpec]) -> tuple[int, ...] | None:
    """The static lengths that the file takes; None where the axis is free."""
    length = inputs["input_ids"].shape[1]
    if not isinstance(length, int) or length < 1:
        return None
    named = {function_length(name) for name in facts.functions}
    return tuple(sorted(named)) if length in named else (length,)


def _recipe(total_bytes: int, parameters: int) -> str:
    """The recipe that a file of another tool seems to have, by its bytes a parameter."""
    each = total_bytes / max(parameters, 1)
    return next(name for least, name in _RECIPES if each >= least)


def _listed(specs: Sequence[TensorSpec]) -> str:
    return ", ".join(f"{spec.name} {list(spec.shape)}" for spec in specs)
