"""Trial 0: the default recipe, grown as `train` grows it, and its blend. All other trials are measured against it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from lepton_lab.durations import format_duration
from lepton_lab.errors import OptionError
from lepton_lab.fitting.combine import combine
from lepton_lab.fitting.grow import grow_linear
from lepton_lab.fitting.grown import Grown, out_of_fold
from lepton_lab.fitting.members import Members
from lepton_lab.trained import Blend
from lepton_lab.training.control import Control
from lepton_lab.tuning.budget import StudyBudget
from lepton_lab.tuning.entry import Entry, judged_logits
from lepton_lab.tuning.network_contender import NetworkContender
from lepton_lab.tuning.setting import Setting
from lepton_lab.tuning.store import Store
from lepton_lab.tuning.trees_contender import TreesContender
from lepton_lab.tuning.trial import Trial


@dataclass(frozen=True)
class Default:
    """The default recipe as it came out.

    Args:
        trial: number 0.
        linear: the linear member, a fold each.
        entries: the network and the trees; those that came to something.
        blend: of linear and the entries, in this order.
        logits: of the blend on the judged rows.
    """

    trial: Trial
    linear: list[Grown]
    entries: tuple[Entry, ...]
    blend: Blend
    logits: np.ndarray


def run_default(setting: Setting, store: Store, control: Control, budget: StudyBudget) -> Default:
    """Grow linear, network and trees by the default recipe, and blend them.

    Raises:
        OptionError: the budget is over before the network has seen every row once.
    """
    began = time.perf_counter()
    linear = [grow_linear(setting.problem, train, valid, control) for train, valid in setting.folds]
    made = (NetworkContender(setting, {}), TreesContender(setting, {}))
    entries = tuple(_grown(Entry(0, contender), setting, store, control, budget) for contender in made)
    network = made[0]
    if entries[0].state == "stopped" and network.epochs() < 1 and not control.stop.is_set():
        raise _too_short(budget, network)
    found = tuple(entry for entry in entries if entry.contender.grown())
    blend, logits = _blended(setting, linear, found)
    return Default(_trial(setting, logits, entries, time.perf_counter() - began), linear, found, blend, logits)


def _grown(entry: Entry, setting: Setting, store: Store, control: Control, budget: StudyBudget) -> Entry:
    """One member brought straight to the last rung, within its share of the time."""
    last = len(setting.shares) - 1
    entry.look_up(store)
    contender = entry.ready()
    if entry.knows(last) and contender.grown():
        entry.state = "complete"
        return entry
    if control.stop.is_set():
        entry.state = "stopped"
        return entry
    deadline = None if budget.seconds is None else time.monotonic() + budget.default_s()
    began = time.perf_counter()
    ended = contender.reach(last, Control(control.report, control.stop, deadline))
    entry.seconds = time.perf_counter() - began
    entry.state = "stopped" if ended else "complete"
    if not control.stop.is_set():
        entry.values = []
        entry.arrived(last, setting, store)
    return entry


def _blended(setting: Setting, linear: list[Grown], entries: Sequence[Entry]) -> tuple[Blend, np.ndarray]:
    """The blend that `train` would make, and its logits on the judged rows."""
    members = Members(tuple(valid for _, valid in setting.positions))
    grown = {"linear": linear} | {entry.contender.member: entry.contender.grown() for entry in entries}
    members.judged = {name: out_of_fold(one) for name, one in grown.items()}
    blend = combine(setting.problem, members).blend
    # Judged logits have what class weights shifted given back already; the blend's bias gives it back once more.
    undone = replace(blend, bias=blend.bias - blend.scale * setting.problem.undo)
    return undone, undone.logits([judged_logits(one) for one in grown.values()])


def _trial(setting: Setting, logits: np.ndarray, entries: Sequence[Entry], seconds: float) -> Trial:
    state = "complete" if all(entry.state == "complete" for entry in entries) else "stopped"
    spent = max(seconds, sum(entry.seconds for entry in entries))
    return Trial(0, "default", {}, (setting.score(logits),), state, spent)


def _too_short(budget: StudyBudget, network: NetworkContender) -> OptionError:
    epochs, given = network.epochs(), budget.seconds or 0.0
    # The default has 0.4 of the time and wants a few passes: a guess that is rather too long. Where not one step was
    # taken, compilation took it all.
    enough = format_duration(max(10.0, 4 * given / max(epochs, 0.02)) if epochs else max(30.0, 10 * given))
    return OptionError(
        f"budget={format_duration(given)} is too short to tune: the first network had seen {network.epochs():.0%} of "
        f"the rows once when its share was over. Give at least {enough}, or train: ll.train(df, target=...)"
    )
