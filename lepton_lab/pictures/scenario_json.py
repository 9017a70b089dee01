"""A what-if as plain JSON, for the pages that draw it: its controls, and an answer with its waterfall."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lepton_lab.data.array_values import ArrayValue
from lepton_lab.pictures.numbers import value
from lepton_lab.pictures.python_words import literal
from lepton_lab.pictures.shapley_values import steps
from lepton_lab.survival import Survival

if TYPE_CHECKING:
    from lepton_lab.evaluation.controls import Spread
    from lepton_lab.evaluation.scenario import WhatIf, WhatIfAnswer
    from lepton_lab.explanation.effects.row_curves import RowCurve

_ITSELF = "asked."


def code(whatif: WhatIf, call: str = "") -> str:
    """The Python line of a call, which may name the what-if itself as `asked`."""
    made = f"ll.whatif(model, row={literal(whatif.label)})"
    return f"(asked := {made}){call}" if _ITSELF in call else f"{made}{call}"


def written(whatif: WhatIf, changes: Mapping[str, Any]) -> str:
    """Changes as Python; an object of another row is taken from there."""
    made = [f"{name!r}: {_written(whatif, name, item)}" for name, item in changes.items()]
    return f"{{{', '.join(made)}}}"


def _written(whatif: WhatIf, name: str, item: Any) -> str:
    if not isinstance(item, ArrayValue) or whatif.others is None:
        return repr(item)
    labels = whatif.others.index.tolist()
    of = next((k for k, one in enumerate(whatif.others.columns[name]) if one == item), None)
    return repr(item) if of is None else f"{_ITSELF}values_of({literal(labels[of])})[{name!r}]"


def columns(whatif: WhatIf, curves: Sequence[RowCurve] | None) -> list[dict[str, Any]]:
    """The controls, with the points of their curves and the spread of known values."""
    made = [dict(column) for column in whatif.columns]
    if curves is None:
        return made
    for column, curve, spread in zip(made, curves, whatif.spreads, strict=True):
        column["curve"] = curve_points(curve.kind, list(curve.place), list(curve.grid), spread)
    return made


def curve_points(kind: str, place: Sequence[Any], own: Sequence[Any], spread: Spread) -> dict[str, Any]:
    """Where a column's curve has its points, and the spread of known values under it.

    Args:
        kind: "number", "date" or "category".
        place: where each point is drawn.
        own: its value, as the user wrote it.
        spread: of known values.
    """
    ordered = kind != "category"
    points = [_finite(p) for p in place] if ordered else [plain_value(v) for v in own]
    bars = [float(f"{b:.3g}") for b in spread.bars]
    return {"ordered": ordered, "points": points, "from": spread.low, "to": spread.high, "bars": bars}


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
        "code": code(whatif, f".answer({written(whatif, found.changes)})") if found.changes else code(whatif),
        "waterfall": None if found.explanation is None else _waterfall(found),
    }  # fmt: skip


def _waterfall(found: WhatIfAnswer) -> dict[str, Any]:
    assert found.explanation is not None
    made, base, prediction = steps(found.explanation, 0, found.output)
    drawn = [{"name": s.name, "shown": s.shown, "value": s.value, "error": s.error_std} for s in made]
    exact = found.explanation.exact
    return {"steps": drawn, "base": base, "prediction": prediction, "unit": found.explanation.unit, "exact": exact}


def _finite(number: Any) -> float | None:
    number = float(number)
    return number if math.isfinite(number) else None


def plain_value(item: Any) -> Any:
    """A user's value as JSON: a number, word or truth value; a date as ISO text."""
    item = item.item() if hasattr(item, "item") else item
    return item if item is None or isinstance(item, (str, int, float, bool)) else value(item)
