"""The ensemble: never worse than the default on the rows it is picked on, sparse, right where the answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lepton_lab.members.forest import truncated
from lepton_lab.members.trees import TreesConfig, TreesMember, fit_trees
from lepton_lab.tasks import Binary, Multiclass, Regression, Task
from lepton_lab.trained import Blend
from lepton_lab.tuning.assemble import merged_trees
from lepton_lab.tuning.greedy import MOST_MEMBERS, Judged, pick_ensemble, threshold_of
from tests.tuning.settings_for_tests import setting

TASKS: dict[str, Task] = {
    "auc": Binary("no", "yes"),
    "log_loss": Multiclass(("a", "b", "c")),
    "rmse": Regression(0.0, 1.0),
}


def library(metric: str, n: int, seed: int, n_rows: int = 120) -> tuple[Judged, list[np.ndarray]]:
    """Rows, and candidates that are the truth with noise, some useless."""
    draw, task = np.random.default_rng(seed), TASKS[metric]
    truth = draw.normal(size=(n_rows, task.n_outputs))
    if isinstance(task, Regression):
        y = truth[:, 0]
    elif task.n_outputs == 1:
        y = (truth[:, 0] + draw.normal(size=n_rows) > 0).astype(int)
    else:
        y = (truth + draw.normal(size=truth.shape)).argmax(axis=1)
    noise = draw.uniform(0.3, 4, n)
    made = [truth + spread * draw.normal(size=truth.shape) for spread in noise]
    return Judged(y, None, task, task.metrics[metric]), made


@settings(max_examples=12, deadline=None)
@given(st.sampled_from(list(TASKS)), st.integers(2, 9), st.integers(0, 50))
def test_never_worse_than_the_default_blend(metric: str, n: int, seed: int) -> None:
    judged, candidates = library(metric, n, seed)
    default = Blend(np.array([0.5, 0.5]), 1.0, np.zeros(judged.task.n_outputs))
    blend = pick_ensemble(candidates, default, judged)
    assert blend.weights.sum() == pytest.approx(1) and (blend.weights >= 0).all()
    assert (blend.weights > 0).sum() <= MOST_MEMBERS
    mine, theirs = blend.logits(candidates), default.logits(candidates[:2])
    assert judged.score(mine) >= judged.score(theirs)


def test_two_halves_of_the_truth_are_put_together() -> None:
    draw = np.random.default_rng(0)
    truth, error = draw.normal(size=(300, 1)), draw.normal(size=(300, 1))
    judged = Judged(truth[:, 0], None, TASKS["rmse"], TASKS["rmse"].metrics["rmse"])
    candidates = [
        draw.normal(size=truth.shape),
        truth + error,
        truth - error,
        truth + 2 * draw.normal(size=truth.shape),
    ]
    blend = pick_ensemble(candidates, Blend(np.array([1.0]), 1.0, np.zeros(1)), judged)
    np.testing.assert_allclose(blend.weights, [0, 0.5, 0.5, 0], atol=1e-9)


def test_not_worse_than_the_best_single_candidate() -> None:
    for seed in range(5):
        judged, candidates = library("auc", 6, seed)
        default = Blend(np.array([1.0]), 1.0, np.zeros(1))
        blend = pick_ensemble(candidates, default, judged)
        assert judged.score(blend.logits(candidates)) >= max(judged.score(z) for z in candidates) - 1e-12


def test_an_overconfident_candidate_is_put_right_first() -> None:
    judged, (good, other) = library("log_loss", 2, 3)
    default = Blend(np.array([1.0]), 1.0, np.zeros(3))
    shouting = pick_ensemble([other, 5 * good], default, judged)
    quiet = pick_ensemble([other, good], default, judged)
    assert shouting.weights[1] > 0
    gap = judged.score(quiet.logits([other, good])) - judged.score(shouting.logits([other, 5 * good]))
    assert abs(gap) < 0.02


def test_the_threshold_is_for_two_classes_only() -> None:
    judged, candidates = library("auc", 2, 0)
    blend = pick_ensemble(candidates, Blend(np.array([1.0]), 1.0, np.zeros(1)), judged)
    threshold = threshold_of(blend, candidates, judged)
    assert threshold is not None and 0 < threshold < 1
    judged, candidates = library("rmse", 2, 0)
    assert threshold_of(blend, candidates, judged) is None


def test_merged_trees_are_the_weighted_mean() -> None:
    ground = setting("multiclass")
    (train, valid), problem = ground.folds[0], ground.problem
    parts: list[tuple[float, TreesMember]] = []
    for weight, leaves in ((0.6, 4), (0.2, 9)):
        fit = fit_trees(
            train.x, train.y, None, problem.blocks, problem.task, valid=None,
            config=TreesConfig(rounds=9, leaves=leaves), seed=0,
        )  # fmt: skip
        parts.append((weight, TreesMember(fit.member.inputs, truncated(fit.member.forest, 3 * 3 * leaves // 4))))
    expected = (0.6 * parts[0][1].logits(valid.x) + 0.2 * parts[1][1].logits(valid.x)) / 0.8
    np.testing.assert_allclose(merged_trees(parts).logits(valid.x), expected, atol=1e-10)
