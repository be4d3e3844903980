"""A tokenizer as ONNX nodes in front of a model's: text in, logits out.

onnxruntime-extensions' own tokenizers normalise and split text in other ways than the checkpoints'
do, so that only its string operators and vocabulary searches are used. What surrounds them is
computed from the tokenizer itself, kind by kind; cutting and the template are the same for all.
The one input ``text`` holds one string, or the two of a pair.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from edgekit.converters import onnx_bpe, onnx_wordpiece
from edgekit.converters.onnx_strings import DOMAIN, ML_DOMAIN, TextGraph, refuse
from edgekit.signature import TensorSpec
from edgekit.tokens.saved import TextTokenizer

INPUT = TensorSpec("text", "str", ("texts",), "one text, or the two of a pair")
IDS = TensorSpec("input_ids", "int32", (1, "length"), "the ids that the text became")
MAX_LENGTH = "tokenizer/max_length"
DOMAINS = {DOMAIN: 1, ML_DOMAIN: 2}  # and their opsets
_INT32 = 6  # TensorProto.INT32
_KINDS: Mapping[str, Callable[[TextGraph, TextTokenizer, str], tuple[str, str]]] = {
    "BPE": onnx_bpe.ids,
    "WordPiece": onnx_wordpiece.ids,
}

_REASONS = {
    "Unigram": "SentencePiece's own composes marks and breaks ties in another way than the "
    "tokenizers library"
}


def text_graph(tokenizer: TextTokenizer) -> TextGraph:
    """Nodes from ``text`` to ``input_ids``, ``attention_mask``, ``token_type_ids``: (1, length).

    Raises:
        UnsupportedError: no operators are known for such a tokenizer.
    """
    graph = TextGraph("tokenizer")
    kind = tokenizer.stored["model"]["type"]
    if kind not in _KINDS:
        refuse(f"{kind} tokenizers", _REASONS.get(kind, ""))
    padded = graph.concat(INPUT.name, graph.strings(""))
    texts = graph.part(padded, graph.integer(0), graph.integer(2))
    ids, first = _KINDS[kind](graph, tokenizer, texts)
    parts = list(_filled(graph, tokenizer, ids, first))
    row = graph.concat(*(ids for ids, _ in parts))
    ones = graph.op("Expand", graph.integer(1), graph.op("Shape", row))
    values = {
        "input_ids": row,
        "attention_mask": ones,
        "token_type_ids": graph.concat(*(types for _, types in parts)),
    }
    graph.finish({name: _batch_of_one(graph, value) for name, value in values.items()})
    return graph


def _batch_of_one(graph: TextGraph, value: str) -> str:
    return graph.op("Cast", graph.op("Unsqueeze", value, graph.integer(0)), to=_INT32)


def _filled(
    graph: TextGraph, tokenizer: TextTokenizer, ids: str, first: str
) -> Iterator[tuple[str, str]]:
    """The parts of the tokenizer's template, in order: names of ids and of their token types.

    Those of a second text are empty where there is none.

    Args:
        graph: the nodes go into it.
        tokenizer: has the template.
        ids: of both texts, in a row.
        first: how many of them are the first one's.
    """
    head, tail = _templates(tokenizer)
    pair = graph.op("Sub", graph.op("Shape", INPUT.name), graph.integer(1))
    tail_length = graph.op("Mul", pair, graph.integer(_specials(tail)))
    longest = graph.tensor(MAX_LENGTH, np.array([tokenizer.max_length]))
    around = graph.op("Add", graph.integer(_specials(head)), tail_length)
    room = graph.op("Max", graph.op("Sub", longest, around), graph.integer(0))
    texts = dict(zip(("$A", "$B"), _cut(graph, tokenizer, ids, first, room), strict=True))
    for place, item in enumerate((*head, *tail)):
        name, _, kind = item.rpartition(":")
        if name in texts:
            part = texts[name]
        else:
            special = tokenizer.backend.token_to_id(name)
            assert special is not None  # a template names tokens of its own vocabulary
            part = graph.integer(special)
            if place >= len(head):
                part = graph.part(part, graph.integer(0), pair)
        yield part, graph.op("Expand", graph.integer(int(kind)), graph.op("Shape", part))


def _templates(tokenizer: TextTokenizer) -> tuple[Sequence[str], Sequence[str]]:
    """The template of a single text, and what a pair's has behind it."""
    single, pair = tokenizer.single, tokenizer.pair
    if pair[: len(single)] != single:
        refuse("a template whose pairs begin in another way than its single texts")
    return single, pair[len(single) :]


def _specials(items: Sequence[str]) -> int:
    """How many special tokens a template has."""
    return sum(not item.startswith(("$A:", "$B:")) for item in items)


def _cut(
    graph: TextGraph, tokenizer: TextTokenizer, ids: str, first: str, room: str
) -> tuple[str, str]:
    """The ids of both texts, cut to ``room`` tokens together: the longer one loses tokens first."""
    total = graph.op("Shape", ids)
    second = graph.op("Sub", total, first)
    short = graph.op("Min", first, second)
    half = graph.op("Div", room, graph.integer(2))
    kept_short = graph.op("Min", short, half)
    kept_long = graph.op("Min", graph.op("Max", first, second), graph.op("Sub", room, kept_short))
    first_is_short = graph.op("LessOrEqual", first, second)
    kept_first = graph.op("Where", first_is_short, kept_short, kept_long)
    kept_second = graph.op("Where", first_is_short, kept_long, kept_short)
    if tokenizer.truncation_side == "left":
        start, end = graph.op("Sub", first, kept_first), graph.op("Sub", total, kept_second)
        return graph.part(ids, start, first), graph.part(ids, end, total)
    end = graph.op("Add", first, kept_second)
    return graph.part(ids, graph.integer(0), kept_first), graph.part(ids, first, end)
