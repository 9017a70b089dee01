"""The schedule: warm-up, cosine, and an end inside the time there is."""

from __future__ import annotations

import pytest

from lepton_lab.training.batches import RowStream
from lepton_lab.training.pace import CHUNK_S, Pace


def test_the_learning_rate_warms_up_and_decays_to_zero() -> None:
    pace = Pace(1000)
    rates = [pace.learning_rate(step) for step in range(1001)]
    assert 0 < rates[0] < 0.05 and rates[50] == pytest.approx(1, abs=0.02) and rates[1000] == pytest.approx(0, abs=1e-9)
    assert rates[525] == pytest.approx(0.5, abs=0.01)
    assert rates[:50] == sorted(rates[:50]) and rates[51:] == sorted(rates[51:], reverse=True)


def test_too_little_time_moves_the_end_without_a_jump() -> None:
    pace = Pace(10_000)
    pace.timed(100, 0.1, 0.2)  # 2 ms a step
    before = pace.learning_rate(2000)
    pace.fit_into(2000, remaining_s=4.0)
    assert 2000 + 1700 < pace.end < 2000 + 2000
    assert pace.learning_rate(2000) == pytest.approx(before)
    assert pace.learning_rate(pace.end) == pytest.approx(0, abs=1e-9)
    assert pace.remaining_s(2000) < 4.0


def test_enough_time_changes_nothing() -> None:
    pace = Pace(1000)
    pace.timed(100, 0.1, 0.2)
    for remaining_s in (100.0, float("inf")):
        pace.fit_into(500, remaining_s)
        assert (pace.end, pace.anchor) == (1000, 0)


def test_time_that_comes_back_is_used_but_never_more_than_planned() -> None:
    pace = Pace(1000)
    pace.timed(10, 0.1, 1.0)
    pace.fit_into(100, 10.0)
    shortened = pace.end
    pace.step_s = 0.001
    pace.fit_into(110, 9.0)
    assert shortened < 300 and pace.end == 1000


def test_a_chunk_is_short_whatever_a_step_costs() -> None:
    pace = Pace(1000)
    assert pace.chunk() == 16
    for step_s in (1e-4, 3e-3, 5.0):
        pace = Pace(1000)
        pace.timed(1, step_s, step_s)
        assert pace.chunk() * step_s <= max(1.001 * CHUNK_S, step_s)


@pytest.mark.parametrize(("n_rows", "batch"), [(10, 4), (4, 10), (7, 7), (1, 3)])
def test_every_pass_sees_every_row_once_however_it_is_cut(n_rows: int, batch: int) -> None:
    whole = RowStream(n_rows, batch, seed=1).rows(0, 5 * n_rows).ravel()
    passes = whole[: 5 * batch * n_rows // n_rows * n_rows].reshape(-1, n_rows)
    assert all(sorted(one) == list(range(n_rows)) for one in passes)
    cut = RowStream(n_rows, batch, seed=1)
    pieces = [cut.rows(0, 3), cut.rows(3, 1), cut.rows(4, 5 * n_rows - 4)]
    assert (whole == [row for piece in pieces for row in piece.ravel()]).all()
    if n_rows > 4:
        assert (RowStream(n_rows, batch, seed=2).rows(0, 5).ravel() != whole[: 5 * batch]).any()
