"""Results as pictures: `html(result)` is self-contained HTML with inline SVG, `text(result)` is plain text.

No IPython, no widgets, no scripts, no network. The static twins of the panels, the reprs of results
and the reports are made here. One file a result; a module is imported when its result is drawn.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

# Keyed by class name, so that drawing one kind of result imports none of the others.
PICTURES = {
    "TrainedModel": "trained_model",
    "Evaluation": "evaluation_report",
    "ErrorTree": "error_tree",
    "Comparison": "comparison",
    "Explanation": "shapley_values",
    "InsideExplanation": "inside",
    "ExplainProgress": "explain_progress",
    "ReasonCodes": "reason_list",
    "Counterfactuals": "counterfactual_list",
    "Interactions": "interaction_values",
    "Effect": "effect_curve",
    "LossImportance": "loss_bars",
    "CohortComparison": "cohort_table",
    "Dependence": "dependence_plot",
    "Check": "findings",
    "Drift": "drift_table",
    "Progress": "learning",
    "Run": "one_run",
    "Runs": "run_list",
    "Leaderboard": "run_board",
    "RunComparison": "run_comparison",
    "Segments": "segment_table",
    "Domains": "domain_list",
    "Status": "machine",
    "Doctor": "machine",
    "Study": "study",
    "StudyProgress": "study",
    "WhatIf": "scenario_answer",
    "WhatIfAnswer": "scenario_answer",
    "ComparedScenarios": "compared_scenarios",
    "NearestRows": "near_rows",
    "NearAnswers": "near_answers",
    "ModelReport": "written_report",
    "DataFrame": "prediction_frame",
    "Fans": "fan",
}


def html(result: object) -> str:
    """A result as self-contained HTML: under 200 kB, light and dark, every user string escaped."""
    return _module(result).html(result)


def text(result: object) -> str:
    """A result as plain text."""
    return _module(result).text(result)


def has_picture(result: object) -> bool:
    """Whether `html` and `text` know this kind of result."""
    return _name(result) is not None


def _name(result: object) -> str | None:
    return next((PICTURES[cls.__name__] for cls in type(result).__mro__ if cls.__name__ in PICTURES), None)


def _module(result: object) -> ModuleType:
    name = _name(result)
    if name is None:
        raise TypeError(f"no picture of a {type(result).__name__}; there are pictures of {', '.join(PICTURES)}")
    return import_module(f"lepton_lab.pictures.{name}")
