"""The reference evaluator against PyTorch, operation by operation."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from mil_packages import RNG, W34, W45, W54, Build, X, ct, evaluate, mb, save
from torch.nn import functional as F  # noqa: N812

Reference = Callable[[torch.Tensor], Any]
IMAGE = RNG.normal(size=(2, 4, 5, 6)).astype(np.float32)
KERNEL = RNG.normal(size=(6, 2, 3, 2)).astype(np.float32)
INDICES = np.array([[2, 0], [1, 1]], np.int32)
T34, T54 = torch.from_numpy(W34), torch.from_numpy(W54)
CASES: dict[str, tuple[Build, Reference]] = {
    "gelu": (lambda x: mb.gelu(x=x, mode="EXACT"), F.gelu),
    "gelu tanh": (
        lambda x: mb.gelu(x=x, mode="TANH_APPROXIMATION"),
        lambda x: F.gelu(x, approximate="tanh"),
    ),
    "erf": (lambda x: mb.erf(x=x), torch.erf),
    "sigmoid": (lambda x: mb.sigmoid(x=mb.mul(x=x, y=100.0)), lambda x: torch.sigmoid(100 * x)),
    "silu": (lambda x: mb.silu(x=x), F.silu),
    "rsqrt": (
        lambda x: mb.rsqrt(x=mb.square(x=x), epsilon=0.5),
        lambda x: (x * x + 0.5).rsqrt(),
    ),
    "log": (
        lambda x: mb.log(x=mb.abs(x=x), epsilon=0.25),
        lambda x: (x.abs() + 0.25).log(),
    ),
    "clip": (lambda x: mb.clip(x=x, alpha=-0.5, beta=0.25), lambda x: x.clamp(-0.5, 0.25)),
    "real_div": (lambda x: mb.real_div(x=x, y=W34), lambda x: x / T34),
    "floor_div": (lambda x: mb.floor_div(x=x, y=W34), lambda x: torch.floor_divide(x, T34)),
    "mod": (lambda x: mb.mod(x=x, y=0.4), lambda x: torch.remainder(x, 0.4)),
    "pow": (lambda x: mb.pow(x=mb.abs(x=x), y=1.5), lambda x: x.abs() ** 1.5),
    "softmax": (lambda x: mb.softmax(x=mb.mul(x=x, y=50.0), axis=1), lambda x: (50 * x).softmax(1)),
    "select": (
        lambda x: mb.select(cond=mb.greater(x=x, y=0.0), a=x, b=mb.mul(x=x, y=2.0)),
        lambda x: torch.where(x > 0, x, 2 * x),
    ),
    "cast truncates": (
        lambda x: mb.cast(x=mb.cast(x=mb.mul(x=x, y=3.0), dtype="int32"), dtype="fp32"),
        lambda x: (3 * x).trunc(),
    ),
    "linear": (
        lambda x: mb.linear(x=x, weight=W54, bias=W54[:, 0]),
        lambda x: F.linear(x, T54, T54[:, 0]),
    ),
    "matmul": (lambda x: mb.matmul(x=x, y=W54, transpose_y=True), lambda x: x @ T54.T),
    "matmul both": (
        lambda x: mb.matmul(x=x, y=W54[:, :3], transpose_x=True, transpose_y=True),
        lambda x: x.transpose(1, 2) @ T54[:, :3].T,
    ),
    "attention": (
        lambda x: mb.scaled_dot_product_attention(query=x, key=x, value=x, attn_mask=W34[:, :3]),
        lambda x: F.scaled_dot_product_attention(x, x, x, T34[:, :3]),
    ),
    "attention bool": (
        lambda x: mb.scaled_dot_product_attention(
            query=x, key=x, value=x, attn_mask=np.tri(3, dtype=bool)
        ),
        lambda x: F.scaled_dot_product_attention(x, x, x, torch.ones(3, 3).tril().bool()),
    ),
    "layer_norm": (
        lambda x: mb.layer_norm(x=x, axes=[-1], gamma=W34[0], beta=W34[1], epsilon=0.1),
        lambda x: F.layer_norm(x, (4,), T34[0], T34[1], 0.1),
    ),
    "layer_norm two axes": (
        lambda x: mb.layer_norm(x=x, axes=[1, 2], gamma=W34, beta=W34, epsilon=1e-5),
        lambda x: F.layer_norm(x, (3, 4), T34, T34, 1e-5),
    ),
    "batch_norm": (
        lambda x: mb.batch_norm(x=x, mean=W34[:, 0], variance=W34[:, 1] ** 2, gamma=W34[:, 2]),
        lambda x: F.batch_norm(x, T34[:, 0], T34[:, 1] ** 2, T34[:, 2]),
    ),
    "einsum": (
        lambda x: mb.einsum(values=(x, W45[:, None].repeat(3, 1)), equation="chw,whr->chr"),
        lambda x: torch.einsum("chw,wr->chr", x, T54.T),
    ),
    "cumsum": (
        lambda x: mb.cumsum(x=x, axis=1, exclusive=True, reverse=True),
        lambda x: x.flip(1).cumsum(1).flip(1) - x,
    ),
    "reduce_mean": (
        lambda x: mb.reduce_mean(x=x, axes=[0, -1], keep_dims=True),
        lambda x: x.mean((0, 2), keepdim=True),
    ),
    "reduce_max": (lambda x: mb.reduce_max(x=x, axes=[-2]), lambda x: x.amax(-2)),
    "reduce_l2_norm": (lambda x: mb.reduce_l2_norm(x=x, axes=[1]), lambda x: x.norm(dim=1)),
    "reduce_sum_square": (
        lambda x: mb.reduce_sum_square(x=x, axes=[1, 2]),
        lambda x: (x * x).sum((1, 2)),
    ),
    "reduce_argmax": (
        lambda x: mb.reduce_argmax(x=x, axis=-1, keep_dims=True),
        lambda x: x.argmax(-1, keepdim=True),
    ),
    "gather": (lambda x: mb.gather(x=x, indices=INDICES, axis=-2), lambda x: x[:, INDICES]),
    "gather batches": (
        lambda x: mb.gather(x=x, indices=INDICES, axis=2, batch_dims=1),
        lambda x: torch.stack([x[i][:, INDICES[i]] for i in range(2)]),
    ),
    "gather_along_axis": (
        lambda x: mb.gather_along_axis(x=x, indices=np.zeros((2, 1, 4), np.int32), axis=-2),
        lambda x: x[:, :1],
    ),
    "gather_nd": (
        lambda x: mb.gather_nd(x=x, indices=np.array([[1, 2], [0, 1]], np.int32)),
        lambda x: x[[1, 0], [2, 1]],
    ),
    "gather_nd batches": (
        lambda x: mb.gather_nd(x=x, indices=np.array([[[2]], [[0]]], np.int32), batch_dims=1),
        lambda x: torch.stack([x[0, [2]], x[1, [0]]]),
    ),
    "transpose": (lambda x: mb.transpose(x=x, perm=[-1, 0, 1]), lambda x: x.permute(2, 0, 1)),
    "reshape": (lambda x: mb.reshape(x=x, shape=[4, -1]), lambda x: x.reshape(4, 6)),
    "expand_dims": (lambda x: mb.expand_dims(x=x, axes=[-1, 1]), lambda x: x[:, None, ..., None]),
    "squeeze": (
        lambda x: mb.squeeze(x=mb.reduce_sum(x=x, axes=[1], keep_dims=True), axes=[-2]),
        lambda x: x.sum(1),
    ),
    "concat": (lambda x: mb.concat(values=(x, x), axis=-1), lambda x: torch.cat([x, x], -1)),
    "stack": (lambda x: mb.stack(values=(x, x), axis=1), lambda x: torch.stack([x, x], 1)),
    "split": (lambda x: mb.split(x=x, split_sizes=[1, 3], axis=-1), lambda x: x.split([1, 3], -1)),
    "split equal": (lambda x: mb.split(x=x, num_splits=2, axis=2), lambda x: x.chunk(2, 2)),
    "slice masks": (
        lambda x: mb.slice_by_index(
            x=x,
            begin=[1, 2, -3],
            end=[0, 1, -1],
            begin_mask=[False, True, False],
            end_mask=[True, True, False],
        ),
        lambda x: x[1:, :, -3:-1],
    ),
    "slice squeezes": (
        lambda x: mb.slice_by_index(
            x=x,
            begin=[-1, 0, 0],
            end=[0, 3, 4],
            stride=[1, 2, 3],
            squeeze_mask=[True, False, False],
        ),
        lambda x: x[-1, 0:3:2, 0:4:3],
    ),
    "slice_by_size": (
        lambda x: mb.slice_by_size(x=x, begin=[0, 1, 1], size=[2, 1, -1]),
        lambda x: x[:, 1:2, 1:],
    ),
    "pad": (
        lambda x: mb.pad(x=x, pad=[1, 0, 2, 3], mode="constant", constant_val=7.0),
        lambda x: F.pad(x, (2, 3, 1, 0), value=7.0),
    ),
    "pad reflect": (
        lambda x: mb.pad(x=x, pad=[2, 1], mode="reflect"),
        lambda x: F.pad(x, (2, 1), mode="reflect"),
    ),
    "tile": (lambda x: mb.tile(x=x, reps=[1, 2, 3]), lambda x: x.repeat(1, 2, 3)),
    "fill": (
        lambda x: mb.add(x=x, y=mb.fill(shape=[3, 4], value=2.5)),
        lambda x: x + 2.5,
    ),
    "affine weights": (
        lambda x: mb.linear(
            x=x,
            weight=mb.constexpr_blockwise_shift_scale(
                data=np.arange(20, dtype=np.int8).reshape(5, 4) - 9,
                scale=W54[:, :1],
                offset=np.arange(5, dtype=np.int8)[:, None],
            ),
        ),
        lambda x: (
            x @ ((torch.arange(20).reshape(5, 4) - 9 - torch.arange(5)[:, None]) * T54[:, :1]).T
        ),
    ),
    "weights in blocks": (
        lambda x: mb.linear(
            x=x,
            weight=mb.constexpr_blockwise_shift_scale(
                data=np.arange(20, dtype=np.int8).reshape(5, 4), scale=W54[:, :2]
            ),
        ),
        lambda x: x @ (torch.arange(20).reshape(5, 4) * T54[:, :2].repeat_interleave(2, 1)).T,
    ),
    "palette": (
        lambda x: mb.linear(
            x=x,
            weight=mb.constexpr_lut_to_dense(
                indices=(np.arange(20).reshape(5, 4) % 4).astype(
                    ct.converters.mil.mil.types.np_uint2_dtype
                ),
                lut=W54[:, :].reshape(5, 1, 4, 1),
            ),
        ),
        lambda x: x @ T54.gather(1, torch.arange(20).reshape(5, 4) % 4).T,
    ),
}


def listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[np.ndarray]]:
    """The outputs of every case, of one package: to make one takes longer than to evaluate it."""
    counts: dict[str, int] = {}

    def build(x: Any) -> tuple[Any, ...]:
        made = {name: listed(make(x)) for name, (make, _) in CASES.items()}
        counts.update((name, len(rows)) for name, rows in made.items())
        return tuple(row for rows in made.values() for row in rows)

    outputs = iter(evaluate(save(build, X, tmp_path_factory.mktemp("cases")), X))
    return {name: list(islice(outputs, count)) for name, count in counts.items()}


@pytest.mark.parametrize("name", CASES)
def test_an_operation_does_what_pytorch_does(name: str, found: dict[str, list[np.ndarray]]) -> None:
    outputs, expected = found[name], listed(CASES[name][1](torch.from_numpy(X)))
    assert len(outputs) == len(expected)
    for output, right in zip(outputs, expected, strict=True):
        np.testing.assert_allclose(output, right.numpy(), rtol=2e-5, atol=2e-6)
        assert output.shape == tuple(right.shape)


def test_convolution_pads_strides_dilates_and_groups(tmp_path: Path) -> None:
    def build(x: Any) -> Any:
        return mb.conv(
            x=x,
            weight=KERNEL,
            bias=KERNEL[:, 0, 0, 0],
            pad_type="custom",
            pad=[1, 2, 0, 3],
            strides=[2, 1],
            dilations=[1, 2],
            groups=2,
        )

    kernel = torch.from_numpy(KERNEL)
    padded = F.pad(torch.from_numpy(IMAGE), (0, 3, 1, 2))
    expected = F.conv2d(padded, kernel, kernel[:, 0, 0, 0], (2, 1), 0, (1, 2), 2)
    (output,) = evaluate(save(build, IMAGE, tmp_path), IMAGE)
    np.testing.assert_allclose(output, expected.numpy(), rtol=1e-5, atol=1e-5)
