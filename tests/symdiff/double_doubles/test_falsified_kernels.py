"""What compares kernels with flint tells one that is wrong: a coefficient, a table, a step."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numba
import numpy as np
import pytest
from flint import arb, ctx

from symdiff.double_doubles import exponential, logarithm, mills, trigonometric

COUNT = 400

# What of a kernel is made wrong by 2⁻²⁰ of itself: everything that its value hangs on.
WRONG = {
    "exponential": (
        *(f"_C{n}" for n in range(2, 8)), "_L1", "_L2", "_L3", "_T", "_T_LOW",
    ),
    "logarithm": ("_D3", "_D5", "_D7", "_F", "_F_LOW", "_LN2", "_LN2_LOW"),
    "trigonometric": (
        *(f"_A{n}" for n in (1, 2, 3, 4)), *(f"_B{n}" for n in (1, 2, 3, 4)),
        "_P1", "_P2", "_P3", "_S", "_S_LOW",
    ),
    "mills": ("_ROWS",),
}  # fmt: skip
KERNELS = {"exponential": exponential, "logarithm": logarithm, "trigonometric": trigonometric,
           "mills": mills}  # fmt: skip


def copied(module: ModuleType) -> Any:
    """A module of its own from the same file, none of whose functions is compiled yet."""
    spec = importlib.util.spec_from_file_location("copied", str(module.__file__))
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def looped(kernel: str, module: Any) -> Callable[..., None]:
    """A loop over the kernel's function."""
    function = {
        "exponential": "exp", "logarithm": "log", "trigonometric": "sine", "mills": "Phi",
    }[kernel]  # fmt: skip
    of = getattr(module, function)
    if kernel == "trigonometric":

        @numba.njit(error_model="numpy")
        def loop(h: Any, l: Any, e: Any, x: Any) -> None:
            for i in range(len(x)):
                h[i], l[i], e[i] = of(x[i], 0.0, 0.0, 0)
    else:

        @numba.njit(error_model="numpy")
        def loop(h: Any, l: Any, e: Any, x: Any) -> None:
            for i in range(len(x)):
                h[i], l[i], e[i] = of(x[i], 0.0, 0.0)

    return loop


def outside(kernel: str, module: Any) -> float:
    """The share of points whose truth lies outside its ball (seed 9)."""
    truth = {
        "exponential": arb.exp,
        "logarithm": arb.log,
        "trigonometric": arb.sin,
        "mills": lambda x: (-x / arb(2).sqrt()).erfc() / 2,
    }[kernel]
    x = np.random.default_rng(9).uniform(0.1, 12.0, COUNT)
    h, l, e = (np.empty(COUNT) for _ in range(3))
    looped(kernel, module)(h, l, e, x)
    assert (e < 2.0**-80).all()
    with ctx.workprec(400):
        listed = zip(x.tolist(), h.tolist(), l.tolist(), e.tolist(), strict=True)
        return float(
            np.mean([abs(truth(arb(a)) - arb(b) - arb(c)) > arb(d) for a, b, c, d in listed])
        )


def falsified(kernel: str, name: str) -> Any:
    """A copy of the kernel with that number off by 2⁻²⁰ of itself."""
    module = copied(KERNELS[kernel])
    of, wrong = getattr(module, name), 1 + 2.0**-20
    if kernel == "mills":
        made: Any = of.copy()
        made[:, 5] *= wrong
    elif isinstance(of, tuple):
        made = (of[0] * wrong, *of[1:])
    else:
        made = of * wrong
    setattr(module, name, made)
    return module


QUICK = {"exponential": "_C5", "mills": "_ROWS"}  # each takes some seconds to be compiled


@pytest.mark.slow
@pytest.mark.parametrize("kernel", KERNELS)
def test_a_copy_of_a_kernel_is_right(kernel: str) -> None:
    """So that what is told of the others is the fault alone."""
    assert outside(kernel, copied(KERNELS[kernel])) == 0


@pytest.mark.parametrize(("kernel", "name"), QUICK.items())
def test_a_wrong_number_is_told(kernel: str, name: str) -> None:
    """Many truths lie outside the bounds that the proof gives."""
    assert outside(kernel, falsified(kernel, name)) > 0.01


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kernel", "name"), [(k, n) for k in KERNELS for n in WRONG[k] if QUICK.get(k) != n]
)
def test_so_is_any_other(kernel: str, name: str) -> None:
    """Each coefficient, each table, each part of a step."""
    assert outside(kernel, falsified(kernel, name)) > 0.01


def test_the_steps_leave_their_multiples_exact() -> None:
    """k times the leading parts of ln 2/64 and of π/64 has 53 bits, for every k that there is."""
    for parts, bits in ((exponential.steps(), 17), (trigonometric.steps(), 21)):
        for part in parts[:2]:
            assert part.as_integer_ratio()[0].bit_length() <= 53 - bits
    assert exponential.steps()[-1] > 2.0**-200  # beside which no underflow counts


def test_the_steps_and_tables_lie_within_their_bounds() -> None:
    """Each entry beside flint at other bits; what is 0 or 1 in truth is so exactly."""
    with ctx.workprec(700):
        for parts, truth in (
            (exponential.steps(), arb(2).log() / 64),
            (trigonometric.steps(), arb.pi() / 64),
        ):
            first, second, high, low, off = map(arb, parts)
            assert abs(truth - first - second - high - low) <= off
        for (highs, lows, offs), of in (
            (exponential.powers(), lambda j: arb(2) ** (arb(j) / 64)),
            (logarithm.logarithms(), lambda j: ((arb(j) + logarithm.FIRST) / 64).log()),
            (trigonometric.sines(), lambda j: (arb.pi() * j / 64).sin()),
        ):
            for j, (h, l, e) in enumerate(zip(highs.tolist(), lows, offs, strict=True)):
                assert abs(of(j) - arb(h) - arb(float(l))) <= arb(float(e)) + arb(2) ** -690
                assert e <= 2.0**-105 * abs(h)
    assert exponential.powers()[2][0] == 0
    assert logarithm.logarithms()[2][64 - logarithm.FIRST] == 0
    assert not trigonometric.sines()[2][::32].any()


def test_a_wrong_cell_of_mills_ratio_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """With too few terms the remainder is no longer within the bound that is asked."""
    monkeypatch.setattr(mills, "DEGREE", 12)
    monkeypatch.setattr(mills, "_OFF", 9 + 12 + 2)
    with pytest.raises(ArithmeticError, match="not within its bound"):
        mills.table()
