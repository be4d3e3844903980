"""WordPiece as ONNX nodes: BERT's normaliser and pre-tokenizer as a table, then the vocabulary."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from edgekit.converters.onnx_strings import TextGraph, added_tokens, refuse
from edgekit.tokens import charmap
from edgekit.tokens.saved import TextTokenizer

_NORMALIZERS = {"BertNormalizer", "Lowercase", "NFD", "StripAccents"}  # a code point at a time
_BETWEEN = "\n"  # a word between the texts of a pair: none of a text's words has a line break


def ids(graph: TextGraph, tokenizer: TextTokenizer, texts: str) -> tuple[str, str]:
    """Adds the nodes that make ids of texts.

    Args:
        graph: the nodes go into it.
        tokenizer: WordPiece.
        texts: the name of a vector of two strings; the second may be empty.

    Returns:
        Names of values: the ids of both texts in a row, and how many of them are the first one's.

    Raises:
        UnsupportedError: the tokenizer normalises or splits in a way that this cannot express.
    """
    changes = _changes(tokenizer)
    added = {token: row["id"] for token, row in added_tokens(tokenizer).items()}
    points, begins = graph.cut(
        graph.nul_as("", texts), "|".join([*map(re.escape, added), "(?s:.)"]), keep=True
    )
    second = graph.element(begins, 1)
    mapped = _mapped(graph, points, changes, added)
    text = graph.concat(
        graph.part(mapped, graph.integer(0), second),
        graph.strings(f" {_BETWEEN} "),
        graph.part(mapped, second, graph.integer(2**31)),
    )
    words, _ = graph.cut(graph.join(text), " +", keep=False)
    model = tokenizer.stored["model"]
    pieces = _pieces(graph, words, {**model["vocab"], **added, _BETWEEN: -1}, model)
    first = graph.op("ArgMin", pieces, axis=0, keepdims=1)
    rest = graph.part(pieces, graph.op("Add", first, graph.integer(1)), graph.integer(2**31))
    return graph.concat(graph.part(pieces, graph.integer(0), first), rest), first


def _changes(tokenizer: TextTokenizer) -> dict[str, str]:
    """What normalising and splitting make of each code point; refuses what is none of BERT's."""
    normalizers, splitters = tokenizer.steps("normalizer"), tokenizer.steps("pre_tokenizer")
    if not _NORMALIZERS.issuperset(normalizers) or splitters != ["BertPreTokenizer"]:
        refuse(f"WordPiece after {' and '.join([*normalizers, *splitters]) or 'nothing'}")
    backend = tokenizer.backend
    changes = charmap.table(backend.normalizer, backend.pre_tokenizer)
    if changes.get("\0") != "" or any(_BETWEEN in made for made in changes.values()):
        refuse("a normaliser that keeps control characters")
    return changes


def _mapped(graph: TextGraph, points: str, changes: Mapping[str, str], added: Iterable[str]) -> str:
    """Replaces each code point by what normalising and splitting make of it.

    Most fall into three large classes; a table has the others.
    """
    table = {token: f" {token} " for token in added}
    table.update((point, made) for point, made in changes.items() if made not in _alike(point))
    for made, rewrite in zip(_alike("{}"), ("", " ", r" \1 "), strict=True):
        if same := charmap.select(changes, made):
            points = graph.replace(points, f"^([{charmap.character_class(same)}])$", rewrite)
    lines = "\n".join(f"{point}\t{made}" for point, made in table.items())
    return graph.text_op("StringMapping", points, map=lines) if lines else points


def _alike(point: str) -> tuple[str, str, str]:
    """The three things that very many code points become: nothing, a blank, a word of their own."""
    return "", " ", f" {point} "


def _pieces(
    graph: TextGraph, words: str, vocabulary: Mapping[str, int], model: Mapping[str, Any]
) -> str:
    """The ids of the words' pieces; [UNK] for a word that the vocabulary cannot spell.

    For such a word the operator also gives the pieces before the place where it is stuck, and [UNK]
    as the last: they are dropped here.
    """
    unknown = graph.integer(vocabulary[model["unk_token"]])
    pieces, _, begins, ends = graph.text_ops(
        "WordpieceTokenizer",
        4,
        words,
        graph.integer(),
        vocab=json.dumps(dict.fromkeys(vocabulary, 0), ensure_ascii=False),  # gives no ids
        suffix_indicator=model["continuing_subword_prefix"],
        unknown_token=model["unk_token"],
        max_input_chars_per_word=model["max_input_chars_per_word"],
    )
    found = graph.lookup(pieces, vocabulary, vocabulary[model["unk_token"]])
    is_unknown = graph.op("Equal", found, unknown)
    last = graph.op("Gather", is_unknown, graph.op("Sub", ends, graph.integer(1)))
    zeros = graph.op("Mul", found, graph.integer(0))
    ones = graph.op("Expand", graph.integer(1), graph.op("Shape", begins))
    starts = graph.op("ScatterElements", zeros, begins, ones)
    word = graph.op("Sub", graph.op("CumSum", starts, graph.constant(0)), graph.integer(1))
    spelled = graph.op("Not", graph.op("Gather", last, word))
    return graph.op("Compress", found, graph.op("Or", is_unknown, spelled), axis=0)
