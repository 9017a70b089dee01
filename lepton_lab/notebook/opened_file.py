"""The kernel's half of an opened `.lepton` file: what the file holds, and the panels that can be made of it.

JupyterLab asks over one comm (`labextension/lab/src/file.ts`), in a kernel of the file's own: `open` reads the file,
`panel` makes one panel of it. A message is `{"id": ..., "ask": WORD, ...}`, the answer `{"id": ..., "answer": {...}}`
or `{"id": ..., "error": text}`. Without JupyterLab the same is had with `model = ll.load(path)`, then
`ll.evaluate(model)`, `ll.explain(model, df)` and `ll.whatif(model, df)`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lepton_lab.errors import LeptonError, OptionError, did_you_mean
from lepton_lab.notebook.writing import quoted

if TYPE_CHECKING:
    import pandas

    from lepton_lab.trained import HeldOut, TrainedModel

TARGET = "lepton_lab.file"
EXPLAIN_S = 20.0
"""Wall time for the attributions of the background rows."""
Message = Mapping[str, Any]


def listen() -> None:
    """Let the page open the comm; the page calls this in the kernel that it has started."""
    from IPython import get_ipython

    def opened(comm: Any, message: Message) -> None:
        one = OpenedFile()
        comm.on_msg(lambda said: comm.send(reply(said["content"]["data"], one)))
        comm.on_close(lambda said: one.close())

    get_ipython().kernel.comm_manager.register_target(TARGET, opened)


@dataclass
class OpenedFile:
    """What one page has open."""

    path: Path = Path()
    model: TrainedModel | None = None
    panels: dict[str, Any] = field(default_factory=dict)

    def close(self) -> None:
        """Let the panels go, and what they hold."""
        for panel in self.panels.values():
            panel.close()
        self.panels.clear()


def reply(message: Message, opened: OpenedFile) -> dict[str, Any]:
    """The answer to one message, or an error in words."""
    heard: dict[str, Callable[[Message, OpenedFile], dict[str, Any]]] = {"open": _open, "panel": _panel}
    asked = str(message.get("ask"))
    try:
        if asked not in heard:
            raise OptionError(f"nobody answers {asked!r}.{did_you_mean(asked, heard)} Ask: {', '.join(heard)}.")
        return {"id": message.get("id"), "answer": heard[asked](message, opened)}
    except LeptonError as error:
        return {"id": message.get("id"), "error": str(error)}


def _open(message: Message, opened: OpenedFile) -> dict[str, Any]:
    """Read the file; what it is, which panels can be made of it, what is missing, and its picture."""
    import lepton_lab
    from lepton_lab import pictures

    opened.close()
    opened.path = Path(str(message.get("path")))
    model = opened.model = lepton_lab.load(opened.path)
    kept = _kept(opened)
    tabs = [["result", "Result"]] if kept is not None else []
    tabs += [["model", "Model"]]
    tabs += [["explanation", "Explain"], ["whatif", "What if"]] if len(model.background_x) else []
    return {
        "about": about(opened.path, model),
        "line": f"model = %lepton load {quoted(str(opened.path))}",
        "missing": missing(model, kept),
        "tabs": tabs,
        "picture": str(pictures.html(model)),
    }


def _panel(message: Message, opened: OpenedFile) -> dict[str, Any]:
    """Make a panel, once; the page mounts the widget of this id."""
    name = str(message.get("name"))
    if opened.model is None or name not in _PANELS:
        raise OptionError(f"there is no panel {name!r}.{did_you_mean(name, _PANELS)} Panels: {', '.join(_PANELS)}.")
    if name not in opened.panels:
        opened.panels[name] = _PANELS[name](opened)
    return {"widget": opened.panels[name].model_id}


def about(path: Path, model: TrainedModel) -> list[str]:
    """What a file is, in lines of text: its size, what it predicts, and the rows it holds."""
    size = path.stat().st_size / 1000
    n_rows = len(model.background_x)
    kept = f"{n_rows} real rows of its training data, to explain against" if n_rows else "no rows of its training data"
    written = model.versions.get("lepton_lab") or model.versions.get("lepton-lab")
    return [
        f"{path.name}: {size:,.0f} kB{f', written by lepton-lab {written}' if written else ''}; read only",
        f"It holds a model of {model.schema.target!r} and {kept}.",
    ]


def missing(model: TrainedModel, kept: HeldOut | None) -> list[str]:
    """What cannot be shown of a model, why, and what would help."""
    told = []
    if kept is None:
        run = f"its run {model.run_id} is not among the runs here" if model.run_id else "it names no run"
        told.append(
            "Confusion, curves and a threshold to drag take what the model answered on the rows held out of its "
            f"training. A file does not hold them: the run that made it does, and {run}. So evaluate it on rows whose "
            f"{model.schema.target!r} you know. Below is what training found."
        )
    if not len(model.background_x):
        told.append("It was saved without rows of its training data: to explain, or to ask what if, give a frame.")
    return told


def _kept(opened: OpenedFile) -> HeldOut | None:
    from lepton_lab.evaluation.kept_answers import kept_answers, runs_beside

    return None if opened.model is None else kept_answers(opened.model, runs_beside(opened.path))


def _result(opened: OpenedFile) -> Any:
    from lepton_lab.evaluation.kept_answers import evaluate_held_out, runs_beside
    from lepton_lab.notebook.panels.result import ResultPanel

    return ResultPanel(evaluate_held_out(_model(opened), folders=runs_beside(opened.path)))


def _explanation(opened: OpenedFile) -> Any:
    import lepton_lab
    from lepton_lab.notebook.panels.explanation import ExplanationPanel

    rows = _background(opened)
    found = lepton_lab.explain(_model(opened), rows, budget=EXPLAIN_S)
    return ExplanationPanel(found, code=f"ex = ll.explain(model, df)  # df: here the file's {len(rows)} rows")


def _what_if(opened: OpenedFile) -> Any:
    import lepton_lab
    from lepton_lab.notebook.panels.whatif import WhatIfPanel

    return WhatIfPanel(
        lepton_lab.whatif(_model(opened), _background(opened)),
        code="ll.whatif(model, df)  # df: here the file's rows",
    )


_PANELS: dict[str, Callable[[OpenedFile], Any]] = {
    "result": _result,
    "explanation": _explanation,
    "whatif": _what_if,
}


def _background(opened: OpenedFile) -> pandas.DataFrame:
    """The rows that the file holds, as a frame."""
    from lepton_lab.explanation.counterfactual.find import known_rows

    return known_rows(_model(opened)).frame


def _model(opened: OpenedFile) -> TrainedModel:
    assert opened.model is not None, "a panel is asked for after the file was read"
    return opened.model
