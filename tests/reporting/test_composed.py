"""The page's own answer against the model: exact where it was measured, and near elsewhere by what was measured."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from lepton_lab.reporting import changed_row
from lepton_lab.reporting.composed import Composed
from lepton_lab.reporting.distance import measure
from lepton_lab.reporting.page_points import PagePoints, page_points
from lepton_lab.reporting.page_rows import numbers_of
from lepton_lab.reporting.row_tables import Packed, RowTables, row_tables
from lepton_lab.trained import Blend, TrainedModel
from tests.small_models import small_model

ROW = 7


def around(model: TrainedModel) -> tuple[np.ndarray, PagePoints, RowTables]:
    """A row of what the model learned from, encoded, and the model around it."""
    known = model.seen
    assert known is not None
    points = page_points(model, known, 6)
    one = known.take(np.array([ROW]))
    places = np.array([points.places(j, one.columns[name])[0] for j, name in enumerate(points.names)])
    x = model.encoder.encode(one)[0]
    return x, points, row_tables(model, x, places, points, 6)


def at_points(model: TrainedModel, x: np.ndarray, points: PagePoints, chosen: dict[int, int]) -> np.ndarray:
    """The model's outputs with columns, by position, at points of their curves."""
    mixed = x[None].copy()
    for j, point in chosen.items():
        mixed[0, j] = points.grids.x[point, j]
    return np.asarray(model.logits_x(mixed), np.float64)[0]


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_one_change_is_the_model_at_every_point_of_every_curve(task):
    model = small_model(task)
    x, points, tables = around(model)
    composed, scale = Composed(points, tables), max(1.0, np.abs(tables.base).max())
    for j in range(len(x)):
        for point, place in enumerate(points.grid(j).place):
            found = composed.answer({j: float(place)})
            assert found is not None
            np.testing.assert_allclose(found, at_points(model, x, points, {j: point}), atol=1e-4 * scale)


def test_two_changes_are_the_model_at_every_point_of_every_pair():
    model = small_model("binary")
    x, points, tables = around(model)
    composed = Composed(points, tables)
    assert tables.n_left == 0 and len(tables.pairs) == 10
    for j, k in tables.pairs:
        for a, b in itertools.product(points.beside[j], points.beside[k]):
            places = {j: float(points.grid(j).place[a]), k: float(points.grid(k).place[b])}
            np.testing.assert_allclose(
                composed.answer(places), at_points(model, x, points, {j: a, k: b}), atol=1e-4, rtol=0
            )


def test_any_changes_of_an_additive_model_are_the_model():
    model = small_model("regression")
    linear = [float(member.name == "linear") for member in model.members]
    model = replace(model, blend=Blend(np.array(linear), model.blend.scale, model.blend.bias))
    x, points, tables = around(model)
    assert max(np.abs(table).max() for table in tables.pairs.values()) < 1e-3
    chosen = {j: int(points.beside[j][-1]) for j in range(len(x))}
    found = Composed(points, tables).answer({j: float(points.grid(j).place[p]) for j, p in chosen.items()})
    np.testing.assert_allclose(found, at_points(model, x, points, chosen), rtol=1e-4)


def test_the_row_itself_is_the_models_own_answer_and_beyond_a_curve_there_is_none():
    _, points, tables = around(small_model("binary"))
    composed = Composed(points, tables)
    np.testing.assert_array_equal(composed.answer({j: float(v) for j, v in enumerate(tables.places)}), tables.base)
    amount = points.names.index("amount")
    assert composed.answer({amount: 1e9}) is None
    assert composed.answer({points.names.index("job"): -1.0}) is None


def along(place: np.ndarray, table: np.ndarray, own: float, at: float, ordered: bool) -> np.ndarray | None:
    """A table `(point, ...)` of differences read at a place; nothing differs at the row's own. None beyond it."""
    if np.isnan(at) or not ordered:
        found = np.flatnonzero(np.isnan(place) if np.isnan(at) else place == at)
        return table[found[0]] if len(found) else None
    known = {float(v): table[i] for i, v in enumerate(place) if not np.isnan(v)}
    if known and not np.isnan(own):
        known[own] = np.zeros_like(table[0])
    if not known or not min(known) <= at <= max(known):
        return None
    flat = np.array([known[v].ravel() for v in sorted(known)])
    return np.array([np.interp(at, sorted(known), line) for line in flat.T]).reshape(table.shape[1:])


def slow_answer(points: PagePoints, tables: RowTables, places: np.ndarray) -> np.ndarray | None:
    """The page's answer, one column and one pair after another."""
    own, total = tables.places, tables.base.copy()
    moved = [j for j, v in enumerate(places) if v != own[j] and not (np.isnan(v) and np.isnan(own[j]))]

    def read(j: int, table: np.ndarray, which: np.ndarray | slice) -> np.ndarray | None:
        return along(points.grid(j).place[which], table, own[j], places[j], points.is_ordered(j))

    for j in moved:
        alone = read(j, tables.curves[j] - tables.base, slice(None))
        if alone is None:
            return None
        total += alone
    for (j, k), table in tables.pairs.items():
        if j in moved and k in moved:
            first = read(j, table, points.beside[j])
            both = None if first is None else read(k, first, points.beside[k])
            total += 0 if both is None else both
    return total


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_many_scenarios_at_once_are_the_slow_and_obvious_answer(task):
    _, points, tables = around(small_model(task))
    draw = np.random.default_rng(0)
    scenarios = np.tile(tables.places, (200, 1))
    for j in range(len(points.names)):
        place = points.grid(j).place
        there = place[~np.isnan(place)]
        between = draw.uniform(there.min() - 0.1, there.max() + 0.1, 200)
        at = draw.choice([*place, -1.0, np.nan], 200) if not points.is_ordered(j) else between
        at = np.where(draw.random(200) < 0.3, draw.choice(place, 200), at)
        scenarios[:, j] = np.where(draw.random(200) < 0.6, at, scenarios[:, j])
    found, scale = Composed(points, tables).answers(scenarios), max(1.0, float(np.abs(tables.base).max()))
    slow = [slow_answer(points, tables, places) for places in scenarios]
    assert [one is None for one in slow] == np.isnan(found).any(axis=1).tolist()
    assert 20 < sum(one is not None for one in slow) < 200
    for one, other in zip(found, slow, strict=True):
        if other is not None:
            np.testing.assert_allclose(one, other, atol=1e-9 * scale)


def test_two_bytes_a_number_are_within_half_a_step():
    arrays = [np.linspace(-3, 5, 12).reshape(3, 4), np.array([[0.123456789]])]
    packed = Packed.of(arrays)
    for array, back in zip(arrays, packed.unpacked(), strict=True):
        assert np.abs(array - back).max() <= packed.step / 2 + 1e-15
    assert packed.numbers.dtype == np.dtype("<u2")
    assert [a.tolist() for a in Packed.of([np.full((2, 2), 4.0)]).unpacked()] == [[[4.0, 4.0], [4.0, 4.0]]]


def test_the_distance_is_that_of_a_slow_and_obvious_measure():
    """Every stated distance is small, and grows where the pairs are taken away."""
    model = small_model("binary")
    x, points, tables = around(model)
    assert model.seen is not None
    numbers = numbers_of(model.task)
    with_pairs, without = (
        measure(model, [(x, Composed(points, one))], model.seen, numbers, 0)
        for one in (tables.rounded(), replace(tables, pairs={}))
    )
    assert [one.n_changed for one in with_pairs] == [1, 2, 3, 4]
    assert with_pairs[0].mean < 0.02 and with_pairs[0].mean == pytest.approx(without[0].mean, abs=1e-4)
    for one, other in zip(with_pairs[1:], without[1:], strict=True):
        assert 0 < one.mean <= one.most and one.mean < other.mean


def test_many_columns_get_fewer_points_and_the_strongest_pairs():
    model = small_model("multiclass")
    assert model.seen is not None
    few = page_points(model, model.seen, 5_000)
    assert max(len(grid) for grid in few.grids.grids) <= 8 + 1  # one of missing values
    x, points, tables = around(model)
    fewer = row_tables(model, x, tables.places, points, 900)
    assert 0 < len(fewer.pairs) < len(tables.pairs)
    assert fewer.n_left == len(tables.pairs) - len(fewer.pairs) + tables.n_left
    strength = {pair: float(np.abs(table).mean()) for pair, table in tables.pairs.items()}
    left = [strength[pair] for pair in strength if pair not in fewer.pairs]
    assert max(strength[pair] for pair in fewer.pairs) >= float(np.median(left))


def test_a_hidden_state_moved_column_by_column_is_the_model(monkeypatch):
    model = small_model("multiclass")
    x, points, whole = around(model)
    monkeypatch.setattr(changed_row, "WIDE", 0)
    moved = row_tables(model, x, whole.places, points, 6)
    np.testing.assert_allclose(moved.base, whole.base, atol=1e-4)
    for one, other in zip(moved.curves, whole.curves, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)
    for pair, table in whole.pairs.items():
        np.testing.assert_allclose(moved.pairs[pair], table, atol=1e-4)
