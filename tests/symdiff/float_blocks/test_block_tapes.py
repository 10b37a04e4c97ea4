"""What a block's bound decides is what balls do, of activations and random formulas; seed 73."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symdiff
from symdiff.bridge import evaluator
from symdiff.bridge.evaluator import ABSOLUTE, RELATIVE
from symdiff.catalogue.activations import activations
from symdiff.float_blocks import tape
from symdiff.float_blocks.tape import BlockTape, BoundedTape
from tests.fuzz.formulas import cases

SEED = 73
WIDTH = 16  # of a block here, so that some have only points that are alike


def points() -> np.ndarray:
    """Blocks of usual numbers, and of those of one size, small, subnormal, huge, tied, infinite."""
    rng = np.random.default_rng(SEED)
    usual = rng.normal(scale=3, size=(100, WIDTH))
    sizes = np.sort(rng.choice([-1.0, 1.0], 60 * WIDTH) * np.exp2(rng.uniform(-60, 12, 60 * WIDTH)))
    far = np.sort(
        rng.choice([-1.0, 1.0], 20 * WIDTH) * np.exp2(rng.uniform(-1074, 1023, 20 * WIDTH))
    )
    ends = np.array([0.0, -0.0, 0.5, 1.0, -1.0, 2.0, 3.0, -3.0, 6.0, 20.0, np.inf, -np.inf, np.nan])
    near = np.concatenate([[x * (1 + k * 2.0**-50) for k in range(-3, 5)] for x in (1, -1, 3, -3)])
    special = np.resize(np.concatenate([ends, near]), (4, WIDTH))
    blocks = [usual[:40], *(x.reshape(-1, WIDTH) for x in (sizes, far)), special, usual[40:]]
    return np.concatenate([blocks[0], rng.permutation(np.concatenate(blocks[1:]))]).ravel()


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> list[np.ndarray]:
    """Small blocks; of each run which points were left."""
    seen: list[np.ndarray] = []
    run = BoundedTape.run

    def noted(self: BoundedTape, *args: Any) -> np.ndarray:
        seen.append(run(self, *args))
        return seen[-1]

    monkeypatch.setattr(tape, "WIDTH", WIDTH)
    monkeypatch.setattr(evaluator, "_MANY", 1)
    monkeypatch.setattr(BoundedTape, "run", noted)
    return seen


def both(source: Any, monkeypatch: pytest.MonkeyPatch) -> tuple[np.ndarray, np.ndarray]:
    """The adjoint of z with bounds, and in balls alone."""
    adjoints = symdiff.adjoints(symdiff.pointwise(symdiff.activation(source)))
    z = points()
    bounded = adjoints.lambdify()(z=z)["z"]
    with monkeypatch.context() as alone:
        alone.setattr(BlockTape, "_bounded", None)
        balls = adjoints.lambdify()(z=z)["z"]
    return bounded, balls


def agree(bounded: np.ndarray, balls: np.ndarray) -> None:
    """Both within the promise of one truth, the same NaN and infinities."""
    np.testing.assert_array_equal(np.isnan(bounded), np.isnan(balls))
    np.testing.assert_allclose(bounded, balls, rtol=2 * RELATIVE, atol=2 * ABSOLUTE)


@pytest.mark.parametrize("names", np.array_split(list(activations), 10), ids=lambda n: n[0])
def test_bounds_give_what_balls_give(
    names: list[str], small: list[np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of every activation; and of most, most points are decided by bounds."""
    decided = []
    for name in names:
        small.clear()
        agree(*both(name, monkeypatch))
        decided.append(1 - len(small[0]) / len(points()) if small else 0.0)

    assert np.median(decided) > 0.5


def test_random_formulas(small: list[np.ndarray], monkeypatch: pytest.MonkeyPatch) -> None:
    """Of those that have a closed form and operations."""
    decided = 0
    for case in cases(120, seed=SEED):
        small.clear()
        try:
            bounded, balls = both(case.text, monkeypatch)
        except (ValueError, TypeError, NotImplementedError, KeyError):  # refused, or of no z
            continue
        agree(bounded, balls)
        decided += bool(small) and len(small[0]) < len(points()) / 2

    assert decided > 40
