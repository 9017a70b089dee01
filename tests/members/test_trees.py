"""The tree member against LightGBM's own prediction, brute-force Shapley values and damaged arrays."""

from __future__ import annotations

import itertools
import math
import threading

import lightgbm
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lepton_lab.errors import DamagedFileError
from lepton_lab.members.forest import Forest, check_forest
from lepton_lab.members.trees import TreesConfig, TreesMember, fit_trees, read_lightgbm
from tests.members.tables import BLOCKS, made

TASKS = ["binary", "multiclass", "regression"]
SMALL = TreesConfig(rounds=30)


def grown(name: str, config: TreesConfig = SMALL) -> tuple[TreesMember, np.ndarray]:
    data = made(name)
    return fit_trees(data.x, data.y, None, BLOCKS, data.task, valid=None, config=config, seed=0).member, data.x


def walk(forest: Forest, inputs: np.ndarray) -> np.ndarray:
    """The obvious sum: every row walks down every tree."""
    total = np.zeros((len(inputs), forest.n_outputs))
    for i in range(forest.n_trees):
        tree = forest.tree(i)
        for row, values in enumerate(inputs):
            node = 0
            while tree["feature"][node] >= 0:
                goes_left = values[tree["feature"][node]] <= tree["threshold"][node]
                node = tree["left" if goes_left else "right"][node]
            total[row, forest.output[i]] += tree["value"][node]
    return total


@pytest.mark.parametrize("leaves", [4, 31, 63])
@pytest.mark.parametrize("objective, n_outputs", [("binary", 1), ("multiclass", 3), ("regression", 1)])
def test_equals_lightgbm(objective: str, n_outputs: int, leaves: int) -> None:
    rng = np.random.default_rng(leaves)
    x = rng.normal(size=(2000, 6))
    x[:, 2] = np.round(x[:, 2])
    z = x[:, 0] * x[:, 1] + x[:, 2]
    y = {"binary": z > 0, "multiclass": np.digitize(z, [-1, 1]), "regression": z * 100 + 7}[objective]
    options = {"objective": objective, "num_leaves": leaves, "verbosity": -1, "num_threads": 1, "use_missing": False}
    options |= {"num_class": 3} if n_outputs > 1 else {}
    booster = lightgbm.train(options, lightgbm.Dataset(x, y.astype(float)), 40)
    forest = check_forest(read_lightgbm(booster.model_to_string(), 6, n_outputs))
    expected = booster.predict(x, raw_score=True).reshape(len(x), n_outputs)
    np.testing.assert_allclose(forest.sum(x), expected, atol=1e-9 * np.abs(expected).max())


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_the_fast_sum_equals_the_walk_on_thresholds_themselves(seed: int) -> None:
    member, x = FITTED
    rng = np.random.default_rng(seed)
    inputs = member.tree_inputs(x[rng.integers(0, len(x), 5)])
    inner = np.flatnonzero(member.forest.feature >= 0)
    for node in rng.choice(inner, 10):  # exactly on a threshold, a row goes left
        inputs[rng.integers(5), member.forest.feature[node]] = member.forest.threshold[node]
    np.testing.assert_allclose(member.forest.sum(inputs), walk(member.forest, inputs), rtol=1e-12, atol=1e-12)


FITTED = grown("multiclass", TreesConfig(rounds=8, leaves=40, min_rows=3))


@pytest.mark.parametrize("name", TASKS)
def test_shap_of_the_trees_is_the_interventional_shapley_value(name: str) -> None:
    import shap

    member, x = grown(name, TreesConfig(rounds=6, leaves=8))
    rows, background = x[:4], x[50:62]
    explainer = shap.TreeExplainer(
        member.shap_trees(), member.tree_inputs(background), feature_perturbation="interventional"
    )
    found = np.asarray(explainer.shap_values(member.tree_inputs(rows), check_additivity=False))
    found = found.reshape(len(rows), x.shape[1], -1)
    expected = brute_force(member, rows, background)
    np.testing.assert_allclose(found, expected, atol=1e-5 * max(1.0, np.abs(expected).max()))
    gap = member.logits(rows) - member.logits(background).mean(axis=0)
    np.testing.assert_allclose(found.sum(axis=1), gap, atol=1e-5 * max(1.0, np.abs(gap).max()))


def brute_force(member: TreesMember, rows: np.ndarray, background: np.ndarray) -> np.ndarray:
    """Shapley's formula over every coalition, hidden columns taken from every background row."""
    n = rows.shape[1]
    values = np.zeros((len(rows), n, member.forest.n_outputs))
    for i, row in enumerate(rows):
        worth = {}
        for size in range(n + 1):
            for coalition in itertools.combinations(range(n), size):
                mixed = background.copy()
                mixed[:, list(coalition)] = row[list(coalition)]
                worth[coalition] = member.logits(mixed).mean(axis=0)
        for j in range(n):
            for coalition, value in worth.items():
                if j not in coalition:
                    share = math.factorial(len(coalition)) * math.factorial(n - len(coalition) - 1) / math.factorial(n)
                    values[i, j] += share * (worth[tuple(sorted((*coalition, j)))] - value)
    return values


def test_missing_and_unseen_are_plain_numbers() -> None:
    member, x = grown("binary")
    row = x[:1].copy()
    row[0, 0], row[0, 2], row[0, 1] = np.nan, 77, np.inf
    inputs = member.tree_inputs(row)
    assert np.isfinite(inputs).all()
    assert not member.inputs.low[0] <= inputs[0, 0] <= member.inputs.high[0]
    assert inputs[0, 2] == member.inputs.target_code[member.inputs.offset[2] + 1]


def test_training_rows_do_not_see_their_own_target() -> None:
    from lepton_lab.data.encode_tabular import Block
    from lepton_lab.members.tree_inputs import fit_tree_inputs
    from lepton_lab.tasks import Binary

    n = 400  # every category is two rows, and the target is noise
    rng = np.random.default_rng(0)
    x = (2 + np.arange(n) // 2).astype(np.float32)[:, None]
    y = rng.integers(0, 2, n)
    inputs, matrix = fit_tree_inputs(
        x, y, None, [Block("id", "category", categories=tuple(range(200)))], Binary(0, 1), 0
    )
    assert abs(np.corrcoef(matrix[:, 0], y)[0, 1]) < 0.2
    assert np.corrcoef(inputs.of(x)[:, 0], y)[0, 1] > 0.5


@pytest.mark.parametrize("name", TASKS)
def test_growth_stops_by_itself_and_knows_the_best_round(name: str) -> None:
    data = made(name, 1200)
    valid = (data.x[800:], data.y[800:], None)
    config = TreesConfig(learning_rate=0.3, patience=10)
    fit = fit_trees(data.x[:800], data.y[:800], None, BLOCKS, data.task, valid=valid, config=config, seed=0)
    assert fit.ended == "converged" or len(fit.valid_losses) == 1000
    assert fit.best_round == 1 + int(np.argmin(fit.valid_losses))
    assert fit.member.forest.n_trees == len(fit.valid_losses) * data.task.n_outputs


@pytest.mark.parametrize("name", TASKS)
@pytest.mark.parametrize("n", [12, 45])
def test_growth_ends_where_no_split_is_left(name: str, n: int) -> None:
    data = made(name, n)
    config = TreesConfig(rounds=400, patience=400, min_rows=10)
    whole = (data.x, data.y, None)
    fit = fit_trees(*whole, BLOCKS, data.task, valid=whole, config=config, seed=0)
    assert fit.member.forest.n_trees == len(fit.valid_losses) * data.task.n_outputs
    assert np.isfinite(fit.member.logits(data.x)).all()


def test_a_stop_ends_growth_within_the_round() -> None:
    data, stop = made("binary"), threading.Event()

    def after_round(done: int, loss: float | None) -> str:
        if done == 5:
            stop.set()
        return "interrupt" if stop.is_set() else ""

    rows, valid = (data.x, data.y, None), (data.x, data.y, None)
    fit = fit_trees(*rows, BLOCKS, data.task, valid=valid, config=SMALL, seed=0, after_round=after_round)
    assert fit.ended == "interrupt"
    assert len(fit.valid_losses) == 5


def test_survives_a_round_trip_through_arrays() -> None:
    member, x = grown("multiclass")
    again = TreesMember.from_arrays(member.arrays(), member.config_json())
    np.testing.assert_array_equal(member.logits(x), again.logits(x))


@pytest.mark.parametrize(
    "name, change",
    [
        ("forest.left", lambda a: np.where(a > 0, a + 10_000, a)),
        ("forest.left", lambda a: np.where(a > 0, 0, a)),
        ("forest.right", lambda a: np.where(a > 0, 1, a)),
        ("forest.feature", lambda a: np.where(a >= 0, 99, a)),
        ("forest.feature", lambda a: np.full_like(a, -5)),
        ("forest.start", lambda a: a + 1),
        ("forest.start", lambda a: a[::-1]),
        ("forest.output", lambda a: a + 7),
        ("forest.value", lambda a: a * np.nan),
        ("forest.threshold", lambda a: a[:-1]),
        ("inputs.offset", lambda a: a * 2),
        ("inputs.low", lambda a: a[1:]),
        ("inputs.missing", lambda a: a * np.inf),
        ("inputs.target_code", lambda a: a[:-1]),
    ],
)
def test_damaged_arrays_are_refused(name: str, change) -> None:
    member, _ = FITTED
    arrays = member.arrays()
    with np.errstate(invalid="ignore"):
        arrays[name] = change(arrays[name])
    with pytest.raises(DamagedFileError):
        TreesMember.from_arrays(arrays, member.config_json())
