"""Cohorts, and importance: differences of means, and intervals that hold where rows share sampling plans."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from lepton_lab.errors import ExplanationError
from lepton_lab.explanation.cohorts import compare
from lepton_lab.explanation.explanation import Explanation


def drawn(rng, *, n=120, noise=0.5, common=0.5, spread=1.0, mean=0.0, n_plans=16):
    """True values, and an explanation of them whose errors have a share in common within each plan."""
    shape = (n, 3)
    plan = rng.permutation(np.arange(n) % n_plans)
    true = mean + spread * rng.normal(size=shape)

    def half():
        shared, own = rng.normal(size=(n_plans, 3))[plan], rng.normal(size=shape)
        return noise * np.sqrt(2) * (np.sqrt(common) * shared + np.sqrt(1 - common) * own)

    first, second = half(), half()
    values = true + (first + second) / 2
    found = Explanation(
        values=values,
        base_values=np.zeros(n),
        data=np.zeros(shape),
        feature_names=("a", "b", "c"),
        error_std=np.full(shape, noise),
        exact=noise == 0,
        prediction=values.sum(axis=1),
        output_names=("y",),
        unit="log-odds",
        row_labels=np.arange(n),
        plan=plan,
        method="as made",
        n_evaluations=0,
        seconds=0.0,
        half_gap=(first - second) / 2 if noise else None,
    )
    return true, found


@pytest.mark.parametrize(
    ("noise", "common", "spread"),
    [(1.0, 0.9, 0.01), (1.0, 0.0, 0.01), (0.5, 0.5, 1.0), (0.0, 0.0, 1.0)],
    ids=["shared noise", "own noise", "both", "exact"],
)
def test_the_intervals_of_a_difference_cover_no_difference(noise, common, spread):
    rng = np.random.default_rng(0)
    hits, sizes = [], []
    for _ in range(300):
        _, found = drawn(rng, noise=noise, common=common, spread=spread)
        result = compare(found, np.arange(120) < 40)
        hits.append((result.value.lower_bounds <= 0) & (result.value.upper_bounds >= 0))
        sizes.append((result.size.lower_bounds <= 0) & (result.size.upper_bounds >= 0))
    assert 0.92 <= np.mean(hits) <= 0.98
    # |value| of pure noise moves less than the noise: its intervals are then too wide, never too narrow.
    assert np.mean(sizes) >= 0.92


@pytest.mark.parametrize(("noise", "common"), [(0.2, 0.9), (0.2, 0.0)])
def test_the_intervals_of_importance_hold_where_rows_share_plans(noise, common):
    rng = np.random.default_rng(1)
    hits = []
    for _ in range(300):
        true, found = drawn(rng, noise=noise, common=common, spread=0.5, mean=1.0)
        importance = found.importance()
        wanted = np.abs(true).mean(axis=0)[importance.order]
        hits.append((importance.lower_bounds <= wanted) & (wanted <= importance.upper_bounds))
    assert 0.92 <= np.mean(hits) <= 0.98


def test_differences_are_those_of_the_means_most_different_first():
    _, found = drawn(np.random.default_rng(2), noise=0.0)
    moved = np.where(np.arange(120) < 40, 3.0, 0)[:, None] * [0, 1, 2]
    shifted = dataclasses.replace(found, values=found.values + moved)
    result = compare(shifted, np.arange(40), names=("young", "old"))
    assert result.feature_names[:2] == ("c", "b")
    a, b = shifted.values[:40], shifted.values[40:]
    np.testing.assert_allclose(result.value.values, (a.mean(0) - b.mean(0))[result.order])
    np.testing.assert_allclose(result.size.values, (np.abs(a).mean(0) - np.abs(b).mean(0))[result.order])
    welch = np.sqrt(a.var(0, ddof=1) / 40 + b.var(0, ddof=1) / 80)
    np.testing.assert_allclose(result.value.error_std, welch[result.order])
    assert (result.n_a, result.n_b, result.names) == (40, 80, ("young", "old"))
    flipped = compare(shifted, np.arange(40, 120))
    np.testing.assert_allclose(flipped.value.values, -result.value.values)


def test_what_cohorts_have_in_common_cancels():
    """One plan, wholly shared errors: the difference of means is free of them, the mean of all is not."""
    _, found = drawn(np.random.default_rng(3), common=1.0, n_plans=1)
    assert compare(found, np.arange(60)).value.sampling_std.max() < 1e-9
    unknown = dataclasses.replace(found, half_gap=None)
    assert compare(unknown, np.arange(60)).value.sampling_std.min() > 0.5


def test_several_outputs_and_single_rows():
    _, found = drawn(np.random.default_rng(4))
    both = {
        name: np.stack([getattr(found, name), 2 * getattr(found, name)], axis=-1)
        for name in ("values", "error_std", "half_gap", "base_values", "prediction")
    }
    result = compare(dataclasses.replace(found, **both, output_names=("x", "y")), [0], range(1, 120))
    np.testing.assert_allclose(result.value.values[:, 1], 2 * result.value.values[:, 0])
    assert result.value.lower_bounds.shape == (3, 2)
    assert result.notes == ("cohort 'A' is one row: its interval counts no other row like it.",)


@pytest.mark.parametrize(
    ("a", "b", "words"),
    [
        (np.zeros(120, dtype=bool), None, r"cohort 'A' has 0 of the 120 explained rows"),
        ([], None, "has 0 of the 120"),
        (np.ones(120, dtype=bool), None, "holds all 120 rows"),
        ([1, 2], [2, 3], r"1 rows are in both cohorts \(such as position 2\)"),
        ([True] * 7, None, r"\(7,\) truth values for 120 explained rows"),
        ([500], None, "position 500; 120 rows were explained"),
        ([3, 3], None, "names a row twice"),
        (["x"], None, "Give one truth value for each row, or positions"),
    ],
)
def test_cohorts_that_cannot_be(a, b, words):
    _, found = drawn(np.random.default_rng(5))
    with pytest.raises(ExplanationError, match=words):
        compare(found, a, b)
