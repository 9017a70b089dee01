"""Grow every member on every fold, then once more on all rows, as far as time and the user allow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from lepton_lab.fitting.budget import Budget, can_regrow
from lepton_lab.fitting.early_import import EarlyImport
from lepton_lab.fitting.grow import (
    Kept,
    NothingGrownError,
    grow_linear,
    grow_network,
    grow_trees,
    regrow_linear,
    regrow_network,
    regrow_trees,
)
from lepton_lab.fitting.grown import Grown, best_end, out_of_fold
from lepton_lab.fitting.problem import Problem
from lepton_lab.fitting.recipe import Recipe
from lepton_lab.fitting.telling import in_fold
from lepton_lab.members.member import Member
from lepton_lab.training.control import Control

# The linear member first: it is there within a blink, and a run stopped at once falls back to it.
ORDER = ("linear", "network", "trees")
T = TypeVar("T")
Folds = tuple[tuple[np.ndarray, np.ndarray], ...]


@dataclass
class Members:
    """What was grown.

    Args:
        final: the members to keep.
        judged: for each of them its out-of-fold logits, one array a fold it finished.
        folds: validation rows of each fold, positions in the problem.
        notes: what happened, a sentence each.
    """

    folds: tuple[np.ndarray, ...]
    final: tuple[Member, ...] = ()
    judged: dict[str, list[np.ndarray]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


@dataclass
class _Growing:
    """One call: what its steps share."""

    problem: Problem
    folds: Folds
    recipe: Recipe
    control: Control
    kept: Kept
    budget: Budget
    found: Members

    def part_control(self, part: str) -> Control:
        deadline = self.budget.begin(part)
        return Control(self.control.report, self.control.stop, deadline)


def grow_members(
    problem: Problem,
    folds: Folds,
    recipe: Recipe,
    control: Control,
    kept: Kept,
    *,
    folded: bool,
) -> Members:
    """Grow linear, network and trees.

    Args:
        problem: rows to learn from and to be judged on.
        folds: (train, valid) positions; one of them, or several.
        recipe: settings.
        control: whom to tell, what may end it.
        kept: where finished growths are kept.
        folded: whether the folds take turns over the rows, so that members are grown once more on all.
    """
    regrown = folded or (recipe.refit and can_regrow(control.remaining_s()))
    parts = [name for name in ORDER for _ in range(len(folds) + regrown)]
    found = Members(tuple(valid for _, valid in folds))
    growing = _Growing(problem, folds, recipe, control, kept, Budget(control.deadline, parts), found)
    _grow(growing, "linear", regrown)
    trees_library = EarlyImport("lightgbm")
    if not _is_over(growing, "network"):
        _grow(growing, "network", regrown)
    if not _is_over(growing, "trees") and not trees_library.wait(control):
        _grow(growing, "trees", regrown)
    return found


def _is_over(growing: _Growing, name: str) -> bool:
    if growing.control.stop.is_set():
        return True
    if not growing.budget.is_worth(name):
        growing.found.notes.append(f"{name}: left out, as the time budget was nearly spent.")
        return True
    return False


def _grow(growing: _Growing, name: str, regrown: bool) -> None:
    """Grow one member on the folds, and keep the model grown on all rows, or the first fold's."""
    grown = _grow_on_folds(growing, name)
    if not grown:
        return
    final: Member = grown[0].best
    if regrown and not growing.control.stop.is_set():
        final = _grow_on_all(growing, name, best_end(grown)) or final
    growing.found.final += (final,)
    growing.found.judged[name] = out_of_fold(grown)
    growing.found.notes += list(dict.fromkeys(g.message for g in grown if g.message))


def _grow_on_folds(growing: _Growing, name: str) -> list[Grown]:
    grown: list[Grown] = []
    for k, (train, valid) in enumerate(growing.folds):
        if k and growing.control.stop.is_set():
            break
        control = in_fold(growing.part_control(name), k, len(growing.folds))
        one = _attempt(growing, lambda t=train, v=valid, c=control, k=k: _grow_one(growing, name, t, v, c, k))
        if one is None:
            break
        grown.append(one)
    return grown


def _grow_one(growing: _Growing, name: str, train: np.ndarray, valid: np.ndarray, control: Control, k: int) -> Grown:
    problem, recipe = growing.problem, growing.recipe
    learn, judge = problem.rows.take(train), problem.rows.take(valid)
    if name == "linear":
        return grow_linear(problem, learn, judge, control)
    place = growing.kept.place(f"{name}-{k}")
    if name == "trees":
        return grow_trees(problem, learn, judge, recipe, control, place)
    return grow_network(problem, learn, judge, recipe, control, place, patient=len(growing.folds) > 1)


def _grow_on_all(growing: _Growing, name: str, end: float) -> Member | None:
    problem, recipe = growing.problem, growing.recipe
    control, place = growing.part_control(name), growing.kept.place(f"{name}-all")
    if name == "linear":
        return regrow_linear(problem, problem.rows, end)
    regrow: Callable[..., Member] = regrow_trees if name == "trees" else regrow_network
    return _attempt(growing, lambda: regrow(problem, problem.rows, recipe, end, control, place))


def _attempt(growing: _Growing, work: Callable[[], T]) -> T | None:
    """The work's result; where a member cannot be grown, a note instead, and training goes on."""
    try:
        return work()
    except NothingGrownError as error:
        growing.found.notes.append(str(error))
    except MemoryError:
        growing.found.notes.append("memory ran out while a member was grown; it was left out.")
    return None
