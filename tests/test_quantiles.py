"""Quantiles of a number: the loss, the members against scikit-learn and LightGBM, and a model asked in every way."""

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import QuantileRegressor
from sklearn.metrics import mean_pinball_loss

import lepton_lab as ll
from lepton_lab.errors import DamagedFileError, OptionError
from lepton_lab.evaluation.evaluated_rows import EvaluatedRows
from lepton_lab.fitting.combine import _fit, _Judged
from lepton_lab.members.linear import _design, _empty, fit_linear_path
from lepton_lab.members.trees import TreesConfig, fit_trees
from lepton_lab.pictures import html, text
from lepton_lab.quantiles import Quantiles, conformal_shifts, read_levels
from lepton_lab.tasks import task_from_json
from tests.members.tables import BLOCKS, made
from tests.small_models import small_frame, small_model

TASK = Quantiles((0.1, 0.5, 0.9), 3.0, 2.0, "units")


@pytest.fixture(scope="module")
def model():
    return small_model("quantile")


def test_the_median_comes_first_and_levels_rise():
    assert TASK.outputs == ("quantile 0.5", "quantile 0.1", "quantile 0.9") and TASK.order == (1, 0, 2)
    shown = TASK.columns(np.array([[2.0, 3.0, 1.0]]))  # crossed: the 0.1 quantile above the median
    assert list(shown) == ["prediction", "quantile_0.1", "quantile_0.5", "quantile_0.9"]
    assert [float(one[0]) for one in shown.values()] == [2, 1, 2, 3]


def test_the_loss_is_scikit_learns_mean_over_levels():
    draw = np.random.default_rng(0)
    y, z = draw.normal(3, 2, 50), draw.normal(3, 2, (50, 3))
    wanted = np.mean([mean_pinball_loss(y, z[:, k], alpha=a) for k, a in enumerate(TASK.output_levels)])
    assert TASK.losses(y, z).mean() == pytest.approx(wanted)
    raw = jnp.asarray((z - TASK.location) / TASK.scale, jnp.float32)
    of_jax = TASK.loss(raw, jnp.asarray(TASK.targets(y))).mean() * TASK.scale
    assert float(of_jax) == pytest.approx(wanted, rel=1e-5)
    heads = jnp.stack([raw, raw], axis=1)  # as the network gives them
    np.testing.assert_allclose(
        TASK.loss(heads, jnp.asarray(TASK.targets(y))[:, None])[:, 0], TASK.loss(raw, jnp.asarray(TASK.targets(y)))
    )


@given(st.lists(st.floats(-9, 9), min_size=3, max_size=3), st.floats(-9, 9))
def test_putting_quantiles_in_order_is_never_worse(row, y):
    z = np.array([row])
    ordered = TASK.in_order(z)[:, list(TASK.order)]
    assert TASK.losses(np.array([y]), ordered)[0] <= TASK.losses(np.array([y]), z)[0] + 1e-9


def test_metrics_of_known_quantiles():
    draw = np.random.default_rng(1)
    y = draw.normal(size=20_000)
    true = np.tile([0.0, -1.2815516, 1.2815516], (len(y), 1))
    found = {name: metric(y, true) for name, metric in TASK.metrics.items()}
    assert found["coverage_gap"] < 0.01 and found["width"] == pytest.approx(2.563, abs=1e-3)
    assert found["mae"] == pytest.approx(np.sqrt(2 / np.pi), abs=0.01)
    assert found["pinball"] < TASK.metrics["pinball"](y, true * 1.3) and found["pinball"] < TASK.metrics["pinball"](
        y, true + 0.2
    )


def test_each_level_holds_on_rows_that_no_member_learned_from():
    draw = np.random.default_rng(2)
    y, z = draw.normal(size=4000), np.zeros((4000, 3))
    shifted = z + conformal_shifts(TASK, z, y, None)
    new = draw.normal(size=20_000)
    for k, level in enumerate(TASK.output_levels):
        assert np.mean(new < shifted[0, k]) == pytest.approx(level, abs=0.02)
    few = np.abs(conformal_shifts(TASK, z[:3], y[:3], None))
    assert (few <= np.abs(y[:3]).max() * 3 / 53 + 1e-12).all()  # few rows are hardly believed


@settings(max_examples=6, deadline=None)
@given(st.floats(0.6, 1.6), st.floats(-2, 2), st.integers(0, 9))
def test_each_level_of_a_blend_holds_where_noise_changes_and_members_are_off(stretch, bias, seed):
    """Members that are too wide or narrow and off by something, on rows whose noise doubles with an input."""
    draw, task = np.random.default_rng(seed), Quantiles((0.1, 0.5, 0.9), 0.0, 2.0)
    noise = draw.choice([1.0, 2.0], 4000)
    truth = noise[:, None] * np.array([0.0, -1.2815516, 1.2815516])
    y = noise * draw.normal(size=4000)
    z = np.stack([stretch * truth + bias, truth + draw.normal(0, 0.3, truth.shape)])
    judged, new = np.arange(2000), np.arange(2000, 4000)
    fold = np.repeat([0, 1], 1000)
    _, blend, _ = _fit(_Judged(z[:, judged], y[judged], None, fold), task)
    below = (y[new, None] <= blend.logits(list(z[:, new]))).mean(axis=0)
    error = np.sqrt(task.output_levels * (1 - task.output_levels) * 2 / 4000)  # of both samples
    assert (np.abs(below - task.output_levels) < 4 * error).all()


def test_the_linear_member_is_scikit_learns():
    data = made("regression")
    task = Quantiles.of(data.y, (0.2, 0.5))
    member = fit_linear_path(data.x, data.y, None, BLOCKS, task, [1e-6])[0]
    design = _design(data.x, _empty(data.x, BLOCKS, 2)).toarray()
    for k, level in enumerate(task.output_levels):
        peer = QuantileRegressor(quantile=float(level), alpha=0.0).fit(design, data.y).predict(design)
        mine = mean_pinball_loss(data.y, member.logits(data.x)[:, k], alpha=float(level))
        assert mine <= mean_pinball_loss(data.y, peer, alpha=float(level)) + 0.01 * task.scale


def test_trees_are_lightgbms_own_one_a_level():
    import lightgbm

    data = made("regression")
    task, config = Quantiles.of(data.y, (0.2, 0.8)), TreesConfig(rounds=5, row_share=1.0, column_share=1.0, leaves=7)
    fit = fit_trees(data.x, data.y, None, BLOCKS, task, valid=(data.x, data.y, None), config=config, seed=0)
    found, matrix = fit.member.logits(data.x), fit.member.tree_inputs(data.x)
    assert len(fit.valid_losses) == 5
    assert fit.valid_losses[-1] == pytest.approx(task.losses(data.y, found).mean())
    train = fit.member.inputs  # codes of the training rows are out of fold, so the peer learns from numbers alone
    numbers = np.flatnonzero(~train.is_code)
    assert len(numbers) and matrix.shape == data.x.shape
    plain = [BLOCKS[j] for j in numbers]
    alone = fit_trees(data.x[:, numbers], data.y, None, plain, task, valid=None, config=config, seed=0).member
    inputs = alone.tree_inputs(data.x[:, numbers])
    for k, level in enumerate(task.output_levels):
        told = {
            "objective": "quantile", "alpha": float(level), "num_leaves": 7, "learning_rate": 0.05, "lambda_l2": 1.0,
            "min_data_in_leaf": 20, "verbosity": -1, "use_missing": False, "deterministic": True,
            "force_col_wise": True, "feature_pre_filter": False, "num_threads": 1,
        }  # fmt: skip
        peer = lightgbm.train(told, lightgbm.Dataset(inputs, data.y), 5)
        np.testing.assert_allclose(alone.logits(data.x[:, numbers])[:, k], peer.predict(inputs), atol=1e-9)


def test_a_model_is_asked_as_any_other(model, tmp_path):
    df = small_frame("quantile", n=60, seed=5)
    shown = model.predict(df)
    levels = shown.filter(like="quantile_").to_numpy()
    assert levels.shape == (60, 5) and (np.diff(levels, axis=1) >= 0).all()
    assert (shown["prediction"] == shown["quantile_0.5"]).all()
    model.save(tmp_path / "q.lepton")
    np.testing.assert_allclose(ll.load(tmp_path / "q.lepton").predict(df), shown)
    assert "baseline: always the same quantiles" in model.leaderboard
    blend, trivial = (
        model.leaderboard[name]["pinball"].value for name in ("blend", "baseline: always the same quantiles")
    )
    assert blend < trivial and model.metrics["coverage_gap"].value < 0.1


def test_each_level_is_explained_and_the_sum_is_its_quantile(model):
    df = small_frame("quantile", n=20, seed=5)
    found = ll.explain(model, df)
    assert found.output_names == tuple(f"quantile {k}" for k in ("0.5", "0.1", "0.25", "0.75", "0.9"))
    np.testing.assert_allclose(found.values.sum(axis=1) + found.base_values, model.logits(df), atol=1e-3)
    assert found.output("quantile 0.9").values.shape == (20, 5) and found.main_output == 0
    assert "quantile 0.5" in text(found)


def test_every_verb_does_the_right_thing_or_says_why_not(model):
    df = small_frame("quantile", n=80, seed=6)
    asked, measured = ll.whatif(model, df, at=0), ll.evaluate(model, df)
    assert isinstance(measured.rows, EvaluatedRows) and set(measured.metrics) == {
        "pinball",
        "mae",
        "coverage_gap",
        "width",
    }
    near = ll.counterfactuals(model, df, at=0, reach=f">{asked.answer({}).estimate + 20:g}", timeout="2s")
    results = [model, measured, asked, near, ll.error_tree(model, df), ll.explain_preview(model, df.iloc[:5])]
    results += [ll.partial_dependence(model, "age", df.iloc[:9]), ll.loss_importance(model, df.iloc[:30], budget="2s")]
    for result in results:
        assert text(result)
        assert html(result)
    with pytest.raises(OptionError, match="threshold"):
        model.with_threshold(0.5)
    with pytest.raises(OptionError, match="monotone"):
        ll.train(small_frame("quantile"), target="outcome", task="quantile", monotone={"age": 1})
    with pytest.raises(OptionError, match="tune knows no quantiles"):
        ll.tune(df, target="outcome", task="quantile")


@pytest.mark.parametrize(
    ("said", "levels"), [("quantile", (0.1, 0.25, 0.5, 0.75, 0.9)), ("quantile:.9,.05", (0.05, 0.9))]
)
def test_levels_as_they_are_typed(said, levels):
    assert read_levels(said) == levels


@pytest.mark.parametrize("said", ["quantile:", "quantile:a", "quantile:0,1", "quantile:0.5,0.5"])
def test_levels_that_cannot_be(said):
    with pytest.raises(OptionError, match=r"0 and below 1"):
        read_levels(said)


def test_json_and_damage():
    assert task_from_json(TASK.to_json()) == TASK
    with pytest.raises(DamagedFileError):
        task_from_json(TASK.to_json() | {"levels": [0.9, 0.1]})
