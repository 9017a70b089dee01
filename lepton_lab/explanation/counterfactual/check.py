"""The last word: each chosen state becomes a row of the user's own values, and the real model predicts it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int

from lepton_lab.data.table import Table
from lepton_lab.explanation.counterfactual.distance import Typical
from lepton_lab.explanation.counterfactual.goal import Goals, reached, shown_number
from lepton_lab.explanation.counterfactual.result import Change, Counterfactual, RowCounterfactuals
from lepton_lab.explanation.counterfactual.search import Asker, Tried
from lepton_lab.explanation.counterfactual.space import OWN, States
from lepton_lab.explanation.counterfactual.values import Values
from lepton_lab.trained import TrainedModel


@dataclass(frozen=True)
class Chosen:
    """States to show, and what the search knows of them.

    Args:
        rows: the row of each state, by position in the table; ascending.
        states: the cheapest of a row first; of a row without any, its closest try.
        x: the encoded rows that they stand for.
        distance: from their row.
        odd: pairs of columns whose values hardly ever occur together.
    """

    rows: Int[np.ndarray, " state"]
    states: States
    x: np.ndarray
    distance: Float64[np.ndarray, " state"]
    odd: Bool[np.ndarray, "state column other"]


def chosen_of(rows: Int[np.ndarray, " row"], ask: Asker, kept: Tried) -> Chosen:
    """The states kept for some rows of a table, and the closest tries of those without any."""
    without = np.setdiff1d(np.flatnonzero(np.isfinite(ask.closest_margin)), kept.rows)
    own, states = np.concatenate([kept.rows, without]), np.concatenate([kept.states, ask.closest[without]])
    order = np.argsort(own, kind="stable")
    own, states, space = own[order], states[order], ask.space
    return Chosen(rows[own], states, space.x_of(own, states), space.distance(own, states), space.odd_pairs(own, states))


def all_chosen(parts: Sequence[Chosen], n_columns: int) -> Chosen:
    """The states of all rows."""
    nothing = Chosen(
        np.zeros(0, np.int64), np.zeros((0, n_columns), np.int64), np.zeros((0, n_columns), np.float32), np.zeros(0),
        np.zeros((0, n_columns, n_columns), bool),
    )  # fmt: skip
    names = ("rows", "states", "x", "distance", "odd")
    return Chosen(*(np.concatenate([getattr(part, name) for part in (nothing, *parts)]) for name in names))


def changed_rows(table: Table, values: Values, chosen: Chosen) -> Table:
    """The rows that states stand for, in the user's own values."""
    rows = table.take(chosen.rows)
    columns = {}
    for j, (name, array) in enumerate(rows.columns.items()):
        changed = np.flatnonzero(chosen.states[:, j] != OWN)
        columns[name] = array.copy()
        columns[name][changed] = values.raw[j][chosen.states[changed, j]]
    return Table(table.schema, columns, rows.index)


def alternatives_of(
    model: TrainedModel, table: Table, changed: Table, goals: Goals, typical: Typical, chosen: Chosen
) -> tuple[Counterfactual, ...]:
    """Each chosen state as the user sees it, with what the real model says of it."""
    if not len(chosen.rows):
        return ()
    # Asked as a user would: by a frame, read and encoded anew. Nothing is taken from the search.
    logits = np.asarray(model.logits(changed.frame), np.float64)
    own_goals = goals.take(chosen.rows)
    valid, number = reached(model, own_goals, logits), shown_number(model, own_goals, logits)
    said = predictions(model, logits)
    likely = typical.plausibility(chosen.x)
    before, after = table.take(chosen.rows).values(), changed.values()
    names = model.schema.names
    return tuple(
        Counterfactual(
            tuple(
                Change(names[j], _plain(before[i, j]), _plain(after[i, j]))
                for j in np.flatnonzero(chosen.states[i] != OWN)
            ),
            float(number[i]), said[i], bool(valid[i]), float(chosen.distance[i]), float(likely[i]),
            _pairs(chosen.odd[i], names),
        )
        for i in range(len(chosen.rows))
    )  # fmt: skip


def predictions(model: TrainedModel, logits: Float64[np.ndarray, "row output"]) -> list[object]:
    """The class predicted for each row, as `model.predict` decides, or the estimate."""
    if not model.classes:
        return [float(z) for z in logits[:, 0]]
    return [model.classes[k] for k in model.decide(model.task.probability(logits))]


@dataclass(frozen=True)
class Outcome:
    """How the search of each row went.

    Args:
        there: rows that reached their goal as they were.
        finished: rows whose search was not cut short.
        ended: what cut the others short: "budget" or "stop".
        budget_s: the time-out.
    """

    there: Bool[np.ndarray, " row"]
    finished: Bool[np.ndarray, " row"]
    ended: str
    budget_s: float | None

    def reason(self, i: int, number: float, closest: Counterfactual | None) -> str:
        """Why a row has no alternatives."""
        if self.there[i]:
            return f"it is there already: {number:.4g}"
        best = f"the best reached {closest.number:.4g}" if closest is not None else "none was tried"
        if self.finished[i]:
            return f"no change of the allowed columns reaches it: {best}"
        if self.ended == "stop":
            return f"stopped before one was found: {best}"
        limit = f"{self.budget_s or 0.0:g} s"
        return f"the time-out of {limit} came before one was found: {best}. For more time: timeout='60s'"


def results_of(
    model: TrainedModel, table: Table, goals: Goals, logits: Float64[np.ndarray, "row output"],
    tried: tuple[Int[np.ndarray, " state"], tuple[Counterfactual, ...]], outcome: Outcome,
) -> tuple[tuple[RowCounterfactuals, ...], Int[np.ndarray, " kept"]]:  # fmt: skip
    """What was found for each row: valid alternatives, else the closest try and the reason; and which were kept."""
    rows_of, tries = tried
    first = np.searchsorted(rows_of, np.arange(table.n_rows + 1)).tolist()
    number, said, values = shown_number(model, goals, logits), predictions(model, logits), table.values()
    results, kept = [], []
    for i in range(table.n_rows):
        mine = range(first[i], first[i + 1])
        valid = [k for k in mine if tries[k].valid]
        closest = tries[mine[0]] if mine and not valid else None
        kept.extend(valid or mine[:1])
        results.append(
            RowCounterfactuals(
                _plain(table.index[i]), dict(zip(model.schema.names, map(_plain, values[i]), strict=True)),
                float(number[i]), said[i], goals.each[i].words, tuple(tries[k] for k in valid),
                "" if valid else outcome.reason(i, float(number[i]), closest), closest,
            )
        )  # fmt: skip
    return tuple(results), np.array(kept, np.int64)


def _pairs(odd: np.ndarray, names: Sequence[str]) -> tuple[tuple[str, str], ...]:
    found = {tuple(sorted((int(j), int(k)))) for j, k in zip(*np.nonzero(odd), strict=True)}
    return tuple((names[j], names[k]) for j, k in sorted(found))


def _plain(value: object) -> object:
    return value.item() if isinstance(value, np.generic) else value
