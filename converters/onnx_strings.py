"""ONNX graphs with strings in them: the operators of onnxruntime-extensions that text needs.

They are https://github.com/microsoft/onnxruntime-extensions/blob/main/docs/custom_ops.md, in the
domain ``ai.onnx.contrib``. They take U+0000 for a string's end, ONNX's own operators do not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from edgekit.converters.onnx_graph import Attribute, GraphBuilder
from edgekit.errors import UnsupportedError
from edgekit.tokens.saved import TextTokenizer

DOMAIN = "ai.onnx.contrib"
ML_DOMAIN = "ai.onnx.ml"
_ANY = "(?s).*"


def refuse(what: str, why: str = "") -> NoReturn:
    """Raises UnsupportedError: there are no operators for ``what``, and ``why``."""
    reason = f" ({why})" if why else ""
    raise UnsupportedError(
        f"--embed-tokenizer has no operators for {what}{reason}: convert without it"
    )


def added_tokens(tokenizer: TextTokenizer) -> dict[str, Mapping[str, Any]]:
    """The tokens that are cut out of a text before all else, longest first.

    Raises:
        UnsupportedError: one of them is found in another way than by its characters and the blanks
            before it.
    """
    rows = sorted(tokenizer.stored["added_tokens"], key=lambda row: -len(row["content"]))
    for row in rows:
        normalized = row["normalized"] and tokenizer.stored["normalizer"] is not None
        if normalized or row["single_word"] or row["rstrip"]:
            refuse(f"an added token like {row['content']!r}")
        if not row["content"] or any(map(str.isspace, row["content"])):
            refuse(f"blanks in an added token like {row['content']!r}")
    return {row["content"]: row for row in rows}


class TextGraph(GraphBuilder):
    """A graph with strings in it.

    Strings in constants are nodes, since the tensors of a file hold numbers only. Methods take and
    return names of values.
    """

    def text_op(self, kind: str, *inputs: str, **attributes: Attribute) -> str:
        """An operator of onnxruntime-extensions with one output."""
        return self.op(kind, *inputs, domain=DOMAIN, **attributes)

    def text_ops(
        self, kind: str, outputs: int, *inputs: str, **attributes: Attribute
    ) -> tuple[str, ...]:
        """An operator of onnxruntime-extensions with several outputs."""
        return self.ops(kind, outputs, *inputs, domain=DOMAIN, **attributes)

    def strings(self, *values: str) -> str:
        """A constant vector of strings."""
        return self.op("Constant", value_strings=list(values))

    def replace(self, value: str, pattern: str, rewrite: str) -> str:
        """Replaces, in each string, every match of a regular expression (RE2's)."""
        return self.text_op(
            "StringRegexReplace",
            value,
            self.strings(pattern),
            self.strings(rewrite),
            global_replace=1,
        )

    def cut(self, value: str, pattern: str, *, keep: bool) -> tuple[str, str]:
        """Cuts all strings at the matches of a regular expression.

        Args:
            value: a vector of strings.
            pattern: RE2's.
            keep: whether matches become pieces, too; if not, they go.

        Returns:
            All pieces in a row, and at which of them each string begins.
        """
        pieces, _, _, begins = self.text_ops(
            "StringRegexSplitWithOffsets",
            4,
            value,
            self.strings(f"({pattern})"),
            self.strings(_ANY if keep else ""),
        )
        return pieces, begins

    def join(self, value: str, *, axis: int = 0, separator: str = "") -> str:
        """Joins strings along an axis; a vector gives a vector of one."""
        return self.text_op("StringJoin", value, self.strings(separator), self.integer(axis))

    def nul_as(self, stand_in: str, value: str) -> str:
        """Replaces U+0000 in a vector of two strings by ``stand_in``.

        onnxruntime-extensions takes it for a string's end.
        """
        return self.concat(
            *(
                self.join(
                    self.ops("StringSplit", 2, self.element(value, index), delimiter="\0")[0],
                    axis=1,
                    separator=stand_in,
                )
                for index in (0, 1)
            )
        )

    def element(self, value: str, index: int) -> str:
        """One element of a vector, as a vector."""
        return self.part(value, self.integer(index), self.integer(index + 1))

    def lookup(self, value: str, ids: Mapping[str, int], default: int) -> str:
        """The int64 of each string; ``default`` for those that ``ids`` does not have."""
        return self.op(
            "LabelEncoder",
            value,
            domain=ML_DOMAIN,
            keys_strings=list(ids),
            values_int64s=list(ids.values()),
            default_int64=default,
        )

    def integer(self, *values: int) -> str:
        """A constant vector of int64."""
        return self.constant(list(values))

    def part(self, value: str, start: str, end: str) -> str:
        """``value[start:end]`` of a vector."""
        return self.op("Slice", value, start, end)

    def concat(self, *values: str) -> str:
        """One vector of several, one after the other."""
        return self.op("Concat", *values, axis=0)
