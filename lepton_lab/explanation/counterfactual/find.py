"""From rows and a goal to checked counterfactuals: the steps, in order."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from lepton_lab.data.schema import OBJECTS, Kind, Schema
from lepton_lab.data.table import Table, read_like
from lepton_lab.errors import ExplanationError, OptionError, bad_seed
from lepton_lab.explanation.counterfactual.check import (
    Chosen,
    Outcome,
    all_chosen,
    alternatives_of,
    changed_rows,
    chosen_of,
    results_of,
)
from lepton_lab.explanation.counterfactual.distance import Measure, Typical, measure_of, typical_of
from lepton_lab.explanation.counterfactual.goal import Goals, goals_of, reached, unit_of
from lepton_lab.explanation.counterfactual.pairs import Pairs, pairs_of
from lepton_lab.explanation.counterfactual.proposals import guide_of, propose, random_proposals
from lepton_lab.explanation.counterfactual.result import Counterfactuals
from lepton_lab.explanation.counterfactual.search import Asker, Tried, search
from lepton_lab.explanation.counterfactual.select import selected
from lepton_lab.explanation.counterfactual.space import Space, tried_values
from lepton_lab.explanation.counterfactual.values import Limits, Values, allowed_values, occurring_values
from lepton_lab.explanation.estimate import Pace
from lepton_lab.trained import TrainedModel

# Rows searched together: enough to fill the model's batches, few enough that the first are done soon.
ROWS_AT_ONCE = 64
# Known rows that spreads, pairs and likeness are taken from; the values that occur are taken from all.
MOST_KNOWN = 50_000
FEW_KNOWN = 500
# Share of the time-out that the search may use: the rest is for the last questions and for checking.
SEARCH_SHARE = 0.9
# What the unlikeliest alternative adds to its score when those to show are chosen.
UNLIKELY = 0.5


@dataclass(frozen=True)
class Asked:
    """What is asked of each row.

    Args:
        reach: a class, a comparison or a range; None for the other one of two classes.
        limits: what must not change, or only so far.
        n: alternatives wanted for each row.
        seed: of the starts.
    """

    reach: object = None
    limits: Limits = field(default_factory=Limits)
    n: int = 4
    seed: int = 0

    def __post_init__(self) -> None:
        if error := bad_seed(self.seed):
            raise error
        if isinstance(self.n, bool) or not isinstance(self.n, (int, np.integer)) or not 1 <= self.n <= 50:
            raise OptionError(f"n={self.n!r}: wanted a whole number of alternatives from 1 to 50. For example: n=4")


def find_counterfactuals(
    model: TrainedModel, table: Table, asked: Asked, pace: Pace, known: Table | None = None
) -> Counterfactuals:
    """Alternatives for the rows of a table.

    Args:
        model: whose prediction is to change.
        table: the rows.
        asked: what is to be reached, within which limits.
        pace: the time-out, the stop, and who listens.
        known: rows that exist: only their values are used, and plausibility is likeness to them. By default the
            rows given to `train`, else the background kept with the model.

    Raises:
        OptionError: the goal or a limit cannot be read, or nothing may change.
        ColumnError: a limit names no column.
        ExplanationError: no rows, or no known rows.
    """
    if table.n_rows == 0:
        raise ExplanationError("there are 0 rows to find counterfactuals for. Give at least one.")
    known = known_rows(model) if known is None else known
    own = model.encoder.encode(table)
    logits = np.asarray(model.logits_x(own), np.float64)
    goals = goals_of(model, asked.reach, logits)
    rooms = _rooms(model, known, asked.limits)
    rooms.of(own[:1])  # limits that do not fit are told before anything is searched
    there = reached(model, goals, logits)
    searching = replace(pace, budget_s=pace.budget_s and SEARCH_SHARE * pace.budget_s)
    work = _Search(model, rooms, own, logits, goals, asked, searching)
    chosen, finished, n_asked = work.run(np.flatnonzero(~there))
    changed = changed_rows(table, rooms.values, chosen)
    tries = alternatives_of(model, table, changed, goals, rooms.typical, chosen)
    ended = "" if (finished | there).all() else searching.ended()
    outcome = Outcome(there, finished, ended, pace.budget_s)
    rows, kept = results_of(model, table, goals, logits, (chosen.rows, tries), outcome)
    return Counterfactuals(
        rows, unit_of(model, goals), model.schema.names, tuple(asked.limits.immutable), pace.elapsed(), n_asked,
        ended, _notes(known), changed.take(kept),
    )  # fmt: skip


def known_rows(model: TrainedModel) -> Table:
    """Rows that exist: those given to `train`, else those kept with the model.

    Raises:
        ExplanationError: the model was saved without any.
    """
    if model.seen is not None:
        return model.seen
    if model.background_values is None or len(model.background_values) == 0:
        raise ExplanationError(
            "this model was saved without its background rows, so the values that occur are not known. "
            "Give rows that exist: counterfactuals(model, df, background=df_train)."
        )
    columns = np.asarray(model.background_values, object).T
    # Of images and the like the file keeps words; they are left alone by every proposal.
    gone = [column.kind in OBJECTS and column.kind != Kind.TEXT for column in model.schema.inputs]
    columns = [np.full(len(one), None) if no else one for one, no in zip(columns, gone, strict=True)]
    return read_like(model.schema, dict(zip(model.schema.names, columns, strict=True)))


@dataclass(frozen=True)
class _Rooms:
    """What is known of the rows that exist, and the space that it leaves to others."""

    schema: Schema
    limits: Limits
    values: Values
    tried: np.ndarray
    measure: Measure
    pairs: Pairs
    typical: Typical

    def of(self, own: np.ndarray) -> Space:
        """The space of some encoded rows."""
        allowed = allowed_values(self.schema, self.values, self.limits, own)
        return Space(own, self.values, allowed, self.tried, self.measure, self.pairs)


def _rooms(model: TrainedModel, known: Table, limits: Limits) -> _Rooms:
    values = occurring_values(model, known)
    some = known
    if known.n_rows > MOST_KNOWN:
        some = known.take(np.linspace(0, known.n_rows - 1, MOST_KNOWN).round().astype(int))
    x = model.encoder.encode(some)
    measure = measure_of(x, values.ordered)
    n_codes = np.array([block.n_codes for block in model.encoder.blocks], np.int64)
    pairs = pairs_of(x, values, n_codes)
    return _Rooms(model.schema, limits, values, tried_values(values, x), measure, pairs, typical_of(measure, x))


@dataclass(frozen=True)
class _Search:
    """Everything that searching some rows needs."""

    model: TrainedModel
    rooms: _Rooms
    own: np.ndarray
    logits: np.ndarray
    goals: Goals
    asked: Asked
    pace: Pace

    def run(self, open_rows: np.ndarray) -> tuple[Chosen, np.ndarray, int]:
        """The states chosen for rows that are not there yet, which rows were finished, and rows the model was asked.

        Rows are searched some at a time, until the time is over.
        """
        parts, n_asked = [], 0
        finished = np.zeros(len(self.own), bool)
        for at in range(0, len(open_rows), ROWS_AT_ONCE):
            if self.pace.ended():
                break
            rows = open_rows[at : at + ROWS_AT_ONCE]
            ask = Asker(self.rooms.of(self.own[rows]), self.goals.take(rows), self.model.logits_x, self.pace)
            found = self._found(ask, self.logits[rows])
            parts.append(chosen_of(rows, ask, self._selected(ask.space, found)))
            finished[rows] = not self.pace.ended()
            n_asked += ask.n_asked
            self.pace.tell((at + len(rows)) / len(open_rows), n_asked, f"{at + len(rows):,} rows searched")
        return all_chosen(parts, self.own.shape[1]), finished, n_asked

    def _selected(self, space: Space, found: Tried) -> Tried:
        """The states to show of each row: of those about equally near, the likelier ones."""
        likely = self.rooms.typical.plausibility(space.x_of(found.rows, found.states))
        judged = replace(found, score=found.score + UNLIKELY * (1 - likely))
        return found.take(selected(judged, self.asked.n, space.values.ordered))

    def _found(self, ask: Asker, logits: np.ndarray) -> Tried:
        """States of some rows that reach their goal."""
        gap = np.maximum(-ask.goals.margin(np.arange(len(logits)), logits), ask.goals.slack)
        guide, seed = guide_of(self.model), self.asked.seed
        if guide is None:
            proposals = random_proposals(ask.space, seed)
        else:
            proposals = propose(guide, ask.space, ask.goals, logits, self.pace, seed)
        return search(ask, gap, proposals, self.asked.n)


def _notes(known: Table) -> tuple[str, ...]:
    if known.n_rows >= FEW_KNOWN:
        return ()
    return (f"values and likeness are taken from only {known.n_rows:,} known rows. To use more: background=df_train",)
