"""SAGE: against every coalition, by its sum, and by the coverage of its intervals."""

from __future__ import annotations

import threading

import numpy as np
import pandas as pd
import pytest

import lepton_lab as ll
from lepton_lab.errors import ColumnError, ExplanationError, OptionError
from lepton_lab.explanation.ask_loss import _TrainedPredictions, function_loss_importance, trained_loss_importance
from lepton_lab.explanation.estimate import Pace
from lepton_lab.explanation.groups import groups_of
from lepton_lab.explanation.loss_importance import LossGame, LossOptions, loss_values
from tests.reference.sage import sage_values
from tests.small_models import small_frame, small_model


def squared(mean, truth):
    return (mean[0] - truth) ** 2


def crossed(x):
    return (x[:, 0] * x[:, 1] + x[:, 2] - 0.5 * x[:, 3])[:, None]


def drawn(seed, n, d=4):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, d))
    return x, crossed(x)[:, 0] + 0.3 * rng.normal(size=n)


def by_name(importance):
    return dict(zip(importance.feature_names, importance.values, strict=True))


def test_two_players_take_one_pair_of_orders():
    """An order and its reverse are all orders of two players, so groups of two are exact at once."""
    x, y = drawn(0, 12)
    background = drawn(1, 5)[0]
    groups = {"first": ["feature 0", "feature 2"], "second": ["feature 1", "feature 3"]}
    found = function_loss_importance(crossed, x, y, background, groups=groups)
    wanted = sage_values(crossed, squared, x, y, background, np.full(5, 0.2), [(0, 2), (1, 3)]).mean(axis=0)
    np.testing.assert_allclose([by_name(found)[name] for name in ("first", "second")], wanted, atol=1e-6)


def test_many_orders_come_to_the_values_of_every_coalition():
    x, y = drawn(2, 10)
    background = drawn(3, 4)[0]
    found = function_loss_importance(crossed, x, y, background, options=LossOptions(n_rounds=60))
    wanted = sage_values(crossed, squared, x, y, background, np.full(4, 0.25), [(0,), (1,), (2,), (3,)]).mean(axis=0)
    off = np.abs(found.values - wanted[found.order])
    assert (off <= 4 * found.orders_std + 1e-9).all()
    assert off.max() < 0.1 * np.abs(wanted).max()
    assert found.n_orders == 2 * 60 * 10


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_values_add_up_to_the_loss_taken_off(task):
    model = small_model(task)
    table = model.seen.take(np.arange(12))
    x, background = model.encoder.encode(table), np.asarray(model.background_x, np.float32)
    found = trained_loss_importance(model, x, table.y)
    assert found.values.sum() == pytest.approx(found.base_loss - found.loss, rel=1e-9)
    shown = model.task.probability(model.logits_x(x)) if model.classes else model.logits_x(x)
    mean = (model.task.probability(model.logits_x(background)) if model.classes else model.logits_x(background)).mean(0)
    if model.classes:
        assert found.loss == pytest.approx(-np.log(shown[np.arange(12), table.y]).mean(), rel=1e-5)
        assert found.base_loss == pytest.approx(-np.log(mean[table.y]).mean(), rel=1e-5)
    else:
        assert found.loss == pytest.approx(((shown[:, 0] - table.y) ** 2).mean(), rel=1e-4)
        assert found.base_loss == pytest.approx(((mean[0] - table.y) ** 2).mean(), rel=1e-4)


@pytest.mark.parametrize("task", ["multiclass", "regression"])
def test_mixes_are_those_of_whole_rows(task):
    model = small_model(task)
    x = model.encoder.encode(model.seen.take(np.arange(3)))
    background = np.asarray(model.background_x[:7], np.float32)
    masks = np.random.default_rng(4).random((6, x.shape[1])) < 0.5
    found = _TrainedPredictions(model, x, background)(2, masks)
    logits = model.logits_x(np.where(masks[:, None], x[2], background).reshape(-1, x.shape[1]))
    wanted = model.task.probability(logits) if model.classes else logits
    np.testing.assert_allclose(found, wanted.reshape(found.shape), rtol=1e-5, atol=1e-5)


def test_the_intervals_cover_the_value_over_all_rows():
    """Fifty rows of four hundred, a hundred and twenty times: rows and orders together make the error."""
    x, y = drawn(5, 400)
    background, weights = drawn(6, 3)[0], np.array([0.5, 0.3, 0.2])
    truth = sage_values(crossed, squared, x, y, background, weights, [(0,), (1,), (2,), (3,)]).mean(axis=0)
    players, rng = groups_of(None, list("abcd")), np.random.default_rng(7)
    hits = []
    for seed in range(120):
        rows = rng.integers(0, 400, 50)

        def predictions(row, masks, rows=rows):
            mixed = np.where(masks[:, None], x[rows[row]], background)
            return crossed(mixed.reshape(-1, 4)).reshape(*mixed.shape[:2], 1)

        def losses(row, mean, rows=rows):
            return (mean[:, 0] - y[rows[row]]) ** 2

        game = LossGame(players, 50, predictions, weights, losses, "squared error")
        found = loss_values(game, LossOptions(seed=seed))
        hits.append((found.lower_bounds <= truth[found.order]) & (truth[found.order] <= found.upper_bounds))
    assert 0.91 <= np.mean(hits) <= 0.98


def test_a_column_that_is_not_used_takes_nothing_off():
    x, y = drawn(8, 15, d=5)
    found = function_loss_importance(crossed, x, y, drawn(9, 4, d=5)[0])
    assert abs(by_name(found)["feature 4"]) < 1e-12


def test_a_half_width_is_met_or_said_to_take_more_rows():
    x, y = drawn(10, 30)
    background = drawn(11, 3)[0]
    easy = function_loss_importance(crossed, x, y, background, options=LossOptions(halfwidth=100.0))
    assert easy.n_orders == 60 and easy.notes == ()
    hard = function_loss_importance(crossed, x, y, background, options=LossOptions(halfwidth=1e-3))
    assert hard.n_orders > 60
    assert "only more rows would narrow them" in hard.notes[0]


def test_a_stop_keeps_the_rows_done():
    x, y = drawn(12, 30)
    stop, heard = threading.Event(), []

    def listen(progress):
        heard.append(progress)
        if len(heard) == 7:
            stop.set()

    found = function_loss_importance(crossed, x, y, options=LossOptions(pace=Pace(stop=stop, report=listen)))
    assert found.n_rows == 7
    assert found.notes == ("stopped after 7 of 30 rows, taken at random.",)
    assert found.values.sum() == pytest.approx(found.base_loss - found.loss)


def test_log_loss_of_a_classifiers_probabilities():
    from sklearn.linear_model import LogisticRegression

    x, y = drawn(13, 40)
    df = pd.DataFrame(x, columns=list("abcd"))
    truth = np.where(y > 0, "yes", "no")
    clf = LogisticRegression().fit(df, truth)
    found = ll.loss_importance(clf.predict_proba, df, truth, background=df.iloc[:20])
    shares = clf.predict_proba(df)[np.arange(40), (truth == "yes").astype(int)]
    assert found.unit == "log-loss"
    assert found.loss == pytest.approx(-np.log(shares).mean())
    one = ll.loss_importance(lambda d: clf.predict_proba(d)[:, 1], df, y > 0, background=df.iloc[:20], loss="log_loss")
    np.testing.assert_allclose(one.values, found.values)


def test_errors_say_what_to_do():
    model, (x, y) = small_model("binary"), drawn(14, 10)
    df = small_frame("binary")
    with pytest.raises(ExplanationError, match="no column 'outcome'"):
        ll.loss_importance(model, df.drop(columns="outcome"))
    with pytest.raises(ColumnError, match="Did you mean 'amount'"):
        ll.loss_importance(model, df, groups={"both": ["amonut", "age"]})
    with pytest.raises(OptionError, match="what is true of the rows"):
        ll.loss_importance(crossed, x)
    with pytest.raises(OptionError, match=r"loss='log_los' is not known. Did you mean 'log_loss'"):
        ll.loss_importance(crossed, x, y, loss="log_los")
    with pytest.raises(ExplanationError, match="10 classes and the function returns 1 columns"):
        ll.loss_importance(crossed, x, y, loss="log_loss")
    with pytest.raises(ExplanationError, match=r"y has shape \(4,\) for 10 rows"):
        function_loss_importance(crossed, x, y[:4])
    with pytest.raises(OptionError, match=r"halfwidth=-1.0"):
        ll.loss_importance(crossed, x, y, halfwidth=-1.0)
