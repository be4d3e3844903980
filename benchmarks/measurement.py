"""What one measurement is: plain data, written as soon as it is finished and read back as it was.

``results.schema.json`` in the package documents the file. A file that was measured together with
others has the same ``round``: its n-th latency was taken right before or after their n-th, so a
drifting machine shifts all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

SCHEMA_VERSION = "1.0"


@dataclass(frozen=True)
class Subject:
    """One file in one runtime. PyTorch's own model has ``format`` ``pytorch``.

    ``bundle`` is the folder it came from; ``bundle_id`` is the SHA-256 of its manifest.
    """

    model: str
    bundle: str
    bundle_id: str
    file: str
    format: str
    recipe: str
    runtime: str
    size_bytes: int
    parameters: int
    random_weights: bool

    @property
    def label(self) -> str:
        """For tables: ``DistilBERT int8, LiteRT``."""
        return f"{self.model} {self.recipe}, {self.runtime}"


@dataclass(frozen=True)
class Conditions:
    """All that has to be equal before two measurements may be compared.

    ``machine`` names the hardware, ``length`` counts the text's tokens, special ones included.
    """

    device: str
    machine: str
    threads: int
    length: int
    batch: int = 1


@dataclass(frozen=True)
class Parity:
    """The golden texts through the file on that very device (see edgekit.proof.compare).

    ``agreement`` is the share of ``decisions`` that are PyTorch's, None of none.
    """

    cases: int
    max_abs: float
    cosine: float
    passed: bool
    agreement: float | None = None
    decisions: int = 0
    failure: str | None = None


@dataclass(frozen=True)
class Operator:
    """One kind of operator in a profile: the time it takes in one inference, all calls together."""

    name: str
    calls: int
    time_ms: float


@dataclass(frozen=True)
class Measurement:
    """One subject under one set of conditions. What was not measured is empty or None.

    Raw samples, in the order they were taken: ``latency_ms`` of warm inferences; ``load_ms`` of
    opening the file in a fresh process with the file in the page cache, ``load_evicted_ms`` with it
    evicted; ``first_ms`` of the first inference of each process; ``tokenizer_ms`` of encoding a
    text of that length, which is not part of the latency.

    ``peak_memory_bytes`` is the growth of the process's resident memory from before the file was
    opened to its peak. ``energy_mj`` is an estimate from a phone's battery, of the whole phone, in
    millijoules an inference. ``instructions`` is one warm inference's count in an emulator, which
    has no latency: the median of those in ``instructions_each`` after the warm-up. ``padded_to`` is
    the static length that the text ran in. ``warnings`` are codes of
    :mod:`edgekit.benchmarks.devices.warnings`; ``failure`` says why there is no result,
    ``unmeasured`` why nobody tried: no runtime of the target opens the file, say.
    """

    subject: Subject
    conditions: Conditions
    environment: Mapping[str, Any]
    started: str
    round: str = ""
    padded_to: int = 0
    warm_up: int = 0
    latency_ms: tuple[float, ...] = ()
    load_ms: tuple[float, ...] = ()
    load_evicted_ms: tuple[float, ...] = ()
    first_ms: tuple[float, ...] = ()
    tokenizer_ms: tuple[float, ...] = ()
    peak_memory_bytes: int | None = None
    memory_limit_bytes: int | None = None
    energy_mj: float | None = None
    instructions: int | None = None
    instructions_each: tuple[int, ...] = ()
    parity: Parity | None = None
    profile: tuple[Operator, ...] = ()
    warnings: tuple[str, ...] = ()
    failure: str | None = None
    unmeasured: str | None = None
    suite: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> tuple[Any, ...]:
        """What it is a measurement of: a later one with the same key replaces it."""
        subject, conditions = self.subject, self.conditions
        return (
            *(subject.bundle_id, subject.file, subject.runtime),
            *(conditions.device, conditions.machine, conditions.threads),
            *(conditions.length, conditions.batch, self.memory_limit_bytes),
        )

    def to_json(self) -> dict[str, Any]:
        """Plain data for one line of ``results.jsonl``."""
        return asdict(self)

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Measurement:
        """The inverse of :meth:`to_json`; fields of a later minor version are passed over."""
        known = _known(cls, row)
        samples = {name: tuple(value) for name, value in known.items() if isinstance(value, list)}
        parity = row.get("parity")
        return cls(
            **{
                **known,
                **samples,
                "subject": Subject(**_known(Subject, row["subject"])),
                "conditions": Conditions(**_known(Conditions, row["conditions"])),
                "parity": Parity(**_known(Parity, parity)) if parity else None,
                "profile": tuple(Operator(**_known(Operator, o)) for o in row.get("profile", ())),
            }
        )


def _known(kind: Any, row: Mapping[str, Any]) -> dict[str, Any]:
    names = {each.name for each in fields(kind)}
    return {name: value for name, value in row.items() if name in names}
