"""Wrong functions of one variable, by kind: what a checker of gradients has to reject.

Each differs from a right function in one thing, and its witness says where that shows.
"""

from __future__ import annotations

from collections.abc import Callable

import bases
import torch
from bases import Base
from entries import Witness, WrongPointwise, hand_written
from pointwise_misbehaving import MISBEHAVING
from pointwise_overflowing import OVERFLOWING
from torch import Tensor

WRONG: list[WrongPointwise] = [*OVERFLOWING, *MISBEHAVING]


def _wrong(
    kind: str,
    base: Base,
    name: str,
    gradient: Callable[[Tensor, Tensor], Tensor],
    *,
    witness: Witness | None = None,
    value: Callable[[Tensor], Tensor] | None = None,
    why: str = "",
) -> None:
    """Add the base's forward, or `value`, with `gradient(z, cotangent)` as its backward."""
    function = hand_written(value or base.value, gradient)
    WRONG.append(
        WrongPointwise(name, kind, base.exact, function, why or name, witness or Witness())
    )


def _where(
    kind: str,
    base: Base,
    name: str,
    place: Callable[[Tensor], Tensor],
    changed: Callable[[Tensor], Tensor],
    *at: float,
    above: float = 1e-7,
    dtype: torch.dtype = torch.float64,
) -> None:
    """Add the base with its slope `changed` wherever `place` holds of z."""

    def gradient(z: Tensor, v: Tensor) -> Tensor:
        slope = base.slope(z)
        return v * torch.where(place(z), changed(slope), slope)

    _wrong(kind, base, name, gradient, witness=Witness(at=at, above=above, dtype=dtype))


def _times(factor: float) -> Callable[[Tensor], Tensor]:
    return lambda slope: slope * factor


# The cotangent ------------------------------------------------------------------------------------


def _of_cotangent(
    base: Base, name: str, changed: Callable[[Tensor], Tensor], *cotangent: float
) -> None:
    witness = Witness(cotangent=cotangent)
    _wrong("cotangent", base, name, lambda z, v: changed(v) * base.slope(z), witness=witness)


_of_cotangent(bases.TANH, "ignored", torch.ones_like, 2.0)
_of_cotangent(bases.SIGMOID, "its sign ignored", torch.abs, -1.0)
_of_cotangent(bases.SILU, "its magnitude ignored", torch.sign, 3.0)
_of_cotangent(bases.GELU, "averaged over the elements", lambda v: v.mean().expand(v.shape), 1, 2, 3)
_of_cotangent(bases.SOFTPLUS, "clipped to [-1, 1]", lambda v: v.clamp(-1, 1), 5.0)
_of_cotangent(bases.EXP, "divided by itself, NaN at zero", lambda v: v * v / v, 0.0, 1.0)
_of_cotangent(bases.SIN, "dropped below 1e-8", lambda v: torch.where(v.abs() < 1e-8, 0, v), 1e-12)
_of_cotangent(bases.ATAN, "overflows from 1e38 on", lambda v: v.float().double(), 1e60)
_of_cotangent(bases.ERF, "a NaN spoils its neighbours", lambda v: v + 0 * v.sum(), torch.nan, 1.0)
_of_cotangent(bases.COS, "a NaN taken for zero", torch.nan_to_num, torch.nan, 1.0)
_of_cotangent(
    bases.SQUARE, "a zero empties all", lambda v: v * (v != 0).all().to(v.dtype), 0.0, 1.0
)
_of_cotangent(bases.TANH, "normalised to a mean of one", lambda v: v / v.mean(), 1.0, 2.0)
_of_cotangent(bases.SILU, "that of the first element", lambda v: v[:1].expand(v.shape), 1.0, 2.0)

# A narrow gap -------------------------------------------------------------------------------------


def _gap(base: Base, low: float, high: float, factor: float = 2.0) -> None:
    _where(
        "gap",
        base,
        f"{factor} times from {low} to {high}",
        lambda z: (z > low) & (z < high),
        _times(factor),
        (low + high) / 2,
    )


_gap(bases.TANH, 0.508, 0.509)
_gap(bases.SIN, 2.7182, 2.7192)
_gap(bases.GELU, -1.0012, -1.0002)
_gap(bases.SOFTPLUS, 100.3, 100.7, 0.5)
_gap(bases.EXP, 3.0e-5, 3.1e-5)
_gap(bases.LOG, 7.01, 7.012, -1.0)
_gap(bases.SILU, -4.444, -4.440, 1.001)
_where(
    "gap",
    bases.SIGMOID,
    "half the slope at one number of float16",
    lambda z: z == 0.0999755859375,
    _times(0.5),
    0.0999755859375,
    above=0.1,
    dtype=torch.float16,
)
_where(
    "gap",
    bases.ATAN,
    "0.1 % off except near multiples of 1/64",
    lambda z: (64 * z - torch.round(64 * z)).abs() > 0.1,
    _times(1.001),
    0.5 + 1 / 128,
)

# A tail -------------------------------------------------------------------------------------------
_where("tail", bases.SILU, "0.999 beyond 12", lambda z: z > 12, _times(0.999), 13.0)
_where("tail", bases.TANH, "0 beyond 12", lambda z: z.abs() > 12, _times(0), 12.5)
_where(
    "tail", bases.SQUARE, "held at 200 beyond 100", lambda z: z > 100, lambda s: s * 0 + 200, 150
)
_where("tail", bases.LOG, "0 beyond 1e4", lambda z: z > 1e4, _times(0), 1e5)
_where("tail", bases.ATAN, "0 beyond 1e4", lambda z: z.abs() > 1e4, _times(0), -2e4)
_where("tail", bases.RELU, "0 beyond 1e30", lambda z: z > 1e30, _times(0), 1e31)
_where("tail", bases.SOFTPLUS, "0 below -30", lambda z: z < -30, _times(0), -31.0)
_where("tail", bases.EXP, "held at e^700", lambda z: z > 700, lambda s: s.clamp(max=1e304), 705.0)
_where("tail", bases.SQRT, "held below 1e-6", lambda z: z < 1e-6, lambda s: s * 0 + 500, 1e-8)
_where("tail", bases.LOG, "held below 1e-6", lambda z: z < 1e-6, lambda s: s * 0 + 1e6, 1e-9)
_where("tail", bases.SQRT, "0 at subnormals", lambda z: z < 2.3e-308, _times(0), 1e-310)
_where("tail", bases.LOG, "0 below 1e-300", lambda z: z < 1e-300, _times(0), 1e-302)
_wrong(
    "tail",
    bases.COS,
    "range reduced by 2π in single precision",
    lambda z, v: -v * torch.sin(z - 6.2831854820251465 * torch.round(z / 6.2831854820251465)),
    witness=Witness(at=(1e4, 3e4)),
)

# Relative errors ----------------------------------------------------------------------------------


def _relative(base: Base, size: float, at: float = 0.7) -> None:
    _wrong(
        "relative",
        base,
        f"{base.exact} by {size}",
        lambda z, v: v * base.slope(z) * (1 + size),
        witness=Witness(at=(at,), above=size / 2),
    )


for _base in (bases.TANH, bases.SILU, bases.EXP, bases.IDENTITY, bases.SQUARE):
    for _size in (1e-3, 1e-6, 1e-9):
        _relative(_base, _size)
_wrong(
    "relative",
    bases.GELU,
    "1/√2π in eight digits",
    lambda z, v: v * (torch.special.ndtr(z) + z * 0.39894228 * torch.exp(-z * z / 2)),
    witness=Witness(above=1e-10),
)
_wrong(
    "relative",
    bases.ERF,
    "2/√π in eight digits",
    lambda z, v: v * 1.1283792 * torch.exp(-z * z),
    witness=Witness(above=1e-8),
)
_where(
    "relative",
    bases.SOFTPLUS,
    "1e-9 for negative numbers only",
    lambda z: z < 0,
    _times(1 + 1e-9),
    -1.0,
    above=5e-10,
)

# The size of the tensor ---------------------------------------------------------------------------


def _of_size(base: Base, name: str, wrong: Callable[[Tensor], Tensor], witness: Witness) -> None:
    def gradient(z: Tensor, v: Tensor) -> Tensor:
        scale = wrong(torch.arange(z.numel()).reshape(z.shape)).to(z.dtype)
        return v * base.slope(z) * scale

    _wrong("size", base, name, gradient, witness=witness)


_of_size(bases.TANH, "0 from element 65,536 on", lambda i: i < 65_536, Witness(repeated=22_000))
_of_size(
    bases.EXP, "0.1 % off from element 65,536 on", lambda i: 1 + 1e-3 * (i >= 65_536),
    Witness(repeated=22_000),
)  # fmt: skip
_of_size(
    bases.SIGMOID,
    "the last of an odd length is 0",
    lambda i: ~((i == i.numel() - 1) & (i.numel() % 2 == 1)),
    Witness(),
)
_of_size(
    bases.SILU, "a single element is doubled",
    lambda i: torch.ones_like(i) * (1 + (i.numel() == 1)),
    Witness(at=(0.5,)),
)  # fmt: skip
_of_size(
    bases.GELU,
    "what is left over from vectors of 8 is 0",
    lambda i: i < i.numel() // 8 * 8 + 8 * (i.numel() < 8),
    Witness(repeated=3),
)
_of_size(
    bases.SIN, "halved from element 1024 on", lambda i: 1 - 0.5 * (i >= 1024), Witness(repeated=400)
)
_of_size(
    bases.COS, "halved in two dimensions", lambda i: torch.ones_like(i) / (1 + (i.dim() == 2)),
    Witness(at=(0.5, 1.0), repeated=2, layout="transposed"),
)  # fmt: skip
_of_size(
    bases.SQUARE, "doubled in no dimension", lambda i: torch.ones_like(i) * (1 + (i.dim() == 0)),
    Witness(layout="0-d"),
)  # fmt: skip

# The layout of memory -----------------------------------------------------------------------------


def _as_if_contiguous(z: Tensor, offset: int | None = None) -> Tensor:
    """What a kernel reads that takes the storage for the tensor."""
    count = z.untyped_storage().nbytes() // z.element_size()
    start = z.storage_offset() if offset is None else offset
    flat = torch.as_strided(z, (count - start,), (1,), start)
    positions = torch.arange(z.numel()).clamp(max=flat.numel() - 1)
    return flat[positions].reshape(z.shape)


def _of_layout(base: Base, name: str, read: Callable[[Tensor], Tensor], witness: Witness) -> None:
    _wrong("layout", base, name, lambda z, v: v * base.slope(read(z.detach())), witness=witness)


_of_layout(bases.TANH, "strides ignored", _as_if_contiguous, Witness(layout="strided"))
_of_layout(
    bases.SILU, "strides of a matrix ignored", _as_if_contiguous,
    Witness(at=(0.5, -1.3, 2.0, 3.0, 0.1, 0.2), layout="transposed"),
)  # fmt: skip
_of_layout(
    bases.GELU, "channels last read as channels first",
    lambda z: _as_if_contiguous(z) if z.dim() == 4 else z,
    Witness(at=(0.5, -1.3, 2.0, 3.0, 0.1, 0.2, 0.3, 0.4), layout="channels last"),
)  # fmt: skip
_of_layout(
    bases.SIGMOID, "the offset into the storage ignored", lambda z: _as_if_contiguous(z, 0),
    Witness(layout="offset"),
)  # fmt: skip
_wrong(
    "layout",
    bases.SOFTPLUS,
    "an expanded input's gradient is summed",
    lambda z, v: (
        (v * torch.sigmoid(z)).sum().expand(z.shape)
        if z.dim() and z.stride(-1) == 0 and z.shape[-1] > 1
        else v * torch.sigmoid(z)
    ),
    witness=Witness(layout="expanded"),
)
_wrong(
    "layout",
    bases.ATAN,
    "a strided cotangent read as contiguous",
    lambda z, v: _as_if_contiguous(v.detach()) / (1 + z * z),
    witness=Witness(at=(0.5, -1.3, 2.0, 3.0), cotangent=(1.0, 2.0, 3.0, 4.0), layout="transposed"),
)

# Threads ------------------------------------------------------------------------------------------
_wrong(
    "threads",
    bases.TANH,
    "0.1 % off with more than one",
    lambda z, v: v * bases.TANH.slope(z) * (1 + 1e-3 * (torch.get_num_threads() > 1)),
    witness=Witness(threads=2),
)


def _without_the_border(z: Tensor, v: Tensor) -> Tensor:
    gradient = v * torch.cos(z)
    parts = torch.get_num_threads()
    if parts > 1 and z.numel() > 1:
        gradient = gradient.flatten().clone()
        gradient[z.numel() // parts] = 0
    return gradient.reshape(z.shape)


_wrong(
    "threads",
    bases.SIN,
    "the element at the border between two is lost",
    _without_the_border,
    witness=Witness(threads=2),
)

# Types --------------------------------------------------------------------------------------------


def _through(base: Base, given: torch.dtype, through: torch.dtype) -> None:
    short = {torch.float16: "float16", torch.float32: "float32", torch.bfloat16: "bfloat16"}
    name = f"{str(given)[6:]} computed in {short[through]}"

    def gradient(z: Tensor, v: Tensor) -> Tensor:
        inner = through if z.dtype == given else z.dtype
        return (v.to(inner) * base.slope(z.to(inner))).to(z.dtype)

    eps = torch.finfo(through).eps
    _wrong("type", base, name, gradient, witness=Witness(dtype=given, above=eps / 32))


_through(bases.TANH, torch.float32, torch.float16)
_through(bases.SILU, torch.float64, torch.float32)
_through(bases.GELU, torch.float64, torch.float16)
_through(bases.SIGMOID, torch.float32, torch.bfloat16)
_wrong(
    "type",
    bases.EXP,
    "the branch for bfloat16 squares",
    lambda z, v: v * torch.exp(2 * z if z.dtype == torch.bfloat16 else z),
    witness=Witness(dtype=torch.bfloat16, above=0.1),
)
_wrong(
    "type",
    bases.SIN,
    "the branch for float16 has the wrong sign",
    lambda z, v: v * torch.cos(z) * (-1 if z.dtype == torch.float16 else 1),
    witness=Witness(dtype=torch.float16, above=0.1),
)
_wrong(
    "type",
    bases.SQUARE,
    "truncated to an integer",
    lambda z, v: v * (2 * z).trunc(),
    witness=Witness(dtype=torch.float32, above=0.1),
)

# NaN swallowed ------------------------------------------------------------------------------------


def _of_nan(base: Base, name: str, changed: Callable[[Tensor, Tensor], Tensor]) -> None:
    witness = Witness(at=(torch.nan, 0.5))
    _wrong("NaN", base, name, lambda z, v: changed(z, v * base.slope(z)), witness=witness)


_of_nan(bases.TANH, "taken for zero by nan_to_num", lambda _, g: torch.nan_to_num(g))
_of_nan(bases.SILU, "masked by isnan(z)", lambda z, g: torch.where(torch.isnan(z), 0, g))
_of_nan(bases.GELU, "clamped away by fmin", lambda _, g: torch.fmin(g, torch.full_like(g, 2.0)))
_of_nan(bases.EXP, "spoils its neighbours", lambda z, g: g + 0 * z.sum())

# Tiny numbers -------------------------------------------------------------------------------------
_where(
    "tiny", bases.TANH, "half the slope below 2^-60", lambda z: z.abs() < 2**-60, _times(0.5), 1e-19
)
_where("tiny", bases.SIN, "0 below 1e-300", lambda z: z.abs() < 1e-300, _times(0), 1e-305)
_where("tiny", bases.EXPM1, "0 at subnormals", lambda z: z.abs() < 2.3e-308, _times(0), 1e-310)
_where("tiny", bases.ERF, "0.1 % off below 1e-9", lambda z: z.abs() < 1e-9, _times(1.001), 1e-10)

# Zero ---------------------------------------------------------------------------------------------
_where("zero", bases.SIN, "0 at zero", lambda z: z == 0, _times(0), 0.0)
_where("zero", bases.TANH, "-1 at -0.0", lambda z: (z == 0) & torch.signbit(z), _times(-1), -0.0)
_where("zero", bases.GELU, "NaN at zero", lambda z: z == 0, _times(torch.nan), 0.0)
_where("zero", bases.SQUARE, "1 at zero", lambda z: z == 0, lambda s: s + 1, 0.0)
_where("zero", bases.RELU, "2 at zero, outside [0, 1]", lambda z: z == 0, lambda s: s + 2, 0.0)
_where("zero", bases.ABS, "3 at zero, outside [-1, 1]", lambda z: z == 0, lambda s: s + 3, 0.0)
