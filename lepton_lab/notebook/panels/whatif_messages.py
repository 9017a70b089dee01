"""What the what-if panel tells its page: plain JSON, and the curves as one buffer of float32."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lepton_lab.pictures.numbers import value
from lepton_lab.pictures.scenario_json import answer, code, plain_value, written
from lepton_lab.survival import Survival

if TYPE_CHECKING:
    from lepton_lab.evaluation.compared_scenarios import ComparedScenarios
    from lepton_lab.evaluation.nearest import NearestRows
    from lepton_lab.evaluation.scenario import WhatIf
    from lepton_lab.explanation.counterfactual.result import Counterfactual, Counterfactuals
    from lepton_lab.explanation.effects.row_curves import RowCurve


def described(whatif: WhatIf) -> dict[str, Any]:
    """What is drawn, and how an output becomes it: of two classes a sigmoid, of several a softmax."""
    task, goal = whatif.model.task, whatif.example_goal()
    link = {"binary": "sigmoid", "multiclass": "softmax"}.get(task.name, "identity")
    return {
        "link": link, "classes": [value(c) for c in task.classes], "target": whatif.model.schema.target,
        "goal": "" if goal is None else value(goal),
    }  # fmt: skip


def buffers(whatif: WhatIf, curves: Sequence[RowCurve] | None) -> list[bytes]:
    """The outputs of all curves after one another `(point of a column, output)`; of times to an event the chances."""
    if curves is None:
        return []
    outputs = np.concatenate([curve.outputs.reshape(len(curve.grid), -1) for curve in curves])
    task = whatif.model.task
    if isinstance(task, Survival):
        outputs = task.survival(outputs, task.horizons)
    return [outputs.astype("<f4").tobytes()]


def compared(whatif: WhatIf, found: ComparedScenarios | None) -> dict[str, Any]:
    """The numbers of pinned scenarios, and the line that makes them."""
    if found is None:
        return {"answers": {}, "code": code(whatif)}
    scenarios = ", ".join(f"{name!r}: {written(whatif, one.changes)}" for name, one in found.answers.items())
    answers = {name: answer(whatif, one) for name, one in found.answers.items()}
    return {"answers": answers, "code": code(whatif, f".compare({{{scenarios}}})")}


def ways(
    whatif: WhatIf, found: Counterfactuals, goal: object, changes: Mapping[str, Any], locked: Sequence[str]
) -> dict[str, Any]:
    """Counterfactuals of the changed row: what to change further, and where that leads."""
    (row,) = found.rows
    words = [repr(goal)] if goal is not None else []
    words += [f"changes={written(whatif, changes)}"] if changes else []
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
    call = f".nearest({written(whatif, changes)})" if changes else ".nearest()"
    return {"rows": rows, "where": found.where, "target": found.target, "code": code(whatif, call)}


def goal(whatif: WhatIf, typed: object) -> object:
    """What was typed as a goal: a class as the user wrote it, else a comparison such as "< 20 %"."""
    words = str(typed or "").strip()
    for known in whatif.model.task.classes:
        if value(known) == words:
            return known
    return words.replace("−", "-") or None


def _way(one: Counterfactual) -> dict[str, Any]:
    changes = [
        {"name": c.column, "before": value(c.before), "after": value(c.after), "value": plain_value(c.after)}
        for c in one.changes
    ]
    return {
        "changes": changes, "number": one.number, "distance": one.distance, "plausibility": one.plausibility,
        "valid": one.valid, "unlikely": [list(pair) for pair in one.unlikely],
    }  # fmt: skip
