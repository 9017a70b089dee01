"""A budget that compiling eats: it counts, the rows come all the same, and a note says what happened."""

from __future__ import annotations

import time

import jax.numpy as jnp
import numpy as np
import pytest

from lepton_lab.errors import ExplanationError
from lepton_lab.explanation import estimate
from lepton_lab.explanation.explain_function import explain_function
from lepton_lab.explanation.explain_interactions import interactions_function
from lepton_lab.explanation.options import ExplainOptions
from lepton_lab.training.compilation import compile_seconds
from tests.explanation.models import table

X, BACKGROUND = table(1, 30, 18).astype(np.float64), table(2, 20, 18).astype(np.float64)


def new_function():
    """One that no cache holds compiled: a number of its own is part of it."""
    own = float(np.random.default_rng().random())
    return lambda x: (x[:, ::3] * jnp.tanh(own * x[:, 1::3]) * x[:, 2::3]).sum(axis=1)


@pytest.mark.parametrize("verb", [explain_function, interactions_function])
def test_a_budget_that_compiling_spends_gives_rows_and_a_note(verb):
    found = verb(new_function(), X, BACKGROUND, options=ExplainOptions(budget_s=0.02))
    assert 1 <= len(found) <= 30 and found.additivity_gap < 1e-5
    assert any("compiling the function took" in note and "a budget of 0.02 s" in note for note in found.notes)


def test_seconds_of_compiling_are_counted():
    before = compile_seconds()
    explain_function(new_function(), X[:2], BACKGROUND)
    assert compile_seconds() > before


class Compiling:
    """A function whose first calls take long, as of one that is compiled then, by a clock that only they move."""

    def __init__(self, monkeypatch, call_s, compiled_at):
        self.now, self.compiled, self.calls, self.call_s, self.compiled_at = 0.0, 0.0, 0, call_s, compiled_at
        monkeypatch.setattr(time, "monotonic", lambda: self.now)
        monkeypatch.setattr(estimate, "compile_seconds", lambda: self.compiled)

    def __call__(self, x):
        x = np.asarray(x)
        compiling = self.compiled_at.get(self.calls, 0.0)
        self.calls += 1
        self.compiled += compiling
        self.now += compiling + self.call_s
        return (x[:, ::3] * x[:, 1::3] * x[:, 2::3]).sum(axis=1)


def test_compiling_says_nothing_about_the_rows_that_follow(monkeypatch):
    """The first chunk took 4 s to compile: rows that take 0.03 s each still fit into the second that is left."""
    slow = Compiling(monkeypatch, 0.01, {3: 4.0})
    found = explain_function(slow, X, BACKGROUND, options=ExplainOptions(budget_s=5.0))
    assert len(found) == 30 and slow.now < 6
    assert any("compiling the function took 4.0 s of a budget of 5 s" in note for note in found.notes)


def test_after_a_budget_that_compiling_spent_the_first_rows_come_however_slow(monkeypatch):
    """Of 12 columns, where enumeration is timed first: that takes longer than the last short while."""
    slow = Compiling(monkeypatch, 0.5, {0: 4.0})
    found = explain_function(slow, X[:, :12], BACKGROUND[:, :12], options=ExplainOptions(budget_s=1.0))
    assert 1 <= len(found) < 30
    assert any("compiling the function took 4.0 s of a budget of 1 s" in note for note in found.notes)


def test_a_budget_that_the_rows_themselves_spend_is_still_an_error(monkeypatch):
    slow = Compiling(monkeypatch, 1.0, {})
    with pytest.raises(ExplanationError, match="before the first row"):
        explain_function(slow, X, BACKGROUND, options=ExplainOptions(budget_s=0.5))


def test_a_budget_without_compiling_has_no_note(monkeypatch):
    found = explain_function(Compiling(monkeypatch, 0.01, {}), X, BACKGROUND, options=ExplainOptions(budget_s=5.0))
    assert not any("compiling" in note for note in found.notes)
