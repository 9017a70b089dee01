"""From a dataframe to an explained model, in the notebook or in a plain script.

    import lepton_lab as ll

    df_train, df_test = ll.samples.load("credit", split=True)
    model = ll.train(df_train, target="bad")
    model.predict(df_test)
    ll.explain(model, df_test).to_shap()

Every name is imported when it is first used, so that `import lepton_lab` costs milliseconds.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from lepton_lab._version import __version__

if TYPE_CHECKING:
    from lepton_lab import errors, reshape, samples
    from lepton_lab.api import doctor, domains, load, predict, predict_survival, resume, save, status, train
    from lepton_lab.api_check import check, drift
    from lepton_lab.api_effects import (
        accumulated_effects,
        compare_cohorts,
        explain_preview,
        loss_importance,
        partial_dependence,
    )
    from lepton_lab.api_evaluate import compare, error_tree, evaluate
    from lepton_lab.api_explain import counterfactuals, explain, explain_stream, interactions, whatif
    from lepton_lab.api_inside import explain_inside
    from lepton_lab.api_near import nearest
    from lepton_lab.api_recommend import recommend
    from lepton_lab.api_report import report
    from lepton_lab.api_runs import attach, runs, stop
    from lepton_lab.api_segments import segments
    from lepton_lab.api_tune import tune
    from lepton_lab.data.images import images
    from lepton_lab.errors import LeptonError
    from lepton_lab.estimators import LeptonClassifier, LeptonRegressor
    from lepton_lab.evaluation.report import Evaluation
    from lepton_lab.explanation.explanation import Explanation
    from lepton_lab.explanation.inside.inside_explanation import InsideExplanation
    from lepton_lab.journal import Run
    from lepton_lab.trained import TrainedModel
    from lepton_lab.tuning.study import Study

__all__ = [
    "Evaluation",
    "Explanation",
    "InsideExplanation",
    "LeptonClassifier",
    "LeptonError",
    "LeptonRegressor",
    "Run",
    "Study",
    "TrainedModel",
    "__version__",
    "accumulated_effects",
    "attach",
    "check",
    "compare",
    "compare_cohorts",
    "counterfactuals",
    "doctor",
    "domains",
    "drift",
    "error_tree",
    "errors",
    "evaluate",
    "explain",
    "explain_inside",
    "explain_preview",
    "explain_stream",
    "images",
    "interactions",
    "load",
    "loss_importance",
    "nearest",
    "partial_dependence",
    "predict",
    "predict_survival",
    "recommend",
    "report",
    "reshape",
    "resume",
    "runs",
    "samples",
    "save",
    "segments",
    "status",
    "stop",
    "train",
    "tune",
    "whatif",
]

# Where each public name lives. A module stands for itself.
_HOMES = {
    "Evaluation": "lepton_lab.evaluation.report",
    "Explanation": "lepton_lab.explanation.explanation",
    "InsideExplanation": "lepton_lab.explanation.inside.inside_explanation",
    "LeptonClassifier": "lepton_lab.estimators",
    "LeptonError": "lepton_lab.errors",
    "LeptonRegressor": "lepton_lab.estimators",
    "Run": "lepton_lab.journal",
    "Study": "lepton_lab.tuning.study",
    "TrainedModel": "lepton_lab.trained",
    "accumulated_effects": "lepton_lab.api_effects",
    "attach": "lepton_lab.api_runs",
    "check": "lepton_lab.api_check",
    "compare": "lepton_lab.api_evaluate",
    "compare_cohorts": "lepton_lab.api_effects",
    "counterfactuals": "lepton_lab.api_explain",
    "drift": "lepton_lab.api_check",
    "error_tree": "lepton_lab.api_evaluate",
    "evaluate": "lepton_lab.api_evaluate",
    "explain": "lepton_lab.api_explain",
    "explain_inside": "lepton_lab.api_inside",
    "explain_preview": "lepton_lab.api_effects",
    "explain_stream": "lepton_lab.api_explain",
    "images": "lepton_lab.data.images",
    "interactions": "lepton_lab.api_explain",
    "loss_importance": "lepton_lab.api_effects",
    "nearest": "lepton_lab.api_near",
    "partial_dependence": "lepton_lab.api_effects",
    "recommend": "lepton_lab.api_recommend",
    "report": "lepton_lab.api_report",
    "runs": "lepton_lab.api_runs",
    "segments": "lepton_lab.api_segments",
    "stop": "lepton_lab.api_runs",
    "tune": "lepton_lab.api_tune",
    "whatif": "lepton_lab.api_explain",
}
_MODULES = ("errors", "reshape", "samples")


def __getattr__(name: str) -> Any:
    """Import a public name on first use (PEP 562)."""
    if name not in __all__:
        from lepton_lab.errors import did_you_mean

        raise AttributeError(f"module 'lepton_lab' has no attribute {name!r}.{did_you_mean(name, __all__)}")
    if name in _MODULES:
        value: Any = importlib.import_module(f"lepton_lab.{name}")
    else:
        value = getattr(importlib.import_module(_HOMES.get(name, "lepton_lab.api")), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


def load_ipython_extension(ipython: Any) -> None:
    """Register the magics, their completion and the display of results: `%load_ext lepton_lab`."""
    from lepton_lab.notebook import load

    load(ipython)


def unload_ipython_extension(ipython: Any) -> None:
    """Take back what `load_ipython_extension` registered."""
    from lepton_lab.notebook import unload

    unload(ipython)
