"""Any function explained: JAX, numpy, scikit-learn, frames; and what is said when it cannot be."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pandas as pd
import polars as pl
import pytest
from flax import nnx

from lepton_lab.errors import ColumnError, ExplanationError, OptionError
from lepton_lab.explanation.background import Background
from lepton_lab.explanation.explain_function import Naming, explain_function
from lepton_lab.explanation.function_game import traces
from lepton_lab.explanation.options import ExplainOptions
from tests.explanation.models import table
from tests.reference import shapley

X, BACKGROUND = table(1, 6, 3).astype(np.float64), table(2, 9, 3).astype(np.float64)


def jax_fn(x):
    return jnp.sin(x[:, 0]) * x[:, 1] + x[:, 2]


def numpy_fn(x):
    return np.sin(x[:, 0]) * x[:, 1] + x[:, 2]


@pytest.mark.parametrize("fn", [jax_fn, numpy_fn, lambda x: numpy_fn(x).tolist()])
def test_jax_and_numpy_functions_mean_the_same(fn):
    wanted = shapley.shapley_values(lambda x: numpy_fn(x)[:, None], X, BACKGROUND)[:, :, 0]
    found = explain_function(fn, X, BACKGROUND)
    np.testing.assert_allclose(found.values, wanted, atol=1e-6)
    np.testing.assert_allclose(found.prediction, numpy_fn(X), atol=1e-6)
    assert found.additivity_gap < 1e-5 and found.exact
    assert found.feature_names == ("feature 0", "feature 1", "feature 2")


def test_which_functions_are_traced():
    assert traces(jax_fn, 3)
    assert not traces(numpy_fn, 3)
    assert not traces(lambda x: jnp.sum(x), 3)


def test_several_outputs_and_names():
    naming = Naming(("a", "b", "c"), ("up", "down"), np.array(list("uvwxyz"), dtype=object), "metres")
    found = explain_function(lambda x: jnp.stack([jax_fn(x), -jax_fn(x)], 1), X, BACKGROUND, naming=naming)
    assert found.shape == (6, 3, 2)
    np.testing.assert_allclose(found.values[..., 0], -found.values[..., 1], atol=1e-6)
    assert (found.output_names, found.unit, found.row_labels[2]) == (("up", "down"), "metres", "w")


@pytest.fixture(scope="module")
def people():
    rng = np.random.default_rng(0)
    n = 40
    return pd.DataFrame(
        {
            "age": rng.integers(18, 80, n),
            "home": rng.choice(["rent", "own"], n),
            "grade": pd.Categorical(rng.choice(["A", "B", "C"], n)),
            "since": pd.to_datetime("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, n), unit="D"),
        },
        index=[f"id{i}" for i in range(n)],
    )


def score(frame):
    return (
        0.1 * frame["age"].to_numpy()
        + (frame["home"] == "own").to_numpy() * (frame["grade"] == "A").to_numpy()
        + 0.01 * (frame["since"] - pd.Timestamp("2020-01-01")).dt.days.to_numpy()
    )


def test_frames_reach_predict_as_frames_of_the_same_kind(people):
    seen = []

    def predict(frame):
        seen.append(frame)
        return score(frame)

    found = explain_function(predict, people.iloc[:5], people)
    assert all(isinstance(frame, pd.DataFrame) and (frame.dtypes == people.dtypes).all() for frame in seen)
    np.testing.assert_allclose(found.values[:, 0], 0.1 * (people["age"][:5] - people["age"].mean()), atol=1e-9)
    assert list(found.row_labels) == list(people.index[:5])
    assert found.data[0, 1] == people["home"].iloc[0]
    assert found.feature_names == tuple(people.columns)


def test_polars_frames(people):
    frame = pl.DataFrame({"age": people["age"].to_numpy(), "home": people["home"].to_list()})

    def predict(part):
        return (part["age"].to_numpy() - 40.0) * (part["home"] == "own").to_numpy()

    found = explain_function(predict, frame[:4], frame)
    plain = explain_function(
        lambda x: (x[:, 0] - 40.0) * x[:, 1],
        np.stack([frame["age"].to_numpy(), (frame["home"] == "own").to_numpy()], 1)[:4].astype(float),
        np.stack([frame["age"].to_numpy(), (frame["home"] == "own").to_numpy()], 1).astype(float),
    )
    np.testing.assert_allclose(found.values, plain.values, atol=1e-5)


def test_predict_proba_of_a_pipeline(people):
    from sklearn.compose import make_column_transformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    columns = people[["age", "home", "grade"]]
    encode = make_column_transformer((OneHotEncoder(), ["home", "grade"]), remainder="passthrough")
    clf = make_pipeline(encode, LogisticRegression(max_iter=1000)).fit(columns, score(people) > 6)
    found = explain_function(clf.predict_proba, columns[:5], columns)
    np.testing.assert_allclose(found.prediction, clf.predict_proba(columns[:5]))
    np.testing.assert_allclose(found.values.sum(axis=1) + found.base_values, found.prediction, atol=1e-12)
    np.testing.assert_allclose(found.values[..., 0], -found.values[..., 1], atol=1e-12)


def test_a_fitted_estimator_says_what_to_type(people):
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression

    for kind, method in ((LogisticRegression, "decision_function"), (RandomForestClassifier, "predict_proba")):
        with pytest.raises(ExplanationError, match=rf"{kind.__name__} is no function.*explain\(model.{method}, X"):
            explain_function(kind(), X, BACKGROUND)


def test_a_classifiers_method_names_its_outputs(people):
    from sklearn.linear_model import LogisticRegression

    clf = LogisticRegression().fit(people[["age"]], people["grade"])
    found = explain_function(clf.predict_proba, people[["age"]][:2], people[["age"]])
    assert (found.output_names, found.unit) == (("A", "B", "C"), "probability")
    assert explain_function(clf.decision_function, people[["age"]][:2], people[["age"]]).unit == "score"


class Tiny(nnx.Module):
    """A network with what behaves otherwise while training: dropout and batch statistics."""

    def __init__(self, seed):
        rngs = nnx.Rngs(seed)
        self.first, self.last = nnx.Linear(3, 4, rngs=rngs), nnx.Linear(4, 2, rngs=rngs)
        self.norm, self.drop = nnx.BatchNorm(4, rngs=rngs), nnx.Dropout(0.5, rngs=rngs)

    def __call__(self, x):
        return self.last(self.drop(nnx.tanh(self.norm(self.first(x)))))


def plain_tiny(network, x):
    first, last, norm = network.first, network.last, network.norm
    hidden = x @ first.kernel[...] + first.bias[...]
    hidden = (hidden - norm.mean[...]) / np.sqrt(norm.var[...] + 1e-5) * norm.scale[...] + norm.bias[...]
    return np.asarray(np.tanh(hidden) @ last.kernel[...] + last.bias[...], np.float64)


def test_flax_modules_of_one_shape_compile_once_and_are_left_as_they_are():
    from lepton_lab.explanation import jax_game

    first, second = Tiny(0), Tiny(1)
    found = explain_function(first, X, BACKGROUND)
    wanted = shapley.shapley_values(lambda x: plain_tiny(first, x), X, BACKGROUND)
    np.testing.assert_allclose(found.values, wanted, atol=1e-5)
    assert not first.drop.deterministic and not first.norm.use_running_average
    compiled = jax_game._corner_blocks._cache_size()
    other = explain_function(second, X, BACKGROUND)
    np.testing.assert_allclose(other.prediction, plain_tiny(second, X), atol=1e-5)
    assert jax_game._corner_blocks._cache_size() == compiled


def test_a_function_that_closes_over_a_flax_module():
    network = Tiny(0)
    network.eval()
    found = explain_function(lambda x: network(x)[:, 1], X, BACKGROUND)
    np.testing.assert_allclose(found.values, explain_function(network, X, BACKGROUND).values[..., 1], atol=1e-6)


def test_torch_modules_are_asked_in_tensors_and_left_as_they_are():
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(3, 5), torch.nn.Dropout(0.9), torch.nn.Tanh(), torch.nn.Linear(5, 2))
    found = explain_function(net, X, BACKGROUND)
    assert net.training and net[1].training
    with torch.no_grad():
        expected = net.eval()(torch.tensor(X, dtype=torch.float32)).numpy()
    np.testing.assert_allclose(found.prediction, expected, atol=1e-6)
    assert found.additivity_gap < 1e-5 and found.exact


def test_frames_of_numbers_for_what_takes_arrays():
    frame, background = pd.DataFrame(X, columns=list("abc")), pd.DataFrame(BACKGROUND, columns=list("abc"))
    wanted = explain_function(jax_fn, X, BACKGROUND).values
    for fn in (jax_fn, lambda x: jax_fn(jnp.asarray(x))):
        found = explain_function(fn, frame, background[["c", "a", "b"]])
        np.testing.assert_allclose(found.values, wanted, atol=1e-6)
        assert found.feature_names == ("a", "b", "c")
    network = Tiny(0)
    np.testing.assert_allclose(
        explain_function(network, frame, background).values, explain_function(network, X, BACKGROUND).values, atol=1e-6
    )
    with pytest.raises(ExplanationError, match=r"takes arrays of numbers.*lambda df: network"):
        explain_function(network, frame.assign(a="word"), background.assign(a="word"))


GROUPS = {"pair": ["feature 0", "feature 2"]}


def by_group(fn):
    """The definition, with the function of three columns as one of two players: a row's position for each."""
    both = np.concatenate([X, BACKGROUND])
    ours, theirs = np.arange(len(X)), np.arange(len(X), len(both))

    def of_players(which):
        return fn(np.stack([both[which[:, 0], 0], both[which[:, 1], 1], both[which[:, 0], 2]], 1))[:, None]

    return shapley.shapley_values(of_players, np.stack([ours, ours], 1), np.stack([theirs, theirs], 1))[:, :, 0]


@pytest.mark.parametrize("fn", [numpy_fn, jax_fn])
def test_groups_are_players(fn):
    found = explain_function(fn, X, BACKGROUND, groups=GROUPS)
    np.testing.assert_allclose(found.values, by_group(numpy_fn), atol=1e-6)
    assert found.feature_names == ("pair", "feature 1")
    assert found.data[0, 0] == f"feature 0={X[0, 0]}, feature 2={X[0, 2]}" and found.data[0, 1] == X[0, 1]
    np.testing.assert_array_equal(found.values, explain_function(fn, X, BACKGROUND, groups={"pair": [2, 0]}).values)


def test_groups_by_the_names_that_were_given():
    naming = Naming(("a", "b", "c"))
    found = explain_function(numpy_fn, X, BACKGROUND, naming=naming, groups={"ends": ["a", "c"]})
    assert found.feature_names == ("ends", "b")


def test_default_background_is_a_seeded_sample():
    x = table(3, 300, 3)
    first, again = explain_function(jax_fn, x), explain_function(jax_fn, x)
    np.testing.assert_array_equal(first.values, again.values)
    assert "a sample of 100" in first.notes[0]


def test_weighted_background():
    weights = np.array([2.0, 0, 1, 0, 0, 0, 0, 0, 1])
    repeated = BACKGROUND[[0, 0, 2, 8]]
    found = explain_function(numpy_fn, X, Background(BACKGROUND, weights))
    np.testing.assert_allclose(found.values, explain_function(numpy_fn, X, repeated).values, atol=1e-12)


def test_columns_of_the_background_may_lie_in_another_order(people):
    columns = people[["age", "home"]]

    def predict(frame):
        return frame["age"].to_numpy() * 1.0

    found = explain_function(predict, columns[:3], columns[["home", "age"]])
    np.testing.assert_allclose(found.values, explain_function(predict, columns[:3], columns).values)


def test_missing_values_a_model_can_handle():
    x = X.copy()
    x[0, 1] = np.nan
    found = explain_function(lambda z: np.nan_to_num(z).sum(axis=1), x, BACKGROUND)
    np.testing.assert_allclose(found.values[0, 1], -BACKGROUND[:, 1].mean(), atol=1e-9)


def fails(rows):
    raise KeyError("age")


@pytest.mark.parametrize(
    ("fn", "x", "background", "says"),
    [
        (lambda x: np.array(["good"] * len(x)), X, BACKGROUND, "returned np.str_\\('good'\\).*predict_proba"),
        (lambda x: 1.0, X, BACKGROUND, r"shape \(\) for 64 rows. It must return shape \(64,\)"),
        (lambda x: x[:2, 0].tolist(), X, BACKGROUND, r"shape \(2,\) for 64 rows"),
        (lambda x: np.zeros((len(x), 2, 2)), X, BACKGROUND, "shape"),
        (fails, X, BACKGROUND, "raised KeyError: 'age'. It was called with 64 rows of 3 features as a ndarray"),
        (lambda x: np.log(x[:, 0] * 0 - 1) * np.ones(1), X, BACKGROUND, "NaN or infinity for 64 of 64 rows"),
        (lambda x: jnp.log(x[:, 0]), X, BACKGROUND, "NaN or infinity"),
        (jax_fn, X * np.nan, BACKGROUND, "NaN or infinity for 6 of 6 rows"),
        (3, X, BACKGROUND, "int is no function"),
        (dict, X, BACKGROUND, "dict is a class, not a fitted model"),
        (jax_fn, X[0], BACKGROUND, r"shape \(3,\); it must be \(row, feature\).*x\[\[0\]\]"),
        (jax_fn, X[:0], BACKGROUND, "x has 0 rows and 3 features"),
        (jax_fn, X[:, :0], BACKGROUND[:, :0], "0 features"),
        (jax_fn, X, BACKGROUND[:0], "background has 0 rows"),
        (jax_fn, X, BACKGROUND[:, :2], r"shapes \(6, 3\) and \(9, 2\)"),
        (jax_fn, X, Background(BACKGROUND, np.ones(3)), r"\(3,\) weights for 9"),
        (jax_fn, X, Background(BACKGROUND, -np.ones(9)), "at least 0"),
        (jax_fn, pd.DataFrame(X, columns=["a", "b", "c"]), BACKGROUND, "two frames of one kind"),
    ],
)
@pytest.mark.filterwarnings("ignore:invalid value")
def test_what_cannot_be_explained(fn, x, background, says):
    with pytest.raises(ExplanationError, match=says):
        explain_function(fn, x, background)


def test_columns_that_do_not_fit():
    frame = pd.DataFrame(X, columns=["age", "home", "grade"])
    with pytest.raises(ColumnError, match=r"no column 'grade' in the background.*Did you mean 'grades'"):
        explain_function(score, frame, frame.rename(columns={"grade": "grades"}))
    doubled = frame.set_axis(["age", "age", "home"], axis=1)
    with pytest.raises(ColumnError, match="doubled: 'age'"):
        explain_function(score, doubled, doubled)
    with pytest.raises(ExplanationError, match="doubled: a"):
        explain_function(jax_fn, X, BACKGROUND, naming=Naming(("a", "a", "b")))
    with pytest.raises(ExplanationError, match="2 feature_names for 3"):
        explain_function(jax_fn, X, BACKGROUND, naming=Naming(("a", "b")))


@pytest.mark.parametrize(("constant", "few"), [(0.0, False), (100.0, False), (1e4, True), (1e6, True)])
def test_digits_that_float32_has_not_are_told(constant, few):
    """The values are off by what the note says; the same function of numpy keeps its digits."""
    wanted = shapley.shapley_values(lambda x: numpy_fn(x)[:, None], X, BACKGROUND)[:, :, 0]
    found = explain_function(lambda x: jax_fn(x) + constant, X, BACKGROUND)
    notes = [note for note in found.notes if "float32 holds them to" in note]
    assert bool(notes) == few
    step = float(notes[0].split("float32 holds them to ")[1].split(",")[0]) if few else 1e-5
    assert np.abs(found.values - wanted).max() <= 2 * step
    assert not few or 1e-8 * constant < step < 1e-7 * constant
    plain = explain_function(lambda x: numpy_fn(x) + constant, X, BACKGROUND)
    assert not plain.notes
    np.testing.assert_allclose(plain.values, wanted, atol=1e-8)


def test_labels_are_noticed():
    x = table(5, 30, 3)
    found = explain_function(lambda z: (np.asarray(z)[:, 0] > 0).astype(int), x, x)
    assert any("predict_proba" in note for note in found.notes)


@pytest.mark.parametrize("bad", [{"n_walks": 1}, {"halfwidth": 0.0}, {"budget_s": -1.0}])
def test_options_that_cannot_work(bad):
    with pytest.raises(OptionError, match=next(iter(bad))):
        ExplainOptions(**bad)


def test_a_budget_too_small_for_one_row_says_so():
    import time

    def slow(x):
        time.sleep(0.05)
        return x.sum(axis=1)

    x = table(1, 3, 10).astype(np.float64)
    explain_function(slow, x, x)  # what has to be compiled for it costs no answer, and is compiled now
    with pytest.raises(ExplanationError, match=r"budget of 0.01 s was spent before the first row"):
        explain_function(slow, x, x, options=ExplainOptions(budget_s=0.01))
