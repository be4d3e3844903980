"""A rewrite gives the same numbers, or says what it does not have."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn

from edgekit.errors import ConversionError
from edgekit.tracing import convolutions, rewrites

LENGTH = 12
CONVOLUTIONS = {
    "groups": lambda: nn.Conv1d(8, 8, 3, padding=1, groups=2),
    "no bias": lambda: nn.Conv1d(8, 6, 1, bias=False),
    "each channel": lambda: nn.Conv1d(8, 8, 5, padding=2, groups=8, bias=False),
    "each channel, with a bias": lambda: nn.Conv1d(8, 8, 3, padding="same", groups=8),
}


@pytest.mark.parametrize("name", CONVOLUTIONS)
def test_a_convolution_is_linear_layers_or_products(name: str) -> None:
    torch.manual_seed(0)
    module, x = CONVOLUTIONS[name](), torch.randn(2, 8, LENGTH)
    with torch.no_grad():
        expected = module(x)
        convolutions.rewrite(module, LENGTH)
        torch.testing.assert_close(module(x), expected)


@pytest.mark.parametrize(
    "module",
    [
        nn.Conv1d(8, 8, 3, stride=2, padding=1),
        nn.Conv1d(8, 8, 3),
        nn.Conv1d(8, 8, 4, padding=2),
        nn.Conv1d(8, 8, 3, padding=2, dilation=2),
        nn.Conv1d(8, 8, 3, padding=1, padding_mode="circular"),
    ],
)
def test_another_convolution_is_named_and_refused(module: nn.Conv1d) -> None:
    with pytest.raises(ConversionError, match=r"no graph for the convolution Conv1d\(8, 8"):
        convolutions.rewrite(module, LENGTH)


@pytest.mark.parametrize(
    "numbers", [lambda: torch.arange(5), lambda: torch.arange(2, 7), lambda: torch.arange(end=3)]
)
def test_numbers_are_those_that_were_asked_for(numbers: Callable[[], torch.Tensor]) -> None:
    expected = numbers()
    with rewrites.Narrow(torch.arange(LENGTH + 1, dtype=torch.int32)):
        found = numbers()
    assert found.dtype == torch.int32
    assert found.tolist() == expected.tolist()


@pytest.mark.parametrize(
    "numbers",
    [lambda: torch.arange(0, 8, 2), lambda: torch.arange(-1, 3), lambda: torch.arange(99)],
)
def test_other_numbers_are_refused(numbers: Callable[[], torch.Tensor]) -> None:
    with (
        rewrites.Narrow(torch.arange(LENGTH + 1, dtype=torch.int32)),
        pytest.raises(ConversionError, match=r"no graph for arange"),
    ):
        numbers()


def test_an_activation_without_a_row_is_named() -> None:
    from transformers.activations import ACT2FN

    with pytest.raises(ConversionError, match=r"'xielu'.*decompositions\.py"):
        rewrites.apply(nn.Sequential(ACT2FN["xielu"]), LENGTH)
