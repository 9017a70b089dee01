"""What the result panel tells its page: plain JSON, and the counts at every threshold as one buffer of float64."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from lepton_lab.evaluation.shown.words import Words, words_of
from lepton_lab.metrics import Estimate
from lepton_lab.notebook.panels.result_figures import calibration, figures, plotted
from lepton_lab.pictures import error_tree as pictured
from lepton_lab.pictures import shown_figures
from lepton_lab.pictures.intervals import with_interval
from lepton_lab.pictures.numbers import count, value
from lepton_lab.pictures.scoreboard import Scoreboard
from lepton_lab.pictures.trained_model import task_words
from lepton_lab.ranking import Ranking

if TYPE_CHECKING:
    from lepton_lab.evaluation.error_tree.tree import ErrorTree
    from lepton_lab.evaluation.report import Evaluation
    from lepton_lab.evaluation.shown.result import Shown
    from lepton_lab.explanation.explanation import Explanation

MOST_FEATURES = 6


def code(evaluation: Evaluation) -> str:
    """The Python line that makes the evaluation."""
    held = evaluation.rows is None or evaluation.rows.held_out
    return f"evaluation = ll.evaluate(model{'' if held else ', df'})"


def described(evaluation: Evaluation) -> dict[str, Any]:
    """Everything that does not hang on a threshold or a class."""
    board = Scoreboard(evaluation.task, evaluation.metrics, evaluation.leaderboard, ahead=evaluation.ahead)
    matrix, found = evaluation.confusion, evaluation.costs
    own = evaluation.threshold
    return {
        "sub": f"{task_words(evaluation.task)} · {count(evaluation.n_rows, 'row')} · {evaluation.note}",
        "task": evaluation.task.name, "target": evaluation.target, "weighed": _weighed(evaluation),
        "classes": [] if _is_ranked(evaluation) else [value(c) for c in evaluation.classes], "own": own,
        "ownNote": evaluation.threshold_note,
        "folds": evaluation.rows is not None and evaluation.rows.threshold is not None,
        "kpis": [list(kpi) for kpi in board.headline_words()], "board": _board(board),
        "matrix": None if matrix is None else matrix.tolist(), "figures": figures(evaluation),
        "shown": [shown(one) for one in evaluation.shown.values()],
        "costs": None if found is None else costs(evaluation) | {"unit": found.costs.unit}, "words": _words(evaluation),
    }  # fmt: skip


def shown(one: Shown) -> dict[str, Any]:
    """One figure that the model's domain asks for, every number in words."""
    return {
        "title": one.title, "heads": shown_figures.heads(one),
        "header": [column.words for column in one.columns], "cells": shown_figures.cells(one),
        "numeric": shown_figures.numeric(one), "figures": [plotted(plot) for plot in one.plots], "note": one.note,
    }  # fmt: skip


def one_class(evaluation: Evaluation, k: int) -> tuple[dict[str, Any], bytes]:
    """One class against the rest; thresholds, found and alarms at each of the slider's stops after one another."""
    one = evaluation.against_rest(evaluation.classes[k])
    two = len(evaluation.classes) == 2
    chosen = None if evaluation.costs is None or not two else evaluation.costs.threshold
    stops = one.thresholds.stops(evaluation.threshold if two else None, chosen)
    found, alarms = one.thresholds.called(stops)
    told = {
        "k": k, "name": value(one.name), "stops": len(stops), "positives": one.thresholds.positives,
        "negatives": one.thresholds.negatives, "effective": one.thresholds.effective,
        "scores": {"edges": one.scores.edges.tolist(), "counts": one.scores.counts.tolist()},
        "calibration": calibration(one.calibration),
        "call": "" if two else f", of={evaluation.classes[k]!r}",
    }  # fmt: skip
    return told, np.concatenate([stops, found, alarms]).astype("<f8").tobytes()


def costs(evaluation: Evaluation) -> dict[str, Any]:
    """The threshold for some costs, and what it costs on rows that did not choose it."""
    found = evaluation.costs
    assert found is not None
    asked = found.costs
    words = (
        f"costs {with_interval(found.cost)}{asked.in_unit} a row, saves {with_interval(found.saving)}{asked.in_unit} "
        f"against the model's threshold; {found.note}"
    )
    unit = f", unit={asked.unit!r}" if asked.unit else ""
    return {
        "false_alarm": asked.false_alarm, "missed": asked.missed, "threshold": found.threshold, "words": words,
        "cost": found.cost.value, "code": f"evaluation.for_costs({{'false_alarm': {asked.false_alarm:g}, "
        f"'missed': {asked.missed:g}}}{unit}).costs.threshold",
    }  # fmt: skip


def errors(evaluation: Evaluation, tree: ErrorTree) -> dict[str, Any]:
    """The parts of the rows, from the top."""
    nodes = [
        {
            "number": node.number, "depth": node.depth, "words": pictured.words(node), "rule": node.rule,
            "loss": _estimate(node.loss), "kind": pictured.kind_of(node), "cells": pictured.cells(tree, node),
        }
        for node in tree.nodes
    ]  # fmt: skip
    return {
        "nodes": nodes, "header": pictured.header(tree), "verdict": pictured.verdict(tree),
        "note": f"{tree.note} {pictured.compared(tree)}",
        "code": "evaluation.error_tree()",
    }  # fmt: skip


def node(evaluation: Evaluation, tree: ErrorTree, at: int, found: Explanation) -> dict[str, Any]:
    """What the model looks at in rows of a part: the columns of largest mean effect, and which way they push."""
    importance = found.importance()
    single = found.values.ndim == 2
    pushes = found.values.mean(axis=0) if single else None
    features = [
        {
            "name": name, "value": float(importance.values[i]), "low": float(importance.lower_bounds[i]),
            "high": float(importance.upper_bounds[i]),
            "push": None if pushes is None else float(pushes[importance.order[i]]),
        }
        for i, name in enumerate(importance.feature_names[:MOST_FEATURES])
    ]  # fmt: skip
    rows = tree.node(at).rows
    of = f"{count(len(found), 'row')}" + (f" drawn of {rows:,}" if len(found) < rows else "")
    what = "" if not evaluation.classes or not single else f" of {value(evaluation.classes[1])}"
    return {
        "number": at, "features": features, "words": f"mean |effect| on the {found.unit}{what}, in {of}",
        "code": f"evaluation.error_tree().explain({at})",
    }  # fmt: skip


def _board(board: Scoreboard) -> dict[str, Any]:
    names = board.shown_names
    rows = [
        {
            "name": board.name_of(member), "best": member == "blend",
            "first": _estimate(board.board[member].get(names[0])), "drawn": board.is_drawn(member),
            "gap": board.gap_words(member), "numbers": board.number_words(member),
        }
        for member in board.board
    ]  # fmt: skip
    better = "higher" if board.task.metrics[names[0]].higher_is_better else "lower"
    header = [f"{board.label(names[0])}, {better} is better", *(["This model minus it"] if board.has_gaps else [])]
    return {"rows": rows, "header": [*header, *map(board.label, names)]}


def _estimate(found: Estimate | None) -> list[float | None]:
    """Value, low and high; None where they are not known."""
    if found is None:
        return [None, None, None]
    return [v if math.isfinite(v) else None for v in (found.value, found.low, found.high)]


def _words(evaluation: Evaluation) -> dict[str, str]:
    """What one row is called, and several."""
    words = Words() if evaluation.rows is None else words_of(evaluation.rows.model)
    return {"row": words.row, "rows": words.rows}


def _is_ranked(evaluation: Evaluation) -> bool:
    """Whether it is of items: one of thousands against the rest is nothing to look at."""
    return isinstance(evaluation.task, Ranking)


def _weighed(evaluation: Evaluation) -> bool:
    return evaluation.rows is not None and evaluation.rows.weights is not None
