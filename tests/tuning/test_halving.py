"""Successive halving on responses whose winner is known."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lepton_lab.tuning.halving import SHARES, ranked, successive_halving


def curves(n: int, seed: int) -> np.ndarray:
    """Losses `(trial, rung)` that fall to a floor of their own; rungs rank trials as the last does."""
    floor = np.random.default_rng(seed).permutation(n) / n
    return floor[:, None] + 3 * np.exp(-4 * np.array(SHARES))


@given(st.integers(1, 40), st.integers(0, 5), st.booleans())
def test_the_best_survives_where_rungs_rank_alike(n: int, seed: int, higher: bool) -> None:
    losses = curves(n, seed)
    values = -losses if higher else losses
    seen: list[list[int]] = []

    def reach(numbers, rung):
        seen.append(list(numbers))
        return {i: float(values[i, rung]) for i in numbers}

    left = successive_halving(range(n), 3, reach, higher_is_better=higher)
    assert left[0] == int(np.argmin(losses[:, -1]))
    sizes = [len(numbers) for numbers in seen]
    second = max(1, round(n / 3))
    assert sizes == [n, second, max(1, round(second / 3))]
    order = np.argsort(losses[:, 0], kind="stable")
    assert set(seen[1]) == set(order[: sizes[1]].tolist())


def test_a_trial_without_a_value_is_out_and_equals_keep_their_order() -> None:
    assert ranked({0: float("nan"), 1: 2.0, 2: 1.0, 3: 1.0}, higher_is_better=False) == [2, 3, 1]

    def reach(numbers, rung):
        return {i: float(i) for i in numbers if i != 0}

    assert successive_halving([0, 1, 2], 2, reach, higher_is_better=False) == [1]
    assert successive_halving([0, 1, 2], 2, lambda numbers, rung: {}, higher_is_better=False) == []


def test_at_least_so_many_go_on() -> None:
    reached: list[int] = []

    def reach(numbers, rung):
        reached.append(len(numbers))
        return {i: float(i) for i in numbers}

    successive_halving(range(5), 3, reach, higher_is_better=True, at_least=2)
    assert reached == [5, 2, 2]
