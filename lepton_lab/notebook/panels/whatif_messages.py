"""What the what-if panel tells its page: plain JSON, and the curves as one buffer of float32."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lepton_lab.pictures.numbers import value
from lepton_lab.pictures.row_strips import Strip
from lepton_lab.pictures.shapley_values import steps
from lepton_lab.survival import Survival

if TYPE_CHECKING:
    from lepton_lab.evaluation.compared_scenarios import ComparedScenarios
    from lepton_lab.evaluation.nearest import NearestRows
    from lepton_lab.evaluation.scenario import WhatIf, WhatIfAnswer
    from lepton_lab.explanation.counterfactual.result import Counterfactual, Counterfactuals
    from lepton_lab.explanation.effects.row_curves import RowCurve


def code(whatif: WhatIf, call: str = "") -> str:
    """The Python line of a call."""
    return f"ll.whatif(model, row={whatif.label!r}){call}"


def described(whatif: WhatIf) -> dict[str, Any]:
    """What is drawn, and how an output becomes it: of two classes a sigmoid, of several a softmax."""
    task = whatif.model.task
    link = {"binary": "sigmoid", "multiclass": "softmax"}.get(task.name, "identity")
    return {
        "link": link, "classes": [value(c) for c in task.classes], "target": whatif.model.schema.target,
        "goal": example_goal(whatif),
    }  # fmt: skip


def columns(whatif: WhatIf, curves: Sequence[RowCurve] | None) -> list[dict[str, Any]]:
    """The controls, with the points of their curves and the spread of known values."""
    made = [dict(column) for column in whatif.columns]
    if curves is None:
        return made
    for column, curve, spread in zip(made, curves, whatif.spreads, strict=True):
        ordered = curve.kind != "category"
        points = [_finite(p) for p in curve.place] if ordered else [_json(v) for v in curve.grid]
        bars = [float(f"{b:.3g}") for b in spread.bars]
        column["curve"] = {"ordered": ordered, "points": points, "from": spread.low, "to": spread.high, "bars": bars}
    return made


def buffers(whatif: WhatIf, curves: Sequence[RowCurve] | None) -> list[bytes]:
    """The outputs of all curves after one another `(point of a column, output)`; of times to an event the chances."""
    if curves is None:
        return []
    outputs = np.concatenate([curve.outputs.reshape(len(curve.grid), -1) for curve in curves])
    task = whatif.model.task
    if isinstance(task, Survival):
        outputs = task.survival(outputs, task.horizons)
    return [outputs.astype("<f4").tobytes()]


def answer(whatif: WhatIf, found: WhatIfAnswer) -> dict[str, Any]:
    """An answer: the number to show large, all probabilities, the waterfall where it was asked for."""
    task, chances = whatif.model.task, [float(p) for p in found.probabilities.values()]
    timed = isinstance(task, Survival)
    shown = [value(c) for c in found.probabilities]
    main = shown[1] if task.name == "binary" else shown[len(shown) // 2] if timed else None
    return {
        "prediction": value(found.prediction), "what": "median time" if timed else "predicted",
        "estimate": found.estimate, "link": chances if timed else [float(z) for z in found.link],
        "probabilities": [{"name": name, "value": p} for name, p in zip(shown, chances, strict=True)], "positive": main,
        "unit": task.unit, "threshold": whatif.model.threshold,
        "code": code(whatif, f".answer({found.changes!r})") if found.changes else code(whatif),
        "waterfall": None if found.explanation is None else _waterfall(found),
    }  # fmt: skip


def compared(whatif: WhatIf, found: ComparedScenarios | None) -> dict[str, Any]:
    """The numbers of pinned scenarios, and the line that makes them."""
    if found is None:
        return {"answers": {}, "code": code(whatif)}
    scenarios = {name: dict(one.changes) for name, one in found.answers.items()}
    answers = {name: answer(whatif, one) for name, one in found.answers.items()}
    return {"answers": answers, "code": code(whatif, f".compare({scenarios!r})")}


def ways(
    whatif: WhatIf, found: Counterfactuals, goal: object, changes: Mapping[str, Any], locked: Sequence[str]
) -> dict[str, Any]:
    """Counterfactuals of the changed row: what to change further, and where that leads."""
    (row,) = found.rows
    words = [repr(goal)] if goal is not None else []
    words += [f"changes={dict(changes)!r}"] if changes else []
    words += [f"locked={list(locked)!r}"] if tuple(locked) != whatif.model.schema.immutable else []
    shown = row.alternatives or (() if row.closest is None else (row.closest,))
    return {
        "wanted": row.wanted, "reason": row.reason, "reached": bool(row.alternatives), "unit": found.unit,
        "share": found.unit.startswith("probability"), "ways": [_way(one) for one in shown],
        "notes": list(found.notes), "code": code(whatif, f".reach({', '.join(words)})"),
    }  # fmt: skip


def nearest(whatif: WhatIf, found: NearestRows, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Real rows: what differs, what the model says, what was true."""
    rows = [
        {
            "label": None if row.label is None else value(row.label), "distance": row.distance,
            "differs": [{"name": name, "shown": value(row.values[name])} for name in row.differs],
            "probability": row.probability, "prediction": value(row.prediction),
            "truth": None if row.truth is None else value(row.truth),
        }
        for row in found.rows
    ]  # fmt: skip
    call = f".nearest({dict(changes)!r})" if changes else ".nearest()"
    return {"rows": rows, "where": found.where, "target": found.target, "code": code(whatif, call)}


def strips(whatif: WhatIf, found: WhatIfAnswer, curves: Sequence[RowCurve]) -> tuple[Strip, ...]:
    """The curves for the static twin, in the number people read."""
    now = {**whatif.values, **found.changes}
    made = []
    for curve, spread in zip(curves, whatif.spreads, strict=True):
        heights = whatif.shown(curve.outputs, found.output)
        made.append(Strip(curve.column, curve.kind, list(curve.grid), curve.place, heights, spread, now[curve.column]))
    return tuple(made)


def goal(whatif: WhatIf, typed: object) -> object:
    """What was typed as a goal: a class as the user wrote it, else a comparison such as "< 20 %"."""
    words = str(typed or "").strip()
    for known in whatif.model.task.classes:
        if value(known) == words:
            return known
    return words.replace("−", "-") or None


def example_goal(whatif: WhatIf) -> str:
    """A goal to begin with: another class, half the probability or an even chance, a tenth more."""
    found = whatif.answer({})
    if whatif.model.task.name == "binary":
        chance = found.probability or 0.0
        return f"<{max(1, round(50 * chance))}%" if chance >= 0.2 else ">50%"
    if found.probabilities and not isinstance(whatif.model.task, Survival):
        others = {c: p for c, p in found.probabilities.items() if c != found.prediction}
        return value(max(others, key=lambda c: others[c])) if others else ""
    return f">{found.link[0] + 0.1 * abs(found.link[0]):.3g}"


def _waterfall(found: WhatIfAnswer) -> dict[str, Any]:
    assert found.explanation is not None
    made, base, prediction = steps(found.explanation, 0, found.output)
    drawn = [{"name": s.name, "shown": s.shown, "value": s.value, "error": s.error_std} for s in made]
    exact = found.explanation.exact
    return {"steps": drawn, "base": base, "prediction": prediction, "unit": found.explanation.unit, "exact": exact}


def _way(one: Counterfactual) -> dict[str, Any]:
    changes = [
        {"name": c.column, "before": value(c.before), "after": value(c.after), "value": _json(c.after)}
        for c in one.changes
    ]
    return {
        "changes": changes, "number": one.number, "distance": one.distance, "plausibility": one.plausibility,
        "valid": one.valid, "unlikely": [list(pair) for pair in one.unlikely],
    }  # fmt: skip


def _finite(number: Any) -> float | None:
    number = float(number)
    return number if math.isfinite(number) else None


def _json(item: Any) -> Any:
    """A user's value as JSON: a number, word or truth value; a date as ISO text."""
    item = item.item() if hasattr(item, "item") else item
    return item if item is None or isinstance(item, (str, int, float, bool)) else value(item)
