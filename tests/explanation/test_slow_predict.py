"""Slow functions: calls short enough that a stop is heard soon, and long enough where a call costs more than its rows.

Time is counted, not waited for: the clock of these tests moves only while a function is asked.
"""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from lepton_lab.errors import ExplanationError
from lepton_lab.explanation.explain_function import explain_function
from lepton_lab.explanation.explain_interactions import interactions_function
from lepton_lab.explanation.options import ExplainOptions
from tests.explanation.models import table

X, BACKGROUND = table(1, 30, 18).astype(np.float64), table(2, 20, 18).astype(np.float64)


class Slow:
    """A function whose calls take time, and a stop pressed at one moment of it."""

    def __init__(self, monkeypatch, row_s, call_s=0.0, stop_at=np.inf):
        self.now, self.row_s, self.call_s, self.stop_at = 0.0, row_s, call_s, stop_at
        self.stop, self.sizes, self.late = threading.Event(), [], 0
        monkeypatch.setattr(time, "monotonic", lambda: self.now)

    def __call__(self, x):
        x = np.asarray(x)
        self.late += self.stop.is_set()
        self.sizes.append(len(x))
        self.now += self.call_s + self.row_s * len(x)
        if self.now >= self.stop_at:
            self.stop.set()
        return (x[:, ::3] * x[:, 1::3] * x[:, 2::3]).sum(axis=1)

    def waited(self):
        """Seconds from the press of the stop to now."""
        return self.now - self.stop_at


@pytest.mark.parametrize(
    ("verb", "columns", "options"),
    [
        (explain_function, 18, {}),
        (explain_function, 18, {"n_walks": 10}),
        (explain_function, 18, {"halfwidth": 1e-3}),
        (explain_function, 6, {}),
        (interactions_function, 18, {}),
        (interactions_function, 9, {}),
    ],
    ids=["walks", "least squares", "a half-width", "exact", "sampled interactions", "exact interactions"],
)
@pytest.mark.parametrize("row_s", [1e-4, 1e-3])
def test_a_stop_is_heard_within_half_a_second(monkeypatch, verb, columns, options, row_s):
    x, background = X[:, :columns], BACKGROUND[:, :columns]
    slow = Slow(monkeypatch, row_s, stop_at=row_s * 25_000)
    found = verb(slow, x, background, options=ExplainOptions(stop=slow.stop, **options))
    assert slow.stop.is_set() and slow.late == 0 and slow.waited() <= 0.5
    assert 1 <= len(found) <= 30 and found.additivity_gap < 1e-9 and found.notes


def test_rows_before_a_stop_are_as_they_would_have_been(monkeypatch):
    background = table(3, 40, 18).astype(np.float64)
    slow = Slow(monkeypatch, 1e-3, stop_at=20.0)
    found = explain_function(slow, X, background, options=ExplainOptions(stop=slow.stop))
    assert 3 < len(found) < 30
    whole = explain_function(Slow(monkeypatch, 0.0), X, background)
    np.testing.assert_allclose(found.values, whole.values[found.row_labels], atol=1e-12)
    np.testing.assert_allclose(found.error_std, whole.error_std[found.row_labels], atol=1e-12)


@pytest.mark.parametrize("at", [0.1, 1.0])
def test_a_stop_before_the_first_row_says_so(monkeypatch, at):
    """Among the whole rows, which are asked first, and in the middle of the first row."""
    slow = Slow(monkeypatch, 1e-3, stop_at=at)
    with pytest.raises(ExplanationError, match="stopped before the first row"):
        explain_function(slow, X, BACKGROUND, options=ExplainOptions(stop=slow.stop))
    assert slow.waited() <= 0.5 and slow.late == 0


def test_a_call_that_costs_more_than_its_rows_takes_many():
    for call_s in (0.2, 2.0):
        with pytest.MonkeyPatch.context() as patch:
            slow = Slow(patch, 1e-6, call_s=call_s)
            explain_function(slow, X, BACKGROUND)
        # Many rows a call are reached in a few steps, and kept.
        assert max(slow.sizes) >= 1_024 and sum(size < 256 for size in slow.sizes[3:]) < len(slow.sizes) / 2


def test_fast_functions_are_asked_in_large_batches(monkeypatch):
    fast = Slow(monkeypatch, 1e-6)
    explain_function(fast, X, BACKGROUND, options=ExplainOptions(n_walks=64))
    assert max(fast.sizes) == 16_384
