"""Hazards between a few times: against closed forms, known truth, and laws of survival curves."""

from __future__ import annotations

import numpy as np
import pytest

from lepton_lab.censored import curves
from lepton_lab.censored.curves import (
    Curves,
    baseline_of,
    choose_edges,
    exposure,
    fit_curves,
    hazard_at,
    time_of_hazard,
)
from lepton_lab.censored.times import signed, times_of


def proportional(n: int, seed: int = 0, share: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Signed times with hazard e^(share * z), and z."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=n)
    time, leaves = rng.exponential(np.exp(-share * z)), rng.exponential(2, n)
    return signed(np.minimum(time, leaves), time <= leaves), z


def test_every_row_is_followed_for_its_time_and_has_its_event_once():
    y, _ = proportional(200)
    edges = np.array(choose_edges(y))
    followed, happened = exposure(y, edges)
    widths = np.diff(np.append(0.0, edges))
    np.testing.assert_allclose(followed @ widths, times_of(y))
    np.testing.assert_array_equal(happened.sum(axis=1), ~np.signbit(y))
    assert edges[-1] == times_of(y).max() and (widths > 0).all()


@pytest.mark.parametrize("y", [np.array([0.0, 0.0, 3.0, -3.0]), np.array([2.0] * 30 + [-2.0]), np.full(5, -1.0)])
def test_edges_of_ties_zeros_and_no_events_still_rise_to_the_last_time(y):
    edges = choose_edges(y)
    assert edges[-1] == times_of(y).max() and (np.diff((0.0, *edges)) > 0).all()


def test_one_constant_hazard_is_events_over_time():
    y = np.array([1.0, -2.0, 3.0, 4.0])
    assert baseline_of(y, np.zeros(4), np.array([4.0])) == pytest.approx([3 / 10 * 4])
    assert baseline_of(y, np.full(4, np.log(2.0)), np.array([4.0])) == pytest.approx([3 / 20 * 4])


def test_the_baseline_of_a_known_hazard_is_found():
    y, z = proportional(20_000)
    edges = np.array(choose_edges(y))
    found = baseline_of(y, z, edges)
    np.testing.assert_allclose(found[5:-1], edges[5:-1], rtol=0.06)


@pytest.mark.parametrize("share", [0.5, 1.0, 1.5])
def test_slopes_say_how_much_the_number_is_worth(share):
    y, z = proportional(8_000, share=share)
    edges = np.array(choose_edges(y))
    found = fit_curves(y, z, edges)
    assert np.mean(found.slope) == pytest.approx(share, abs=0.1)
    at = edges[len(edges) // 2]
    shown = np.exp(-found.cumulative(z))[:, len(edges) // 2]
    np.testing.assert_allclose(shown, np.exp(-at * np.exp(share * z)), atol=0.05)


def test_an_effect_that_fades_gets_falling_slopes():
    rng = np.random.default_rng(1)
    z = rng.normal(size=6_000)
    early = rng.exponential(np.exp(-z))
    time = np.where(early < 0.5, early, 0.5 + rng.exponential(1.0, 6_000))
    found = fit_curves(time, z, np.array(choose_edges(time)))
    assert np.mean(found.slope[:5]) > 0.7 and np.mean(found.slope[-5:]) < 0.3


@pytest.mark.parametrize(("smooth", "pull"), [(1e-9, 1e-9), (3.0, 5.0)])
def test_the_fit_ends_at_the_optimum_of_its_loss(monkeypatch, smooth, pull):
    """A wrong gradient would stop elsewhere: no small step from what was found is better."""
    y, z = proportional(400, seed=2, share=2.0)
    edges = np.array(choose_edges(y))
    monkeypatch.setattr(curves, "SMOOTH", smooth)
    monkeypatch.setattr(curves, "PULL", pull)
    found = fit_curves(y, z, edges)
    followed, happened = exposure(y, edges)

    def loss(level: np.ndarray, slope: np.ndarray) -> float:
        log_hazard = level + slope * z[:, None]
        penalty = smooth * len(edges) * np.sum(np.diff(slope) ** 2) + pull * np.sum((slope - 1) ** 2)
        return float((np.exp(log_hazard) * followed - happened * log_hazard).sum() + 0.5 * penalty)

    level, slope = np.array(found.level), np.array(found.slope)
    best, middle = loss(level, slope), z.mean()
    for step in (np.eye(len(edges)) * 0.03)[:: max(1, len(edges) // 5)]:
        for sign in (-1, 1):
            assert loss(level + sign * step, slope) > best
            # Around the middle of z, where level and slope do not stand for each other.
            assert loss(level - sign * step * middle, slope + sign * step) > best


def test_curves_never_cross_and_hazards_only_rise():
    found = Curves((-1.0, 0.5, -2.0), (0.3, 2.0, 0.05)).cumulative(np.array([-1.0, 0.0, 2.0]))
    assert (np.diff(found, axis=1) > 0).all() and (np.diff(found, axis=0) > 0).all()


def test_hazards_are_straight_between_edges_and_times_are_read_back():
    edges, cumulative = np.array([1.0, 3.0]), np.array([[0.5, 0.7], [0.1, 0.1]])
    np.testing.assert_allclose(hazard_at(cumulative, edges, np.array([0.0, 0.5, 1.0, 2.0, 3.0])),
                               [[0, 0.25, 0.5, 0.6, 0.7], [0, 0.05, 0.1, 0.1, 0.1]])  # fmt: skip
    np.testing.assert_allclose(time_of_hazard(cumulative, edges, 0.6), [2.0, np.inf])
    assert time_of_hazard(cumulative, edges, 0.25)[0] == pytest.approx(0.5)
