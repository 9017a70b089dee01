"""A blend explained member by member, against the definition applied to the whole blend's logits."""

from __future__ import annotations

import functools
import threading
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from lepton_lab.data.encode_tabular import Block
from lepton_lab.errors import ExplanationError
from lepton_lab.explanation.background import Background
from lepton_lab.explanation.explain_model import explain_trained
from lepton_lab.explanation.options import ExplainOptions
from lepton_lab.members.linear import fit_linear_path
from lepton_lab.members.trees import TreesConfig, fit_trees
from lepton_lab.networks.layout import Layout
from lepton_lab.networks.tabular import TabularConfig
from lepton_lab.tasks import Binary, Multiclass, Regression
from lepton_lab.trained import Blend, TrainedModel
from lepton_lab.training.network_member import new_member
from tests.reference import shapley

CONFIG = TabularConfig(hidden=16, heads=2, head_hidden=8)
BLOCKS = (
    Block("income", "numeric"),
    Block("home", "category", categories=("rent", "own", "free")),
    Block("age", "numeric"),
    Block("region", "category", categories=tuple("abcdefghijkl")),
)
TASKS = {
    "binary": Binary("good", "bad"),
    "multiclass": Multiclass(("a", "b", "c")),
    "regression": Regression(location=200_000.0, scale=80_000.0, unit="euro"),
}


def rows(seed, n):
    rng = np.random.default_rng(seed)
    x = np.stack([rng.normal(size=n), rng.integers(0, 5, n), rng.normal(size=n), rng.integers(0, 14, n)], axis=1)
    x[::7, 0] = np.nan
    return x.astype(np.float32)


X, BACKGROUND = rows(1, 10), rows(2, 30)
VALUES = X.astype(object)
LABELS = np.arange(100, 110)


@functools.cache
def model(kind):
    """Members grown on a small table (the network only drawn), blended by hand."""
    task, x = TASKS[kind], rows(3, 300)
    signal = np.nan_to_num(x[:, 0]) * (x[:, 1] > 2) + x[:, 2]
    y = {
        "binary": (signal > 0).astype(np.int32),
        "multiclass": np.digitize(signal, [-0.5, 0.5]).astype(np.int32),
        "regression": 200_000 + 80_000 * signal,
    }[kind]
    affine = (task.location, task.scale) if kind == "regression" else ()
    noise = np.random.default_rng(0)
    drawn = new_member("network", Layout.of(BLOCKS, max_one_hot=CONFIG.max_one_hot), task.n_outputs, CONFIG, *affine)
    network = drawn.with_flat((drawn.params.flat + 0.3 * noise.normal(size=len(drawn.params.flat))).astype(np.float32))
    linear = fit_linear_path(x, y, None, BLOCKS, task)[2]
    trees = fit_trees(x, y, None, BLOCKS, task, valid=None, config=TreesConfig(rounds=12, leaves=7), seed=0).member
    bias = np.linspace(0.1, 0.3, task.n_outputs)
    return TrainedModel(
        schema=SimpleNamespace(inputs=tuple(SimpleNamespace(name=block.column) for block in BLOCKS)),
        encoder=None,
        task=task,
        members=(network, linear, trees),
        blend=Blend(np.array([0.5, 0.2, 0.3]), 0.9 if kind != "regression" else 1.0, bias),
        metrics={},
        leaderboard={},
        metrics_note="",
        threshold=None,
        threshold_note="",
        background_x=BACKGROUND,
        background_values=BACKGROUND.astype(object),
    )


def definition(trained, weights=None):
    return shapley.shapley_values(trained.logits_x, X, BACKGROUND, weights)


def unit_of(kind):
    return 80_000 if kind == "regression" else 1


@pytest.mark.parametrize("kind", list(TASKS))
def test_a_blend_is_explained_as_one_function(kind):
    trained = model(kind)
    found = explain_trained(trained, X, VALUES, LABELS)
    wanted = definition(trained)
    np.testing.assert_allclose(found.values.reshape(wanted.shape), wanted, atol=2e-5 * unit_of(kind))
    np.testing.assert_allclose(
        found.prediction.reshape(len(X), -1), trained.logits_x(X), rtol=1e-5, atol=1e-5 * unit_of(kind)
    )
    assert found.exact and not found.notes and found.additivity_gap < 1e-10
    assert "trees exactly" in found.method and "network by exact" in found.method
    assert found.unit == trained.task.unit and list(found.row_labels) == list(LABELS)
    assert found.feature_names == ("income", "home", "age", "region")


def test_outputs_are_named():
    assert explain_trained(model("binary"), X, VALUES, LABELS).output_names == ("bad",)
    several = explain_trained(model("multiclass"), X, VALUES, LABELS)
    assert several.output_names == ("a", "b", "c") and several.shape == (10, 4, 3)
    # Centred logits: over the classes, values sum to nothing.
    np.testing.assert_allclose(several.values.sum(axis=2), 0, atol=1e-6)


@pytest.mark.parametrize("kind", list(TASKS))
def test_sampling_errors_of_a_blend_are_the_networks(kind, monkeypatch):
    """Walks instead of enumeration: values within their error, errors in the blend's unit."""
    monkeypatch.setattr("lepton_lab.explanation.explain_game.LEAST_PAIRS", 1000)
    monkeypatch.setattr("lepton_lab.explanation.explain_game.WORTH_EXACT", 0)
    monkeypatch.setattr("lepton_lab.explanation.explain_game.FREE_EVALUATIONS", 0)
    trained = model(kind)
    found = explain_trained(trained, X, VALUES, LABELS, options=ExplainOptions(n_walks=20))
    wanted = definition(trained).reshape(found.shape)
    assert not found.exact and (found.error_std > 0).any()
    noisy = found.error_std > 1e-6 * unit_of(kind)
    z = ((found.values - wanted) / np.where(noisy, found.error_std, 1))[noisy]
    assert 0.6 < np.sqrt(np.mean(z**2)) < 1.5
    assert found.additivity_gap < 1e-5
    # A network of half the weight has half the error.
    half = replace(trained, blend=replace(trained.blend, weights=trained.blend.weights * [0.5, 1, 1]))
    smaller = explain_trained(half, X, VALUES, LABELS, options=ExplainOptions(n_walks=20))
    np.testing.assert_allclose(smaller.error_std, found.error_std / 2, rtol=1e-5)


def test_weighted_background_of_a_blend():
    weights = np.where(np.arange(30) % 3 == 0, 2.0, 1.0)
    found = explain_trained(model("binary"), X, VALUES, LABELS, background=Background(BACKGROUND, weights))
    wanted = definition(model("binary"), weights / weights.sum())
    np.testing.assert_allclose(found.values, wanted[:, :, 0], atol=2e-5)


@pytest.mark.parametrize("kind", ["binary", "multiclass"])
def test_groups_of_columns_of_a_blend(kind):
    trained = model(kind)
    found = explain_trained(trained, X, VALUES, LABELS, groups={"person": ["income", "age"]})
    numbers = np.arange(40)[:, None].repeat(3, axis=1)
    both = np.concatenate([X, BACKGROUND])

    def of_players(which):
        return trained.logits_x(np.stack([both[which[:, (0, 1, 0, 2)[j]], j] for j in range(4)], axis=1))

    wanted = shapley.shapley_values(of_players, numbers[:10], numbers[10:])
    np.testing.assert_allclose(found.values.reshape(wanted.shape), wanted, atol=2e-5)
    assert found.feature_names == ("person", "home", "region") and not found.notes
    assert found.data[1, 0] == f"income={X[1, 0]}, age={X[1, 2]}"


def test_a_stop_among_the_trees_keeps_the_rows_they_had(monkeypatch):
    monkeypatch.setattr("lepton_lab.explanation.blend_parts.TREE_ROWS", 4)
    monkeypatch.setattr("lepton_lab.explanation.blend_parts.TREE_S", 0.0)
    stop = threading.Event()

    def listen(progress):
        if progress.message.startswith("trees"):
            stop.set()

    options = ExplainOptions(stop=stop, report=listen)
    found = explain_trained(model("binary"), X, VALUES, LABELS, options=options)
    assert len(found) == 4 and list(found.row_labels) == [100, 101, 102, 103]
    np.testing.assert_allclose(found.values, definition(model("binary"))[:4, :, 0], atol=2e-5)
    assert "stopped after the trees of 4 of 10 rows" in found.notes[0]


def test_two_sampled_members_have_no_smaller_error_than_they_can(monkeypatch):
    """The same seed walks both: their errors may go together, so standard deviations add up."""
    monkeypatch.setattr("lepton_lab.explanation.explain_game.WORTH_EXACT", 0)
    monkeypatch.setattr("lepton_lab.explanation.explain_game.FREE_EVALUATIONS", 0)
    trained = model("binary")
    network = trained.members[0]
    alone = replace(trained, members=(network,), blend=Blend(np.array([1.0]), 1.0, np.zeros(1)))
    twice = replace(alone, members=(network, network), blend=Blend(np.array([0.5, 0.5]), 1.0, np.zeros(1)))
    one, two = (explain_trained(m, X, VALUES, LABELS) for m in (alone, twice))
    np.testing.assert_allclose(two.values, one.values, atol=1e-6)
    np.testing.assert_allclose(two.error_std, one.error_std, rtol=1e-5, atol=1e-9)
    np.testing.assert_allclose(two.half_gap, one.half_gap, atol=1e-6)


@pytest.mark.parametrize("weights", [[1, 0, 0], [0, 1, 0], [0, 0, 1]])
def test_blends_of_one_member(weights):
    trained = replace(model("binary"), blend=Blend(np.array(weights, float), 1.0, np.array([0.2])))
    found = explain_trained(trained, X, VALUES, LABELS)
    np.testing.assert_allclose(found.values, definition(trained)[:, :, 0], atol=2e-5)


class _Other:
    """A member of a kind that is not known here."""

    name = "other"

    def logits(self, x):
        return np.nan_to_num(x[:, :1] * x[:, 2:3]).astype(np.float64)


def test_an_unknown_member_is_explained_through_its_logits():
    trained = replace(model("binary"), members=(_Other(),), blend=Blend(np.ones(1), 2.0, np.zeros(1)))
    found = explain_trained(trained, X, VALUES, LABELS)
    np.testing.assert_allclose(found.values, definition(trained)[:, :, 0], atol=1e-9)


def test_parts_that_miss_the_prediction_fall_back_to_predict(monkeypatch):
    """The check that shap's own cannot make: a member explained wrongly is noticed, and the answer is right."""
    from lepton_lab.explanation import blend_parts

    monkeypatch.setattr(blend_parts, "tree_values", lambda member, x, *rest: np.full((*x.shape, 1), 0.1))
    found = explain_trained(model("binary"), X, VALUES, LABELS)
    np.testing.assert_allclose(found.values, definition(model("binary"))[:, :, 0], atol=2e-5)
    assert "explained through predict" in found.notes[0]


def test_one_row_and_no_row():
    found = explain_trained(model("binary"), X[:1], VALUES[:1], LABELS[:1])
    np.testing.assert_allclose(found.values, definition(model("binary"))[:1, :, 0], atol=2e-5)
    with pytest.raises(ExplanationError, match="0 rows to explain"):
        explain_trained(model("binary"), X[:0], VALUES[:0], LABELS[:0])


def test_a_model_without_its_background_asks_for_one():
    bare = replace(model("binary"), background_x=BACKGROUND[:0])
    with pytest.raises(ExplanationError, match=r"saved without its background.*background=df_train"):
        explain_trained(bare, X, VALUES, LABELS)
    found = explain_trained(bare, X, VALUES, LABELS, background=BACKGROUND)
    np.testing.assert_array_equal(found.values, explain_trained(model("binary"), X, VALUES, LABELS).values)


@pytest.mark.parametrize("groups", [None, {"person": ["age", "income"]}])
@pytest.mark.parametrize("kind", list(TASKS))
def test_what_is_kept_of_a_background_changes_no_value(kind, groups):
    """Asked again about one background, row after row, as a what-if does."""
    kept = Background(BACKGROUND)
    for at in (slice(0, 1), slice(1, 2), slice(3, 9)):
        asked = X[at], VALUES[at], LABELS[at]
        found = explain_trained(model(kind), *asked, background=kept, groups=groups)
        fresh = explain_trained(model(kind), *asked, background=Background(BACKGROUND), groups=groups)
        np.testing.assert_array_equal(found.values, fresh.values)
        np.testing.assert_array_equal(found.base_values, fresh.base_values)
        np.testing.assert_array_equal(found.prediction, fresh.prediction)


def test_a_background_serves_two_models_apart():
    kept = Background(BACKGROUND)
    for kind in ("binary", "regression", "binary"):
        found = explain_trained(model(kind), X[:2], VALUES[:2], LABELS[:2], background=kept)
        fresh = explain_trained(model(kind), X[:2], VALUES[:2], LABELS[:2], background=BACKGROUND)
        np.testing.assert_array_equal(found.values, fresh.values)
