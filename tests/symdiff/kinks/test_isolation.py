"""Kinks of borders of every kind: found with proof over float64's range, or said to be open."""

import itertools
import math
import time

import mpmath
import numpy as np
import pytest
import sympy
from flint import arb, ctx
from sampled import sampled
from sympy import (
    Abs,
    Heaviside,
    Max,
    Piecewise,
    Rational,
    S,
    cos,
    erf,
    exp,
    log,
    pi,
    sin,
    sqrt,
    tan,
)

import symdiff
from symdiff.balls import compile_ball
from symdiff.expression.differentiate import differentiate
from symdiff.functions import j1, maximum, minimum, sigmoid, softplus, tanh
from symdiff.kinks import isolate
from symdiff.kinks.branches import chosen
from symdiff.kinks.partition import partition
from symdiff.kinks.roots import PRECISION
from symdiff.kinks.tape import Tape, sign_of
from symdiff.kinks.work import Work

SEED = 20240229
z = sympy.Symbol("z", real=True)


def relu(x):
    """max(x, 0)."""
    return maximum(x, S.Zero)


def clips(depth):
    """Clips inside one another, each with two borders that bend."""
    f = z
    for k in range(depth, 0, -1):
        f = minimum(maximum(f, -k * z - k), S(k))
    return f


def maxout(n):
    """The largest of n random straight lines."""
    draw = np.random.default_rng(SEED)
    slopes, offsets = (map(int, draw.integers(-30, 30, n)) for _ in range(2))
    lines = [Rational(a, 7) * z + Rational(b, 7) for a, b in zip(slopes, offsets, strict=True)]
    f, *others = lines
    for line in others:
        f = maximum(f, line)
    return f


def _isolated(f):
    return isolate(f, differentiate(f, z), z)


@pytest.mark.parametrize(
    ("f", "expected"),
    [
        (Abs(relu(z) - 1), ["0", "1"]),
        (maximum(z, sigmoid(1)), [sigmoid(1)]),
        (Abs(z**3 + z + pi), ["-1.23910306114130621849091907409920316"]),
        (Abs(erf(z)), ["0"]),
        (
            maximum(sin(z), z / 3),
            [
                "-2.27886266007582831269995110456188863",
                "0",
                "2.27886266007582831269995110456188863",
            ],
        ),
        (sin(Abs(sympy.sign(z) * z)), ["0"]),
        (j1(Abs(z)), ["0"]),
        (Abs(z - sin(z)), ["0"]),
        (Abs(exp(z) - 2), [log(2)]),
        (Abs(log(z) - 3), [exp(3)]),
        (Abs(log(z)), ["1"]),
        (
            maximum(log(z), z - 2),
            ["0.158594339563039362153395341987514", "3.14619322062058258523706102852137"],
        ),
        (Max(1, z, z**2), ["-1", "1"]),
        (z * Heaviside(z - 1), ["1"]),
        (Abs(1 / z - 1), ["0", "1"]),
        (Abs(1 / z**2 + 1), []),
        (relu(minimum(z, relu(z**-2))), ["0", "1"]),  # at 0 there is no value
        (Abs(exp(exp(z)) - 5), [log(log(5))]),
        (Piecewise((z, (exp(z) - 2) ** 2 * (z - 3) > 0), (0, True)), [log(2), "3"]),
        (Piecewise((Abs(z), z > 1), (0, True)), ["1"]),  # the kink of |z| is where it is not taken
        (Abs(log(z - pi)), [1 + pi]),
        (relu(z**1000 - 2), [-(S(2) ** Rational(1, 1000)), S(2) ** Rational(1, 1000)]),
    ],
    ids=str,
)
def test_the_roots_of_every_border_are_found(f, expected):
    """Each once, in order, to 30 digits, and nothing is left open."""
    found = _isolated(f)

    assert not found.unresolved
    assert len(expected) == len(found.found)
    for root, kink in zip(expected, found.found, strict=True):
        assert abs(sympy.N(sympy.S(root) - kink.at, 40)) <= 1e-30


def test_one_sided_derivatives_are_numbers():
    """sin|sign(z) z|, j₁(|z|), √|z| and max(sin z, z/3) on both sides of 0, written by hand."""
    cases = {
        sin(Abs(sympy.sign(z) * z)): (-1, 1),
        j1(Abs(z)): (Rational(-1, 3), Rational(1, 3)),
        sqrt(Abs(z)): (-sympy.oo, sympy.oo),
        maximum(sin(z), z / 3): (Rational(1, 3), 1),
    }
    for f, sides in cases.items():
        kink = next(k for k in _isolated(f).found if k.at == 0)

        assert sides == (kink.left, kink.right)


@pytest.mark.parametrize(
    ("f", "step"), [(Abs(sin(z)), pi), (Abs(cos(z) + 1), 2 * pi), (Abs(tan(z)), pi / 2)], ids=str
)
def test_periodic_borders_are_isolated_around_zero_and_the_rest_is_said(f, step):
    """Hundreds of multiples of π, none missed, and beyond them two intervals to ±∞."""
    found = _isolated(f)
    at = [k.at for k in found.found]
    low, high = found.unresolved[0], found.unresolved[-1]

    assert len(at) >= 200
    assert {step} == {b - a for a, b in itertools.pairwise(at) if abs(a) < 150}
    assert (low.low, high.high) == (-math.inf, math.inf)
    assert "too many roots" in low.reason


def test_roots_that_accumulate_are_found_outside_a_stretch_that_is_said():
    """sin(1/z): 1/(kπ) for |k| up to 100, and an interval around 0."""
    found = _isolated(Abs(sin(1 / z)))
    at = np.array([float(k.at) for k in found.found])

    for k in range(1, 100):
        assert np.isclose(at, 1 / (k * np.pi), rtol=1e-14).any()
    assert any(u.low < 0 < u.high for u in found.unresolved)


def test_a_multiple_zero_without_a_name_is_said():
    """z e^(1−z) − 1 touches 0 at 1, and has that name; shifted by √2 it has none."""
    named = _isolated(Abs(z * exp(1 - z) - 1))
    shift = sqrt(2)
    unnamed = _isolated(Abs((z - shift) * exp(1 - z + shift) - 1))

    assert [1] == [k.at for k in named.found]
    near = [u for u in unnamed.unresolved if u.low <= 1 + math.sqrt(2) <= u.high]
    assert len(near) == 1
    assert near[0].high - near[0].low < 1e-12


@pytest.mark.parametrize(
    "f",
    [relu(z**1000 - 2), relu(z**1000000 - z - 1), clips(5), maxout(12), Abs(sin(z)), Abs(erf(z))],
    ids=["z**1000", "z**1000000", "clips", "maxout", "sin", "erf"],
)
def test_none_takes_long(f):
    """Under two seconds each; the worst took 0.4."""
    start = time.process_time()
    _isolated(f)

    assert time.process_time() - start < 2


class Trace:
    """An independent evaluation by mpmath, which notes the case that is taken at each choice."""

    def __init__(self):
        self.taken = []

    def compare(self, border, at):
        """The border, noted with its sign."""
        value = self(border, at)
        self.taken.append((border, int(mpmath.sign(value))))
        return value

    def holds(self, c, at):
        """Whether the condition does."""
        if isinstance(c, sympy.logic.boolalg.BooleanAtom):
            return bool(c)
        if isinstance(c, sympy.ITE):
            return self.holds(c.args[1 if self.holds(c.args[0], at) else 2], at)
        if isinstance(c, sympy.And | sympy.Or):
            return (all if isinstance(c, sympy.And) else any)(self.holds(a, at) for a in c.args)
        if isinstance(c, sympy.Not):
            return not self.holds(c.args[0], at)
        value = self.compare(c.lhs - c.rhs, at)
        strict = {sympy.Gt: value > 0, sympy.Lt: value < 0}
        return bool({sympy.Ge: value >= 0, sympy.Le: value <= 0, **strict}[type(c)])

    def __call__(self, e, at):
        """The value of `e`, of the cases that are taken alone."""
        if e == z:
            return at
        if isinstance(e, maximum | minimum):
            above = self.compare(e.args[0] - e.args[1], at) > 0
            return self(e.args[0 if above == isinstance(e, maximum) else 1], at)
        if isinstance(e, Abs):
            return abs(self.compare(e.args[0], at))
        if isinstance(e, sympy.sign):
            return mpmath.sign(self.compare(e.args[0], at))
        if isinstance(e, Piecewise):
            for value, condition in e.args:
                if self.holds(condition, at):
                    return self(value, at)
        if not e.args:
            return sympy.lambdify((), e, "mpmath")()
        arguments = [self(a, at) for a in e.args]
        if e.is_Add:
            return mpmath.fsum(arguments)
        if e.is_Mul:
            return mpmath.fprod(arguments)
        if e.is_Pow:
            return arguments[0] ** arguments[1]
        own = getattr(type(e), "mpmath", None) or getattr(mpmath, type(e).__name__)
        return own(*arguments)


def _signature(f, at):
    trace = Trace()
    trace(f, mpmath.mpf(at))
    return tuple(trace.taken)


def _random_formula(draw, depth):
    """Of z and constants by every kind of case and some smooth functions."""
    if depth == 0:
        constant = [S(2), Rational(1, 3), pi, sqrt(2), sigmoid(1), -S.One][draw.integers(6)]
        return [z, z, z + constant, constant * z][draw.integers(4)]
    a, b = (_random_formula(draw, depth - 1) for _ in range(2))
    kinds = [
        lambda: maximum(a, b),
        lambda: minimum(a, b),
        lambda: Abs(a),
        lambda: Piecewise((a, b > 0), (a - b, True)),
        lambda: a + b,
        lambda: a * b,
        lambda: sin(a),
        lambda: tanh(a),
        lambda: softplus(b) - a,
        lambda: a**2 - b,
    ]
    return kinds[draw.integers(len(kinds))]()


def _formulas(count):
    draw = np.random.default_rng(SEED)
    found = []
    while len(found) < count:
        f = _random_formula(draw, int(draw.integers(2, 4)))
        if z in f.free_symbols:
            found.append(f)
    return found


@pytest.mark.parametrize("f", sampled(_formulas(40), 7), ids=range(40))
def test_whatever_sampling_finds_is_found_or_said(f):
    """Between points that take different cases there is a kink or an unresolved interval."""
    found = _isolated(f)
    kinks = np.array([float(k.at) for k in found.found])
    draw = np.random.default_rng(SEED)
    points = np.sort(np.concatenate([draw.uniform(-20, 20, 150), draw.normal(size=100) / 10]))
    with mpmath.workdps(60):
        signatures = [_signature(f, float(x)) for x in points]
    for i in range(len(points) - 1):
        if signatures[i] == signatures[i + 1]:
            continue
        a, b = points[i], points[i + 1]
        there = ((kinks >= a) & (kinks <= b)).any()
        assert there or any(u.low <= b and u.high >= a for u in found.unresolved)


@pytest.mark.parametrize("f", sampled(_formulas(40), 3, first=1), ids=range(40))
def test_the_sides_are_the_derivative_beside(f):
    """f' at 1e-40 of the size on either side, by mpmath's difference quotients at 160 digits."""
    for kink in _isolated(f).found[:20]:
        with mpmath.workdps(160):
            at = mpmath.mpf(str(sympy.N(kink.at, 150))) if not kink.at.is_Float else None
            if at is None:
                continue  # 60 digits of it are no place to stand 1e-40 beside and differentiate
            h = mpmath.mpf("1e-40") * max(1, abs(at))
            for side, stated in ((-1, kink.left), (1, kink.right)):
                x = at + side * h
                slope = (Trace()(f, x + h / 10**30) - Trace()(f, x - h / 10**30)) / (2 * h / 10**30)

                if stated.is_finite:
                    assert abs(slope - mpmath.mpf(str(sympy.N(stated, 60)))) < 1e-20 * max(
                        1, abs(slope)
                    )


def _proven_nonzero(ball, low, high, budget):
    waiting = [(low, high)]
    while waiting:
        a, b = waiting.pop()
        budget -= 1
        if budget < 0:
            return None
        value = ball(a.union(b))
        if not (value > 0 or value < 0):
            m = ((a + b) / 2).mid()
            waiting += [(a, m), (m, b)]
    return True


@pytest.mark.parametrize("f", _formulas(25), ids=range(25))
def test_between_breakpoints_every_border_provably_keeps_its_sign(f):
    """By subdivision in ball arithmetic, which the isolation does not use, on [−8, 8]."""
    with ctx.workprec(PRECISION):
        for piece in partition(f, z, Work()).pieces:
            low, high = max(piece.low, arb(-8)), min(piece.high, arb(8))
            margin = ((high - low) / 1000).mid()
            if piece.smooth is None or not low < high:
                continue
            low, high = (low + margin).mid(), (high - margin).mid()
            middle = ((low + high) / 2).mid()
            borders = set()

            def sign(_border, smooth, at=middle, seen=borders):
                seen.add(smooth)
                return sign_of(Tape(smooth, z)((at, at)))

            assert piece.smooth == chosen(f, sign)
            for border in borders:
                if border == 0 or z not in border.free_symbols:
                    continue
                assert _proven_nonzero(compile_ball(border, [z]), low, high, 20_000)


def test_a_missing_root_is_noticed():
    """The subdivision above proves nothing of a border that has a root."""
    assert _proven_nonzero(compile_ball(z - 1, [z]), arb(-2), arb(2), 2000) is None


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("abs(expm1(z + 2))", -2),
        ("abs(exp(z + 2) - 1)", -2),
        ("abs(exp(z/1000) - 5)", 1000 * math.log(5)),
        ("abs(expm1(z - 300))", 300),
        ("abs(softplus(z - 50) - 1)", 50 + math.log(math.e - 1)),
        ("abs(z*exp(z + 3) + 1/100)", None),
    ],
)
def test_a_root_far_from_the_middle_of_the_range_is_closed_in_upon(text, at):
    """A step of Newton's method that cuts off 1 of 10³⁰⁸ is a step."""
    definition = symdiff.activation(text)
    found = definition.kinks()

    assert found
    for kink in found:
        assert abs(definition.formula.subs(definition.symbols[0], kink.at).evalf(30)) < 1e-20
        assert math.isfinite(float(kink.left))
        assert float(kink.left) == pytest.approx(-float(kink.right), rel=1e-14)
    if at is not None:
        assert [at] == pytest.approx([float(k.at) for k in found], rel=1e-14)
