"""The parts of a counterfactual search, each against its definition."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lepton_lab.errors import OptionError
from lepton_lab.explanation.counterfactual.distance import Measure, measure_of, typical_of
from lepton_lab.explanation.counterfactual.goal import goals_of, reached
from lepton_lab.explanation.counterfactual.pairs import pairs_of
from lepton_lab.explanation.counterfactual.proposals import guide_of, propose, random_proposals
from lepton_lab.explanation.counterfactual.search import (
    Asker,
    Tried,
    best_of_each,
    bisected,
    first_of_each,
    shortened,
    undone,
)
from lepton_lab.explanation.counterfactual.select import selected
from lepton_lab.explanation.counterfactual.space import OWN, Space, tried_values
from lepton_lab.explanation.counterfactual.values import Values
from lepton_lab.explanation.estimate import Pace
from lepton_lab.tasks import Binary
from tests.explanation.counterfactual.blended_models import blended, small_model

NAN = np.float32(np.nan)


def values_of(x, ordered):
    """Every value that occurs in the columns of `x`, its own encoding."""
    each = [np.unique(c[~np.isnan(c)]) for c in x.T]
    longest = max(map(len, each))
    padded = np.stack([np.pad(e, (0, longest - len(e)), mode="edge") for e in each]).astype(np.float32)
    return Values(tuple(each), padded, np.array([len(e) for e in each]), np.array(ordered))


def space_of(own, known, ordered):
    values = values_of(known, ordered)
    there = np.arange(values.x.shape[1]) < values.count[:, None]
    allowed = there & (values.x != own[:, :, None])
    measure = measure_of(known, values.ordered)
    n_codes = np.where(values.ordered, 2, np.nanmax(known, axis=0).astype(int) + 1)
    return Space(own, values, allowed, tried_values(values, known), measure, pairs_of(known, values, n_codes))


def numbers(n_rows=200, seed=0):
    rng = np.random.default_rng(seed)
    return np.round(rng.normal(size=(n_rows, 3)) * 4).astype(np.float32)


def asker(space, weights, offset):
    """A linear model `x @ weights`, to exceed `offset`."""
    goals = goals_of(small_model("regression"), f">{offset}", np.zeros((space.n_rows, 1)))
    goals = replace(goals, slack=1e-9)
    return Asker(space, goals, lambda x: np.nan_to_num(x.astype(float)) @ np.asarray(weights, float)[:, None], Pace())


# Goals


@pytest.mark.parametrize(
    ("reach", "inside", "outside"),
    [
        ("<0.2", [-1.4], [-1.3, 2.0]),
        (">=50 %", [0.0, 3.0], [-0.1]),
        (" > 0.5 ", [0.1], [0.0, -3.0]),
        ("> 9e-1", [2.3], [2.1]),
        ("good", [-9.0], [9.0]),
    ],
)
def test_a_goal_of_two_classes(reach, inside, outside):
    model = replace(small_model("binary"), threshold=0.4)
    logits = np.array(inside + outside)[:, None]
    goals = goals_of(model, reach, logits)
    want = [True] * len(inside) + [False] * len(outside)
    assert reached(model, goals, logits).tolist() == want
    margin = goals.margin(np.arange(len(logits)), logits)
    assert (margin[: len(inside)] >= 0).all() and (margin[len(inside) :] <= 0).all()


def test_without_a_goal_each_row_is_to_cross_the_models_own_threshold():
    model = replace(small_model("binary"), threshold=0.2)
    logits = np.array([[-1.3], [-1.5], [1.0]])  # probabilities 0.21, 0.18, 0.73
    goals = goals_of(model, None, logits)
    assert [g.wanted for g in goals.each] == [0, 1, 0]
    assert not reached(model, goals, logits).any() and (goals.margin(np.arange(3), logits) < 0).all()
    assert reached(model, goals, -logits - 2.77).all()


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(-5, 5), min_size=3, max_size=3), st.integers(0, 2))
def test_the_margin_of_a_class_is_its_lead(logits, wanted):
    model = small_model("multiclass")
    z = np.array([logits])
    goals = goals_of(model, model.classes[wanted], z)
    lead = z[0, wanted] - np.delete(z[0], wanted).max()
    assert goals.margin(np.zeros(1, int), z)[0] == pytest.approx(lead)
    if abs(lead) > 1e-9:
        assert reached(model, goals, z)[0] == (lead > 0)


@pytest.mark.parametrize(
    ("classes", "reach", "wanted"),
    [((0, 1), 1, 1), ((0, 1), "0", 0), ((False, True), True, 1), (("<=50K", ">50K"), "<=50K", 0)],
)
def test_a_class_is_found_by_value_or_by_name(classes, reach, wanted):
    model = replace(small_model("binary"), task=Binary(*classes))
    assert goals_of(model, reach, np.zeros((1, 1))).each[0].wanted == wanted


def test_a_truth_value_is_no_number():
    model = replace(small_model("binary"), task=Binary(0, 1))
    with pytest.raises(OptionError, match="no goal"):
        goals_of(model, True, np.zeros((1, 1)))


# Distance and likeness


def test_distance_by_hand():
    measure = Measure(np.array([2.0, 1.0]), np.array([True, False]))
    own = np.array([[1.0, 3.0]] * 5 + [[np.nan, 3.0]], np.float32)
    other = np.array([[1, 3], [2, 3], [5, 3], [1, 4], [0, 2], [7, 3]], np.float32)
    want = [0.0, 0.5 + 0.25, 0.5 + 1.0, 1.0, 0.75 + 1.0, 1.0]
    np.testing.assert_allclose(measure.of_change(own, other).sum(axis=1), want)


def test_the_spread_leaves_out_the_ends():
    x = np.concatenate([np.linspace(0, 100, 101), [1e6, np.nan]]).astype(np.float32)[:, None]
    assert measure_of(x, np.array([True])).spread[0] == pytest.approx(np.nanquantile(x, 0.95) - np.nanquantile(x, 0.05))
    constant = np.zeros((9, 1), np.float32)
    assert measure_of(constant, np.array([True])).spread[0] == 1.0
    rare = np.array([0.0] * 99 + [7.0], np.float32)[:, None]
    assert measure_of(rare, np.array([True])).spread[0] == 7.0


def test_plausibility_by_its_definition():
    known = np.concatenate([numbers(60), np.full((1, 3), NAN)])
    known[:4, 1] = NAN
    measure = measure_of(known, np.array([True, True, False]))
    found = typical_of(measure, known).plausibility(np.concatenate([known[:5], known[:5] + 40]))

    def gap(a, b):
        parts = []
        for j in range(3):
            if np.isnan(a[j]) or np.isnan(b[j]):
                parts.append(float(np.isnan(a[j]) != np.isnan(b[j])) if j < 2 else 1.0)
            else:
                parts.append(min(abs(a[j] - b[j]) / measure.spread[j], 1) if j < 2 else float(a[j] != b[j]))
        return np.mean(parts)

    def far(row, others):
        return np.mean(sorted(gap(row, other) for other in others)[:5])

    own = [far(known[i], np.delete(known, i, axis=0)) for i in range(len(known))]
    for i in range(5):
        want = np.mean(np.array(own) >= far(known[i], known) - 1e-6)
        assert found[i] == pytest.approx(want, abs=0.02)
    assert (found[5:] <= 0.02).all()


# Pairs


def linked_table(n=1000, seed=0):
    """Column 1 is column 0 times ten; column 2 is a code that goes with column 0 being above 2; column 3 is free."""
    rng = np.random.default_rng(seed)
    a = rng.integers(0, 5, n)
    return np.stack([a, 10 * a, 2 + (a > 2), rng.integers(2, 5, n)], axis=1).astype(np.float32)


def test_pairs_that_never_meet_are_odd_and_a_change_takes_its_companions_along():
    known = linked_table()
    space = space_of(known[:1] * 0 + np.array([[1, 10, 2, 2]], np.float32), known, [True, True, False, False])
    state = np.full((1, 4), OWN)
    state[0, 0] = 4  # the value 4
    rows = np.zeros(1, int)
    odd = space.odd_pairs(rows, state)[0]
    assert sorted(map(tuple, np.argwhere(odd).tolist())) == [(0, 1), (0, 2)]
    assert space.score(rows, state)[0] == pytest.approx(space.distance(rows, state)[0] + 2 * 1.5)
    whole = space.completed(rows, state)
    np.testing.assert_array_equal(space.x_of(rows, whole), [[4, 40, 3, 2]])
    assert not space.odd_pairs(rows, whole).any()


def test_companions_that_may_not_change_stay():
    known = linked_table()
    space = space_of(np.array([[1, 10, 2, 2]], np.float32), known, [True, True, False, False])
    allowed = space.allowed.copy()
    allowed[:, 1] = False
    space = replace(space, allowed=allowed)
    state = np.array([[4, OWN, OWN, OWN]])
    np.testing.assert_array_equal(
        space.x_of(np.zeros(1, int), space.completed(np.zeros(1, int), state)), [[4, 10, 3, 2]]
    )


def test_an_odd_row_is_not_blamed_for_what_it_was():
    known = linked_table()
    space = space_of(np.array([[1, 40, 2, 2]], np.float32), known, [True, True, False, False])
    state = np.array([[OWN, OWN, OWN, 1]])
    assert not space.odd_pairs(np.zeros(1, int), state).any()


def test_few_rows_and_independent_columns_make_no_odd_pairs():
    known = numbers(60)
    assert not space_of(known[:1], known, [True, True, True]).pairs.odd.any()


def test_a_pair_that_meets_hardly_ever_is_odd():
    rng = np.random.default_rng(0)
    sex = rng.integers(2, 4, 2000)
    role = np.where(sex == 2, rng.integers(2, 4, 2000), rng.integers(4, 6, 2000))
    role[np.flatnonzero(sex == 3)[:1]] = 2  # one in about five hundred expected
    known = np.stack([sex, role], axis=1).astype(np.float32)
    space = space_of(np.array([[3, 4]], np.float32), known, [False, False])
    assert space.odd_pairs(np.zeros(1, int), np.array([[OWN, 0]])).any()
    assert not space.odd_pairs(np.zeros(1, int), np.array([[OWN, 3]])).any()


# Search


def test_undoing_leaves_the_cheapest_subset_that_is_there():
    known = numbers()
    space = space_of(np.zeros((1, 3), np.float32), known, [True, True, True])
    ask = asker(space, [1.0, 1.0, 1.0], 7.5)
    at = [int(np.flatnonzero(space.values.raw[j] == v)[0]) for j, v in enumerate((8, 1, 4))]
    state = np.array([at])
    found = undone(ask, ask(np.zeros(1, int), state))
    best = found.take(best_of_each(found.rows, found.score, 1))
    np.testing.assert_array_equal(best.states, [[at[0], OWN, OWN]])
    assert {tuple(s != OWN) for s in found.states} == {
        (True, False, False),
        (True, True, False),
        (True, False, True),
        (True, True, True),
    }


@settings(max_examples=40, deadline=None)
@given(st.integers(-9, 9), st.integers(-9, 9), st.sampled_from([-1.0, 1.0]), st.floats(-8, 8))
def test_a_number_is_pulled_back_to_the_nearest_value_that_suffices(own, far, slope, offset):
    known = numbers()
    space = space_of(np.array([[own, 0, 0]], np.float32), known, [True, True, True])
    ask = asker(space, [slope, 0, 0], offset)
    held = space.values.raw[0]
    at = int(np.abs(held - far).argmin())
    start = ask(np.zeros(1, int), np.array([[at, OWN, OWN]]))
    if held[at] == own or not ask.there(start)[0]:
        return
    found = bisected(ask, start, np.zeros(1, int), np.zeros(1, int))
    side = held[(held > own) if held[at] > own else (held < own)]
    suffices = side[slope * side > offset + 1e-9]
    assert held[found.states[0, 0]] == suffices[np.abs(suffices - own).argmin()]


def test_many_changes_lose_those_that_matter_least():
    known = np.random.default_rng(0).normal(size=(300, 9)).round(1).astype(np.float32)
    space = space_of(np.zeros((1, 9), np.float32), known, [True] * 9)
    ask = asker(space, [5.0, 5.0] + [0.01] * 7, 5.0)
    at = np.array([[int(np.abs(space.values.raw[j] - 1.0).argmin()) for j in range(9)]])
    found = shortened(ask, ask(np.zeros(1, int), at))
    assert ((found.states != OWN).sum(axis=1) <= 6).all() and ask.there(found).all() and len(found.rows)


def test_a_state_that_needs_all_its_many_changes_keeps_them():
    known = np.random.default_rng(0).normal(size=(300, 9)).round(1).astype(np.float32)
    space = space_of(np.zeros((1, 9), np.float32), known, [True] * 9)
    at = np.array([[int(np.abs(space.values.raw[j] - 1.0).argmin()) for j in range(9)]])
    ask = asker(space, [1.0] * 9, 8.5)
    found = undone(ask, shortened(ask, ask(np.zeros(1, int), at)))
    np.testing.assert_array_equal(found.states, at)


def test_what_is_there_stays_when_the_time_is_over():
    known = numbers()
    space = space_of(np.zeros((1, 3), np.float32), known, [True, True, True])
    ask = asker(space, [1.0, 1.0, 1.0], 5.0)
    start = ask(np.zeros(1, int), np.array([[len(space.values.raw[j]) - 1 for j in range(3)]]))
    assert ask.there(start).all()
    ask.pace.stop.set()
    np.testing.assert_array_equal(undone(ask, shortened(ask, start)).states, start.states)
    which = np.zeros(1, int)
    np.testing.assert_array_equal(bisected(ask, start, which, which).states, start.states)


def test_every_question_is_asked_once_and_the_closest_is_kept():
    known = numbers()
    space = space_of(np.zeros((2, 3), np.float32), known, [True, True, True])
    ask = asker(space, [1.0, 0, 0], 100.0)
    rows, states = space.singles(np.arange(2))
    answer = ask(np.concatenate([rows, rows]), np.concatenate([states, states]))
    assert ask.n_asked == len(rows) == len(answer.rows)
    best = space.values.raw[0].max()
    np.testing.assert_allclose(ask.closest_margin, best - 100)
    assert (space.x_of(np.arange(2), ask.closest)[:, 0] == best).all()


def test_best_and_first_of_each_row():
    rows, key = np.array([1, 0, 1, 1, 0]), np.array([3.0, 1, 2, 9, 0])
    assert best_of_each(rows, key, 2).tolist() == [4, 1, 2, 0]
    states = np.array([[1, 2], [1, 2], [1, 2], [2, 1], [1, 2]])
    assert first_of_each(rows, states).tolist() == [0, 1, 3]
    assert best_of_each(rows[:0], key[:0], 2).tolist() == []


def test_selected_ways_differ_in_columns_first_and_never_contain_each_other():
    states = np.array([[0, OWN, OWN], [0, 1, OWN], [OWN, 1, OWN], [OWN, 2, OWN], [1, OWN, OWN], [OWN, 1, 2]])
    score = np.array([1.0, 1.1, 1.2, 1.3, 1.4, 1.5])
    found = Tried(np.zeros(6, int), states, np.ones(6), score)
    ordered = np.array([True, False, False])
    assert selected(found, 2, ordered).tolist() == [0, 2]
    assert selected(found, 5, ordered).tolist() == [0, 2, 3]  # column 0 by another number is no other way


# Proposals


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_the_networks_proposals_are_allowed_and_lead_its_way(task):
    model = small_model(task)
    own = model.background_x[:12]
    known = model.background_x
    values = values_of(known, [b.kind != "category" for b in model.encoder.blocks])
    there = np.arange(values.x.shape[1]) < values.count[:, None]
    allowed = there & (values.x != own[:, :, None])
    allowed[:, 1] = False
    measure = measure_of(known, values.ordered)
    pairs = pairs_of(known, values, np.array([b.n_codes for b in model.encoder.blocks]))
    space = Space(own, values, allowed, tried_values(values, known), measure, pairs)
    model = blended(model, ("network",))
    logits = model.logits_x(own)
    wanted = None if task == "binary" else model.classes[int(logits.mean(axis=0).argmin())]
    goals = goals_of(model, wanted, logits)
    rows, states = propose(guide_of(model), space, goals, logits, Pace(), 0)
    row, column = np.nonzero(states != OWN)
    assert allowed[rows[row], column, states[row, column]].all() and (states[:, 1] == OWN).all()
    after = goals.margin(rows, model.logits_x(space.x_of(rows, states)))
    before = goals.margin(np.arange(12), logits)
    short = np.flatnonzero(before < 0)
    best = [after[rows == i].max() for i in short]
    assert np.mean(np.array(best) > before[short]) > 0.9
    blind_rows, blind = random_proposals(space, 0)
    by_chance = goals.margin(blind_rows, model.logits_x(space.x_of(blind_rows, blind)))
    open_row, open_blind = np.isin(rows, short), np.isin(blind_rows, short)
    assert np.mean(after[open_row] > 0) > 2 * np.mean(by_chance[open_blind] > 0)


def test_no_compilation_is_begun_that_the_time_left_does_not_cover():
    from lepton_lab.explanation.counterfactual import proposals

    model = small_model("binary")
    known = model.background_x
    space = space_of(known[:2], known, [b.kind != "category" for b in model.encoder.blocks])
    goals = goals_of(model, "<0.001", model.logits_x(known[:2]))
    before = set(proposals._compiled)
    proposals._compiled.clear()
    try:
        rows, states = propose(guide_of(model), space, goals, model.logits_x(known[:2]), Pace(budget_s=1.0), 0)
    finally:
        proposals._compiled.update(before)
    assert len(rows) == 0 and states.shape == (0, space.n_columns)


def test_any_number_of_rows_compiles_once():
    from lepton_lab.explanation.counterfactual.proposals import _descend

    model = small_model("binary")
    known = model.background_x

    def ask(n):
        space = space_of(known[:n], known, [b.kind != "category" for b in model.encoder.blocks])
        logits = model.logits_x(known[:n])
        propose(guide_of(model), space, goals_of(model, None, logits), logits, Pace(), 0)

    ask(3)
    compiled = _descend._cache_size()
    for n in (1, 17, 40):
        ask(n)
    assert _descend._cache_size() == compiled
