"""The tokenizer of a bundle as it was saved, for files that are to hold it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from edgekit import contents
from edgekit.errors import BundleError
from edgekit.manifest.texts import TokenizerFacts
from edgekit.tokens.stored import Component, steps

if TYPE_CHECKING:
    import tokenizers


@dataclass(frozen=True)
class TextTokenizer:
    """A saved ``tokenizer.json``, and how it cuts texts.

    Attributes:
        stored: the parsed file.
        backend: the library's own object of it.
        single: the template of one text, like ``("[CLS]:0", "$A:0", "[SEP]:0")``.
        pair: that of two texts.
        max_length: where texts are cut, in tokens.
        truncation_side: ``right`` or ``left``.
    """

    stored: Component
    backend: tokenizers.Tokenizer
    single: tuple[str, ...]
    pair: tuple[str, ...]
    max_length: int
    truncation_side: str

    @classmethod
    def read(cls, out: Path, facts: TokenizerFacts) -> TextTokenizer:
        """Reads the tokenizer of a bundle.

        Args:
            out: the bundle's folder.
            facts: what :func:`edgekit.tokens.tokenizer.save` returned when it wrote it.
        """
        from tokenizers import Tokenizer

        template, length = facts.template, facts.max_length
        if template is None or length is None:  # which no bundle of this version lacks
            raise BundleError(f"the manifest of {out} lacks tokenizer.template: convert again")
        text = (out / contents.TOKENIZER / "tokenizer.json").read_text(encoding="utf-8")
        return cls(
            json.loads(text),
            Tokenizer.from_str(text),
            template.single,
            template.pair,
            length,
            facts.truncation_side,
        )

    def steps(self, component: str) -> list[str]:
        """The types of the steps of ``normalizer`` or ``pre_tokenizer``."""
        return [step["type"] for step in steps(self.stored[component])]
