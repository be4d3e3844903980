"""What the stages of a conversion hand on: the traced model, and the files of each format."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from edgekit.converters.facts import FileFacts
from edgekit.errors import EdgekitError
from edgekit.manifest.files import FileEntry
from edgekit.manifest.proofs import Proof
from edgekit.manifest.roles import RoleFacts
from edgekit.manifest.texts import TokenizerFacts
from edgekit.quantize.audit import Weight
from edgekit.recipe import Recipe
from edgekit.signature import Card, Signature

PROBES = "probes.pickle"
GRAPH = "graph"
_BEYOND_FLOAT16 = (
    ": float16 ends at 65504: keep the layers whose numbers pass it out of it (--keep-float32), or "
    "build --recipe fp32"
)


@dataclass(frozen=True)
class Traced:
    """What tracing found out: all that the formats and the manifest need to know of the model.

    ``refused`` says by the names of files which operators or schemes their formats have no lowering
    for; those files cannot be made.
    """

    signature: Signature
    card: Card
    parameters: int
    tokenizer: TokenizerFacts | None
    postprocess: FileEntry | None
    refused: Mapping[str, str] = field(default_factory=dict)
    roles: Mapping[str, RoleFacts] = field(default_factory=dict)


@dataclass(frozen=True)
class WrittenFile:
    """One written file, not proven yet.

    ``weights`` is what it stores of each tensor; ``fault`` says what of that is not as its recipe
    says, and is None where all is.
    """

    recipe: Recipe
    path: Path
    weights: tuple[Weight, ...] = ()
    fault: str | None = None


@dataclass(frozen=True)
class Exported:
    """One finished file, what is in it, and its proofs.

    Attributes:
        path: the file or package.
        recipe: its name.
        facts: what was read out of the file.
        buckets: the lengths it takes; None: any.
        batched: whether it takes several texts at once.
        proofs: one for each runtime; none where the weights are at fault.
        weights: what it stores of each tensor.
        takes_text: whether it takes text instead of ids.
        fault: what of its weights is not as the recipe says; None if all is.
    """

    path: Path
    recipe: str
    facts: FileFacts
    buckets: tuple[int, ...] | None
    batched: bool
    proofs: tuple[Proof, ...]
    weights: tuple[Weight, ...] = ()
    takes_text: bool = False
    fault: str | None = None

    @property
    def failure(self) -> str | None:
        """Why the file is not published: wrong weights, or the first proof that failed.

        None if it is right.
        """
        if self.fault is not None:
            return self.fault
        failed = next((proof for proof in self.proofs if not proof.passed), None)
        if failed is None:
            return None
        halves = any(weight.scheme.activations == "float16" for weight in self.weights)
        overflows = halves and self.facts.format == "coreml" and not math.isfinite(failed.max_abs)
        return f"{failed.runtime}: {failed.failure}{_BEYOND_FLOAT16 if overflows else ''}"


@dataclass(frozen=True)
class Built:
    """The files of one format as its converter left them, unproven.

    ``failure`` is the error that ended the format before its last recipe, if one did.
    """

    files: tuple[WrittenFile, ...]
    failure: EdgekitError | None = None


@dataclass(frozen=True)
class FormatOutcome:
    """What became of one format: its files with their proofs.

    ``failure`` is the error that ended the format before its last recipe, if one did.
    """

    files: tuple[Exported, ...] = ()
    failure: EdgekitError | None = None
