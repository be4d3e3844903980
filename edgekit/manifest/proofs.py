"""How far an artifact was from PyTorch, in one runtime."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta, field

from edgekit.manifest.fields import Count, ManifestObject
from edgekit.tolerance import Tolerance


class Scale(ManifestObject, frozen=True, kw_only=True):
    """How large one output of PyTorch's is over all probes, and how far it moves between them."""

    largest: Annotated[float, Meta(ge=0, description="largest absolute value")]
    spread: Annotated[
        float,
        Meta(
            ge=0,
            description="largest distance from the mean, where a softmax follows after taking off "
            "each row's own mean, which it does not see",
        ),
    ]


class Check(ManifestObject, frozen=True, kw_only=True):
    """The worst of all runs of one kind, such as ``padding`` or ``batch``."""

    runs: Count
    max_abs: Annotated[float, Meta(description="largest absolute difference, relative")]
    cosine: Annotated[float, Meta(description="least cosine similarity")]


class Proof(ManifestObject, frozen=True, kw_only=True):
    """An artifact in one runtime, held against the unmodified PyTorch model."""

    runtime: Annotated[str, Meta(description="with its version")]
    passed: bool
    runs: Annotated[int, Meta(ge=1)]
    max_abs: Annotated[
        float,
        Meta(
            description="largest absolute difference, divided by the largest absolute value of "
            "PyTorch's output over all probes"
        ),
    ]
    cosine: Annotated[
        float, Meta(description="least cosine similarity with PyTorch of one probe's output")
    ]
    deviation: Annotated[
        float | None,
        Meta(
            description="since 1.4: largest difference that the task's decision sees, divided by "
            "the spread of PyTorch's output; like max_abs it is bounded by tolerance.max_abs"
        ),
    ] = None
    padding_sensitivity: Annotated[
        float | None,
        Meta(
            description="since 1.4: how far padding or a batch moved the artifact's own answer, "
            "relative like max_abs and deviation; before, drift was relative like max_abs only"
        ),
    ] = None
    arithmetic: Annotated[
        float | None,
        Meta(
            description="since 1.4: largest difference from the traced graph run in PyTorch with "
            "this file's own rounding of weights and activations, relative like max_abs and "
            "deviation; null where nothing is quantised to integers"
        ),
    ] = None
    agreement: Annotated[
        float | None,
        Meta(description="share of PyTorch's clear decisions it takes; null: there are none"),
    ]
    decisions: Annotated[int, Meta(ge=0, description="clear decisions that were compared")]
    scales: Annotated[
        Mapping[str, Scale],
        Meta(description="since 1.4: of each output, what errors are shares of"),
    ] = field(default_factory=dict)
    tolerance: Annotated[Tolerance, Meta(description="what it was held against")]
    checks: Annotated[Mapping[str, Check], Meta(description="by the kind of run")] = field(
        default_factory=dict
    )
    seconds: Annotated[float, Meta(description="what the proof took")] = 0.0
    failure: Annotated[str | None, Meta(description="why it did not pass")] = None
