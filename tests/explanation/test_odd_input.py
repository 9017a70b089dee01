"""Input that is odd: a right answer or a clear error, at the verbs as a user calls them."""

from __future__ import annotations

import functools
import os
import signal
from dataclasses import replace

import numpy as np
import pandas as pd
import polars as pl
import pytest

import lepton_lab as ll
from lepton_lab.errors import ColumnError, ExplanationError, OptionError
from tests.explanation.models import table
from tests.reference import shapley
from tests.small_models import small_frame, small_model

X, BACKGROUND = table(1, 4, 3).astype(np.float64), table(2, 9, 3).astype(np.float64)


def product(x):
    """For Python only: JAX cannot trace it."""
    x = np.asarray(x)
    return np.array([np.prod(row) for row in x.tolist()])


def definition(x, background, weights=None):
    return shapley.shapley_values(lambda z: product(z)[:, None], x, background, weights)[:, :, 0]


def test_one_background_row():
    found = ll.explain(product, X, background=BACKGROUND[:1])
    np.testing.assert_allclose(found.values, definition(X, BACKGROUND[:1]), atol=1e-12)
    wide, one = table(3, 2, 18).astype(np.float64), table(4, 1, 18).astype(np.float64)
    sampled = ll.explain(lambda x: product(np.asarray(x)[:, :4]), wide, background=one)
    wanted = definition(wide[:, :4], one[:, :4])
    assert (np.abs(sampled.values[:, :4] - wanted) <= 5 * sampled.error_std[:, :4] + 1e-12).all()
    np.testing.assert_allclose(sampled.values[:, 4:], 0, atol=1e-12)


def test_one_feature_and_one_group_of_all():
    def third(x):
        return np.array([row[-1] ** 3 for row in np.asarray(x).tolist()])

    distance = third(X) - third(BACKGROUND).mean()
    np.testing.assert_allclose(ll.explain(third, X[:, 2:], background=BACKGROUND[:, 2:]).values[:, 0], distance)
    whole = ll.explain(third, X, background=BACKGROUND, groups={"all": [0, 1, 2]})
    assert whole.feature_names == ("all",) and whole.exact
    np.testing.assert_allclose(whole.values[:, 0], distance)


def test_200_features():
    x, background = table(5, 2, 200).astype(np.float64), table(6, 4, 200).astype(np.float64)
    slopes = np.linspace(-1, 1, 200)

    def linear(z):
        return np.array([float(np.dot(row, slopes)) for row in np.asarray(z)])

    found = ll.explain(linear, x, background=background)
    np.testing.assert_allclose(found.values, slopes * (x - background.mean(axis=0)), atol=1e-9)
    assert found.additivity_gap < 1e-9


def test_constant_columns_move_nothing():
    x, background = X.copy(), BACKGROUND.copy()
    x[:, 1] = background[:, 1] = 2.0
    found = ll.explain(product, x, background=background)
    assert not found.values[:, 1].any() and not found.error_std[:, 1].any()
    np.testing.assert_allclose(found.values, definition(x, background), atol=1e-12)


def test_missing_values_in_a_row_of_a_frame():
    frame = pd.DataFrame(X, columns=list("abc")).assign(d=["x", None, "y", "x"])
    frame.loc[2, "a"] = np.nan

    def score(df):
        return df["a"].fillna(10).to_numpy() * (df["d"] == "x").to_numpy()

    found = ll.explain(score, frame, background=frame)
    np.testing.assert_allclose(found.values.sum(axis=1) + found.base_values, score(frame), atol=1e-12)
    np.testing.assert_allclose(found.values[:, 1:3], 0, atol=1e-12)

    def refuses(df):
        if df["a"].isna().any():
            raise ValueError("Input contains NaN")
        return df["a"].to_numpy()

    with pytest.raises(ExplanationError, match="raised ValueError: Input contains NaN"):
        ll.explain(refuses, frame)


def test_columns_named_by_numbers_or_pairs():
    pairs = pd.MultiIndex.from_tuples([("a", 1), ("a", 2), ("b", 1)])
    for columns, groups in (([0, 1, 2], {"g": [0, 1]}), (pairs, {"g": ["('a', 1)", "('a', 2)"]})):
        df, background = pd.DataFrame(X, columns=columns), pd.DataFrame(BACKGROUND, columns=columns)

        def named(rows, columns=columns):
            return product(rows[list(columns)].to_numpy())

        found = ll.explain(named, df, background=background[df.columns[::-1]])
        np.testing.assert_allclose(found.values, definition(X, BACKGROUND), atol=1e-12)
        found = ll.explain(named, df, background=background, groups=groups)
        assert found.feature_names[0] == "g" and found.shape == (4, 2)
        np.testing.assert_allclose(found.values.sum(axis=1) + found.base_values, product(X), atol=1e-12)


def test_numbers_that_float32_rounds_are_explained_as_they_are():
    start = 1.6e9

    def since(x):
        return (x[:, 0] - start) * (x[:, 1] - start)

    x = start + np.array([[3.0, 1.0], [50.0, 3.0], [7.0, 90.0], [20.0, 11.0]])
    for convert in (np.asarray, lambda rows: pd.DataFrame(rows)):
        fn = since if convert is np.asarray else lambda df: since(np.asarray(df))
        found = ll.explain(fn, convert(x[:2]), background=convert(x[2:]))
        np.testing.assert_allclose(found.prediction, since(x[:2]))
        wanted = shapley.shapley_values(lambda z: since(z)[:, None], x[:2], x[2:], None)[:, :, 0]
        np.testing.assert_allclose(found.values, wanted, atol=1e-9)


def test_outputs_and_rows_that_cannot_be():
    from scipy import sparse

    with pytest.raises(ExplanationError, match="which is no number"):
        ll.explain(lambda x: x[:, 0] * 1j, X, background=BACKGROUND)
    for given, against in ((sparse.csr_matrix(X), BACKGROUND), (X, sparse.csr_matrix(BACKGROUND))):
        with pytest.raises(OptionError, match=r"csr_matrix is sparse.*X.toarray\(\)"):
            ll.explain(product, given, background=against)


@pytest.mark.parametrize("n_rows", [1, 4])
def test_labels_are_noticed_however_few_the_rows(n_rows):
    found = ll.explain(lambda x: np.asarray(x)[:, 0] > 0, X[:n_rows], background=BACKGROUND)
    np.testing.assert_allclose(found.values[:, 1:], 0, atol=1e-12)
    assert any("explain predict_proba instead" in note for note in found.notes)


@pytest.mark.parametrize("kind", [pd.DataFrame, pl.DataFrame, np.asarray])
@pytest.mark.parametrize("cells", [[[1, "b"], [3]], [{"a": 1}, {"a": 2}]])
def test_cells_of_several_values_name_their_column(kind, cells):
    if kind is pl.DataFrame and isinstance(cells[0], list):
        pytest.skip("polars keeps no numbers beside words")
    given = kind({"age": [30.0, 40.0], "tags": cells})
    name = "tags"
    if kind is np.asarray:
        given, name = np.empty((2, 2), dtype=object), "feature 1"
        given[:, 0] = [30.0, 40.0]
        given[0, 1], given[1, 1] = cells
    with pytest.raises(ExplanationError, match=f"a cell of column '{name}' holds a .*; it must be one value"):
        ll.explain(lambda rows: np.zeros(len(rows)), given, background=given)


@pytest.mark.parametrize("kind", [pd.DataFrame, pl.DataFrame])
def test_a_cell_that_holds_an_array_is_one_value(kind):
    """An image or a series: it comes from the row or from the background row, whole."""
    arrays = [np.array([1.0, 2.0]), np.array([3.0, 5.0])]
    rows = kind({"age": [30.0, 40.0], "wave": pd.Series(arrays) if kind is pd.DataFrame else arrays})

    def answer(df):
        return np.asarray(df["age"]) + 10 * np.array([np.asarray(wave).sum() for wave in df["wave"]])

    found = ll.explain(answer, rows, background=rows)
    np.testing.assert_allclose(found.values, [[-5, -25], [5, 25]], atol=1e-9)


def test_weights_of_the_background():
    weights = np.arange(9.0)
    found = ll.explain(product, X, background=BACKGROUND, background_weights=weights)
    np.testing.assert_allclose(found.values, definition(X, BACKGROUND, weights / weights.sum()), atol=1e-12)
    many = np.repeat(BACKGROUND, 200, axis=0)
    heavy = np.where(np.arange(1_800) < 200, 1.0, 0.0)
    found = ll.explain(product, X, background=many, background_weights=heavy)
    np.testing.assert_allclose(found.values, definition(X, BACKGROUND[:1]), atol=1e-12)
    assert "a sample of 100 of the 1,800 rows" in " ".join(found.notes)
    frame = small_frame("binary")
    model = small_model("binary")
    repeated = ll.explain(model, frame[:3], background=frame[5:15].iloc[[0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]])
    weighted = ll.explain(model, frame[:3], background=frame[5:15], background_weights=[2, *[1] * 9])
    np.testing.assert_allclose(weighted.values, repeated.values, atol=1e-5)


@pytest.mark.parametrize("kind", [np.asarray, lambda x: pd.DataFrame(x, columns=list("abc"))])
def test_a_background_that_is_given_is_used_whole(kind):
    """Up to a limit that is written down; of a larger table rows are drawn, and a note says how to have more."""
    background = table(12, 1_001, 3).astype(np.float64)
    found = ll.explain(
        lambda x: np.array([np.prod(r) for r in np.asarray(x)]), kind(X), background=kind(background[:300])
    )
    np.testing.assert_allclose(found.values, definition(X, background[:300]), atol=1e-9)
    assert not found.notes
    sampled = ll.explain(lambda x: np.asarray(x)[:, 0], kind(X), background=kind(background))
    assert "a sample of 100 of the 1,001 rows given. Up to 1,000 rows are used as they are" in " ".join(sampled.notes)
    wide = table(13, 200, 200).astype(np.float64)
    many_columns = ll.explain(lambda x: np.asarray(x)[:, 0], wide[:1], background=wide)
    assert "a sample of 100 of the 200 rows given. Up to 150 rows" in " ".join(many_columns.notes)


def test_a_background_given_to_a_trained_model_is_used_whole():
    model, frame = blend("binary"), small_frame("binary")
    given = pd.concat([frame[20:70]] * 3)
    assert len(given) > 100
    whole = ll.explain(model, frame[:3], background=given)
    np.testing.assert_allclose(whole.values, ll.explain(model, frame[:3], background=frame[20:70]).values, atol=1e-5)
    assert not whole.notes
    large = ll.explain(model, frame[:3], background=pd.concat([given] * 10))
    assert any("a sample of 100 of the 1,500 rows given" in note for note in large.notes)


@functools.cache
def blend(task):
    """A small model whose network has a share, whatever its folds said."""
    model = small_model(task)
    network = [member.name == "network" for member in model.members]
    return replace(model, blend=replace(model.blend, weights=np.where(network, 0.6, 0.2)))


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"groups": {"a": [0, 1], "b": [1, 2]}}, OptionError, "share the column 'feature 1'"),
        ({"groups": {"a": ["zip"]}}, ColumnError, "no column 'zip'.*for the group 'a'"),
        ({"groups": {"a": [7]}}, ColumnError, "no column 7"),
        ({"halfwidth": 0}, OptionError, "halfwidth=0.0 must be above 0"),
        ({"halfwidth": -1.0}, OptionError, "halfwidth=-1.0 must be above 0"),
        ({"halfwidth": "wide"}, OptionError, "halfwidth='wide' is no number"),
        ({"halfwidth": float("nan")}, OptionError, "halfwidth=nan must be"),
        ({"budget": 0}, OptionError, "0"),
        ({"budget": "soon"}, OptionError, "soon"),
        ({"background_weights": [1, 2]}, ExplanationError, r"\(2,\) weights for 9"),
        ({"background_weights": np.zeros(9)}, ExplanationError, "not all 0"),
        ({"background": None, "background_weights": np.ones(9)}, OptionError, "no rows to weight"),
        ({"heads": True}, OptionError, "a function has no heads"),
        ({"rows": 0}, OptionError, "rows=0"),
        ({"at": 9}, OptionError, "at=9 is out of range"),
    ],
)
def test_options_that_cannot_be(options, error, says):
    with pytest.raises(error, match=says):
        ll.explain(product, X, **{"background": BACKGROUND, **options})
    if "heads" not in options:
        with pytest.raises(error, match=says):
            list(ll.explain_stream(product, X, **{"background": BACKGROUND, **options}))


def test_an_estimator_and_no_rows():
    with pytest.raises(OptionError, match=r"explained on some rows.*ll.explain\(function, X"):
        ll.explain(product)
    for rows in ({"a": [1, 2]}, 3.0):
        with pytest.raises(OptionError, match="holds no rows that a function takes"):
            ll.explain(product, rows)
    with pytest.raises(ExplanationError, match="int is no function"):
        ll.explain(3, X)


def test_what_a_trained_model_takes():
    model, frame = blend("binary"), small_frame("binary")
    groups = {"person": ["age", "job"]}
    told = []
    found = ll.explain(model, frame[:4], groups=groups, halfwidth=0.5, budget="30s", seed=1, report=told.append)
    assert "person" in found.feature_names and "age" not in found.feature_names
    assert (
        found.data[0, found.feature_names.index("person")] == f"age={frame['age'].iloc[0]}, job={frame['job'].iloc[0]}"
    )
    assert found.additivity_gap < 1e-10 and (2.04 * found.error_std).max() <= 0.5
    assert told and 0 <= told[-1].share <= 1
    with pytest.raises(ColumnError, match=r"no column 'jbo'.*Did you mean 'job'"):
        ll.explain(model, frame[:4], groups={"person": ["age", "jbo"]})
    apart = ll.explain(model, frame[:4])
    np.testing.assert_allclose(found.prediction, apart.prediction, atol=1e-9)


def test_heads_disagree():
    model, frame = blend("binary"), small_frame("binary")
    found = ll.explain(model, frame[:4], heads=True)
    assert found.model_std is not None and found.model_std.shape == found.shape and (found.model_std > 0).any()
    assert ll.explain(model, frame[:4]).model_std is None


def test_a_stream_of_a_trained_model():
    model, frame = blend("binary"), small_frame("binary")
    found = list(ll.explain_stream(model, frame[:3], groups={"person": ["age", "job"]}))
    assert found[0].method.startswith("preview:") and not found[-1].method.startswith("preview:")
    assert len({ex.feature_names for ex in found}) == 1 and all(ex.shape == found[0].shape for ex in found)
    best = ll.explain(model, frame[:3], groups={"person": ["age", "job"]}, halfwidth=1e-3)
    assert (np.abs(found[-1].values - best.values) <= 5 * (found[-1].error_std + best.error_std) + 1e-6).all()


def interrupts_after(n_calls):
    """A function that presses Ctrl-C at its n-th call."""
    calls = []

    def fn(x):
        calls.append(len(x))
        if len(calls) == n_calls:
            os.kill(os.getpid(), signal.SIGINT)
        return np.array([float(np.prod(1 + row)) for row in np.asarray(x)])

    return fn


def test_ctrl_c_returns_what_is_known():
    x, background = (
        table(
            7,
            30,
            18,
        ).astype(np.float64),
        table(8, 20, 18).astype(np.float64),
    )
    before = signal.getsignal(signal.SIGINT)
    found = ll.explain(interrupts_after(40), x, background=background, halfwidth=1e-6)
    assert 1 <= len(found) <= 30 and found.additivity_gap < 1e-9
    assert any("stopped" in note for note in found.notes)
    streamed = list(ll.explain_stream(interrupts_after(60), x, background=background, halfwidth=1e-6))
    assert streamed and streamed[-1].additivity_gap < 1e-9
    assert signal.getsignal(signal.SIGINT) is before
