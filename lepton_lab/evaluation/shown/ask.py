"""Which figures there are, and those that a model's domain asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lepton_lab.errors import DataError, OptionError, no_such_option
from lepton_lab.evaluation.evaluated_rows import EvaluatedRows
from lepton_lab.evaluation.shown.alerts import show_amounts, show_budget
from lepton_lab.evaluation.shown.credit import show_bands, show_ks
from lepton_lab.evaluation.shown.forecasts import show_levels, show_newsvendor, show_steps, usual_figures
from lepton_lab.evaluation.shown.maintenance import show_early_warning
from lepton_lab.evaluation.shown.medicine import (
    show_calibration_line,
    show_decision_curve,
    show_missing,
    show_sensitivity,
)
from lepton_lab.evaluation.shown.reach import show_reach
from lepton_lab.evaluation.shown.result import Shown

SHOWN: dict[str, Callable[..., Shown]] = {
    "ks": show_ks,
    "score_bands": show_bands,
    "alert_budget": show_budget,
    "cost_by_amount": show_amounts,
    "sensitivity": show_sensitivity,
    "decision_curve": show_decision_curve,
    "calibration_line": show_calibration_line,
    "missing": show_missing,
    "early_warning": show_early_warning,
    "forecast_steps": show_steps,
    "levels": show_levels,
    "newsvendor": show_newsvendor,
    "reach": show_reach,
}
"""By the name that `Domain.show` and `Evaluation.show` take; the options are the function's keywords."""


def show(rows: EvaluatedRows, name: str, options: Mapping[str, Any] | None = None) -> Shown:
    """One figure of some rows.

    Raises:
        OptionError: no such figure, no such option of it, or one that does not fit the rows.
    """
    if name not in SHOWN:
        raise no_such_option("show", name, SHOWN)
    known = [option for option in SHOWN[name].__annotations__ if option not in ("rows", "return")]
    for option in options or {}:
        if option not in known:
            raise no_such_option(f"an option of {name!r}", option, known)
    try:
        return SHOWN[name](rows, **(options or {}))
    except TypeError as error:
        raise OptionError(f"{name!r} cannot be shown with {dict(options or {})!r}: {error}") from error


def shown_of(rows: EvaluatedRows) -> tuple[dict[str, Shown], list[str]]:
    """The figures that the model's kind and its domain ask for, and why some of them are not there."""
    pack = rows.model.config.get("pack") or {}
    found, lacking = {}, []
    for name, options in {**usual_figures(rows), **(pack.get("show") or {})}.items():
        try:
            found[name] = show(rows, name, options)
        except (OptionError, DataError) as error:
            lacking.append(f"{name}: {error}")
    return found, lacking
