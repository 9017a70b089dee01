"""From the trials that finished to one trained model: pick an ensemble, grow it on all rows, measure it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from lepton_lab.data.rows import Table
from lepton_lab.data.split import Split
from lepton_lab.fitting.combine import Combined
from lepton_lab.fitting.fit import Prepared, measured
from lepton_lab.fitting.grow import NothingGrownError, regrow_linear
from lepton_lab.fitting.grown import Grown, best_end
from lepton_lab.fitting.kept import Kept
from lepton_lab.fitting.members import Members
from lepton_lab.members.forest import concatenated
from lepton_lab.members.member import Member
from lepton_lab.members.trees import TreesMember
from lepton_lab.trained import Blend, TrainedModel
from lepton_lab.training.control import Control
from lepton_lab.training.network_member import NetworkMember
from lepton_lab.tuning.budget import StudyBudget
from lepton_lab.tuning.default import Default
from lepton_lab.tuning.entry import Entry, judged_logits
from lepton_lab.tuning.greedy import Judged, pick_ensemble, threshold_of
from lepton_lab.tuning.halving import ranked
from lepton_lab.tuning.network_contender import NetworkContender
from lepton_lab.tuning.setting import Setting

# Beyond the best of these the greedy search finds nothing, and its time grows with the library.
_LIBRARY = 16
# All rows are more than the rows of a fold, and the first growth of a shape in a process compiles.
_REGROW_FACTOR = 1.3
# Networks, and trees, of an ensemble.
_EXPECTED_MEMBERS = 2


@dataclass(frozen=True)
class Candidate:
    """A member that may join the ensemble.

    Args:
        number: of its trial; 0 for the default recipe's own.
        member: `linear`, `network` or `trees`.
        grown: how it grew, a fold each.
        entry: what can grow it anew; None for linear.
    """

    number: int
    member: str
    grown: list[Grown]
    entry: Entry | None

    @property
    def logits(self) -> np.ndarray:
        """Of the judged rows, by members that did not learn from them."""
        return judged_logits(self.grown)


@dataclass(frozen=True)
class Ensemble:
    """Candidates and how they are blended.

    Args:
        candidates: the library, the default recipe's members first.
        blend: weights of all of them.
        logits: of the blend on the judged rows.
        threshold: chosen on them.
    """

    candidates: tuple[Candidate, ...]
    blend: Blend
    logits: np.ndarray
    threshold: float | None

    @property
    def used(self) -> list[tuple[Candidate, float]]:
        """Those that count, and how much, the heaviest first."""
        pairs = [(c, float(w)) for c, w in zip(self.candidates, self.blend.weights, strict=True) if w > 0]
        return sorted(pairs, key=lambda pair: -pair[1])


def pick(setting: Setting, default: Default, entries: Sequence[Entry]) -> Ensemble:
    """Choose among the default's members and the trials that had their whole schedule."""
    finished = {entry.number: entry for entry in entries if entry.state == "complete"}
    values = {number: entry.values[-1] for number, entry in finished.items()}
    best = ranked(values, higher_is_better=setting.metric.higher_is_better)[:_LIBRARY]
    library = [Candidate(0, "linear", default.linear, None)]
    for entry in (*default.entries, *[finished[number] for number in best]):
        library.append(Candidate(entry.number, entry.contender.member, entry.contender.grown(), entry))
    rows = setting.judged
    judged = Judged(rows.y, rows.counted, setting.problem.task, setting.metric)
    logits = [candidate.logits for candidate in library]
    blend = pick_ensemble(logits, default.blend, judged)
    return Ensemble(tuple(library), blend, blend.logits(logits), threshold_of(blend, logits, judged))


def regrow_seconds(setting: Setting, entries: Sequence[Entry]) -> float:
    """What growing an ensemble on all rows may take, judged by the default's members."""
    n_folds = len(setting.folds)
    return _REGROW_FACTOR * _EXPECTED_MEMBERS * sum(entry.fold_s(n_folds) for entry in entries)


def assemble(
    ensemble: Ensemble,
    setting: Setting,
    prepared: Prepared,
    table: Table,
    rows: Split,
    control: Control,
    budget: StudyBudget,
    kept: Kept,
) -> TrainedModel:
    """The ensemble as a trained model, measured on the test rows."""
    notes: list[str] = []
    members, weights = _final_members(ensemble, setting, control, budget, kept, notes)
    blend, undo = ensemble.blend, setting.problem.undo
    # Candidates have what class weights shifted given back; the members themselves have not.
    whole = replace(blend, weights=np.array(weights), bias=blend.bias + blend.scale * undo)
    n_judged = len(ensemble.logits)
    note = f"highest balanced accuracy (Youden's J) on {n_judged:,} rows kept out of training"
    combined = Combined(
        task=setting.problem.task,
        blend=whole,
        threshold=ensemble.threshold,
        threshold_note="" if ensemble.threshold is None else note,
        rows=np.concatenate([valid for _, valid in setting.positions]),
        members={},
        crossed=ensemble.logits,
        crossed_threshold=None,
        note="",
    )
    made = Members(tuple(valid for _, valid in setting.positions), tuple(members), {}, notes)
    model = measured(table, rows, prepared, made, combined, ())
    return replace(model, history=_history(ensemble), seen=table)


def _final_members(
    ensemble: Ensemble, setting: Setting, control: Control, budget: StudyBudget, kept: Kept, notes: list[str]
) -> tuple[list[Member], list[float]]:
    """The members to keep and their weights: all trees are one member, networks are numbered."""
    parts = [(candidate, weight, candidate.grown[0].best) for candidate, weight in ensemble.used]
    if len(setting.folds) > 1 or setting.recipe.refit:
        parts = _regrown(parts, setting, control, budget, kept, notes)
    members, weights = [], []
    for candidate, weight, member in parts:
        if isinstance(member, NetworkMember):
            member = replace(member, name=_network_name(members))
        if candidate.member != "trees":
            members, weights = [*members, member], [*weights, weight]
    trees = [(weight, member) for _, weight, member in parts if isinstance(member, TreesMember)]
    if trees:
        members, weights = [*members, merged_trees(trees)], [*weights, sum(weight for weight, _ in trees)]
    return members, weights


Parts = list[tuple[Candidate, float, Member]]


def _regrown(
    parts: Parts, setting: Setting, control: Control, budget: StudyBudget, kept: Kept, notes: list[str]
) -> Parts:
    """The parts grown on all rows, as far as there is time; the first fold's where there is none."""
    found: Parts = []
    for candidate, weight, member in parts:
        grown = None if control.stop.is_set() else _regrow(candidate, setting, control, budget, kept)
        if grown is None and candidate.member != "linear":
            notes.append(f"trial {candidate.number}'s {candidate.member} was not grown again on all rows: no time.")
        found.append((candidate, weight, grown or member))
    trees = [i for i, (candidate, _, _) in enumerate(found) if candidate.member == "trees"]
    # Trees grown on different rows read categories differently, and then are no one forest.
    if any(found[i][2] is parts[i][2] for i in trees):
        for i in trees:
            found[i] = parts[i]
    return found


def _regrow(candidate: Candidate, setting: Setting, control: Control, budget: StudyBudget, kept: Kept) -> Member | None:
    end = best_end(candidate.grown)
    entry = candidate.entry
    if entry is None:
        return regrow_linear(setting.problem, setting.problem.rows, end, candidate.grown[0].best)
    needed_s = _REGROW_FACTOR * entry.fold_s(len(setting.folds))
    left_s = budget.left_s()
    if needed_s > left_s:
        return None
    deadline = None if budget.seconds is None else time.monotonic() + left_s
    try:
        name = f"trial-{entry.name}-all"
        return entry.contender.regrow(end, Control(control.report, control.stop, deadline), kept, name)
    except NothingGrownError:
        return None


def merged_trees(parts: Sequence[tuple[float, TreesMember]]) -> TreesMember:
    """Several forests on the same inputs as one, whose logits are their weighted mean."""
    total = sum(weight for weight, _ in parts)
    scaled = [concatenated([member.forest], weight / total) for weight, member in parts]
    return TreesMember(parts[0][1].inputs, concatenated(scaled), sum(member.n_random for _, member in parts))


def _network_name(members: Sequence[Member]) -> str:
    n = sum(isinstance(member, NetworkMember) for member in members)
    return "network" if n == 0 else f"network-{n + 1}"


def _history(ensemble: Ensemble) -> tuple:
    """The curve of the heaviest network."""
    for candidate, _ in ensemble.used:
        if candidate.entry is not None and isinstance(candidate.entry.contender, NetworkContender):
            return tuple(candidate.entry.contender.history())
    return ()
