"""One share of progress for all stages: it never goes back."""

from __future__ import annotations

import itertools

from lepton_lab.explanation.estimate import ExplainProgress
from lepton_lab.explanation.steady import steady


def heard(shares, budget_s=None, open_end=False):
    found = []
    tell = steady(found.append, budget_s, open_end)
    for i, share in enumerate(shares):
        tell(ExplainProgress(share, i, float(i + 1), None, "stage"))
    return found


def test_one_stage_is_passed_on():
    found = heard([0.0, 0.25, 1.0])
    assert [p.share for p in found] == [0.0, 0.25, 1.0]
    assert [p.remaining_s for p in found] == [None, 6.0, 0.0]


def test_stages_that_may_be_followed_get_half_of_what_is_left():
    found = heard([0.5, 1.0, 0.5, 1.0], open_end=True)
    assert [p.share for p in found] == [0.25, 0.5, 0.625, 0.75]


def test_within_a_budget_the_share_is_that_of_the_time():
    found = heard([0.5, 1.0, 0.1, 0.2, 0.9], budget_s=4.0)
    assert [p.share for p in found] == [0.25, 0.5, 0.75, 1.0, 1.0]
    assert [p.remaining_s for p in found] == [3.0, 2.0, 1.0, 0.0, 0.0]


def test_it_never_goes_back():
    found = heard([0.0, 0.9, 0.3, 0.0, 0.7, 0.2])
    assert all(first.share <= second.share for first, second in itertools.pairwise(found))
