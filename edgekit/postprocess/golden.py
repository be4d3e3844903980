"""``postprocess.json``: outputs with the answer they mean, so that an app can test its own code.

Half of the cases have made-up outputs from a seed, in steps of a quarter so that ties are frequent;
the others have PyTorch's own, thinned out where they are large: of fill mask and of
sparse vectors the largest entries, of token vectors the first four values.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Annotated

import msgspec
import numpy as np
from msgspec import Meta

from edgekit import documents
from edgekit.bundle import REMEDY, Bundle
from edgekit.errors import BundleError
from edgekit.manifest.fields import Count, Length, Similarity, TokenId
from edgekit.model.source import SEED
from edgekit.postprocess import Facts, answer, to_json
from edgekit.postprocess.scores import number, ranked
from edgekit.tokens.encoded import Encoded, Prompt
from edgekit.tokens.encoding import Tokenizer

TOLERANCE = 1e-5  # of scores; offsets, labels and texts have to be equal
TOP = 5
_MAX_LENGTH = 40  # tokens: few, so that a short context already needs several windows
_WIDTH = 4  # values kept of a token's vector
_KEPT = 32  # entries kept of a mask's logits
_MOST_VALUES = 1 << 28  # of one output: 1 GiB; a shape beyond it is none of a text of 40 tokens
_REST = -8.0  # made-up logit of all other entries

_TEXT = "Jean-Claude met Zoë in São Paulo, U.S.A., on 3 May."
_MARKS = "Cafe\u0301 nai\u0308ve שָׁלוֹם 👍🏽 𝔘𝔫𝔦 Åse ﬁne 東京"
_CONTEXT = f"{_TEXT} They had coffee at the {_MARKS}. He flew home to Köln a week later, alone."
_TEXTS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "question-answering": (("Where did they meet?", _CONTEXT), ("Who?", _TEXT)),
    "text-classification": ((_TEXT,), (_TEXT, _MARKS)),
    "sentence-similarity": ((_TEXT, _MARKS), (_TEXT,)),
    "sparse-embedding": ((_TEXT, _MARKS), (_TEXT,)),
    "late-interaction": (("Who?", _TEXT), (_MARKS, _TEXT), (_TEXT,)),
    "fill-mask": (("Paris is the {mask} of {mask}.",), ("{mask} Zoë 👍🏽",)),
}
_OTHERS = ((_TEXT,), (_MARKS,))

Ask = Callable[[Encoded], Mapping[str, np.ndarray]]
Arrays = dict[str, np.ndarray]


class Packed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One output without its batch axis, float32. With ``fill`` most values are that one, and only
    the others are listed.
    """

    shape: tuple[Count, ...]
    values: tuple[float, ...]
    fill: float | None = None
    indices: Annotated[
        tuple[int, ...] | None, Meta(description="positions of the values in the flattened output")
    ] = None


class VectorCase(msgspec.Struct, frozen=True, kw_only=True):
    """A prompt, the outputs of each of its rows, and the answer they mean."""

    name: str
    texts: Annotated[
        tuple[str, ...],
        Meta(description="without the manifest's prompts, which the encodings have"),
    ]
    encodings: tuple[Encoded, ...]
    outputs: Annotated[
        tuple[Mapping[str, Packed], ...], Meta(description="one for each encoding, by name")
    ]
    top: Annotated[int, Meta(ge=1, description="the most spans, labels or fillers in the answer")]
    answer: Annotated[
        Mapping[str, object], Meta(description="as `edgekit run --json`; docs/postprocess.md")
    ]


class Vectors(msgspec.Struct, frozen=True, kw_only=True):
    """postprocess.json of a bundle."""

    offsets_unit: str = "unicode code points"
    tolerance: Annotated[float, Meta(description="of scores; all else has to be equal")] = TOLERANCE
    task: str
    problem_type: str | None
    labels: tuple[str, ...]
    mask_id: TokenId | None
    similarity: Annotated[
        Similarity, Meta(description="since 1.4: how two vectors are compared, where they are")
    ] = "cosine"
    max_length: Length
    cases: tuple[VectorCase, ...]


def read(bundle: Bundle) -> Vectors | None:
    """The content of ``postprocess.json``; None without a tokenizer, or before version 1.1.

    Raises:
        BundleError: the file is not valid.
    """
    listed = bundle.manifest.postprocess
    if listed is None:
        return None
    return documents.read_json(bundle.path / listed.file, Vectors, BundleError, REMEDY)


@dataclass(frozen=True)
class Checked:
    """How a ``postprocess.json`` was reproduced.

    Attributes:
        cases: how many there were.
        max_abs: the largest difference of a score.
        failure: the first case that failed, and why; None: none did.
    """

    cases: int
    max_abs: float
    failure: str | None


def content(facts: Facts, tokenizer: Tokenizer, max_length: int, ask: Ask) -> Vectors:
    """Makes the golden vectors of a model.

    Args:
        facts: of the model.
        tokenizer: cuts at ``max_length`` tokens.
        max_length: the model's.
        ask: PyTorch: outputs without a batch axis for one encoding.
    """
    rng = np.random.default_rng(SEED)

    def made_up(encoded: Encoded) -> Arrays:
        return _made_up(rng, facts, encoded, real(encoded))

    def real(encoded: Encoded) -> Arrays:
        return _thinned(facts, encoded, ask(encoded))

    length = min(_MAX_LENGTH, max_length)
    short = tokenizer.cut_at(length)
    return Vectors(
        task=facts.task,
        problem_type=facts.problem_type,
        labels=facts.labels,
        mask_id=facts.mask_id,
        similarity=facts.similarity,
        max_length=length,
        cases=tuple(
            _case(facts, short, f"{kind} {number}", texts, make)
            for kind, make in (("made up", made_up), ("real", real))
            for number, texts in enumerate(_asked(facts, short), 1)
        ),
    )


def check(stored: Vectors, facts: Facts, tokenizer: Tokenizer) -> Checked:
    """Tokenizes the texts of a ``postprocess.json`` and post-processes its outputs once more.

    Args:
        stored: its content.
        facts: of the bundle's model.
        tokenizer: the bundle's.

    Returns:
        Whether tokens and answers are those that it holds.
    """
    worst, failures = 0.0, []
    short = tokenizer.cut_at(stored.max_length)
    for case in stored.cases:
        prompt = Prompt(case.texts, case.encodings)
        if short.prompt(facts.task, *case.texts).encodings != case.encodings:
            failures.append(f"{case.name}: the tokenizer makes other tokens")
            continue
        try:
            outputs = [{key: _unpacked(each) for key, each in row.items()} for row in case.outputs]
            found = to_json(answer(facts, prompt, outputs, case.top))
        except (ValueError, IndexError, KeyError) as error:
            failures.append(f"{case.name}: its outputs are none of this model ({error!r})")
            continue
        differences = list(_differences(found, case.answer, "answer"))
        worst = max(worst, *(size for _, size in differences), 0.0)
        failures += [
            f"{case.name}: {place} is another" for place, size in differences if size > TOLERANCE
        ]
    return Checked(len(stored.cases), worst, failures[0] if failures else None)


def _asked(facts: Facts, tokenizer: Tokenizer) -> Iterator[tuple[str, ...]]:
    """The texts of the cases, for the model's task.

    None for a model without the mask that they need.
    """
    mask = "" if facts.mask_id is None else tokenizer.token(facts.mask_id)
    if facts.task == "fill-mask" and not mask:
        return
    for texts in _TEXTS.get(facts.task, _OTHERS):
        yield tuple(text.replace("{mask}", mask) for text in texts)


def _case(
    facts: Facts,
    tokenizer: Tokenizer,
    name: str,
    texts: tuple[str, ...],
    make: Callable[[Encoded], Arrays],
) -> VectorCase:
    """One case: texts, their rows of ids, the outputs that ``make`` gives, and the answer."""
    prompt = tokenizer.prompt(facts.task, *texts)
    outputs = [make(row) for row in prompt.encodings]
    return VectorCase(
        name=name,
        texts=texts,
        encodings=prompt.encodings,
        outputs=tuple({key: _packed(value) for key, value in row.items()} for row in outputs),
        top=TOP,
        answer=to_json(answer(facts, prompt, outputs, TOP)),
    )


def _thinned(facts: Facts, encoded: Encoded, outputs: Mapping[str, np.ndarray]) -> Arrays:
    """PyTorch's outputs, so thinned that they fit into a small file and still have an answer.

    Most of a vocabulary's logits become one value, and wide vectors lose most of their width.
    """
    if facts.task in ("feature-extraction", "late-interaction"):
        return {name: value[:, :_WIDTH] for name, value in outputs.items()}
    if facts.task == "sparse-embedding":
        return {name: _largest(value) for name, value in outputs.items()}
    if facts.task != "fill-mask":
        return dict(outputs)
    logits = outputs["logits"]
    thin = np.full_like(logits, np.median(logits))
    for place in _masks(facts, encoded):
        best = ranked(logits[place])[:_KEPT]
        thin[place, best] = logits[place, best]
    return {"logits": thin}


def _largest(weights: np.ndarray) -> np.ndarray:
    """A sparse vector with all but its largest weights set to 0."""
    thin = np.zeros_like(weights)
    best = ranked(weights)[:_KEPT]
    thin[best] = weights[best]
    return thin


def _made_up(rng: np.random.Generator, facts: Facts, encoded: Encoded, like: Arrays) -> Arrays:
    """Random outputs in quarters from -4 to 4, which are exact in any float and often equal.

    They have the shapes of the thinned outputs ``like``; weights of a sparse vector are not below
    0.
    """
    if facts.task == "sparse-embedding":
        return {name: np.abs(_quarters(rng, x.shape)) * (x > 0) for name, x in like.items()}
    if facts.task != "fill-mask":
        return {name: _quarters(rng, value.shape) for name, value in like.items()}
    logits = np.full_like(like["logits"], _REST)
    for place in _masks(facts, encoded):
        some = rng.choice(logits.shape[1], min(_KEPT, logits.shape[1]), replace=False)
        logits[place, some] = _quarters(rng, some.shape)
    return {"logits": logits}


def _quarters(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return (rng.integers(-16, 17, shape) / 4).astype(np.float32)


def _masks(facts: Facts, encoded: Encoded) -> list[int]:
    """The places of a row's masks."""
    return [place for place, token in enumerate(encoded.input_ids) if token == facts.mask_id]


def _packed(value: np.ndarray) -> Packed:
    """An array as a file holds it: all values, or the most frequent one and the others' places."""
    flat = np.asarray(value, np.float32).ravel()
    levels, counts = np.unique(flat, return_counts=True)
    fill = levels[counts.argmax()]
    if counts.max() <= flat.size // 2:
        return Packed(shape=value.shape, values=tuple(number(each) for each in flat))
    indices = np.flatnonzero(flat != fill)
    return Packed(
        shape=value.shape,
        values=tuple(number(each) for each in flat[indices]),
        fill=number(fill),
        indices=tuple(indices.tolist()),
    )


def _unpacked(row: Packed) -> np.ndarray:
    """The array that :func:`_packed` wrote, float32, in its own shape.

    Raises:
        ValueError: the values do not fit the shape, or the shape is too large.
        IndexError: an index lies outside it.
    """
    if math.prod(row.shape) > _MOST_VALUES:
        raise ValueError(f"a shape of {row.shape}")
    values = np.array(row.values, np.float32)
    if row.fill is None:
        return values.reshape(row.shape)
    flat = np.full(int(np.prod(row.shape)), row.fill, np.float32)
    flat[list(row.indices or ())] = values
    return flat.reshape(row.shape)


def _differences(found: object, expected: object, place: str) -> Iterator[tuple[str, float]]:
    """The places at which two answers differ, as JSON paths, and by how much.

    It is infinity for anything but a score: other text, another length, another offset.
    """
    if isinstance(found, dict) and isinstance(expected, dict) and found.keys() == expected.keys():
        yield from chain.from_iterable(
            _differences(found[key], expected[key], f"{place}.{key}") for key in found
        )
    elif isinstance(found, list | tuple) and isinstance(expected, list):
        if len(found) != len(expected):
            yield place, np.inf
        for index, (one, other) in enumerate(zip(found, expected, strict=False)):
            yield from _differences(one, other, f"{place}[{index}]")
    elif isinstance(found, float) and isinstance(expected, int | float):
        yield place, abs(found - expected)
    elif found != expected:
        yield place, np.inf
