"""A PEFT adapter that lies beside the weights it changes: merged into them.

Source: PEFT's ``merge_and_unload``, which gives back the model with the changed weights and nothing
of PEFT's in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgekit import extras
from edgekit.errors import SourceError, first_line

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from edgekit.model.source import Source


def merged(model: PreTrainedModel, source: Source) -> PreTrainedModel:
    """The model with the adapter of the source's folder in its weights.

    Raises:
        MissingExtraError: PEFT is not installed.
        SourceError: the adapter is for another model, or is of a kind that cannot be merged.
    """
    extras.require("peft")
    import peft

    try:
        config = peft.PeftConfig.from_pretrained(str(source.encoder))
        adapted = peft.PeftModel(model, config)
        result = adapted.load_adapter(str(source.encoder), "default", is_trainable=False)
        strangers = [*result.missing_keys, *result.unexpected_keys]
        whole = None if strangers else adapted.merge_and_unload()
    except Exception as error:
        raise SourceError(
            f"the PEFT adapter of {source.origin} cannot be merged ({first_line(error)}): merge it "
            "with PEFT, merge_and_unload(), and save_pretrained() the result"
        ) from error
    if whole is None:
        raise SourceError(
            f"the PEFT adapter of {source.origin} does not fit its model: {strangers[0]} has no "
            "counterpart: name the task it was trained for with --task"
        )
    return whole
