"""The linear member against scikit-learn, its own sum law, and damaged arrays."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge

from lepton_lab.errors import DamagedFileError
from lepton_lab.members.linear import LinearMember, _design, _empty, fit_linear_path
from lepton_lab.tasks import Regression
from tests.members.tables import BLOCKS, made

TASKS = ["binary", "multiclass", "regression"]


@pytest.mark.parametrize("name", TASKS)
def test_equals_scikit_learn_on_the_same_design(name: str) -> None:
    data, strength = made(name), 0.01
    weights = np.random.default_rng(1).uniform(0.5, 2, len(data.y))
    member = fit_linear_path(data.x, data.y, weights, BLOCKS, data.task, [strength])[0]
    design = _design(data.x, _empty(data.x, BLOCKS, data.task.n_outputs)).toarray()
    total = weights.sum()
    if name == "regression":
        peer = Ridge(alpha=strength * total).fit(design, data.y, sample_weight=weights)
        expected = peer.predict(design)[:, None]
    else:
        peer = LogisticRegression(C=1 / (strength * total), tol=1e-8, max_iter=5000)
        expected = peer.fit(design, data.y, sample_weight=weights).decision_function(design)
        expected = expected.reshape(len(data.y), -1)
    found = member.logits(data.x)
    if name == "multiclass":
        found = found - found.mean(axis=1, keepdims=True)
        expected = expected - expected.mean(axis=1, keepdims=True)
    scale = data.task.scale if name == "regression" else 1.0
    np.testing.assert_allclose(found, expected, atol=2e-3 * scale)


@pytest.mark.parametrize("name", TASKS)
def test_from_a_member_that_is_near_the_same_is_found(name: str) -> None:
    data = made(name)
    half = fit_linear_path(data.x[::2], data.y[::2], None, BLOCKS, data.task, [0.01])[0]
    (near,) = fit_linear_path(data.x, data.y, None, BLOCKS, data.task, [0.01], near=half)
    whole = fit_linear_path(data.x, data.y, None, BLOCKS, data.task, [0.3, 0.1, 0.03, 0.01])[-1]
    scale = data.task.scale if isinstance(data.task, Regression) else 1.0
    np.testing.assert_allclose(near.logits(data.x), whole.logits(data.x), atol=2e-3 * scale)
    (again,) = fit_linear_path(data.x, data.y, None, BLOCKS, data.task, [0.01], near=whole)
    np.testing.assert_allclose(again.logits(data.x), whole.logits(data.x), atol=2e-3 * scale)


@pytest.mark.parametrize("name", TASKS)
def test_contributions_sum_to_the_logits(name: str) -> None:
    data = made(name)
    member = fit_linear_path(data.x, data.y, None, BLOCKS, data.task, [0.1, 0.001])[-1]
    np.testing.assert_allclose(
        member.intercept + member.contributions(data.x).sum(axis=1), member.logits(data.x), rtol=1e-9
    )


def test_a_contribution_depends_on_its_own_column_alone() -> None:
    data = made("binary")
    member = fit_linear_path(data.x, data.y, None, BLOCKS, data.task, [0.01])[0]
    changed = data.x.copy()
    changed[:, 2] = 3
    same = [0, 1, 3, 4]
    np.testing.assert_array_equal(member.contributions(changed)[:, same], member.contributions(data.x)[:, same])


def test_an_unknown_code_counts_as_unseen_and_odd_values_stay_finite() -> None:
    data = made("binary")
    member = fit_linear_path(data.x, data.y, None, BLOCKS, data.task, [0.01])[0]
    row = data.x[:1].copy()
    row[0, 2] = 1
    strange = row.copy()
    strange[0, 2] = 99
    np.testing.assert_array_equal(member.logits(row), member.logits(strange))
    strange[0, :2] = [1e30, -1e30]
    assert np.isfinite(member.logits(strange)).all()


def test_survives_a_round_trip_through_arrays() -> None:
    data = made("multiclass")
    member = fit_linear_path(data.x, data.y, None, BLOCKS, data.task, [0.01])[0]
    again = LinearMember.from_arrays(member.arrays(), member.config_json())
    np.testing.assert_array_equal(member.logits(data.x), again.logits(data.x))


@pytest.mark.parametrize(
    "name, change",
    [
        ("slope", lambda a: a[:-1]),
        ("effect", lambda a: a[:-1]),
        ("offset", lambda a: a[::-1]),
        ("offset", lambda a: a + 1),
        ("spread", lambda a: a * 0),
        ("intercept", lambda a: a * np.nan),
    ],
)
def test_damaged_arrays_are_refused(name: str, change) -> None:
    data = made("binary")
    member = fit_linear_path(data.x, data.y, None, BLOCKS, data.task, [0.01])[0]
    arrays = member.arrays()
    arrays[name] = change(arrays[name])
    with pytest.raises(DamagedFileError, match="linear member"):
        LinearMember.from_arrays(arrays, member.config_json())
