"""`%lepton`: parse a line, make one call of lepton_lab, hand back the object.

Nothing is computed here. Errors of lepton_lab appear as one line, and still stop a notebook that runs
from top to bottom.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from IPython.core.error import UsageError  # noqa: TID253 (only %load_ext imports this file)
from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand  # noqa: TID253

from lepton_lab.durations import parse_duration
from lepton_lab.errors import LeptonError
from lepton_lab.notebook import warm_up
from lepton_lab.notebook.arguments import Typed, help_of, help_of_all, parse, verb_of
from lepton_lab.notebook.names import Call, Names


@magics_class
class LeptonMagics(Magics):
    """The line magic `%lepton` and the cell magic `%%lepton`, whose body is TOML."""

    last_model: Any = None

    @no_var_expand
    @line_cell_magic
    def lepton(self, line: str, cell: str | None = None) -> Any:
        """From a dataframe to an explained model: type `%lepton help`."""
        silent = line.rstrip().endswith(";")
        try:
            result = self._answer(parse(line.rstrip().rstrip(";"), cell))
        except LeptonError as error:
            # IPython prints a UsageError without its traceback.
            raise UsageError(str(error)) from error
        if silent:
            _keep_quiet_about(result)
        return result

    def _answer(self, typed: Typed) -> Any:
        """Show help or code, or make the call."""
        if typed.help:
            return print(help_of(typed.verb))
        if typed.verb.name == "help":
            return print(help_of(verb_of(typed.words[0])) if typed.words else help_of_all())
        if typed.verb.name == "status" and not typed.code:
            import lepton_lab

            return lepton_lab.status(self._variables)
        call = Names(self._variables, self.last_model, _say).call_of(typed)
        if typed.code:
            return print(call.code)
        warm_up.wait()
        return self._make(typed.verb.name, call)

    @property
    def _variables(self) -> dict[str, Any]:
        """The notebook's variables."""
        assert self.shell is not None, "a magic without a shell"
        return self.shell.user_ns

    def _make(self, verb: str, call: Call) -> Any:
        """Make the call, with a panel beside those that take long; remember a model for the next line."""
        result = _SPECIAL.get(verb, Call.make)(call)
        model = result.model if type(result).__name__ == "Study" else getattr(result, "model_", result)
        if type(model).__name__ == "TrainedModel":
            self.last_model = model
        return result


def _train(call: Call) -> Any:
    """Train, or go on training, while a panel shows it."""
    from lepton_lab.notebook.watching import watch

    background = call.keywords.get("background")
    if background is not None and background.object:
        return _follow(call)
    result = watch(call.make, code=call.code, budget_s=_budget_s(call), frame=call.arguments[-1])
    return _shown_by_its_panel(result)


def _tune(call: Call) -> Any:
    """Search, while its leaderboard is shown."""
    from lepton_lab.notebook.watching import watch_search

    return watch_search(call.make)


def _predict(call: Call) -> Any:
    """Predict; a forecast is drawn, too."""
    from lepton_lab.notebook.predicting import show_forecast

    predicted = call.make()
    model, frame = (value.object for value in call.arguments)
    show_forecast(model, frame, predicted)
    return predicted


def _explain(call: Call) -> Any:
    """Explain, while a line shows how far it is."""
    from lepton_lab.notebook.explaining import watch_explanation

    return watch_explanation(call.make)


def _follow(call: Call) -> Any:
    """Take hold of a run, and let a panel follow it until it ends."""
    from lepton_lab.notebook.watching import follow

    # What is attached to comes without its frame.
    frame = call.arguments[-1] if call.function in ("train", "resume") else None
    run = follow(call.make(), code=call.code, budget_s=_budget_s(call), frame=frame)
    return _shown_by_its_panel(run)


def _save(call: Call) -> Any:
    """Save, and say what the file holds."""
    path = call.make()
    _say(f"{path} ({path.stat().st_size / 1000:,.0f} kB)")
    if "background" not in call.keywords:
        texts = any(column.kind == "text" for column in call.arguments[0].object.schema.inputs)
        rows = "real rows of your data" + (" (of texts, only what the network makes of them)" if texts else "")
        _say(f"it holds about a hundred {rows}, to explain against; --no-background leaves them out")
    return path


def _report(call: Call) -> Any:
    """Write a report, and say what the file holds of single rows."""
    made = call.make()
    _say(f"{made.path} ({made.n_bytes / 1000:,.0f} kB)")
    if made.n_rows:
        _say(f"it holds {made.n_rows} rows of your data; --no-rows leaves them out")
    return made


# Verbs that are more than one call in a notebook.
_SPECIAL: dict[str, Callable[[Call], Any]] = {
    "train": _train,
    "tune": _tune,
    "resume": _train,
    "predict": _predict,
    "attach": _follow,
    "save": _save,
    "report": _report,
    "explain": _explain,
    "explain_inside": _explain,
    "explain_preview": _explain,
    "interactions": _explain,
    "partial_dependence": _explain,
    "accumulated_effects": _explain,
    "loss_importance": _explain,
    "counterfactuals": _explain,
    "segments": _explain,
}


def _budget_s(call: Call) -> float | None:
    """The budget on the line, which the panel counts down."""
    budget = call.keywords.get("budget")
    return None if budget is None else parse_duration(budget.object)


def _shown_by_its_panel(result: Any) -> Any:
    """A result that its panel shows already is not shown again by the cell."""
    from lepton_lab.notebook.watching import can_show_panels

    if can_show_panels():
        _keep_quiet_about(result)
    return result


def _say(what: str) -> None:
    """A line to the user that is no result: which default was taken."""
    print(f"lepton: {what}")


def _keep_quiet_about(result: Any) -> None:
    """Let the statement that called the magic not show `result`; an assignment still gets it.

    IPython's own `output_can_be_silenced` is newer than what Colab runs, and returns None instead.
    """
    shown, statement = sys.displayhook, _users_line()

    def hook(value: Any) -> None:
        if value is not result or sys._getframe(1).f_lineno != statement:
            shown(value)

    # IPython puts its own hook back before the next cell.
    sys.displayhook = hook


def _users_line() -> int:
    """The line of the cell that is being executed: the innermost frame whose globals are the notebook's."""
    from IPython import get_ipython

    variables = get_ipython().user_ns
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_globals is not variables:
        frame = frame.f_back
    return frame.f_lineno
