"""Functions that answer differently each time: never exact, said so, and with intervals that hold the mean answer."""

from __future__ import annotations

import numpy as np
import pytest

from lepton_lab.explanation.explain_function import ask_function, explain_function
from lepton_lab.explanation.explain_interactions import interactions_function
from lepton_lab.explanation.options import ExplainOptions
from lepton_lab.explanation.stream import explanations
from tests.explanation.models import table
from tests.reference import shapley
from tests.reference.interactions import interaction_values

X, BACKGROUND = table(1, 6, 3).astype(np.float64), table(2, 9, 3).astype(np.float64)
BACKGROUND[:3, 0] = X[0, 0]
NOTE = "answers the same rows differently each time"


def mean_answer(x):
    x = np.asarray(x)
    return np.sin(x[:, 0]) * x[:, -1] + x.sum(axis=1)


def noisy(seed, scale=0.3):
    rng = np.random.default_rng(seed)
    return lambda x: mean_answer(x) + scale * rng.normal(size=len(x))


@pytest.mark.parametrize("n_columns", [1, 2, 3])
def test_intervals_hold_the_values_of_the_mean_answer(n_columns):
    """One column has only whole rows, which all walks share; several have walks too."""
    x, background = X[:, :n_columns], BACKGROUND[:, :n_columns]
    wanted = shapley.shapley_values(lambda z: mean_answer(z)[:, None], x, background)[:, :, 0]
    runs = [explain_function(noisy(k), x, background, options=ExplainOptions(seed=k)) for k in range(25)]
    for found in runs:
        assert not found.exact and any(NOTE in note for note in found.notes)
        assert found.additivity_gap < 1e-9
    error = np.stack([found.error_std for found in runs])
    off = np.abs(np.stack([found.values for found in runs]) - wanted)
    real = wanted != 0
    assert 0.85 < np.mean((off <= 2.2 * error)[:, real]) <= 1
    assert 0.6 < np.sqrt(np.mean((off / np.where(real, error, 1))[:, real] ** 2)) < 1.5


def test_the_note_says_by_how_much():
    found = explain_function(noisy(0, scale=0.5), X, BACKGROUND)
    (note,) = (note for note in found.notes if NOTE in note)
    said = float(note.split("asked twice, by ")[1].split(" ")[0])
    assert 0.5 * 0.5 * np.sqrt(2) < said < 2 * 0.5 * np.sqrt(2)


def test_more_work_makes_them_narrower():
    few, many = (explain_function(noisy(1), X, BACKGROUND, options=ExplainOptions(n_walks=n)) for n in (2, 256))
    assert many.error_std.mean() < few.error_std.mean() and not many.exact
    *_, last = explanations(
        ask_function(noisy(2), X, BACKGROUND), ExplainOptions(halfwidth=0.2), ExplainOptions().pace()
    )
    assert not last.exact and any(NOTE in note for note in last.notes)


@pytest.mark.parametrize(
    "fn",
    [
        mean_answer,
        lambda x: mean_answer(np.asarray(x, np.float32)),
        lambda x: mean_answer(x) + 1e6,
        lambda x: mean_answer(x) * (1 + 1e-7 * np.random.default_rng().normal(size=len(x))),
    ],
)
def test_rounding_is_no_noise(fn):
    found = explain_function(fn, X, BACKGROUND)
    assert found.exact and not found.notes


def test_dropout_that_was_left_on_is_noticed():
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(3, 16), torch.nn.Tanh(), torch.nn.Dropout(0.2), torch.nn.Linear(16, 1))
    net.train()

    def predict(x):
        with torch.no_grad():
            return net(torch.tensor(x, dtype=torch.float32)).numpy()

    found = explain_function(predict, X, BACKGROUND)
    assert not found.exact and any("dropout" in note for note in found.notes) and (found.error_std > 0).all()


def test_answers_that_depend_on_the_other_rows_of_a_call():
    """As batch statistics do: the same rows in other company are answered otherwise."""
    found = explain_function(lambda x: np.asarray(x)[:, 0] / np.asarray(x)[:, 0].std(), X, BACKGROUND)
    assert not found.exact and any(NOTE in note for note in found.notes)


def test_interactions_are_not_exact_and_their_intervals_hold():
    wanted = interaction_values(lambda z: mean_answer(z)[:, None], X, BACKGROUND)[..., 0]
    inside = []
    for k in range(12):
        found = interactions_function(noisy(k), X, BACKGROUND, options=ExplainOptions(seed=k))
        assert not found.exact and any(NOTE in note for note in found.notes) and found.additivity_gap < 1e-9
        inside.append(np.abs(found.values - wanted) <= 2.2 * found.error_std + 1e-12)
    assert np.mean(inside) > 0.88
