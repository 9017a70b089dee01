"""Tasks: losses against closed forms and finite differences, links, JSON, and metrics that do not fit."""

from __future__ import annotations

import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import expit, softmax
from sklearn.metrics import log_loss

from lepton_lab.errors import DamagedFileError, OptionError
from lepton_lab.tasks import Binary, Multiclass, Regression, Task, metric_of, task_from_json

RNG = np.random.default_rng(0)
TASKS = [Binary("no", "yes"), Multiclass(("a", "b", "c")), Regression(10.0, 4.0)]


def example(task: Task) -> tuple[np.ndarray, np.ndarray]:
    raw = RNG.normal(size=(50, task.n_outputs)).astype(np.float32) * 3
    y = RNG.integers(0, len(task.classes), 50) if task.classes else RNG.normal(10, 4, 50)
    return raw, y


@pytest.mark.parametrize("task", TASKS[:2], ids=lambda t: t.name)
def test_the_loss_of_classes_is_the_log_loss(task: Task) -> None:
    raw, y = example(task)
    mean = float(jnp.mean(task.loss(jnp.asarray(raw), jnp.asarray(task.targets(y)))))
    assert mean == pytest.approx(log_loss(y, task.probability(task.logits(raw))), rel=1e-5)
    assert mean == pytest.approx(task.metrics["log_loss"](y, raw, None), rel=1e-5)


def test_the_loss_of_a_number_is_the_squared_error_of_the_standardised_target() -> None:
    task = TASKS[2]
    raw, y = example(task)
    mean = float(jnp.mean(task.loss(jnp.asarray(raw), jnp.asarray(task.targets(y)))))
    assert mean * 16 == pytest.approx(task.metrics["rmse"](y, task.logits(raw), None) ** 2, rel=1e-4)


@pytest.mark.parametrize("task", TASKS, ids=lambda t: t.name)
def test_losses_stay_finite_and_have_gradients_far_out(task: Task) -> None:
    raw = jnp.full((1, task.n_outputs), 500.0).at[0, 0].set(-500.0)
    targets = jnp.asarray(task.targets(np.array([0])))
    gradient = jax.grad(lambda r: task.loss(r, targets).sum())(raw)
    assert np.isfinite(np.asarray(gradient)).all()


def test_links() -> None:
    z = np.array([[-800.0], [0.0], [3.0], [800.0]])
    np.testing.assert_allclose(TASKS[0].probability(z)[:, 1], expit(z[:, 0]), atol=1e-15)
    np.testing.assert_allclose(TASKS[0].probability(z).sum(axis=1), 1)
    logits = RNG.normal(size=(5, 3)) * 100
    np.testing.assert_allclose(TASKS[1].probability(logits), softmax(logits, axis=1))
    assert TASKS[2].probability(z).shape == (4, 0)


def test_regression_of_a_constant_keeps_a_usable_scale() -> None:
    assert Regression.of(np.full(5, 3.0)) == Regression(3.0, 1.0)


@pytest.mark.parametrize("task", [*TASKS, Binary(False, True), Binary(0, 1), Multiclass((1, 2.5, "x", True))])
def test_json_keeps_the_type_of_classes(task: Task) -> None:
    again = task_from_json(json.loads(json.dumps(task.to_json())))
    assert again == task
    assert [type(c) for c in again.classes] == [type(c) for c in task.classes]


@pytest.mark.parametrize("data", [{}, {"name": "ranking"}, {"name": "binary"}, {"name": "regression", "location": "x"}])
def test_other_json_is_damaged(data: dict) -> None:
    with pytest.raises(DamagedFileError):
        task_from_json(data)


@pytest.mark.parametrize(
    "task, metric, hint", [(TASKS[0], "rmse", "auc"), (TASKS[2], "auc", "rmse"), (TASKS[0], "acuracy", "accuracy")]
)
def test_a_metric_that_does_not_fit_names_those_that_do(task: Task, metric: str, hint: str) -> None:
    with pytest.raises(OptionError, match=hint) as error:
        metric_of(task, metric)
    assert metric in str(error.value)
    assert metric_of(task, None).name == task.default_metric
