"""What a computed gradient is called, point by point."""

import numpy as np
import pytest
import sympy

from comparisons.dtypes import FLOAT_TYPES
from comparisons.judge.budget import Budget
from comparisons.judge.points.infinity import judge_beyond_finite
from comparisons.judge.points.kinks import judge_kinks, judge_unresolved
from comparisons.judge.points.statuses import judge_points
from comparisons.judge.vocabulary import Status, Verdict, verdict_named
from symdiff.kinks import Kink, Unresolved
from symdiff.oracle.enclosures.enclosure import Enclosure, Why, uncertain

FLOAT32 = FLOAT_TYPES["float32"]
U = FLOAT32.unit_roundoff
STATUSES = tuple(Status)


def _statuses(computed, truth, sensitivity=0.0, dtype=FLOAT32, budget=None):
    computed, truth = np.atleast_1d(computed).astype(float), np.atleast_1d(truth).astype(float)
    moved = np.broadcast_to(float(sensitivity), truth.shape)
    zero, bound = np.zeros(truth.shape), np.where(np.isnan(truth), np.inf, 0.0)
    undefined = np.isnan(truth)
    why = np.where(undefined, Why.UNDEFINED, Why.CERTIFIED).astype(np.int8)
    enclosure = Enclosure(truth, zero, bound, ~undefined, why)
    judged = judge_points(computed, enclosure, moved, dtype, budget or Budget())
    return [STATUSES[code] for code in judged.status], judged


@pytest.mark.parametrize(
    ("computed", "truth", "status"),
    [
        (1.0, 1.0, Status.CORRECT),
        (1.0, 1.0 + 0.9 * U, Status.CORRECT),
        (1.0, 1.0 + 1.5 * U, Status.FAITHFUL),
        (1.0, 1.0 + 7 * U, Status.WITHIN),
        (1.0, 1.0 + 9 * U, Status.INACCURATE),
        (0.0, 1e-20, Status.LOST),
        (1e-40, 1e-20, Status.LOST),
        (0.0, 1e-40, Status.INACCURATE),  # the truth is subnormal itself: nothing normal is lost
        (-1e-20, 1e-20, Status.WRONG_SIGN),
        (np.nan, 1.0, Status.SPURIOUS),
        (np.inf, 1.0, Status.SPURIOUS),
        (3e38, 1e39, Status.MISSED),
        (-np.inf, 1e39, Status.MISSED),
        (np.inf, 1e39, Status.CORRECT),
        (np.nan, np.nan, Status.UNDEFINED),
        (-np.inf, np.nan, Status.UNDEFINED),  # at a pole
        (1.0, np.nan, Status.OUTSIDE),
        (0.0, -0.0, Status.CORRECT),
        (FLOAT32.largest, FLOAT32.largest, Status.CORRECT),
    ],
)
def test_each_status(computed, truth, status):
    """One gradient of each kind gets its name."""
    assert [status] == _statuses(computed, truth)[0]


@pytest.mark.parametrize("why", [Why.UNDECIDED, Why.OUT_OF_BUDGET])
@pytest.mark.parametrize("computed", [1.0, np.nan, -np.inf])
def test_what_is_not_certified_is_not_held_against_the_code(why, computed):
    """Where the oracle gives up nothing is judged, and nothing passes: neither right nor wrong."""
    judged = judge_points(
        np.array([computed]), uncertain((1,), why), np.zeros(1), FLOAT32, Budget()
    )

    assert [Status.NOT_CERTIFIED] == list(judged.counts())
    assert judged.verdict() is Verdict.INCONCLUSIVE
    assert judged.ulp[0] == judged.excess[0] == 0


def test_a_number_outside_the_domain_is_counted_and_not_judged():
    """log' at −1 has no truth: −1 is neither right nor wrong."""
    statuses, judged = _statuses(-1.0, np.nan)

    assert [Status.OUTSIDE] == statuses
    assert judged.verdict() is Verdict.INCONCLUSIVE


@pytest.mark.parametrize("dtype", FLOAT_TYPES.values(), ids=str)
@pytest.mark.parametrize("steps", [0, 0.5, 1, 2, 100])
@pytest.mark.parametrize("at", ["one", "subnormal", "largest", "zero"])
def test_an_injected_error_is_reported_as_it_is(dtype, steps, at):
    """k units in the last place, put between a gradient and its truth, are found to be k."""
    base, unit = {
        "one": (1.0, 2 * dtype.unit_roundoff),
        "subnormal": (20 * dtype.smallest_subnormal, dtype.smallest_subnormal),
        "largest": (dtype.largest, -(2.0 ** (dtype.e_max - dtype.precision + 1))),
        "zero": (0.0, dtype.smallest_subnormal),
    }[at]
    whole = int(np.ceil(steps))
    computed, off = base + whole * unit, (whole - steps) * unit  # the truth is base + off
    if dtype.name == "float64" and steps == 0.5 and at in {"subnormal", "zero"}:
        return  # half the smallest float64 is beyond a double-double
    truth = Enclosure(*(np.array([v]) for v in (base, off, 0.0, True)))

    judged = judge_points(np.array([computed]), truth, np.zeros(1), dtype, Budget())
    assert judged.ulp[0] == pytest.approx(steps, rel=1e-12)
    if steps != 0.5:  # a tie: the interval reaches a little beyond ½, and the larger error counts
        assert (STATUSES[judged.status[0]] is Status.CORRECT) == (steps == 0)


def test_conditioning_excuses_a_root():
    """Near a root of f' rounding the input alone moves the gradient by many ulp of nearly 0."""
    truth, computed = 1e-9, 1e-9 + 0.5 * U

    assert _statuses(computed, truth)[0] == [Status.INACCURATE]
    assert _statuses(computed, truth, sensitivity=0.75)[0] == [Status.WITHIN]


class TestVerdict:
    def test_accurate_needs_every_point_within_what_the_type_could_give(self):
        """One lost small value makes it `agrees`."""
        assert _statuses([1.0, 0.5], [1.0, 0.5])[1].verdict() is Verdict.ACCURATE
        assert _statuses([1.0, 0.0], [1.0, 1e-20])[1].verdict() is Verdict.AGREES

    @pytest.mark.parametrize("computed", [1.0009, -1.0, 0.0, np.nan, np.inf])
    def test_one_wrong_point_disagrees(self, computed):
        """A factor, a sign, a zero, a NaN, an infinity among a thousand right values."""
        truth = np.ones(1001)
        values = truth.copy()
        values[500] = computed

        assert _statuses(values, truth)[1].verdict() is Verdict.DISAGREES

    def test_a_zero_budget_asks_for_exact_values(self):
        """With nothing allowed, one ulp disagrees and equality does not."""
        nothing = Budget(accurate=0, absolute=0)

        assert _statuses(1.0, 1.0, budget=nothing)[1].verdict() is Verdict.ACCURATE
        assert _statuses(1 + 2 * U, 1.0, budget=nothing)[1].verdict() is Verdict.DISAGREES

    def test_a_budget_cannot_be_upside_down(self):
        """What the type could give is not more than what is allowed."""
        with pytest.raises(ValueError, match="accurate ≤ absolute"):
            Budget(accurate=5, absolute=4)


class TestKinks:
    RELU = Kink(*map(sympy.Integer, (0, 0, 1, 0)))

    @pytest.mark.parametrize(
        ("slope", "status"),
        [
            (0.0, Status.KINK_INSIDE),
            (0.5, Status.KINK_INSIDE),
            (1.0, Status.KINK_INSIDE),
            (-0.1, Status.KINK_OUTSIDE),
            (1.1, Status.KINK_OUTSIDE),
            (np.nan, Status.KINK_OUTSIDE),
        ],
    )
    def test_any_slope_between_the_one_sided_ones_is_inside(self, slope, status):
        """Clarke's interval at relu's kink is [0, 1]."""
        computed, inputs = np.array([slope, 1.0]), np.array([0.0, 0.5])
        _, judged = _statuses(computed, [0.0, 1.0])

        kinked = judge_kinks(judged, computed, inputs, [self.RELU], FLOAT32)
        assert STATUSES[kinked.status[0]] is status
        assert STATUSES[kinked.status[1]] is Status.CORRECT
        outside = status is Status.KINK_OUTSIDE
        assert (kinked.verdict() is Verdict.DISAGREES) == outside

    def test_a_kink_is_also_where_its_breakpoint_rounds_to(self):
        """0.1 is no float32; torch compares with the nearest one, so that one is the kink."""
        kink = Kink(*map(sympy.sympify, ("1/10", "0", "1", "0")))
        inputs = FLOAT32.round([0.1])

        _, judged = _statuses(0.0, 1.0)
        kinked = judge_kinks(judged, np.array([0.0]), inputs, [kink], FLOAT32)
        assert STATUSES[kinked.status[0]] is Status.KINK_INSIDE


class TestUnresolvedKinks:
    """Where kinks may be that were not found."""

    @pytest.mark.parametrize(
        ("slope", "at", "excused"),
        [(0.5, 1.0, True), (1.5, 1.0, False), (np.nan, 1.0, False), (0.5, 3.0, False)],
    )
    def test_both_sides_of_the_interval_judge(self, slope, at, excused):
        """Derivatives 0 and 1 at the ends of [0.5, 2] excuse 0.5 within it, nothing beyond it."""
        there = Unresolved(0.5, 2.0, "a multiple zero", sympy.S.Zero, sympy.S.One)
        _, judged = _statuses(slope, 1.0)

        after = judge_unresolved(judged, np.array([slope]), np.array([at]), [there], FLOAT32)
        assert (STATUSES[after.status[0]] is Status.KINK_INSIDE) == excused
        assert (after.verdict() is Verdict.DISAGREES) != excused

    def test_an_interval_without_an_end_excuses_nothing(self):
        """sin has kinks of |sin| up to ∞: a gradient there is judged as anywhere."""
        there = Unresolved(402.0, np.inf, "too many roots", sympy.S.One)
        _, judged = _statuses(0.5, 1.0)

        after = judge_unresolved(judged, np.array([0.5]), np.array([500.0]), [there], FLOAT32)
        assert after.verdict() is Verdict.DISAGREES


class TestBeyondFinite:
    def judged(self, inputs, computed, limits):
        """Status and verdict of one gradient, where `limits` is the truth; NaN if there is none."""
        inputs, computed = np.array([inputs, 1.0]), np.array([computed, 1.0])
        truth = np.array([limits, 1.0])
        zero, bound = np.zeros(2), np.where(np.isnan(truth), np.inf, 0.0)
        enclosure = Enclosure(truth, zero, bound, np.ones(2, dtype=bool))
        plain = judge_points(computed, enclosure, zero, FLOAT32, Budget())
        judged = judge_beyond_finite(plain, computed, inputs, enclosure)
        assert STATUSES[judged.status[1]] is Status.CORRECT
        return STATUSES[judged.status[0]], judged.verdict()

    @pytest.mark.parametrize(
        ("inputs", "computed", "limit", "status"),
        [
            (np.inf, 1.0, 1.0, Status.CORRECT),
            (np.inf, np.nan, 1.0, Status.AT_INFINITY),
            (-np.inf, np.nan, 0.0, Status.AT_INFINITY),
            (-np.inf, 0.5, 0.0, Status.AT_INFINITY),
            (np.inf, np.inf, 0.0, Status.AT_INFINITY),
            (np.inf, np.inf, np.inf, Status.CORRECT),
            (np.inf, np.nan, np.inf, Status.AT_INFINITY),
            (np.inf, 3.0, np.inf, Status.AT_INFINITY),
            (np.inf, np.nan, np.nan, Status.NON_FINITE_INPUT),
            (np.inf, 0.3, np.nan, Status.NON_FINITE_INPUT),
            (np.nan, np.nan, np.nan, Status.NON_FINITE_INPUT),
            (np.nan, 1.0, np.nan, Status.NAN_IGNORED),
        ],
    )
    def test_the_limit_is_the_truth_at_infinity(self, inputs, computed, limit, status):
        """NaN for a limit is an error with a verdict of its own; no limit, nothing to judge."""
        found, verdict = self.judged(inputs, computed, limit)

        assert found is status
        assert (verdict is Verdict.FAILS_AT_INFINITY) == (status is Status.AT_INFINITY)

    def test_a_wrong_number_outweighs_a_wrong_infinity(self):
        """The verdict of a gradient that is wrong at a number too is that it disagrees."""
        assert Verdict.DISAGREES.worse_than(Verdict.FAILS_AT_INFINITY)
        assert Verdict.FAILS_AT_INFINITY.worse_than(Verdict.AGREES)
        assert not Verdict.AGREES.worse_than(Verdict.AGREES)

    def test_a_verdict_goes_by_its_name(self):
        """`accept="accurate"` is as good as the object; an unknown word is answered with all."""
        assert verdict_named("accurate") is verdict_named(Verdict.ACCURATE) is Verdict.ACCURATE
        with pytest.raises(ValueError, match="'fails at ∞'"):
            verdict_named("fine")
