"""A trial of the network: one training a fold, each paused at a rung and continued from there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from lepton_lab.fitting.calibrate import mean_loss
from lepton_lab.fitting.grow import regrow_network
from lepton_lab.fitting.grown import Grown
from lepton_lab.fitting.kept import Kept
from lepton_lab.fitting.problem import Rows
from lepton_lab.members.member import Member
from lepton_lab.training import learner
from lepton_lab.training.checkpoint import Checkpoint
from lepton_lab.training.control import Control
from lepton_lab.training.loop import Training, begin_training
from lepton_lab.training.network_member import NetworkMember
from lepton_lab.training.progress import Progress
from lepton_lab.training.together import run_together
from lepton_lab.tuning.contender import Stored, ended_of
from lepton_lab.tuning.setting import Setting
from lepton_lab.tuning.settings import network_settings

# Endings after which there is nothing to go on with; the best weights so far are judged all the same.
_OVER = ("patience", "non-finite loss", "out of memory")
_STOPPED = ("interrupt", "deadline")


class NetworkContender:
    """Hyperparameters of the network, and how far each fold has come."""

    member = "network"

    def __init__(self, setting: Setting, params: Mapping[str, Any]) -> None:
        self.params = params
        self._setting = setting
        several = len(setting.folds) > 1
        config = network_settings(setting.recipe, params)
        # As in the default recipe: one fold's best epoch is not where the others are best.
        patience = 2 * config.patience if several else config.patience
        self.config = replace(config, keep_path=several, patience=patience, metric=None)
        self.shape = (replace(config.network, sigma=1.0), config.batch_size)
        self._history: list[Progress] = []
        self._full_s: float | None = None
        self._trainings: list[Training] = []
        self._over: dict[int, str] = {}
        self._found: list[Grown] | None = None

    def reach(self, rung: int, control: Control) -> str:
        """Train every fold to a rung, one after another."""
        endings = [self._noted(fold, training.run()) for fold, training in self._to_run(rung, control)]
        return ended_of(endings)

    def grown(self) -> list[Grown]:
        """How each fold grew; empty where one has no weights that give finite logits."""
        if self._found is None:
            found = [self._grown(fold, t) for fold, t in enumerate(self._trainings)]
            self._found = [one for one in found if one is not None]
        return self._found if len(self._found) == len(self._setting.folds) else []

    def release(self) -> None:
        """Keep the grown members, let the optimisers go."""
        self.grown()
        self._full_s = self.full_s()
        self._history, self._trainings = self.history(), []

    def full_s(self) -> float | None:
        """Seconds that one fold's steps took."""
        known = [t.pace.step_s * t.learner.step for t in self._trainings if t.pace.step_s is not None]
        return sum(known) / len(known) if known else self._full_s

    def history(self) -> list[Progress]:
        """The records of the first fold, for its curve."""
        return list(self._trainings[0].best.history) if self._trainings else self._history

    def epochs(self) -> float:
        """Passes over the rows of the fold that has had the fewest."""
        return min((training.epoch for training in self._trainings), default=0.0)

    def stored(self) -> Stored:
        """Each fold's checkpoint, and its validation logits so far."""
        arrays: dict[str, np.ndarray] = {}
        checkpoints = [training.checkpoint() for training in self._trainings]
        for fold, (training, checkpoint) in enumerate(zip(self._trainings, checkpoints, strict=True)):
            arrays |= {f"{fold}.{name}": array for name, array in checkpoint.arrays.items()}
            if training.path:
                arrays[f"{fold}.path.at"] = np.array([at for at, _ in training.path])
                arrays[f"{fold}.path.logits"] = np.stack([logits for _, logits in training.path])
        over = {str(fold): ended for fold, ended in self._over.items()}
        return arrays, {"folds": [checkpoint.meta for checkpoint in checkpoints], "over": over}

    def restore(self, stored: Stored) -> bool:
        """Stand where each fold's checkpoint stood."""
        arrays, meta = stored
        if len(meta.get("folds", ())) != len(self._setting.folds):
            return False
        self._begin(Control())
        for fold, training in enumerate(self._trainings):
            mine = {name.removeprefix(f"{fold}."): a for name, a in arrays.items() if name.startswith(f"{fold}.")}
            at, logits = mine.pop("path.at", np.empty(0)), mine.pop("path.logits", np.empty(0))
            training.restore(Checkpoint(mine, meta["folds"][fold]))
            training.path = list(zip(at.tolist(), logits, strict=True))
        self._over = {int(fold): ended for fold, ended in meta["over"].items()}
        return True

    def regrow(self, end: float, control: Control, kept: Kept, name: str) -> Member:
        """The network trained to an epoch of its schedule on all rows."""
        recipe = replace(self._setting.recipe, network=replace(self.config, keep_path=False))
        problem = self._setting.problem
        return regrow_network(problem, problem.rows, recipe, end, control, kept.place(name))

    def _to_run(self, rung: int, control: Control) -> list[tuple[int, Training]]:
        """The folds that have not come to their end, set to pause at a rung."""
        self._begin(control)
        self._found = None
        for training in self._trainings:
            training.control = control
            training.pause_at(self._setting.shares[rung])
        return [
            (fold, training)
            for fold, training in enumerate(self._trainings)
            if fold not in self._over and training.learner.step < training.last_step()
        ]

    def _begin(self, control: Control) -> None:
        if self._trainings:
            return
        problem = self._setting.problem
        self._trainings = [
            begin_training(
                problem.blocks, problem.task, _rows(train), _rows(valid), config=self.config, control=control,
                seed=problem.seed,
            )
            for train, valid in self._setting.folds
        ]  # fmt: skip

    def _noted(self, fold: int, ended: str) -> str:
        """Remember a fold that has come to its end; why it did not reach the rung, if it did not."""
        if ended in _OVER:
            self._over[fold] = ended
        return ended if ended in _STOPPED else ""

    def _grown(self, fold: int, training: Training) -> Grown | None:
        problem, valid = self._setting.problem, self._setting.folds[fold][1]
        fit = training.result("finished")
        if fit.member is None or fit.valid_logits is None:
            return None
        path = [(fit.best_epoch, fit.valid_logits)] if not fit.path else list(fit.path)
        logits = [np.asarray(z, np.float64) + problem.undo for _, z in path]
        losses = np.array([mean_loss(z, valid.y, valid.counted, problem.task) for z in logits])
        return Grown("network", np.array([at for at, _ in path]), losses, logits.__getitem__, _on_host(fit.member))


def reach_together(contenders: Sequence[NetworkContender], rung: int, control: Control, n_lanes: int) -> list[str]:
    """Bring contenders to a rung under one `vmap`, fold after fold; why each did not get there, or an empty string.

    Args:
        contenders: with networks of one shape.
        rung: where to.
        control: whom to tell, what may end it.
        n_lanes: how many train at once, at most.
    """
    runs = [dict(contender._to_run(rung, control)) for contender in contenders]
    endings: list[list[str]] = [[] for _ in contenders]
    n_folds = max((fold + 1 for run in runs for fold in run), default=0)
    for fold in range(n_folds):
        due = [i for i, run in enumerate(runs) if fold in run]
        for first in range(0, len(due), n_lanes):
            group = due[first : first + n_lanes]
            for i, ended in zip(group, run_together([runs[i][fold] for i in group], n_lanes), strict=True):
                endings[i].append(contenders[i]._noted(fold, ended))
    return [ended_of(each) for each in endings]


def _rows(rows: Rows) -> learner.Rows:
    return learner.Rows.of(rows.x, rows.y, rows.weights)


def _on_host(member: Member) -> Member:
    """The member with its numbers in host memory: a study keeps many of them."""
    assert isinstance(member, NetworkMember)
    return member.with_flat(np.asarray(member.params.flat))
