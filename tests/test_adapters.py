"""PEFT adapters beside the weights that they change: merged, as PEFT itself computes them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import peft
import pytest
import torch
from transformers import AutoModelForSequenceClassification, PreTrainedModel

from edgekit.errors import SourceError
from edgekit.model import tasks
from edgekit.model.checkpoint import load_model
from edgekit.model.finding import find

TASK = tasks.get("text-classification")
IDS = torch.arange(5, 17)[None]
ADAPTERS: dict[str, dict[str, Any]] = {
    "lora": {},
    "head": {"modules_to_save": ["classifier"]},
    "dora": {"use_dora": True},
    "all": {"modules_to_save": ["classifier"], "use_dora": True, "bias": "all"},
}


def adapt(folder: Path, **options: Any) -> torch.Tensor:
    """Writes an adapter into a checkpoint's folder; returns PEFT's own logits of ``IDS``."""
    torch.manual_seed(1)
    base: PreTrainedModel = AutoModelForSequenceClassification.from_pretrained(folder)
    config = peft.LoraConfig(target_modules=["query", "value"], **options)
    adapted = peft.get_peft_model(base, config).eval()
    with torch.no_grad():
        for weight in adapted.parameters():
            if weight.requires_grad:
                weight.add_(torch.randn_like(weight) * 0.3)
    adapted.save_pretrained(folder)
    with torch.inference_mode():
        return adapted(IDS).logits


@pytest.mark.parametrize("options", ADAPTERS.values(), ids=ADAPTERS)
def test_an_adapter_is_merged(options: dict[str, Any], classifier: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(classifier, tmp_path / "adapted"))
    expected = adapt(folder, **options)
    with torch.inference_mode():
        found = load_model(find(str(folder)), TASK)(IDS).logits
        plain = load_model(find(str(classifier)), TASK)(IDS).logits
    assert torch.allclose(found, expected, atol=1e-5)
    assert not torch.allclose(plain, expected, atol=1e-2)


def test_an_adapter_of_another_model_is_refused(classifier: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(classifier, tmp_path / "adapted"))
    adapt(folder)
    config = folder / "adapter_config.json"
    config.write_text(config.read_text().replace('"query"', '"nonsense"'))
    with pytest.raises(SourceError, match="the PEFT adapter of"):
        load_model(find(str(folder)), TASK)
