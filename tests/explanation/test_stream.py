"""Explanations that get better: each complete, each narrower, and a clean end whatever ends them."""

from __future__ import annotations

import itertools
import threading
from dataclasses import replace

import numpy as np
import pytest

from lepton_lab.errors import ExplanationError
from lepton_lab.explanation import blend_parts
from lepton_lab.explanation.estimate import T_95
from lepton_lab.explanation.explain_function import ask_function
from lepton_lab.explanation.explain_model import ask_trained
from lepton_lab.explanation.options import ExplainOptions
from lepton_lab.explanation.stream import _narrower, explanations
from tests.explanation.models import table
from tests.explanation.test_explain_model import LABELS, VALUES, definition, model
from tests.explanation.test_explain_model import X as ROWS
from tests.reference import shapley

# Too many players to enumerate; real interactions.
X, BACKGROUND = table(1, 4, 18).astype(np.float64), table(2, 20, 18).astype(np.float64)


def tripled(x):
    """Sums of products of three neighbours each: walks there and back are exact for pairs only."""
    return (x[:, ::3] * x[:, 1::3] * x[:, 2::3]).sum(axis=1)


def truth(x, background):
    """By the definition, triple by triple: a game that is a sum has the sum of the values."""
    thirds = [slice(j, j + 3) for j in range(0, x.shape[1], 3)]
    parts = [shapley.shapley_values(lambda z: tripled(z)[:, None], x[:, t], background[:, t]) for t in thirds]
    return np.concatenate(parts, axis=1)[:, :, 0]


def python_only(x):
    """The same, where JAX cannot trace it."""
    return tripled(np.asarray(x))


def steps(fn=python_only, x=X, background=BACKGROUND, **options):
    options = ExplainOptions(**options)
    asked = ask_function(fn, x, background)
    return explanations(asked, options, options.pace())


def test_each_step_is_complete_and_clearly_narrower_until_fine():
    found = list(steps(halfwidth=0.3))
    widths = [float(np.sqrt(np.mean(ex.error_std**2))) for ex in found]
    assert len(found) >= 2 and all(second < first for first, second in itertools.pairwise(widths))
    for ex in found:
        assert ex.shape == (4, 18) and ex.additivity_gap < 1e-9
        z = (ex.values - truth(X, BACKGROUND)) / ex.error_std
        assert np.sqrt(np.mean(z**2)) < 2
    assert (T_95 * found[-1].error_std).max() <= 0.3 * 1.001
    assert found[-1].n_evaluations > found[0].n_evaluations


def test_without_limits_it_ends_at_two_percent_of_the_distance():
    *_, last = steps()
    distance = np.sqrt(np.mean((last.prediction - last.base_values) ** 2))
    assert last.exact or (T_95 * last.error_std).max() <= 0.02 * distance * 1.001


def test_what_is_exact_at_once_is_one_step():
    (only,) = steps(x=X[:, :6], background=BACKGROUND[:, :6])
    assert only.exact
    np.testing.assert_allclose(only.values, truth(X[:, :6], BACKGROUND[:, :6]), atol=1e-9)


def test_a_jax_function_begins_with_a_preview():
    first, *rest = steps(tripled, halfwidth=0.5)
    assert first.method.startswith("preview:") and first.shape == (4, 18)
    assert rest and not any(ex.method.startswith("preview:") for ex in rest)


def test_a_stop_ends_it_with_what_is_known():
    stop = threading.Event()
    found = []
    for ex in steps(halfwidth=1e-4, stop=stop):
        found.append(ex)
        stop.set()
    assert 1 <= len(found) <= 2 and len(found[-1]) == 4


def test_leaving_the_loop_ends_it():
    calls = []

    def counted(x):
        calls.append(len(x))
        return python_only(x)

    stream = steps(counted, halfwidth=1e-4)
    next(stream)
    n = len(calls)
    stream.close()
    assert len(calls) == n and list(stream) == []


def test_a_budget_that_is_spent_on_the_preview_ends_after_it():
    stop = threading.Event()
    stream = steps(tripled, halfwidth=0.5, stop=stop)
    assert next(stream).method.startswith("preview:")
    stop.set()
    assert list(stream) == []


def test_no_time_for_anything_is_an_error():
    stop = threading.Event()
    stop.set()
    with pytest.raises(ExplanationError, match="before the first row"):
        list(steps(stop=stop))


def test_the_trees_of_a_blend_are_explained_once(monkeypatch):
    """A preview and all that follows it share what is exact."""
    explained, trees = [], blend_parts.tree_values

    def counted(member, x, *rest):
        explained.extend(x)
        return trees(member, x, *rest)

    monkeypatch.setattr(blend_parts, "tree_values", counted)
    options = ExplainOptions()
    found = list(explanations(ask_trained(model("binary"), ROWS, VALUES, LABELS), options, options.pace()))
    assert found[0].method.startswith("preview:") and len(found) > 1
    assert len(explained) == len(ROWS)
    np.testing.assert_allclose(found[-1].values, definition(model("binary"))[:, :, 0], atol=2e-5)


def test_seeds_give_the_same_steps():
    first, again = list(steps(halfwidth=0.3, seed=5)), list(steps(halfwidth=0.3, seed=5))
    assert [ex.method for ex in first] == [ex.method for ex in again]
    np.testing.assert_array_equal(first[-1].values, again[-1].values)


@pytest.mark.parametrize(
    ("errors", "shown"),
    [
        ([1.0, 0.95, 0.8, 0.79], [1.0, 0.8, 0.79]),
        ([1.0, 0.8, 0.6], [1.0, 0.8, 0.6]),
        ([1.0, 0.99], [1.0, 0.99]),
        ([1.0, 0.99, 0.0], [1.0, 0.0]),
        ([0.0], [0.0]),
    ],
)
def test_steps_that_are_hardly_better_are_left_out_but_for_the_last(errors, shown):
    (one,) = steps(x=X[:, :3], background=BACKGROUND[:, :3])
    found = _narrower(replace(one, error_std=np.full((4, 3), e), exact=e == 0) for e in errors)
    assert [float(step.error_std[0, 0]) for step in found] == shown


def test_rough_values_come_before_exact_ones_that_fit_the_budget(monkeypatch):
    """Ten players and a long budget: enumeration is what it ends with, not what it begins with."""
    monkeypatch.setattr("lepton_lab.explanation.explain_game.FREE_EVALUATIONS", 0)
    monkeypatch.setattr("lepton_lab.explanation.explain_game.WORTH_EXACT", 0)
    x, background = X[:2, :9], BACKGROUND[:4, :9]
    first, last = steps(x=x, background=background, budget_s=600.0)
    assert not first.exact and len(first) == 2 and last.exact
    np.testing.assert_allclose(last.values, truth(x, background), atol=1e-9)
    stop = threading.Event()
    stream = steps(x=x, background=background, budget_s=600.0, stop=stop)
    assert not next(stream).exact
    stop.set()
    assert all(len(ex) == 2 for ex in stream)
