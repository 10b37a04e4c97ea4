"""The geometry of plots."""

import pytest

from comparisons.report.page.plots import curve_plot, error_plot


def _profile(**at):
    """Bins without points, but those given as name = {bin: text}."""
    found = {}
    for name in ("above", "below", "allowed", "wrong"):
        words = ["0" if i in at["above"] else "-" for i in range(131)]
        for i, text in at.get(name, {}).items():
            words[i] = text
        found[name] = " ".join(words)
    return found


def _tops(area):
    return [int(piece.split("h")[0].split(" ")[1]) for piece in area.split("M")[1:]]


def test_a_larger_error_is_a_higher_area():
    """Upwards for a gradient that is too large; the axis is logarithmic."""
    plot = error_plot(_profile(above={10: "1", 20: "7", 30: "31"}, allowed={10: "32"}))
    first, second, third = _tops(plot.sound)

    assert first > second > third
    assert first - second == pytest.approx(second - third, abs=1)  # 1 + e: 2, 8, 32


def test_a_wrong_bin_is_drawn_apart():
    """By a class of its own and, where a gradient is not finite, a mark."""
    plot = error_plot(_profile(above={10: "0.5", 20: "inf"}, wrong={20: "3"}))

    assert plot.sound.count("M") == plot.wrong.count("M") == plot.not_finite.count("M") == 1
    assert "1 of 2 bins" in plot.summary


def test_the_budget_is_a_line_upwards_and_downwards():
    """Where more is allowed than the plot shows there is none."""
    everywhere = dict.fromkeys(range(131), "0")
    within = error_plot(_profile(above=everywhere, allowed=dict.fromkeys(range(131), "32")))
    beyond = error_plot(_profile(above=everywhere, allowed=dict.fromkeys(range(131), "1e+09")))

    assert within.budget.count("M") == 2
    assert beyond.budget == ""


def test_a_plot_is_small():
    """Every bin filled and no two alike: still under 10 KB."""
    words = {i: f"{1.07**i:.3g}" for i in range(131)}
    plot = error_plot(_profile(above=words, below=words, allowed=words))

    assert len(plot.sound + plot.budget) < 5_000


def test_a_curve_is_not_drawn_over_a_jump():
    """sign: two pieces, not a slope between them."""
    values = " ".join(["-1"] * 60 + ["1"] * 61)
    plot = curve_plot({"from": -6.0, "to": 6.0, "f": values, "slope": " ".join(["0"] * 121)})

    assert plot.f.count("M") == 2
    assert plot.slope.count("M") == 1


def test_a_straight_line_has_two_points():
    """And a kink a third: what lies between says nothing."""
    values = " ".join(f"{max(0, i - 60) / 10:g}" for i in range(121))
    plot = curve_plot({"from": -6.0, "to": 6.0, "f": values, "slope": " ".join(["1"] * 121)})

    assert len(plot.f.split(" ")) == 6
    assert len(plot.slope.split(" ")) == 4


def test_a_curve_without_a_value_has_axes():
    """Nothing finite at all."""
    plot = curve_plot({"from": -6.0, "to": 6.0, "f": "nan inf", "slope": "nan nan"})

    assert plot.f == plot.slope == ""
