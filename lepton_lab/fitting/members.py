"""Grow every member on every fold, then once more on all rows, as far as time and the user allow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np

from lepton_lab.fitting.budget import Budget, can_regrow
from lepton_lab.fitting.early_import import EarlyImport
from lepton_lab.fitting.grow import (
    NothingGrownError,
    grow_linear,
    grow_network,
    grow_popularity,
    popularity_of,
    regrow_linear,
    regrow_network,
)
from lepton_lab.fitting.grow_trees import grow_trees, regrow_trees
from lepton_lab.fitting.grown import Grown, best_end, out_of_fold
from lepton_lab.fitting.kept import Kept, Place
from lepton_lab.fitting.problem import Problem
from lepton_lab.fitting.recipe import Recipe
from lepton_lab.fitting.scores import measuring_s
from lepton_lab.fitting.telling import in_fold
from lepton_lab.members.member import Member
from lepton_lab.training.control import Control
from lepton_lab.training.ending import Ending

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
        measuring_s: how long measuring the result will take, told where there is a deadline.
    """

    folds: tuple[np.ndarray, ...]
    final: tuple[Member, ...] = ()
    judged: dict[str, list[np.ndarray]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    measuring_s: float = 0.0


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

    def begins(self, growth: str) -> bool:
        """Whether a growth is begun at all, `trees-2` say: not after a stop, nor where the fit repeated did not."""
        if self.control.stop.is_set():
            return False
        return self.kept.repeat is None or self.kept.repeat.has(growth)

    def note(self, what: str) -> None:
        """Say why a member is not begun; a repeat says it too."""
        self.found.notes.append(what)
        self.kept.course.notes.append(what)

    def part_control(self, part: str) -> Control:
        latest = self.budget.latest(part)
        return replace(self.control, deadline=self.budget.begin(part), latest=latest)

    def expect_measuring(self) -> None:
        """Keep back the time that measuring the result will take, told by measuring the linear member."""
        judged = self.found.judged.get(self.recipe.members[0])
        if self.control.deadline is None or not judged:
            return
        rows, n_rows = self.problem.rows.take(self.found.folds[0]), sum(map(len, self.found.folds))
        expected_s = measuring_s(self.problem.task, rows.y, judged[0], rows.counted, n_rows)
        self.budget.measuring_s = self.found.measuring_s = expected_s


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
        kept: where finished growths are kept, and the course to repeat.
        folded: whether the folds take turns over the rows, so that members are grown once more on all.
    """
    regrown = folded or (recipe.refit and can_regrow(control.remaining_s()))
    parts = [name for name in recipe.members for _ in range(len(folds) + regrown)]
    found = Members(tuple(valid for _, valid in folds))
    growing = _Growing(problem, folds, recipe, control, kept, Budget(control.deadline, parts), found)
    if kept.repeat is not None:
        for note in kept.repeat.notes:
            growing.note(note)
    _grow(growing, recipe.members[0], regrown)
    growing.expect_measuring()
    trees_library = EarlyImport("lightgbm") if "trees" in recipe.members else None
    if not _is_over(growing, "network"):
        _grow(growing, "network", regrown)
    if trees_library is not None and not _is_over(growing, "trees"):
        if trees_library.wait(replace(control, deadline=growing.budget.end())) == "deadline":
            growing.note("trees: left out, as importing LightGBM took the rest of the time budget.")
        elif growing.begins("trees-0"):
            _grow(growing, "trees", regrown)
    return found


def _is_over(growing: _Growing, name: str) -> bool:
    if not growing.begins(f"{name}-0"):
        return True
    if not growing.budget.is_worth(name):
        growing.note(f"{name}: left out, as the time budget was nearly spent.")
        return True
    return False


def _grow(growing: _Growing, name: str, regrown: bool) -> None:
    """Grow one member on the folds, and keep the model grown on all rows, or the first fold's."""
    grown = _grow_on_folds(growing, name)
    if not grown:
        return
    final: Member = grown[0].best
    if regrown and growing.begins(f"{name}-all"):
        final = _grow_on_all(growing, name, best_end(grown), final) or final
    growing.found.final += (final,)
    growing.found.judged[name] = out_of_fold(grown)
    growing.found.notes += list(dict.fromkeys(g.message for g in grown if g.message))


def _grow_on_folds(growing: _Growing, name: str) -> list[Grown]:
    grown: list[Grown] = []
    for k, (train, valid) in enumerate(growing.folds):
        if k and not growing.begins(f"{name}-{k}"):
            break
        control = in_fold(growing.part_control(name), k, len(growing.folds))
        place = growing.kept.place(f"{name}-{k}")
        one = _attempt(growing, place, lambda t=train, v=valid, c=control, p=place: _grow_one(growing, t, v, c, p))
        if one is None:
            break
        grown.append(one)
    return grown


def _grow_one(growing: _Growing, train: np.ndarray, valid: np.ndarray, control: Control, place: Place) -> Grown:
    problem, recipe = growing.problem, growing.recipe
    learn, judge = problem.rows.take(train), problem.rows.take(valid)
    name = place.name.partition("-")[0]
    if name == "popularity":
        return grow_popularity(problem, learn, judge, control, place, recipe.network.metric)
    if name == "linear":
        return grow_linear(problem, learn, judge, control, place, recipe.network.metric)
    if name == "trees":
        return grow_trees(problem, learn, judge, recipe, control, place)
    return grow_network(problem, learn, judge, recipe, control, place, patient=len(growing.folds) > 1)


def _grow_on_all(growing: _Growing, name: str, end: float, near: Member) -> Member | None:
    problem, recipe = growing.problem, growing.recipe
    control, place = growing.part_control(name), growing.kept.place(f"{name}-all")
    if name in ("linear", "popularity"):
        place.ended(Ending())
    if name == "popularity":
        return popularity_of(problem, problem.rows)
    if name == "linear":
        return regrow_linear(problem, problem.rows, end, near)
    regrow: Callable[..., Member] = regrow_trees if name == "trees" else regrow_network
    return _attempt(growing, place, lambda: regrow(problem, problem.rows, recipe, end, control, place))


def _attempt(growing: _Growing, place: Place, work: Callable[[], T]) -> T | None:
    """The work's result; where a member cannot be grown, a note instead, and training goes on.

    What came to nothing in the fit that is repeated is not tried again.
    """
    failure = "" if place.repeat is None else place.repeat.failure
    try:
        if not failure:
            return work()
    except NothingGrownError as error:
        failure = str(error)
    except MemoryError:
        failure = "memory ran out while a member was grown; it was left out."
    growing.found.notes.append(failure)
    place.failed(failure)
    return None
