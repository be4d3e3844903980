"""What one measurement is: plain data, written as soon as it is finished and read back as it was.

``edgekit schema results`` prints the JSON Schema that is made of it. A file that was measured
together with others has the same ``round``: its n-th latency was taken in the turn before or after
that of their n-th, so a drifting machine shifts all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

import msgspec
from msgspec import Meta

from edgekit.manifest.fields import Count, Length
from edgekit.stats import Samples

SCHEMA_VERSION = "1.2"

Positive = Annotated[int, Meta(ge=1, le=2**53 - 1)]
Times = tuple[Annotated[float, Meta(gt=0)], ...]


@dataclass(frozen=True)
class Subject:
    """What is measured: one file of a bundle in one runtime.

    PyTorch's own model has ``format`` ``pytorch``. ``bundle`` is the folder that it came from;
    ``bundle_id`` is the SHA-256 of its manifest.
    """

    model: Annotated[str, Meta(min_length=1)]
    bundle: Annotated[str, Meta(description="the folder it came from")]
    bundle_id: Annotated[str, Meta(description="SHA-256 of the bundle's manifest")]
    file: Annotated[str, Meta(description="empty: PyTorch's own model")]
    format: Annotated[str, Meta(min_length=1)]
    recipe: Annotated[str, Meta(min_length=1)]
    runtime: Annotated[str, Meta(description="empty where the device has none for the file")]
    size_bytes: Count
    parameters: Count
    random_weights: bool

    @property
    def label(self) -> str:
        """Model, recipe and runtime for a table, like ``DistilBERT int8, LiteRT``."""
        return f"{self.model} {self.recipe}, {self.runtime}"


@dataclass(frozen=True)
class Conditions:
    """All that has to be equal before two measurements may be compared.

    ``machine`` names the hardware, ``length`` counts the text's tokens, special ones included.
    """

    device: Annotated[str, Meta(min_length=1)]
    machine: Annotated[str, Meta(description="the hardware in one line")]
    threads: Positive
    length: Length
    batch: Positive = 1


@dataclass(frozen=True)
class Parity:
    """The golden texts through the file on that very device (see edgekit.proof.compare).

    ``agreement`` is the share of ``decisions`` that are PyTorch's, None of none.
    """

    cases: Positive
    max_abs: Annotated[float, Meta(ge=0)]
    cosine: float
    passed: bool
    agreement: float | None = None
    decisions: int = 0
    failure: str | None = None


@dataclass(frozen=True)
class Operator:
    """One kind of operator in a profile: the time it takes in one inference, all calls together."""

    name: str
    calls: Count
    time_ms: Annotated[float, Meta(ge=0)]


class Paper(msgspec.Struct, frozen=True):
    """What a paper says, to stand beside what is measured: a suite's ``[paper]``."""

    source: Annotated[str, Meta(description="its citation")] = "the paper"
    parameters: Annotated[Mapping[str, float], Meta(description="by model")] = msgspec.field(
        default_factory=dict
    )
    inference_s: Annotated[
        Mapping[str, float], Meta(description="seconds for a data set on a CPU, by model")
    ] = msgspec.field(default_factory=dict)
    faster_on_phone: Annotated[
        float | None, Meta(description="how many times, the first model against the second")
    ] = None
    phone_bytes: Annotated[float | None, Meta(description="of the first model")] = None


class Texts(msgspec.Struct, frozen=True):
    """The user's own texts, by how many run at which length; of the texts nothing is kept."""

    file: str
    count: Positive
    lengths: Annotated[
        Mapping[int, int], Meta(description="how many of them run in each static length")
    ]
    max_length: Length
    cut: Annotated[Count, Meta(description="texts longer than the model takes")]
    tokenizer: Annotated[str, Meta(description="the model whose tokenizer counted")] = ""


class SuiteFacts(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a report needs of the suite that a measurement was part of."""

    name: str = ""
    title: str = ""
    against: Annotated[str | None, Meta(description="the model compared with")] = None
    texts: Texts | None = None
    paper: Paper | None = None
    command: Annotated[str, Meta(description="what measures it again, as a shell takes it")] = ""


@dataclass(frozen=True)
class Measurement:
    """One subject under one set of conditions. What was not measured is empty or None.

    Raw samples, in the order they were taken: ``latency_ms`` of warm inferences, ``block`` of them
    in a turn, as many of each fresh process as ``processes`` say; ``cold_ms`` of inferences with
    nothing in the processor's caches; ``load_ms`` of opening the file in a fresh process with the
    file in the page cache, ``load_evicted_ms`` with it evicted; ``first_ms`` of the first inference
    of each process; ``tokenizer_ms`` of encoding a text of that length, which is not part of the
    latency.

    ``peak_memory_bytes`` is the growth of the process's resident memory from before the file was
    opened to its peak. ``energy_mj`` is an estimate from a phone's battery, of the whole phone, in
    millijoules an inference. ``instructions`` is one warm inference's count in an emulator, which
    has no latency: the median of those in ``instructions_each`` after the warm-up. ``padded_to`` is
    the static length that the text ran in. ``warnings`` are codes of
    :mod:`edgekit.benchmarks.devices.warnings`; ``failure`` says why there is no result,
    ``unmeasured`` why nobody tried: no runtime of the target opens the file, say.
    """

    schema_version: str = field(default=SCHEMA_VERSION, kw_only=True)
    subject: Annotated[Subject, Meta(description="what was measured")]
    conditions: Conditions
    environment: Annotated[
        Mapping[str, object],
        Meta(description="what the device says: processor, memory, system, versions"),
    ]
    started: Annotated[str, Meta(description="ISO 8601")]
    ended: Annotated[str, Meta(description="ISO 8601; empty before schema version 1.1")] = ""
    round: Annotated[
        str, Meta(description="equal: interleaved, the n-th samples in neighbouring turns")
    ] = ""
    padded_to: Annotated[Count, Meta(description="the static length the text ran in")] = 0
    warm_up: Annotated[Count, Meta(description="inferences before the first that counts")] = 0
    latency_ms: Times = ()
    block: Annotated[Positive, Meta(description="warm inferences of a turn: not independent")] = 1
    processes: Annotated[
        tuple[Positive, ...],
        Meta(description="warm inferences of each process, in order; empty before version 1.2"),
    ] = ()
    cold_ms: Annotated[
        Times, Meta(description="inferences with nothing in the processor's caches")
    ] = ()
    load_ms: Times = ()
    load_evicted_ms: Times = ()
    first_ms: Times = ()
    tokenizer_ms: Times = ()
    peak_memory_bytes: Count | None = None
    memory_limit_bytes: Positive | None = None
    energy_mj: Annotated[float, Meta(gt=0)] | None = None
    instructions: Positive | None = None
    instructions_each: tuple[Positive, ...] = ()
    parity: Parity | None = None
    profile: Annotated[tuple[Operator, ...], Meta(description="the slowest first")] = ()
    warnings: Annotated[
        tuple[str, ...], Meta(description="codes; docs/benchmarks.md has the list")
    ] = ()
    failure: Annotated[str | None, Meta(description="why there is no result")] = None
    unmeasured: Annotated[str | None, Meta(description="why nobody tried")] = None
    suite: SuiteFacts = field(default_factory=SuiteFacts)

    @property
    def samples(self) -> Samples:
        """The warm inferences, and how they were taken."""
        return Samples(self.latency_ms, self.block, self.processes)

    @property
    def key(self) -> tuple[str | int | None, ...]:
        """What it is a measurement of: file, runtime and conditions.

        A later one with the same key replaces it.
        """
        subject, conditions = self.subject, self.conditions
        return (
            *(subject.bundle_id, subject.file, subject.runtime),
            *(conditions.device, conditions.machine, conditions.threads),
            *(conditions.length, conditions.batch, self.memory_limit_bytes),
        )
