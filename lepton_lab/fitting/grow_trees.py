"""Grow the trees on one set of rows: boosted ones and, where rows are few, others beside them that are grown apart."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from lepton_lab.fitting.grow import ENDINGS, NothingGrownError, ended_by, standing
from lepton_lab.fitting.grown import Grown
from lepton_lab.fitting.kept import Place
from lepton_lab.fitting.problem import Problem, Rows
from lepton_lab.fitting.recipe import Recipe
from lepton_lab.members.forest import truncated
from lepton_lab.members.member import Member
from lepton_lab.members.random_trees import averaged, fit_random_trees
from lepton_lab.members.trees import TreesFit, TreesMember, fit_trees
from lepton_lab.members.valid_logits import ValidLogits
from lepton_lab.tasks import Regression, Task
from lepton_lab.training.control import Control
from lepton_lab.training.ending import OUTSIDE, Ending
from lepton_lab.training.progress import Progress


def grow_trees(problem: Problem, train: Rows, valid: Rows, recipe: Recipe, control: Control, place: Place) -> Grown:
    """The trees with their loss after every round."""
    kept = place.load_grown()
    if kept is not None:
        member, losses = TreesMember.from_arrays(kept[0], kept[1]["config"]), kept[1]["losses"]
        # Those grown apart are soon grown again, and so are not kept.
        beside, ended = _beside(problem, train, recipe, (kept[1]["ended"], len(losses)), control, place)
        return trees_grown(problem, valid, member, losses, ended, beside)
    fit, beside = _planted(problem, train, valid, recipe, control, place)
    if not fit.valid_losses:
        raise NothingGrownError("trees: ended before the first round.")
    grown = trees_grown(problem, valid, fit.member, fit.valid_losses, fit.ended, beside)
    if fit.ended != "interrupt":
        meta = {"config": fit.member.config_json(), "losses": list(fit.valid_losses), "ended": fit.ended}
        place.save_grown(fit.member.arrays(), meta)
    return grown


def regrow_trees(problem: Problem, train: Rows, recipe: Recipe, end: float, control: Control, place: Place) -> Member:
    """The trees grown for a number of rounds, on other rows."""
    kept = place.load_grown()
    if kept is not None:
        return TreesMember.from_arrays(kept[0], kept[1]["config"])
    recipe = replace(recipe, trees=replace(recipe.trees, rounds=max(1, round(end))))
    fit, beside = _planted(problem, train, None, recipe, control, place)
    if fit.ended in ENDINGS:  # else there was no split left to make
        raise NothingGrownError(f"trees: {ENDINGS[fit.ended]} while growing on all rows; those grown before were kept.")
    member = fit.member if beside is None else beside(fit.member)
    place.save_grown(member.arrays(), {"config": member.config_json()})
    return member


# From boosted trees to their mean with trees grown apart.
Beside = Callable[[TreesMember], TreesMember]


def _planted(
    problem: Problem, train: Rows, valid: Rows | None, recipe: Recipe, control: Control, place: Place
) -> tuple[TreesFit, Beside | None]:
    """Trees grown on rows, and others beside them; where they end is kept."""
    config = recipe.trees
    judged, told = None, None
    if valid is not None:
        judged = ValidLogits(problem.task)
        told = functools.partial(_standing_of_trees, problem.task, valid, judged, recipe.network.metric)
    watch = _Watch(control, config.rounds, place.repeat, told)
    fit = fit_trees(
        train.x,
        train.y,
        train.weights,
        problem.blocks,
        problem.task,
        valid=None if valid is None else (valid.x, valid.y, valid.weights),
        config=config,
        seed=problem.seed,
        after_round=watch,
        judged=judged,
    )
    if valid is not None and watch.done > watch.told:
        watch.tell()
    place.ended(Ending(fit.ended, watch.done, is_cut=fit.ended == "deadline"))
    beside, ended = _beside(problem, train, recipe, (fit.ended, watch.done), control, place)
    return replace(fit, ended=ended), beside


def _beside(
    problem: Problem, train: Rows, recipe: Recipe, reached: tuple[str, int], control: Control, place: Place
) -> tuple[Beside | None, str]:
    """Trees grown apart where the recipe asks for them, and why growth ended: what ends them early leaves none.

    Args:
        problem: what is learned.
        train: the rows of the boosted trees.
        recipe: settings.
        reached: why the boosted trees ended, and after how many rounds.
        control: what may end growth.
        place: where its end is kept.
    """
    ended, rounds = reached
    if ended in OUTSIDE:
        return None, ended
    stop = ended_by(control, place.repeat)
    beside = beside_boosted(problem, train, recipe, lambda: stop(rounds))
    word = stop(rounds)
    if beside is not None or recipe.random_trees is None or not word:
        return beside, ended
    place.ended(Ending(word, rounds, is_cut=word == "deadline"))
    return None, word


def beside_boosted(
    problem: Problem, train: Rows, recipe: Recipe, ended: Callable[[], str] | None = None
) -> Beside | None:
    """Trees grown apart on the rows of boosted ones: None where the recipe asks for none, or `ended` gave a word."""
    config, task = recipe.random_trees, problem.task
    if config is None or not isinstance(task, Regression):
        return None
    random = fit_random_trees(
        train.x, train.y, train.weights, problem.blocks, task, config=config, seed=problem.seed, ended=ended
    )
    return None if random is None else functools.partial(averaged, random=random, share=config.share)


def _standing_of_trees(task: Task, valid: Rows, judged: ValidLogits, metric: str | None) -> Progress:
    return standing(task, valid, judged.logits(), metric)


def trees_grown(
    problem: Problem,
    valid: Rows,
    member: TreesMember,
    losses: list | tuple,
    ended: str,
    beside: Beside | None = None,
) -> Grown:
    """How trees grew, from their loss after each round; `beside` makes the member of the boosted trees of a round."""

    def pruned(rounds: int) -> TreesMember:
        boosted = TreesMember(member.inputs, truncated(member.forest, rounds * problem.task.n_outputs))
        return boosted if beside is None else beside(boosted)

    def logits_at(point: int) -> np.ndarray:
        return pruned(point + 1).logits(valid.x) + problem.undo

    best = pruned(int(np.argmin(losses)) + 1)
    message = f"trees: {ENDINGS[ended]} after {len(losses)} rounds." if ended in ENDINGS else ""
    return Grown("trees", np.arange(1.0, len(losses) + 1), np.array(losses), logits_at, best, ended, message)


class _Watch:
    """Tells of progress, five times a second at most, and passes on a stop; `done` rounds, of which `told` are told."""

    def __init__(
        self, control: Control, rounds: int, repeat: Ending | None, standing: Callable[[], Progress] | None
    ) -> None:
        self._control, self._rounds, self._ended = control, rounds, ended_by(control, repeat)
        self._standing = standing
        self._told_at = time.monotonic()
        self.done = self.told = 0

    def __call__(self, done: int, loss: float | None) -> str:
        """After a round; a word ends growth."""
        self.done = done
        if time.monotonic() - self._told_at > 0.2:
            self.tell()
        return self._ended(done)

    def tell(self) -> None:
        """Report where the trees stand."""
        self._told_at, self.told = time.monotonic(), self.done
        found = Progress() if self._standing is None else self._standing()
        # The best is left out: trees are pruned to the round of least loss, whatever the metric says.
        self._control.report(
            replace(found, stage="trees", member="trees", epoch=self.done, n_epochs=self._rounds, best_metric=None)
        )
