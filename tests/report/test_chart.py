"""Axes and lines."""

import pytest

from ganzoo.core.entries import Tick
from ganzoo.runs.report.chart import MOST_POINTS, colors_of, thin
from ganzoo.runs.report.history import History
from ganzoo.runs.report.panels import training_charts
from ganzoo.runs.report.scale import Scale


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [(0, 60_000, [0, 20_000, 40_000, 60_000]), (0, 0.3, [0, 0.1, 0.2, 0.3]), (-1, 1, [-1, -0.5, 0, 0.5, 1])],
)
def test_ticks_are_round(low, high, ticks):
    assert Scale(low, high).ticks(4) == ticks


def test_a_spike_does_not_flatten_the_rest():
    values = [1 + index / 1000 for index in range(1000)]
    scale = Scale.fit([*values, 1e6])
    assert scale.high < 3
    assert scale.place(1e6) > 1
    assert Scale.fit(values).place(values[-1]) <= 1


@pytest.mark.parametrize("values", [[0.0], [3.0, 3.0], [-2.0], [1e-12, 1e-12], [1e30]])
def test_a_constant_has_an_axis(values):
    scale = Scale.fit(values)
    assert 0 <= scale.place(values[0]) <= 1
    assert len(scale.ticks(4)) >= 1


def test_norms_of_many_sizes_are_logarithmic():
    scale = Scale.fit([1e-4, 1e-2, 10.0], may_log=True)
    assert scale.log
    assert scale.ticks(4) == [1e-4, 1e-3, 1e-2, 0.1, 1.0, 10.0]
    assert not Scale.fit([0.0, 10.0], may_log=True).log
    assert all(value > 0 for value in Scale(1.5, 90.0, log=True).ticks(4))


def test_thinning_keeps_extremes_and_order():
    points = [(index, 0.0) for index in range(10_000)]
    points[5000], points[5001] = (5000, 9.0), (5001, -9.0)
    kept = thin(points)
    assert len(kept) <= MOST_POINTS + 2
    assert {(5000, 9.0), (5001, -9.0)} <= set(kept)
    assert kept == sorted(kept)


def test_what_is_the_generators_is_warm():
    names = ["discriminator/adversarial", "discriminator/fake_score", "generator/adversarial"]
    assert colors_of(names) == {names[0]: 1, names[1]: 2, names[2]: 4}
    assert sorted(colors_of(list("abcdef")).values()) == [1, 2, 3, 4, 5, 6]


def test_measures_of_a_kind_share_a_chart():
    names = (
        "generator/gradient_penalty",
        "discriminator/real_score",
        "discriminator/wasserstein_distance",
        "generator/gradient_norm",
        "monitor/diversity",
    )
    charts = training_charts(History.of([Tick(1, 0.1, 10.0, 0, dict.fromkeys(names, 1.0))]))
    assert [list(chart.lines) for chart in charts] == [[name] for name in names]
    assert [chart.title for chart in charts] == [
        "Losses", "Raw scores", "Estimated distance", "Gradient norms", "Diversity of fakes beside reals",
    ]  # fmt: skip
