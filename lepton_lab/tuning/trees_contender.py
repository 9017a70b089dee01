"""A trial of the boosted trees: one booster a fold, kept between rungs and grown on from there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lepton_lab.fitting.grow_trees import regrow_trees, trees_grown
from lepton_lab.fitting.grown import Grown
from lepton_lab.fitting.kept import Kept
from lepton_lab.members.growing_trees import GrowingTrees
from lepton_lab.members.member import Member
from lepton_lab.members.trees import TreesMember
from lepton_lab.training.control import Control
from lepton_lab.training.progress import Progress
from lepton_lab.tuning.contender import Stored, ended_of
from lepton_lab.tuning.setting import Setting
from lepton_lab.tuning.settings import trees_settings

if TYPE_CHECKING:
    from lepton_lab.fitting.problem import Rows

_STOPPED = ("interrupt", "deadline")
# Trees seldom need all their rounds: rungs before the last are shares of what they usually do.
_USUAL_END = 0.3


class TreesContender:
    """Hyperparameters of the trees, and how far each fold has grown."""

    member = "trees"

    def __init__(self, setting: Setting, params: Mapping[str, Any]) -> None:
        self.params = params
        self._setting = setting
        self.config = trees_settings(setting.recipe, params)
        self._growing: list[GrowingTrees] = []
        self._found: list[Grown] = []

    def reach(self, rung: int, control: Control) -> str:
        """Grow every fold to a rung's share of its rounds, one after another."""
        share = self._setting.shares[rung]
        rounds = max(1, round(self.config.rounds * (share if share >= 1 else _USUAL_END * share)))
        if not self._growing:
            self._growing = [self._begin(train, valid) for train, valid in self._setting.folds]
        self._found = []
        return ended_of([self._grow(growing, rounds, control) for growing in self._growing])

    def grown(self) -> list[Grown]:
        """How each fold grew."""
        if not self._found and self._growing and all(growing.losses for growing in self._growing):
            problem, folds, beside = self._setting.problem, self._setting.folds, self._setting.beside
            self._found = [
                trees_grown(problem, valid, growing.fit().member, growing.losses, growing.ended, one)
                for growing, (_, valid), one in zip(self._growing, folds, beside, strict=True)
            ]
        return self._found

    def release(self) -> None:
        """Keep the grown members, let the boosters go."""
        self.grown()
        self._growing = []

    def full_s(self) -> float | None:
        """Nothing of it is compiled: its trial's seconds tell."""
        return None

    def stored(self) -> Stored:
        """The trees themselves. LightGBM's own state is not kept: a killed trial that goes on grows them again."""
        arrays, folds = {}, []
        for fold, growing in enumerate(self._growing):
            member = growing.fit().member
            arrays |= {f"{fold}.{name}": array for name, array in member.arrays().items()}
            folds.append({"config": member.config_json(), "losses": growing.losses, "ended": growing.ended})
        return arrays, {"folds": folds}

    def restore(self, stored: Stored) -> bool:
        """Show what had grown. It cannot be grown further, only again."""
        arrays, meta = stored
        if len(meta.get("folds", ())) != len(self._setting.folds):
            return False
        self._found = [
            trees_grown(self._setting.problem, valid, _member(arrays, fold, kept), kept["losses"], kept["ended"], one)
            for fold, (kept, (_, valid), one) in enumerate(
                zip(meta["folds"], self._setting.folds, self._setting.beside, strict=True)
            )
        ]
        return True

    def regrow(self, end: float, control: Control, kept: Kept, name: str) -> Member:
        """The trees grown for a number of rounds on all rows."""
        problem, recipe = self._setting.problem, replace(self._setting.recipe, trees=self.config)
        return regrow_trees(problem, problem.rows, recipe, end, control, kept.place(name))

    def _begin(self, train: Rows, valid: Rows) -> GrowingTrees:
        problem = self._setting.problem
        return GrowingTrees(
            train.x, train.y, train.weights, problem.blocks, problem.task,
            valid=(valid.x, valid.y, valid.weights), config=self.config, seed=problem.seed,
        )  # fmt: skip

    def _grow(self, growing: GrowingTrees, rounds: int, control: Control) -> str:
        if growing.ended in _STOPPED:
            growing.go_on()
        growing.grow_to(rounds, lambda done, loss: _told(control))
        return growing.ended if growing.ended in _STOPPED else ""


def _told(control: Control) -> str:
    control.report(Progress(stage="trees", member="trees"))
    return control.ended()


def _member(arrays: dict[str, np.ndarray], fold: int, kept: Mapping[str, Any]) -> TreesMember:
    mine = {name.removeprefix(f"{fold}."): a for name, a in arrays.items() if name.startswith(f"{fold}.")}
    return TreesMember.from_arrays(mine, dict(kept["config"]))
