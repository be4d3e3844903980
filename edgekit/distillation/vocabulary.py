"""A student with another tokenizer: what its entries begin as.

Source: Gee et al. 2022, "Fast Vocabulary Transfer for Language Model Compression": an entry that
the teacher has as well begins as the teacher's, and any other as the mean of the teacher's pieces
of the same text.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from edgekit.errors import SourceError, UnsupportedError, first_line

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerFast


def tokenizer_of(folder: Path) -> PreTrainedTokenizerFast:
    """The fast tokenizer in a folder.

    Raises:
        SourceError: it cannot be read.
        UnsupportedError: it runs in Python only.
    """
    from transformers import AutoTokenizer

    try:
        found = AutoTokenizer.from_pretrained(folder)
    except Exception as error:
        raise SourceError(
            f"the tokenizer in {folder} cannot be read: {first_line(error)}"
        ) from error
    if not found.is_fast:
        raise UnsupportedError(f"the tokenizer in {folder} runs in Python only: give a fast one")
    return found


def transfer(
    student: PreTrainedModel, old: PreTrainedTokenizerFast, new: PreTrainedTokenizerFast
) -> int:
    """Gives a student the embeddings of another tokenizer.

    An entry that both tokenizers have keeps its embedding; another begins as the mean of those of
    its pieces by the old tokenizer.

    Args:
        student: with the embeddings of ``old``; it is changed.
        old: the teacher's tokenizer.
        new: the student's.

    Returns:
        How many entries both have.
    """
    import torch

    before = student.get_input_embeddings().weight.detach().clone()
    known, wanted = old.get_vocab(), new.get_vocab()
    size = max(wanted.values()) + 1
    student.resize_token_embeddings(size, mean_resizing=False)
    rows = student.get_input_embeddings().weight
    shared = 0
    with torch.no_grad():
        for entry, index in wanted.items():
            if entry in known:
                shared += 1
                rows[index] = before[known[entry]]
            else:
                ids = old(new.convert_tokens_to_string([entry]), add_special_tokens=False).input_ids
                rows[index] = before[ids].mean(0) if ids else before.mean(0)
    student.config.pad_token_id = new.pad_token_id
    return shared
