"""A PEFT adapter that lies beside the weights it changes: merged into them.

Source: PEFT's ``merge_and_unload``, which gives back the model with the changed weights and nothing
of PEFT's in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from edgekit import extras
from edgekit.errors import SourceError, first_line

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from edgekit.model.source import Source


def merged(model: PreTrainedModel, source: Source) -> PreTrainedModel:
    """The model with the PEFT adapter that lies in the source's folder added to its weights.

    Args:
        model: the Transformers model without the adapter; it is changed.
        source: the checkpoint, which has an adapter.

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
        whole = adapted.merge_and_unload()
        unexpected = _not_in(whole, str(source.encoder), result.unexpected_keys)
    except Exception as error:
        raise SourceError(
            f"the PEFT adapter of {source.origin} cannot be merged ({first_line(error)}): merge it "
            "with PEFT, merge_and_unload(), and save_pretrained() the result"
        ) from error
    strangers = [*result.missing_keys, *unexpected]
    if strangers:
        raise SourceError(
            f"the PEFT adapter of {source.origin} does not fit its model: {strangers[0]} has no "
            "counterpart: name the task it was trained for with --task"
        )
    return whole


def _not_in(whole: PreTrainedModel, folder: str, unexpected: Sequence[str]) -> list[str]:
    """The adapter's weights that are lost: PEFT did not expect them, and the model lacks them.

    With ``bias="all"`` PEFT stores the bias of a module of ``modules_to_save`` twice, takes one and
    reports the other as unexpected: that one is not lost.

    Args:
        whole: the model after merging.
        folder: the adapter's.
        unexpected: names of weights, as PEFT reports them.
    """
    import peft

    weights = peft.load_peft_weights(folder) if unexpected else {}
    state = whole.state_dict()

    def known(key: str) -> bool:
        own = state.get(key.removeprefix("base_model.model.").replace(".modules_to_save.", "."))
        value = weights.get(key)
        return own is not None and value is not None and own.equal(value.to(own))

    return [key for key in unexpected if not known(key)]
