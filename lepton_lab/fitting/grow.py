"""Grow one member on one set of rows: the same functions for a fold, a validation set and a refit.

Those of the trees are in `grow_trees`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from lepton_lab.fitting.calibrate import mean_loss
from lepton_lab.fitting.grown import Grown
from lepton_lab.fitting.kept import Place
from lepton_lab.fitting.problem import Problem, Rows
from lepton_lab.fitting.read_ahead import read_ahead
from lepton_lab.fitting.recipe import Recipe
from lepton_lab.members.linear import STRENGTHS, LinearMember, fit_linear_path
from lepton_lab.members.member import Member
from lepton_lab.members.popularity import PopularityMember
from lepton_lab.networks.layout import Layout
from lepton_lab.ranking import Ranking
from lepton_lab.tasks import Task, loss_metric, metric_of
from lepton_lab.training.checkpoint import Checkpoint
from lepton_lab.training.control import Control
from lepton_lab.training.ending import Ending
from lepton_lab.training.loop import fit_network
from lepton_lab.training.loop_config import LoopConfig
from lepton_lab.training.network_fit import NetworkFit
from lepton_lab.training.network_member import NetworkMember
from lepton_lab.training.progress import Progress


def grow_linear(
    problem: Problem, train: Rows, valid: Rows, control: Control, place: Place | None = None, metric: str | None = None
) -> Grown:
    """The linear member at every penalty, from strong to weak; `metric` is what is told of it."""
    rows = (train.x, train.y, train.weights)
    ended = ended_by(control, None if place is None else place.repeat)
    members = fit_linear_path(*rows, problem.blocks, problem.task, ended=ended)
    if place is not None:
        place.ended(Ending(ended(len(members)) if len(members) < len(STRENGTHS) else "", len(members)))
    logits = [member.logits(valid.x) + problem.undo for member in members]
    losses = np.array([mean_loss(z, valid.y, valid.counted, problem.task) for z in logits])
    best = int(np.argmin(losses))
    told = standing(problem.task, valid, members[best].logits(valid.x), metric)
    control.report(replace(told, stage="linear", member="linear", is_best=True))
    return Grown("linear", np.arange(len(members)) * 1.0, losses, logits.__getitem__, members[best])


def grow_popularity(
    problem: Problem, train: Rows, valid: Rows, control: Control, place: Place, metric: str | None = None
) -> Grown:
    """How often each item came; there is nothing to choose."""
    member = popularity_of(problem, train)
    place.ended(Ending("", 1))
    logits = member.logits(valid.x) + problem.undo
    losses = np.array([float(loss_metric(problem.task)(valid.y, logits, valid.counted))])
    told = standing(problem.task, valid, logits, metric)
    control.report(replace(told, stage="linear", member="popularity", is_best=True))
    return Grown("popularity", np.zeros(1), losses, lambda _: logits, member)


def popularity_of(problem: Problem, train: Rows) -> PopularityMember:
    """How often each item came in some rows."""
    return PopularityMember.of(train.y, train.weights, train.x.shape[1], problem.task.n_outputs)


def standing(task: Task, valid: Rows, logits: np.ndarray, metric: str | None) -> Progress:
    """How logits of the validation rows do, as the network tells of its own: loss and metric by learning weights."""
    shown = metric_of(task, metric)
    loss = float(loss_metric(task)(valid.y, logits, valid.weights))
    found = float(shown(valid.y, logits, valid.weights))
    return Progress(epoch=1, n_epochs=1, valid_loss=loss, metric_name=shown.name, metric=found, best_metric=found)


def regrow_linear(problem: Problem, train: Rows, end: float, near: Member) -> Member:
    """The linear member at one penalty, on other rows, found from one that is near."""
    assert isinstance(near, LinearMember)
    rows, strengths = (train.x, train.y, train.weights), (STRENGTHS[round(end)],)
    return fit_linear_path(*rows, problem.blocks, problem.task, strengths, near=near)[0]


def grow_network(
    problem: Problem, train: Rows, valid: Rows, recipe: Recipe, control: Control, place: Place, *, patient: bool
) -> Grown:
    """The network with its logits at every validation.

    Args:
        patient: go on longer after the best epoch, because other folds may choose a later one.

    Raises:
        NothingGrownError: it ended before its first validation.
    """
    kept = place.load_grown()
    if kept is not None:
        return _network_from(problem, *kept)
    # Logits of all items at every check would be many: with one fold only the best are ever asked for.
    config = replace(recipe.network, keep_path=patient or not isinstance(problem.task, Ranking))
    if patient:
        config = replace(config, patience=2 * config.patience)
    fit = _trained(problem, train, valid, config, control, place)
    if fit.member is None:
        raise NothingGrownError(fit.message)
    if not config.keep_path and fit.valid_logits is not None:
        fit = replace(fit, path=((fit.best_epoch, fit.valid_logits.astype(np.float32)),))
    fit = replace(fit, path=(*_path_before(place), *fit.path))
    grown = _network_grown(problem, valid, fit)
    if fit.ended != "interrupt":
        _keep_network(place, grown, fit)
    return grown


ENDINGS = {"interrupt": "stopped by the user", "deadline": "stopped by the time budget"}


class NothingGrownError(Exception):
    """A member ended before it could be used; says why. Never leaves the room."""


def regrow_network(problem: Problem, train: Rows, recipe: Recipe, end: float, control: Control, place: Place) -> Member:
    """The network trained to one epoch of its schedule, on other rows and without validation."""
    kept = place.load_grown()
    if kept is not None:
        return NetworkMember.from_arrays(kept[0], kept[1]["config"]).on(problem.blocks)
    config = replace(recipe.network, stop_epoch=max(end, 0.1))
    fit = _trained(problem, train, None, config, control, place)
    if fit.member is None or fit.ended != "finished":
        reason = ENDINGS.get(fit.ended, fit.ended)
        raise NothingGrownError(f"network: {reason} while training on all rows; the one trained before was kept.")
    place.save_grown(fit.member.arrays(), {"config": fit.member.config_json()})
    return fit.member


def _trained(
    problem: Problem, train: Rows, valid: Rows | None, config: LoopConfig, control: Control, place: Place
) -> NetworkFit:
    """A network trained on rows, from where an earlier process left it; where it ends is kept."""
    left = place.load("checkpoint")
    every = train.x if valid is None else np.concatenate([train.x, valid.x])
    layout = Layout.of(problem.blocks, max_one_hot=config.network.max_one_hot, encoders=config.encoders)
    if ended := read_ahead(problem.blocks, layout, every, control):
        raise NothingGrownError(f"network: {ENDINGS[ended]} while its texts were read; nothing was trained.")
    judged = () if valid is None else (valid.x, valid.y, valid.weights)
    fit = fit_network(
        problem.blocks,
        problem.task,
        train.x,
        train.y,
        train.weights,
        *judged,
        config=config,
        control=control,
        seed=problem.seed,
        resume=None if left is None else Checkpoint(*left),
        reopen=place.kept.further,
        save_checkpoint=lambda c: place.save("checkpoint", c.arrays, c.meta),
        repeat=place.repeat,
    )
    place.ended(Ending(fit.ended, fit.n_steps, fit.bends, is_cut=fit.is_cut))
    return fit


def _network_grown(problem: Problem, valid: Rows, fit: NetworkFit) -> Grown:
    at = np.array([epoch for epoch, _ in fit.path])
    path = [np.asarray(z, np.float64) + problem.undo for _, z in fit.path]
    losses = np.array([mean_loss(z, valid.y, valid.counted, problem.task) for z in path])
    assert fit.member is not None
    message = "" if fit.ended in ("finished", "patience") else fit.message
    return Grown("network", at, losses, path.__getitem__, fit.member, fit.ended, message)


def _path_before(place: Place) -> list[tuple[float, np.ndarray]]:
    """The validations of a growth that goes on beyond the end it had; none of one that begins."""
    if not place.kept.further or (found := place.load("grown")) is None:
        return []
    return list(zip(found[0]["path.at"].tolist(), found[0]["path.logits"], strict=True))


def _keep_network(place: Place, grown: Grown, fit: NetworkFit) -> None:
    path = np.stack([z for _, z in fit.path])
    arrays = grown.best.arrays() | {"path.at": grown.at, "path.losses": grown.losses, "path.logits": path}
    meta = {"config": grown.best.config_json(), "ended": grown.ended, "message": grown.message}
    place.save_grown(arrays, meta)


def _network_from(problem: Problem, arrays: dict[str, np.ndarray], meta: dict) -> Grown:
    at, losses, path = (arrays.pop(f"path.{name}") for name in ("at", "losses", "logits"))
    member = NetworkMember.from_arrays(arrays, meta["config"]).on(problem.blocks)
    logits = path.astype(np.float64) + problem.undo
    return Grown("network", at, losses, logits.__getitem__, member, meta["ended"], meta["message"])


def ended_by(control: Control, repeat: Ending | None) -> Callable[[int], str]:
    """Why growth should end when so much is done: by the control, or where the growth that is repeated ended."""
    return lambda done: control.ended() or ("" if repeat is None else repeat.at(done))
