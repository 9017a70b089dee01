"""Which columns move a network that trains: against Shapley values by their definition, and its own small cost."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable

import numpy as np
import pytest

from lepton_lab.training import probe
from lepton_lab.training.attribution import Attribution
from lepton_lab.training.probe import Probe
from lepton_lab.training.progress import Progress
from tests.networks.examples import blocks
from tests.reference.shapley import shapley_values
from tests.training.problems import CONFIG, Recorder, control, train, xor


@pytest.fixture(autouse=True)
def early_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "FIRST_S", 0.0)
    monkeypatch.setattr(probe, "EVERY_S", 0.0)


def test_of_two_columns_it_is_the_mean_of_their_shapley_values() -> None:
    """One walk and its reverse are all orders of two columns: nothing is left to chance."""
    problem = dataclasses.replace(xor(), blocks=blocks(0, 0), x=xor().x[:, :2])
    member = train(problem, config=CONFIG).member
    assert member is not None
    looked = Probe(problem.blocks, problem.x, 0)
    found = looked.look(member, float("inf"))
    assert found is not None
    side = member.project(looked._x).astype(np.float64)
    mean = side.mean(0)

    def answers(row: int) -> Callable[[np.ndarray], np.ndarray]:
        def of(inside: np.ndarray) -> np.ndarray:
            hidden = member.bias + np.einsum("sj,jh->sh", inside, side[row] - mean) + mean.sum(0)
            return member.rest(hidden.astype(np.float32))

        return of

    whole, none = np.ones((1, 2)), np.zeros((1, 2))
    each = np.array([shapley_values(answers(row), whole, none)[0, :, 0] for row in range(len(side))])
    wanted = dict(zip(("column 0", "column 1"), np.abs(each).mean(0), strict=True))
    assert dict(zip(found.columns, found.values, strict=True)) == pytest.approx(wanted, rel=2e-3)
    assert min(wanted.values()) > 0.1, "the network has learned something"


def test_a_column_that_gives_the_target_away_takes_nearly_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "MOST_SHARE", 1.0)
    problem = xor()
    x = problem.x.copy()
    x[:, 2] = 4.0 * problem.y
    recorder = Recorder()
    train(dataclasses.replace(problem, x=x), control=control(recorder))
    last = [p.attribution for p in recorder.seen if p.attribution is not None][-1]
    assert last.columns[0] == "column 2"
    assert "'column 2' alone has" in last.warning


def test_looking_changes_nothing_that_is_learned(monkeypatch: pytest.MonkeyPatch) -> None:
    looked = train(xor(), config=CONFIG).member
    monkeypatch.setattr(Probe, "look", lambda *_: None)
    not_looked = train(xor(), config=CONFIG).member
    assert looked is not None and not_looked is not None
    np.testing.assert_array_equal(looked.params.flat, not_looked.params.flat)


def test_a_look_that_is_slow_comes_seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = xor()
    member = train(problem, config=CONFIG).member
    assert member is not None
    now = [100.0]

    def slow(*_: object) -> np.ndarray:
        now[0] += 0.05
        return np.ones(len(problem.blocks))

    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(probe, "walks_of", lambda _: slow)
    looked, n_looks = Probe(problem.blocks, problem.x, 0), 0
    for now[0] in np.arange(100.0, 130.0, 0.01):
        n_looks += looked.look(member, float("inf")) is not None
    assert 6 <= n_looks <= 8  # the first may have been compiled; 50 ms are one hundredth of five seconds
    early = Probe(problem.blocks, problem.x, 0)
    assert early.look(member, 0.5) is None, "the end is near, and the look may have to be compiled"


@pytest.mark.parametrize(
    ("n_columns", "n_rows", "wanted"), [(14, 500, 32), (40, 500, 8), (2, 5, 4), (500, 99, 8), (3, 1, 1)]
)
def test_few_rows_are_walked(n_columns: int, n_rows: int, wanted: int) -> None:
    assert probe._rows_for(n_columns, n_rows) == wanted


def test_many_columns_are_told_as_the_strongest_and_a_rest() -> None:
    found = Attribution.of(tuple(f"c{i}" for i in range(200)), np.arange(200.0), 8)
    assert (len(found.columns), found.columns[0], found.n_columns) == (20, "c199", 200)
    assert sum(found.values) + found.rest == pytest.approx(199 * 100)
    assert found.warning == ""
    back = Progress.from_json(Progress(attribution=found).to_json())
    assert back.attribution == found
