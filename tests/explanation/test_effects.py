"""Effects of a column: against loops, scikit-learn and closed forms; in the user's own values."""

from __future__ import annotations

import threading

import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest

import lepton_lab as ll
from lepton_lab.errors import ColumnError, ExplanationError, OptionError
from lepton_lab.explanation.effects.accumulated import Steps, accumulate, in_order_of_likeness
from lepton_lab.explanation.effects.ask import (
    function_accumulated,
    function_dependence,
    trained_accumulated,
    trained_dependence,
)
from lepton_lab.explanation.effects.effect import EffectOptions
from lepton_lab.explanation.effects.grids import column_values, edge_grid, even_grid
from lepton_lab.explanation.effects.row_curves import ice_curves, model_grids
from lepton_lab.explanation.estimate import Pace
from tests.reference import effects as reference
from tests.small_models import small_frame, small_model

COLUMNS = ("amount", "age", "job", "owner", "since")


def curvy(x):
    """A function that is neither linear nor additive."""
    return np.sin(x[:, 0]) * x[:, 1] + x[:, 2] ** 2 - x[:, 0]


def rows(seed=0, n=40):
    x = np.random.default_rng(seed).normal(size=(n, 3))
    x[:, 1] += x[:, 0]
    return x


def with_value(df: pd.DataFrame, column: str, value: object) -> pd.DataFrame:
    """The frame as a user would change it."""
    filled = pd.to_datetime([value] * len(df)) if column == "since" else [value] * len(df)
    return df.assign(**{column: pd.Series(filled, index=df.index, dtype=float if value is None else None)})


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("task", ["binary", "regression"])
def test_dependence_is_the_mean_of_frames_with_the_value_put_in(task, column):
    model = small_model(task)
    table = model.seen.take(np.arange(20))
    df = small_frame(task).iloc[:20].drop(columns="outcome")
    effect = trained_dependence(model, table, column, options=EffectOptions(n_points=6))
    wanted = np.stack([model.logits(with_value(df, column, value))[:, 0] for value in effect.grid], axis=1)
    scale = np.abs(wanted).max()
    np.testing.assert_allclose(effect.curves, wanted, atol=2e-6 * scale)
    np.testing.assert_allclose(effect.mean, wanted.mean(axis=0), atol=2e-6 * scale)
    np.testing.assert_allclose(effect.error_std, wanted.std(axis=0, ddof=1) / np.sqrt(20), atol=1e-5 * scale)


def test_missing_is_a_point_of_its_own_where_it_occurs():
    model = small_model("binary")
    amount = trained_dependence(model, model.seen, "amount")
    assert amount.grid[-1] is None and np.isnan(amount.place[-1])
    assert amount.counts[-1] == pd.isna(small_frame("binary")["amount"]).sum()
    age = trained_dependence(model, model.seen, "age")
    assert not np.isnan(age.place).any()
    assert all(isinstance(value, int) for value in age.grid)
    assert trained_dependence(model, model.seen, "owner").grid.tolist() == [False, True]
    since = trained_dependence(model, model.seen, "since").grid
    assert all(isinstance(value, str) and len(value) == 10 for value in since)


def test_probability_is_averaged_row_by_row():
    for task in ("binary", "multiclass"):
        model = small_model(task)
        table = model.seen.take(np.arange(9))
        df = small_frame(task).iloc[:9]
        effect = trained_dependence(model, table, "job", options=EffectOptions(scale="probability"))
        for k, job in enumerate(effect.grid):
            shares = model.predict_proba(df.assign(job=job)).mean(axis=0)
            np.testing.assert_allclose(effect.mean[k], shares if task == "multiclass" else shares[1], atol=1e-6)


def test_every_columns_curve_of_one_row_is_the_rows_ice_curve():
    model = small_model("multiclass")
    x = model.encoder.encode(model.seen.take(np.array([5])))[0]
    curves = ice_curves(model, x)
    assert [curve.column for curve in curves] == list(COLUMNS)
    for curve in curves:
        effect = trained_dependence(model, model.seen.take(np.array([5])), curve.column)
        assert curve.grid.tolist() == effect.grid.tolist()
        np.testing.assert_allclose(curve.outputs, effect.curves[0], atol=2e-5)
    few = ice_curves(model, x, model_grids(model, model.seen.take(np.arange(30)), n_points=5))
    assert max(len(curve.grid) for curve in few) == 6


@pytest.mark.parametrize("jax", [False, True])
def test_ice_of_any_function_is_the_loop(jax):
    x = rows()
    fn = (lambda x: jnp.sin(x[:, 0]) * x[:, 1] + x[:, 2] ** 2 - x[:, 0]) if jax else curvy
    effect = function_dependence(fn, x, 0, options=EffectOptions(n_points=7))
    grid = effect.place
    np.testing.assert_allclose(effect.curves, reference.ice(curvy, x, 0, grid), atol=1e-5 if jax else 1e-12)
    centred = effect.centred(at=2)
    np.testing.assert_allclose(centred.curves[:, 2], 0)
    np.testing.assert_allclose(np.diff(centred.mean), np.diff(effect.mean), atol=1e-6)


def test_dependence_is_scikit_learns():
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.inspection import partial_dependence

    df = pd.DataFrame(rows(1, 120), columns=["a", "b", "c"])
    y = curvy(df.to_numpy()) > 0
    model = HistGradientBoostingClassifier(max_iter=5, random_state=0).fit(df, y)
    theirs = partial_dependence(model, df, ["b"], kind="both", grid_resolution=9, response_method="predict_proba")
    grid = list(theirs["grid_values"][0])
    ours = ll.partial_dependence(lambda df: model.predict_proba(df)[:, 1], "b", df, values=grid)
    np.testing.assert_allclose(ours.curves, theirs["individual"][0], atol=1e-12)
    np.testing.assert_allclose(ours.mean, theirs["average"][0], atol=1e-12)


def test_accumulated_effects_are_the_definitions():
    x = rows(2, 60)
    effect = function_accumulated(curvy, x, 1, options=EffectOptions(n_points=6))
    np.testing.assert_allclose(effect.mean, reference.accumulated(curvy, x, 1, effect.place), atol=1e-12)
    assert effect.counts.sum() == 60


def test_accumulated_effects_of_a_model_with_missing_values():
    model = small_model("binary")
    effect = trained_accumulated(model, model.seen, "amount", options=EffectOptions(n_points=5))
    place = model.schema.names.index("amount")
    x = model.encoder.encode(model.seen)
    block = model.encoder.blocks[place]
    known = x[~np.isnan(x[:, place])]
    edges = ((effect.place - block.center) / block.scale).astype(np.float32)
    wanted = reference.accumulated(lambda x: model.logits_x(x.astype(np.float32))[:, 0], known, place, edges)
    np.testing.assert_allclose(effect.mean, wanted, atol=1e-5)
    assert effect.notes[0] == f"{np.isnan(x[:, place]).sum()} rows without a value on the curve are left out."


def test_accumulated_effects_of_categories_move_neighbours_only():
    rng = np.random.default_rng(3)
    code = rng.integers(0, 3, 90)
    number = code + rng.normal(size=90)
    df = pd.DataFrame({"word": np.array(["low", "mid", "high"])[code], "number": number})

    def predict(df):
        return df["word"].map({"low": 0.0, "mid": 1.0, "high": 4.0}).to_numpy() * df["number"].to_numpy()

    def on_codes(x):
        return np.array([0.0, 1.0, 4.0])[x[:, 0].astype(int)] * x[:, 1]

    effect = function_accumulated(predict, df, "word")
    order = [["low", "mid", "high"].index(word) for word in effect.grid]
    assert order in ([0, 1, 2], [2, 1, 0])  # as their numbers have it
    wanted = reference.accumulated_categories(on_codes, np.column_stack([code, number]), 0, order)
    np.testing.assert_allclose(effect.mean, wanted, atol=1e-12)
    assert effect.counts.tolist() == [int((code == k).sum()) for k in order]


def test_a_linear_column_has_its_slope():
    x = rows(4)
    slope = np.array([2.0, -3.0, 0.5])
    for j in range(3):
        dependence = function_dependence(lambda x: x @ slope, x, j)
        accumulated = function_accumulated(lambda x: x @ slope, x, j)
        for effect in (dependence, accumulated):
            np.testing.assert_allclose(np.diff(effect.mean), slope[j] * np.diff(effect.place), atol=2e-6)
        assert np.abs(dependence.centred().error_std).max() < 1e-6


def test_a_product_of_columns_that_are_one():
    """Where x2 is x1, going along x1 costs x2: the accumulated effect is x^2/2, dependence sees the mean x2 only."""
    x1 = np.random.default_rng(5).uniform(-1, 1, 4000)
    x = np.column_stack([x1, x1])

    def product(x):
        return x[:, 0] * x[:, 1]

    accumulated = function_accumulated(product, x, 0)
    np.testing.assert_allclose(accumulated.mean, accumulated.place**2 / 2 - 1 / 6, atol=0.02)
    dependence = function_dependence(product, x, 0)
    np.testing.assert_allclose(dependence.mean, dependence.place * x1.mean(), atol=1e-6)


def test_the_intervals_hold_over_rows():
    """Rows drawn from a known population, 400 times: pointwise 95 % intervals of both kinds cover their truth."""
    edges = np.linspace(-2, 2, 7)
    slopes = np.array([1.0, 0.5, -1.0, 2.0, 0.0, 1.5])

    def draw(rng, n):
        place = rng.uniform(-2, 2, n)
        upper = np.clip(np.searchsorted(edges, place), 1, 6)
        both = np.stack([upper - 1, upper], axis=1)
        change = slopes[upper - 1] + 0.8 * rng.normal(size=n)
        return Steps(both, upper[:, None], both), change[:, None, None]

    sums = np.concatenate([[0], np.cumsum(slopes)])
    truth = sums - ((sums[1:] + sums[:-1]) / 2).mean()
    rng, hits = np.random.default_rng(6), 0.0
    for _ in range(400):
        mean, error = accumulate(*draw(rng, 150), 7)
        hits += (np.abs(mean[:, 0] - truth) <= 1.96 * error[:, 0]).mean()
    assert 0.925 <= hits / 400 <= 0.975


def test_the_order_of_likeness_follows_the_other_columns():
    rng = np.random.default_rng(7)
    level = rng.integers(0, 5, 600)
    hidden = np.array([2.0, 0.0, 4.0, 1.0, 3.0])[level]
    column = column_values("c", np.array(list("abcde"), dtype=object)[level])
    others = [column_values("n", hidden + 1.5 * rng.normal(size=600)), column_values("z", rng.normal(size=600))]
    ordered = in_order_of_likeness(edge_grid(column, 40), column, others)
    assert "".join(ordered.own) in ("bdaec", "ceadb")


@pytest.mark.parametrize(
    ("values", "kind", "grid"),
    [
        ([3.0, 1.0, np.nan, 3.0], "number", [1.0, 3.0, None]),
        ([True, False, True], "category", [False, True]),
        (["b", "b", None, "a", None, None], "category", ["b", "a", None]),
        (np.array(["2020-01-02", "NaT", "2020-01-01"], "datetime64[us]"), "date", ["2020-01-01", "2020-01-02", None]),
        ([1, "1", 1, True], "category", [1, "1", True]),
    ],
)
def test_grids_hold_the_values_that_occur(values, kind, grid):
    array = values if isinstance(values, np.ndarray) else np.array(values, dtype=object)
    column = column_values("c", array)
    assert column.kind == kind
    points = even_grid(column, 40)
    shown = [None if v is None or v != v else str(v)[:10] if kind == "date" else v for v in points.own]
    assert shown == grid
    assert [type(v) for v in shown if v is not None] == [type(v) for v in grid if v is not None]


def test_long_tails_and_many_categories():
    heavy = column_values("c", np.random.default_rng(8).lognormal(0, 2, 5000))
    grid = even_grid(heavy, 40)
    assert 30 <= len(grid) <= 40
    assert np.isin(grid.place, heavy.place).all()
    many = column_values("c", np.array([f"w{i % 60}" for i in range(200)], dtype=object))
    few = even_grid(many, 10)
    assert len(few) == 10
    assert few.notes == ("50 rarer of 60 categories are left out.",)


def test_values_of_ones_own():
    model = small_model("binary")
    table = model.seen.take(np.arange(7))
    effect = trained_dependence(model, table, "since", values=["2020-03-01", None])
    assert effect.grid.tolist() == ["2020-03-01", None]
    df = small_frame("binary").iloc[:7]
    np.testing.assert_allclose(effect.mean[0], model.logits(with_value(df, "since", "2020-03-01")).mean(), atol=1e-6)
    frame = pd.DataFrame({"n": [1, 2], "w": ["a", "b"]})
    effect = function_dependence(lambda df: df["n"].to_numpy() * 1.0, frame, "n", values=[10, 20])
    assert effect.mean.tolist() == [10.0, 20.0]


def test_a_stop_keeps_the_rows_asked_so_far():
    stop = threading.Event()
    stop.set()
    x = rows(9, 200)
    effect = function_dependence(curvy, x, 0, options=EffectOptions(pace=Pace(stop=stop)))
    assert 1 <= effect.n_rows < 200
    assert "taken at random" in effect.notes[0]
    whole = function_dependence(curvy, x, 0)
    np.testing.assert_allclose(effect.curves, whole.curves[effect.row_labels], atol=1e-12)
    heard = []
    function_dependence(curvy, x, 0, options=EffectOptions(pace=Pace(report=heard.append)))
    assert heard[-1].share == 1.0


def test_errors_say_what_to_do():
    model, x = small_model("binary"), rows()
    with pytest.raises(ColumnError, match="Did you mean 'amount'"):
        ll.partial_dependence(model, "amonut")
    with pytest.raises(ColumnError, match="no column 7 in the rows"):
        ll.accumulated_effects(curvy, 7, x)
    with pytest.raises(ExplanationError, match=r"column 'feature 0' has one value \(1.0\)"):
        ll.accumulated_effects(curvy, 0, np.ones((5, 3)))
    with pytest.raises(ExplanationError, match="has one value"):
        ll.accumulated_effects(model, "job", small_frame("binary").query("job == 'cook'"))
    with pytest.raises(OptionError, match="scale='percent' is not known"):
        ll.partial_dependence(model, "age", scale="percent")
    with pytest.raises(OptionError, match="predicts a number"):
        ll.partial_dependence(small_model("regression"), "age", scale="probability")
    with pytest.raises(OptionError, match="points=1 draws no curve"):
        ll.partial_dependence(model, "age", points=1)
    with pytest.raises(ColumnError, match="do not fit"):
        ll.partial_dependence(lambda df: np.zeros(len(df)), "n", pd.DataFrame({"n": [1, 2]}), values=["many"])
    with pytest.raises(ColumnError, match="no values"):
        ll.partial_dependence(curvy, 0, x, values=[])
    with pytest.raises(ExplanationError, match="NaN or infinity"):
        ll.partial_dependence(lambda x: np.where(x[:, 0] > 2, np.nan, 0.0), 0, x, values=[1.0, 3.0])
    with pytest.raises(ExplanationError, match="nothing to ask about"):
        ll.partial_dependence(curvy, 0, np.zeros((0, 3)))
    with pytest.raises(OptionError, match=r"Type: ll.partial_dependence\(function, 0, df\)"):
        ll.partial_dependence(curvy, 0)
