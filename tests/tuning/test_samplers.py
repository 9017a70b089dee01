"""Optuna's samplers through our ask and tell."""

from __future__ import annotations

import math
import sys

import pytest

from lepton_lab.errors import MissingPackageError, OptionError
from lepton_lab.tuning.samplers import SAMPLERS, Sampler
from lepton_lab.tuning.space import DEFAULT, Choice, Range, read_space

SPACE = read_space({"learning_rate": (1e-4, 1e-1), "size": ["small", "large"]}).of("network")


def searched(name: str, seed: int, n_batches: int = 4) -> list[dict]:
    """Points of a few batches on a response whose best learning rate is 1e-2."""
    sampler = Sampler(name, SPACE, seed=seed, higher_is_better=False)
    sampler.add({"learning_rate": 1e-3, "size": "small"}, 1.0)
    points = []
    for _ in range(n_batches):
        asked = sampler.ask(8)
        for ticket, params in asked:
            value = abs(math.log10(params["learning_rate"]) + 2)
            sampler.tell(ticket, [value + 0.1, value], is_complete=value < 0.5)
        points += [params for _, params in asked]
    return points


@pytest.mark.parametrize("name", SAMPLERS)
def test_the_same_seed_asks_the_same_points_and_all_lie_inside(name: str) -> None:
    one, again, other = searched(name, 1), searched(name, 1), searched(name, 2)
    assert one == again
    assert one != other
    for params in one:
        assert 1e-4 <= params["learning_rate"] <= 1e-1 and params["size"] in ("small", "large")


@pytest.mark.parametrize("name", ["tpe", "evolution"])
def test_what_is_told_is_learned_from(name: str) -> None:
    def miss(sampler: str) -> float:
        later = searched(sampler, 0, n_batches=10)[40:]
        return sum(abs(math.log10(p["learning_rate"]) + 2) for p in later)

    assert miss(name) < 0.75 * miss("random")


def test_a_grid_walks_its_levels_and_then_has_nothing_more() -> None:
    space = {"learning_rate": Range(1e-3, 1e-1, log=True), "size": Choice(("small", "large"))}
    sampler = Sampler("grid", space, seed=0, higher_is_better=False)
    points = []
    for _ in range(4):
        asked = sampler.ask(4)
        for ticket, _ in asked:
            sampler.tell(ticket, [1.0], is_complete=True)
        points += [tuple(params.values()) for _, params in asked]
    assert len(points) == len(set(points)) == 6
    assert sorted({p[0] for p in points}) == pytest.approx([1e-3, 1e-2, 1e-1])


def test_a_trial_without_a_value_is_no_news() -> None:
    sampler = Sampler("tpe", SPACE, seed=0, higher_is_better=True)
    ((ticket, _),) = sampler.ask(1)
    sampler.tell(ticket, [float("nan")], is_complete=False)
    sampler.add({"learning_rate": 1e-3, "size": "small"}, float("nan"))
    assert len(sampler.ask(2)) == 2


def test_an_unknown_sampler_and_a_missing_optuna(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OptionError, match="Did you mean 'random'"):
        Sampler("ranodm", SPACE, seed=0, higher_is_better=True)
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(MissingPackageError, match=r"pip install 'lepton-lab\[tune\]'"):
        Sampler("tpe", DEFAULT.of("network"), seed=0, higher_is_better=True)


def test_optunas_own_settings_come_back() -> None:
    import optuna

    before = optuna.logging.get_verbosity()
    Sampler("tpe", SPACE, seed=0, higher_is_better=True).ask(1)
    assert optuna.logging.get_verbosity() == before
