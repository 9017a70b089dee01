"""Grow one member on one set of rows: the same three functions for a fold, a validation set and a refit."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from lepton_lab.fitting.calibrate import mean_loss
from lepton_lab.fitting.grown import Grown
from lepton_lab.fitting.problem import Problem, Rows
from lepton_lab.fitting.recipe import Recipe
from lepton_lab.members.forest import truncated
from lepton_lab.members.linear import STRENGTHS, fit_linear_path
from lepton_lab.members.member import Member
from lepton_lab.members.trees import TreesMember, fit_trees
from lepton_lab.training.checkpoint import Checkpoint
from lepton_lab.training.control import Control
from lepton_lab.training.loop import NetworkFit, fit_network
from lepton_lab.training.network_member import NetworkMember
from lepton_lab.training.progress import Progress

if TYPE_CHECKING:
    from lepton_lab.journal import RunFolder


@dataclass(frozen=True)
class Kept:
    """Where growths are kept on disk, so that a killed run goes on from them.

    Args:
        run: the run's folder, or None.
        resume: whether to look for what an earlier process left.
    """

    run: RunFolder | None
    resume: bool

    def place(self, name: str) -> Place:
        """The place of one growth: `network-0`, `trees-all`."""
        return Place(self, name)


@dataclass(frozen=True)
class Place:
    """Where one growth is kept."""

    kept: Kept
    name: str

    def load(self, kind: str) -> tuple[dict[str, np.ndarray], dict] | None:
        """What was kept, if anything."""
        run = self.kept.run
        return run.load_checkpoint(f"{self.name}-{kind}") if run is not None and self.kept.resume else None

    def save(self, kind: str, arrays: dict[str, np.ndarray], meta: dict) -> None:
        """Keep arrays and a JSON value."""
        if self.kept.run is not None:
            self.kept.run.save_checkpoint(f"{self.name}-{kind}", arrays, meta)


def grow_linear(problem: Problem, train: Rows, valid: Rows, control: Control) -> Grown:
    """The linear member at every penalty, from strong to weak."""
    rows = (train.x, train.y, train.weights)
    members = fit_linear_path(*rows, problem.blocks, problem.task, ended=control.ended)
    logits = [member.logits(valid.x) + problem.undo for member in members]
    losses = np.array([mean_loss(z, valid.y, valid.counted, problem.task) for z in logits])
    best = int(np.argmin(losses))
    metric = problem.task.metrics[problem.task.default_metric]
    control.report(
        Progress(
            stage="linear",
            member="linear",
            epoch=1,
            n_epochs=1,
            valid_loss=float(losses[best]),
            metric_name=metric.name,
            metric=metric(valid.y, logits[best], valid.counted),
            is_best=True,
        )
    )
    return Grown("linear", np.arange(len(members)) * 1.0, losses, logits.__getitem__, members[best])


def regrow_linear(problem: Problem, train: Rows, end: float) -> Member:
    """The linear member at one penalty, on other rows."""
    path = fit_linear_path(train.x, train.y, train.weights, problem.blocks, problem.task, STRENGTHS[: round(end) + 1])
    return path[-1]


def grow_network(
    problem: Problem, train: Rows, valid: Rows, recipe: Recipe, control: Control, place: Place, *, patient: bool
) -> Grown:
    """The network with its logits at every validation.

    Args:
        patient: go on longer after the best epoch, because other folds may choose a later one.

    Raises:
        NothingGrownError: it ended before its first validation.
    """
    kept = place.load("grown")
    if kept is not None:
        return _network_from(*kept)
    config = replace(recipe.network, keep_path=True)
    if patient:
        config = replace(config, patience=2 * config.patience)
    left = place.load("checkpoint")
    fit = fit_network(
        problem.blocks,
        problem.task,
        train.x,
        train.y,
        train.weights,
        valid.x,
        valid.y,
        valid.weights,
        config=config,
        control=control,
        seed=problem.seed,
        resume=None if left is None else Checkpoint(*left),
        save_checkpoint=lambda c: place.save("checkpoint", c.arrays, c.meta),
    )
    if fit.member is None:
        raise NothingGrownError(fit.message)
    grown = _network_grown(problem, valid, fit)
    if fit.ended != "interrupt":
        _keep_network(place, grown, fit)
    return grown


_ENDINGS = {"interrupt": "stopped by the user", "deadline": "stopped by the time budget"}


class NothingGrownError(Exception):
    """A member ended before it could be used; says why. Never leaves the room."""


def regrow_network(problem: Problem, train: Rows, recipe: Recipe, end: float, control: Control, place: Place) -> Member:
    """The network trained to one epoch of its schedule, on other rows and without validation."""
    kept = place.load("grown")
    if kept is not None:
        return NetworkMember.from_arrays(kept[0], kept[1]["config"])
    left = place.load("checkpoint")
    fit = fit_network(
        problem.blocks,
        problem.task,
        train.x,
        train.y,
        train.weights,
        config=replace(recipe.network, stop_epoch=max(end, 0.1)),
        control=control,
        seed=problem.seed,
        resume=None if left is None else Checkpoint(*left),
        save_checkpoint=lambda c: place.save("checkpoint", c.arrays, c.meta),
    )
    if fit.member is None or fit.ended != "finished":
        reason = _ENDINGS.get(fit.ended, fit.ended)
        raise NothingGrownError(f"network: {reason} while training on all rows; the one trained before was kept.")
    place.save("grown", fit.member.arrays(), {"config": fit.member.config_json()})
    return fit.member


def grow_trees(problem: Problem, train: Rows, valid: Rows, recipe: Recipe, control: Control, place: Place) -> Grown:
    """The trees with their loss after every round."""
    kept = place.load("grown")
    if kept is not None:
        member = TreesMember.from_arrays(kept[0], kept[1]["config"])
        return trees_grown(problem, valid, member, kept[1]["losses"], kept[1]["ended"])
    fit = fit_trees(
        train.x,
        train.y,
        train.weights,
        problem.blocks,
        problem.task,
        valid=(valid.x, valid.y, valid.weights),
        config=recipe.trees,
        seed=problem.seed,
        after_round=_after_round(control, recipe.trees.rounds),
    )
    if not fit.valid_losses:
        raise NothingGrownError("trees: ended before the first round.")
    grown = trees_grown(problem, valid, fit.member, fit.valid_losses, fit.ended)
    if fit.ended != "interrupt":
        meta = {"config": fit.member.config_json(), "losses": list(fit.valid_losses), "ended": fit.ended}
        place.save("grown", fit.member.arrays(), meta)
    return grown


def regrow_trees(problem: Problem, train: Rows, recipe: Recipe, end: float, control: Control, place: Place) -> Member:
    """The trees grown for a number of rounds, on other rows."""
    kept = place.load("grown")
    if kept is not None:
        return TreesMember.from_arrays(kept[0], kept[1]["config"])
    rounds = max(1, round(end))
    fit = fit_trees(
        train.x,
        train.y,
        train.weights,
        problem.blocks,
        problem.task,
        valid=None,
        config=replace(recipe.trees, rounds=rounds),
        seed=problem.seed,
        after_round=_after_round(control, rounds),
    )
    if fit.ended:
        raise NothingGrownError(
            f"trees: {_ENDINGS[fit.ended]} while growing on all rows; those grown before were kept."
        )
    place.save("grown", fit.member.arrays(), {"config": fit.member.config_json()})
    return fit.member


def _network_grown(problem: Problem, valid: Rows, fit: NetworkFit) -> Grown:
    at = np.array([epoch for epoch, _ in fit.path])
    path = [np.asarray(z, np.float64) + problem.undo for _, z in fit.path]
    losses = np.array([mean_loss(z, valid.y, valid.counted, problem.task) for z in path])
    assert fit.member is not None
    message = "" if fit.ended in ("finished", "patience") else fit.message
    return Grown("network", at, losses, path.__getitem__, fit.member, fit.ended, message)


def _keep_network(place: Place, grown: Grown, fit: NetworkFit) -> None:
    path = np.stack([grown.logits_at(i) for i in range(len(grown.at))]).astype(np.float32)
    arrays = grown.best.arrays() | {"path.at": grown.at, "path.losses": grown.losses, "path.logits": path}
    meta = {"config": grown.best.config_json(), "ended": grown.ended, "message": grown.message}
    place.save("grown", arrays, meta)


def _network_from(arrays: dict[str, np.ndarray], meta: dict) -> Grown:
    at, losses, path = (arrays.pop(f"path.{name}") for name in ("at", "losses", "logits"))
    member = NetworkMember.from_arrays(arrays, meta["config"])
    logits = path.astype(np.float64)
    return Grown("network", at, losses, logits.__getitem__, member, meta["ended"], meta["message"])


def trees_grown(problem: Problem, valid: Rows, member: TreesMember, losses: list | tuple, ended: str) -> Grown:
    """How trees grew, from their loss after each round."""
    inputs = member.tree_inputs(valid.x)

    def logits_at(point: int) -> np.ndarray:
        return truncated(member.forest, (point + 1) * problem.task.n_outputs).sum(inputs) + problem.undo

    best = int(np.argmin(losses)) + 1
    pruned = TreesMember(member.inputs, truncated(member.forest, best * problem.task.n_outputs))
    message = f"trees: {_ENDINGS[ended]} after {len(losses)} rounds." if ended in _ENDINGS else ""
    return Grown("trees", np.arange(1.0, len(losses) + 1), np.array(losses), logits_at, pruned, ended, message)


def _after_round(control: Control, rounds: int) -> Callable[[int, float | None], str]:
    """Tell of progress, five times a second at most, and pass on a stop."""
    began = told = time.monotonic()

    def after_round(done: int, loss: float | None) -> str:
        nonlocal told
        now = time.monotonic()
        if now - told > 0.2:
            told = now
            control.report(
                Progress(
                    stage="trees", member="trees", epoch=done, n_epochs=rounds, valid_loss=loss, elapsed_s=now - began
                )
            )
        return control.ended()

    return after_round
