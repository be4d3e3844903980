"""The arithmetic of quantisation by numbers of a hand: levels, scales, zero points and bounds."""

from __future__ import annotations

import numpy as np
import pytest

from edgekit.quantize.numerics import (
    Stored,
    dequantize,
    pack,
    quantize,
    rounding_bound,
    stored_values,
)
from edgekit.quantize.scheme import FLOAT16, FLOAT32, Scheme

BYTE, AFFINE, HALF = Scheme(8), Scheme(8, symmetric=False), Scheme(8, activations="float16")
WHOLE = Scheme(8, granularity="tensor")
PAIRS = Scheme(8, granularity="block", block=2)
NEIGHBOURS = Scheme(8, range_estimator="neighbours")
BLOCKS = Scheme(8, granularity="block", block=4, range_estimator="neighbours")
LEAST = 1e-9  # half-width of the range of zeros


@pytest.mark.parametrize(
    ("scheme", "weights", "levels", "scale", "zero_point"),
    [
        (BYTE, [[0.001, -0.0005]], [[127, -64]], [[0.001 / 127]], None),  # halves to the even one
        (BYTE, [[0, 0]], [[0, 0]], [[LEAST / 127]], None),
        (BYTE, [[[127, 1]], [[-12.7, 0]]], [[[127, 1]], [[-127, 0]]], [[1], [0.1]], None),
        (Scheme(4), [[7, -3.5, 1]], [[7, -4, 1]], [[1]], None),
        (AFFINE, [[51, 255]], [[-77, 127]], [[1]], [[-128]]),
        (AFFINE, [[-255, -51]], [[-128, 76]], [[1]], [[127]]),
        (AFFINE, [[51, 255], [0, 0]], [[-77, 127], [0, 0]], [[1], [LEAST / 255]], [[-128], [0]]),
        (
            AFFINE,
            [[-51, 204], [-2, 0.55]],
            [[-128, 127], [-128, 127]],
            [[1], [0.01]],
            [[-77], [72]],
        ),
        (WHOLE, [[127, 1], [2, -63.5]], [[127, 1], [2, -64]], [[1]], None),
        (PAIRS, [[127, 1, 12.7]] * 2, [[127, 1, 127]] * 2, [[1, 0.1]] * 2, None),
        (PAIRS, [[[127, 1]], [[12.7, 0.1]]], [[[127, 1]], [[127, 1]]], [[1], [0.1]], None),
        (NEIGHBOURS, [[100, 27, 120]], [[100, 27, 120]], [[1]], None),
        (NEIGHBOURS, [[-100, -27, 3]], [[-100, -27, 3]], [[1]], None),
        (NEIGHBOURS, [[12.7]], [[127]], [[0.1]], None),
        (
            NEIGHBOURS,
            [[100, 27, 1, 2], [1, 2, 10, 2.7]],
            [[100, 27, 1, 2], [10, 20, 100, 27]],
            [[1], [0.1]],
            None,
        ),
        (
            NEIGHBOURS,
            [[-100, -27, -1, -2], [-1, -2, -10, -2.7]],
            [[-100, -27, -1, -2], [-10, -20, -100, -27]],
            [[1], [0.1]],
            None,
        ),
        (BLOCKS, [[100, 27, 3, 4, 12.7]], [[100, 27, 3, 4, 127]], [[1, 0.1]], None),
    ],
)
def test_levels_scales_and_zero_points(
    scheme: Scheme,
    weights: list[object],
    levels: list[object],
    scale: list[list[float]],
    zero_point: list[list[int]] | None,
) -> None:
    source = np.array(weights, np.float32)
    found = quantize(source, scheme)
    np.testing.assert_array_equal(found.levels, levels)
    np.testing.assert_allclose(found.scale, scale, rtol=1e-6)
    assert (found.levels.dtype, found.block) == (np.int8, scheme.block)
    if zero_point is None:
        assert found.zero_point is None
    else:
        np.testing.assert_array_equal(found.zero_point, zero_point)
    np.testing.assert_array_equal(stored_values(source, scheme), dequantize(found))
    wide = np.abs(dequantize(found) - source)
    assert (wide <= rounding_bound(source, scheme)).all()
    assert wide.max() <= 0.5 * np.max(scale)
    assert found.size_bytes == source.size + found.scale.nbytes * (
        1 if zero_point is None else 1.25
    )


def test_with_float16_activations_weights_scales_and_products_are_float16() -> None:
    source = np.array([[0.1, 33.3]], np.float32)
    found = quantize(source, HALF)
    scale = (source.astype(np.float16).astype(np.float32)[0, 1] / np.float32(127)).astype(
        np.float16
    )
    assert found.scale.dtype == np.float16
    np.testing.assert_array_equal(found.scale, [[scale]])
    np.testing.assert_array_equal(found.levels, [[0, 127]])
    product = np.float16(np.float32(127) * np.float32(scale))
    np.testing.assert_array_equal(dequantize(found), np.array([[0, product]], np.float32))
    assert product != np.float32(127) * np.float32(scale)
    levels = np.array([[127, 1]], np.int8)
    beyond = dequantize(Stored(levels, np.array([[600]], np.float16)))
    np.testing.assert_array_equal(beyond, [[np.inf, 600]])
    assert np.isinf(quantize(np.array([7e4], np.float32), FLOAT16).levels).all()


def test_floats_mean_themselves() -> None:
    found = dequantize(Stored(np.array([0.5, -2], np.float16)))
    assert (found.tolist(), found.dtype) == ([0.5, -2], np.float32)


def test_a_zero_point_is_taken_off_before_the_scale() -> None:
    levels, zero_point = np.array([[5, -3, 7]], np.int8), np.array([[1, 2]], np.int8)
    found = dequantize(Stored(levels, np.array([[0.5, 2.0]], np.float32), zero_point, 2))
    np.testing.assert_array_equal(found, [[2, -2, 10]])


@pytest.mark.parametrize(
    ("scheme", "weights", "bound"),
    [
        (FLOAT32, [[1e9]], [[0]]),
        (FLOAT16, [-1, 0], [2.0**-11 + 2.0**-24, 2.0**-24]),
        (BYTE, [[127, 1], [12.7, 0]], [[0.5005] * 2, [0.05005] * 2]),
        (AFFINE, [[0, 255]], [[1.001] * 2]),
        (WHOLE, [[127, 1], [2, 3]], [[0.5005] * 2] * 2),
        (PAIRS, [[127, 1, 12.7]], [[0.5005, 0.5005, 0.05005]]),
        (HALF, [[0, 0]], [[2.0**-23 + 0.5005 * LEAST / 127] * 2]),
        (HALF, [[-127, 0]], [[0.5005 + 127 / 512 + 2.0**-23, 0.5005 + 2.0**-23]]),
    ],
)
def test_a_stored_value_may_be_half_a_step_off(
    scheme: Scheme, weights: list[object], bound: list[object]
) -> None:
    found = rounding_bound(np.array(weights, np.float32), scheme)
    np.testing.assert_allclose(np.broadcast_to(found, np.shape(weights)), bound, rtol=1e-6)


@pytest.mark.parametrize(
    ("bits", "levels", "packed"),
    [
        (1, [1, 0, 0, 0, 0, 0, 0, 1, 1], [0b10000001, 1]),
        (2, [1, -1, 0, 1, -2], [0b01001101, 0b10]),
        (4, [[[1, -2]], [[7, -8]]], [[[0xE1]], [[0x87]]]),
    ],
)
def test_levels_are_packed_low_bits_first(bits: int, levels: list[int], packed: list[int]) -> None:
    np.testing.assert_array_equal(pack(np.array(levels, np.int8), bits), np.array(packed, np.uint8))
