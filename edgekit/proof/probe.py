"""What an exported file is tried on, and what PyTorch answers.

A probe is one unpadded text (or made-up row of ids) with the outputs of the *unmodified*
Transformers model, run without any padding. A file is right if it gives the same outputs however
the probe is padded or batched.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from edgekit.tokens.texts import Case

DECISION = "decision"  # the kind of a probe that was drawn for its decision
EXPANDED = "expanded"  # of a text's row with tokens that the model does not attend to
QUIET = "quiet"  # of one in which few numbers are near the edge between two levels of int8


@dataclass(frozen=True)
class KeptValues:
    """Which values of a large output were kept, for a file that is to stay small.

    ``shape`` is the output's, ``places`` are indices into it flattened, and ``row_means`` are the
    means over the last axis of each of its rows, which no sample could tell.
    """

    shape: tuple[int, ...]
    places: np.ndarray
    row_means: np.ndarray


@dataclass(frozen=True)
class Probe:
    """One case: a row of ids, and PyTorch's outputs of it.

    Attributes:
        name: for messages, unique.
        kind: ``text``, ``expanded``, ``length``, ``adversarial``, ``quiet`` or ``decision``.
        input_ids: (length,), without padding.
        token_type_ids: (length,).
        rows: of outputs by token, the tokens whose values are kept.
        outputs: by name, without a batch axis.
        case: how the ids were made of a text, if they were.
        samples: which values were kept of each output that is a flat sample.
        decision: choices and margins of the task's decision, where the outputs can no longer tell
            them.
        attention_mask: (length,); empty where all of it is 1.
    """

    name: str
    kind: str
    input_ids: tuple[int, ...]
    token_type_ids: tuple[int, ...]
    rows: tuple[int, ...]
    outputs: Mapping[str, np.ndarray]
    case: Case | None = None
    samples: Mapping[str, KeptValues] = field(default_factory=dict)
    decision: tuple[np.ndarray, np.ndarray] | None = None
    attention_mask: tuple[int, ...] = ()

    def __len__(self) -> int:
        return len(self.input_ids)


def text_kind(attention_mask: Sequence[int]) -> str:
    """The kind of a text's probe: ``expanded`` if its row has tokens that are not attended to."""
    return EXPANDED if 0 in attention_mask else "text"
