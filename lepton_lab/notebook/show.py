"""Which result is shown how: one table from result types to pictures and panels.

Types are named, not imported: a formatter is found by the name of a result's class when the first
such result is shown, so that `%load_ext` stays quick.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lepton_lab import pictures

# Module and name of every result with a picture.
RESULTS = (
    ("lepton_lab.trained", "TrainedModel"),
    ("lepton_lab.evaluation.report", "Evaluation"),
    ("lepton_lab.evaluation.error_tree.tree", "ErrorTree"),
    ("lepton_lab.evaluation.comparison", "Comparison"),
    ("lepton_lab.evaluation.scenario", "WhatIf"),
    ("lepton_lab.evaluation.scenario", "WhatIfAnswer"),
    ("lepton_lab.evaluation.compared_scenarios", "ComparedScenarios"),
    ("lepton_lab.evaluation.nearest", "NearestRows"),
    ("lepton_lab.evaluation.near_answers", "NearAnswers"),
    ("lepton_lab.reporting.written", "ModelReport"),
    ("lepton_lab.explanation.explanation", "Explanation"),
    ("lepton_lab.explanation.inside.inside_explanation", "InsideExplanation"),
    ("lepton_lab.explanation.counterfactual.result", "Counterfactuals"),
    ("lepton_lab.explanation.interactions", "Interactions"),
    ("lepton_lab.explanation.reason_codes", "ReasonCodes"),
    ("lepton_lab.explanation.effects.effect", "Effect"),
    ("lepton_lab.explanation.loss_importance", "LossImportance"),
    ("lepton_lab.explanation.cohorts", "CohortComparison"),
    ("lepton_lab.explanation.dependence", "Dependence"),
    ("lepton_lab.data.check", "Check"),
    ("lepton_lab.data.shifts", "Drift"),
    ("lepton_lab.journal.handle", "Run"),
    ("lepton_lab.evaluation.run_table", "Runs"),
    ("lepton_lab.evaluation.run_table", "Leaderboard"),
    ("lepton_lab.evaluation.compare_runs", "RunComparison"),
    ("lepton_lab.tuning.study", "Study"),
    ("lepton_lab.evaluation.segments.result", "Segments"),
    ("lepton_lab.packs.listed", "Domains"),
    ("lepton_lab.environment", "Doctor"),
    ("lepton_lab.environment", "Status"),
)


def _explanation_panel(explanation: Any) -> Any:
    from lepton_lab.notebook.panels.explanation import ExplanationPanel

    return ExplanationPanel(explanation)


def _inside_panel(inside: Any) -> Any:
    from lepton_lab.notebook.panels.inside import InsidePanel

    return InsidePanel(inside)


def _result_panel(evaluation: Any) -> Any:
    from lepton_lab.notebook.panels.result import ResultPanel

    return ResultPanel(evaluation)


def _whatif_panel(whatif: Any) -> Any:
    from lepton_lab.notebook.panels.whatif import WhatIfPanel

    return WhatIfPanel(whatif)


def _data_panel(check: Any) -> Any:
    from lepton_lab.notebook.panels.data import DataPanel

    return DataPanel(check)


def _runs_panel(runs: Any) -> Any:
    from lepton_lab.notebook.panels.runs import RunsPanel

    return RunsPanel(runs)


# The results that answer to the pointer, where there is a page to point at.
PANELS: dict[str, Callable[[Any], Any]] = {
    "Evaluation": _result_panel,
    "Explanation": _explanation_panel,
    "InsideExplanation": _inside_panel,
    "WhatIf": _whatif_panel,
    "Check": _data_panel,
    "Runs": _runs_panel,
}


def register(shell: Any) -> None:
    """Teach a shell to show our results."""
    formatters = shell.display_formatter.formatters
    for module, name in RESULTS:
        formatters["text/html"].for_type_by_name(module, name, pictures.html)
        formatters["text/plain"].for_type_by_name(module, name, _write_text)
        if name in PANELS:
            shell.display_formatter.ipython_display_formatter.for_type_by_name(module, name, _show_panel)


def forget(shell: Any) -> None:
    """Take back what `register` did."""
    made = shell.display_formatter.formatters
    for formatter in (made["text/html"], made["text/plain"], shell.display_formatter.ipython_display_formatter):
        for module, name in RESULTS:
            formatter.pop(f"{module}.{name}", None)


def _write_text(result: Any, printer: Any, cycle: bool) -> None:
    """A result as plain text, for IPython's pretty printer."""
    printer.text(pictures.text(result))


def _show_panel(result: Any) -> bool:
    """Show a result as its panel; in a terminal, leave it to the pictures."""
    from IPython.display import display

    from lepton_lab.notebook.watching import can_show_panels, hear_while_busy

    if not can_show_panels():
        raise NotImplementedError
    panel = PANELS[type(result).__name__](result)
    display(panel)
    hear_while_busy(panel)
    return True
