r"""Byte-level BPE as ONNX nodes: GPT-2's pre-tokenizer as regular expressions, then the merges.

Its pattern is ``'s|'t|...| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+``. RE2 cannot look
ahead: a mark is set before the last of several blanks, and taken off once the text is split there.
What letters, numbers and blanks are is asked of the tokenizer: Unicode has more every year.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from edgekit.converters.onnx_strings import TextGraph, added_tokens, refuse
from edgekit.tokens import charmap
from edgekit.tokens.saved import TextTokenizer

_NUL, _MARK = "\U0010ffff", "\U0010fffe"  # stand-ins: code points that Unicode never assigns
_CONTRACTIONS = "'s|'t|'re|'ve|'m|'ll|'d"
_NUL_BYTE = "Ā"  # how a byte-level vocabulary writes the byte 0
_OPTIONS = (  # of which the operator has none
    "dropout",
    "continuing_subword_prefix",
    "end_of_word_suffix",
    "byte_fallback",
    "ignore_merges",
)
_BOOL, _INT64 = 9, 7  # TensorProto's


def ids(graph: TextGraph, tokenizer: TextTokenizer, texts: str) -> tuple[str, str]:
    """Adds the nodes that make ids of texts.

    Args:
        graph: the nodes go into it.
        tokenizer: byte-level BPE.
        texts: the name of a vector of two strings; the second may be empty.

    Returns:
        Names of values: the ids of both texts in a row, and how many of them are the first one's.

    Raises:
        UnsupportedError: the tokenizer normalises or splits in a way that this cannot express.
    """
    prefix = _check(tokenizer)
    blank, letter, number = map(
        charmap.character_class, charmap.byte_level_classes(tokenizer.backend.pre_tokenizer)
    )
    added = added_tokens(tokenizer)
    exact = "|".join(map(re.escape, added))
    parts, begins = graph.cut(
        graph.nul_as(_NUL, texts),
        "|".join(
            (f"[{blank}]*" if row["lstrip"] else "") + re.escape(a) for a, row in added.items()
        ),
        keep=True,
    )
    parts = graph.replace(parts, f"^[{blank}]+({exact})$", r"\1")
    if prefix:
        parts = graph.replace(parts, "^([^ ])", r" \1")
        parts = graph.replace(parts, f"^ ({exact})$", r"\1")
    marked = graph.replace(parts, f"([{blank}])([{blank}][^{blank}])", rf"\1{_MARK}\2")
    others = f"[^{blank}{letter}{number}{_MARK}{_NUL}]"
    words = "|".join(f"{_MARK}? ?{some}+" for some in (f"[{letter}]", f"[{number}]", others))
    pieces, ends = graph.cut(
        marked, f"{exact}|{_NUL}|{_CONTRACTIONS}|{words}|{_MARK}?[{blank}]+", keep=True
    )
    known = {token: row["id"] for token, row in added.items()}
    known[_NUL] = tokenizer.stored["model"]["vocab"].get(_NUL_BYTE, 0)
    found, kept = _merged(graph, graph.replace(pieces, _MARK, ""), known, tokenizer)
    first = graph.op("Gather", ends, graph.element(begins, 1))
    mine = graph.op("Cast", graph.part(kept, graph.integer(0), first), to=_INT64)
    count = graph.op("Reshape", graph.op("ReduceSum", mine, keepdims=0), graph.integer(1))
    return graph.op("Compress", found, graph.op("Reshape", kept, graph.integer(-1))), count


def _merged(
    graph: TextGraph, pieces: str, known: Mapping[str, int], tokenizer: TextTokenizer
) -> tuple[str, str]:
    """Adds the merges: a row of ids for each piece of the texts, and which of them count.

    The operator could be told of added tokens, but then loses what only begins like one: of a piece
    whose id is known one id counts, and that is it.

    Args:
        graph: the nodes go into it.
        pieces: name of a vector of strings.
        known: ids of added tokens.
        tokenizer: has vocabulary and merges.

    Returns:
        Names of both values.
    """
    attributes, table = _vocabulary(tokenizer)
    own, mask = graph.text_ops("GPT2Tokenizer", 2, pieces, **attributes)
    found = graph.op("Gather", graph.integer(*table), own)
    ids = graph.op("Unsqueeze", graph.lookup(pieces, known, -1), graph.integer(1))
    merged = graph.op("Less", ids, graph.integer(0))
    first = graph.op("Equal", graph.op("CumSum", mask, graph.constant(1)), graph.integer(1))
    kept = graph.op("And", graph.op("Cast", mask, to=_BOOL), graph.op("Or", merged, first))
    return graph.op("Where", merged, found, ids), kept


def _check(tokenizer: TextTokenizer) -> bool:
    """Refuses tokenizers that these nodes cannot express.

    Returns:
        Whether a blank is put before each text.
    """
    normalizers, splitters = tokenizer.steps("normalizer"), tokenizer.steps("pre_tokenizer")
    if normalizers or splitters != ["ByteLevel"]:
        why = "none composes characters as it does" if "NFC" in normalizers else ""
        refuse(f"BPE after {' and '.join([*normalizers, *splitters]) or 'nothing'}", why)
    splitter = tokenizer.stored["pre_tokenizer"]
    if not splitter.get("use_regex", True):
        refuse("BPE of whole texts")
    model = tokenizer.stored["model"]
    odd = [option for option in _OPTIONS if model.get(option)]
    if odd:
        refuse(f"BPE with {odd[0]}")
    return bool(splitter["add_prefix_space"])


def _vocabulary(tokenizer: TextTokenizer) -> tuple[dict[str, str], list[int]]:
    """What the operator of onnxruntime-extensions is given, and which ids its own ids stand for.

    Its own ids have no gaps. It takes a word that is in the vocabulary as it is: what no merges
    lead to is left out.
    """
    from tokenizers.pre_tokenizers import ByteLevel

    model = tokenizer.stored["model"]
    reached = {
        token: index
        for token, index in model["vocab"].items()
        if [found.value for found in tokenizer.backend.model.tokenize(token)] == [token]
    }
    if not reached.keys() >= set(ByteLevel.alphabet()):
        refuse("BPE without a token for every byte")
    pairs = (pair.split(" ") if isinstance(pair, str) else pair for pair in model["merges"])
    merges = [(a, b) for a, b in pairs if {a, b, a + b} <= reached.keys()]
    own = {token: index for index, token in enumerate(reached)}
    attributes = {
        "vocab": json.dumps(own, ensure_ascii=False),
        "merges": "\n".join(f"{a} {b}" for a, b in merges),
    }
    return attributes, list(reached.values())
