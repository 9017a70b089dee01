"""The kernel's half of JupyterLab's sidebar: one comm that answers with names, sizes and states, never with rows.

The page asks, while its sidebar is open, and hears nothing otherwise. A message is `{"id": ..., "ask": WORD, ...}`,
the answer `{"id": ..., "answer": {...}}` or `{"id": ..., "error": text}`. Everything here can be had without it:
`%lepton`, Tab, `ll.status()`, `ll.runs()`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from lepton_lab.environment import FrameSeen, Status, frames_in, look_around, models_in, size_of
from lepton_lab.errors import LeptonError, OptionError, did_you_mean
from lepton_lab.notebook import warm_up
from lepton_lab.notebook.names import Names
from lepton_lab.notebook.train_form import columns_shown, free_name, train_form
from lepton_lab.notebook.writing import code_of, line_of, typed_of

TARGET = "lepton_lab.sidebar"
MOST_FRAMES = 200
Message = Mapping[str, Any]


def register(shell: Any) -> None:
    """Let a page open the comm; nothing is sent before it does."""
    kernel = getattr(shell, "kernel", None)
    if kernel is None:
        return

    def opened(comm: Any, message: Message) -> None:
        comm.on_msg(lambda said: comm.send(reply(said["content"]["data"], shell.user_ns)))

    kernel.comm_manager.register_target(TARGET, opened)


def forget(shell: Any) -> None:
    """Take back what `register` did."""
    kernel = getattr(shell, "kernel", None)
    if kernel is not None:
        kernel.comm_manager.targets.pop(TARGET, None)


def reply(message: Message, variables: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to one message, or an error in words."""
    # A copy at one go: a cell may be running, and making variables, while this is asked.
    namespace = dict(variables)
    try:
        return {"id": message.get("id"), "answer": _answer(message)(message, namespace)}
    except LeptonError as error:
        return {"id": message.get("id"), "error": str(error)}


def look(message: Message, namespace: Mapping[str, Any]) -> dict[str, Any]:
    """What is here, unless it is what the page has `seen` already.

    Returns:
        `seen` alone where nothing changed, else with it `frames` (the first 200; `hidden` counts the others),
        `models`, `runs` (the newest five; None while imports go on in a thread, which must not be done twice at
        once) and `next`.
    """
    found = _described(None if warm_up.is_running() else look_around(namespace), namespace)
    seen = hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()[:16]
    return {"seen": seen} if message.get("seen") == seen else {"seen": seen, **found}


def columns(message: Message, namespace: Mapping[str, Any]) -> dict[str, Any]:
    """Names and kinds of one frame's columns, and how many are left out of a very wide one."""
    return columns_shown(Names(namespace, None, print).look_up(str(message.get("frame"))))


def form(message: Message, namespace: Mapping[str, Any]) -> dict[str, Any]:
    """The choices of the form that trains on one frame."""
    name = str(message.get("frame"))
    return train_form(name, Names(namespace, None, print).look_up(name), namespace)


def line(message: Message, namespace: Mapping[str, Any]) -> dict[str, Any]:
    """The source of a cell: `verb`, `words`, `options`, and the name it is assigned `to`."""
    typed = typed_of(str(message.get("verb")), message.get("words") or (), message.get("options"))
    return {"code": code_of(typed, namespace, str(message.get("to") or ""))}


def evaluation(message: Message, namespace: Mapping[str, Any]) -> dict[str, Any]:
    """The source of a cell that loads the model of the file at `path`, to a free name, and measures it on `frame`."""
    to = free_name("model", namespace)
    load = code_of(typed_of("load", [str(message.get("path"))]), namespace, to)
    return {"code": f"{load}\n{line_of(typed_of('evaluate', [to, str(message.get('frame'))]))}"}


_ANSWERS: dict[str, Callable[[Message, Mapping[str, Any]], dict[str, Any]]] = {
    "look": look,
    "columns": columns,
    "form": form,
    "line": line,
    "evaluation": evaluation,
}


def _answer(message: Message) -> Callable[[Message, Mapping[str, Any]], dict[str, Any]]:
    asked = str(message.get("ask"))
    if asked not in _ANSWERS:
        raise OptionError(f"nobody answers {asked!r}.{did_you_mean(asked, _ANSWERS)} Ask: {', '.join(_ANSWERS)}.")
    return _ANSWERS[asked]


def _described(status: Status | None, namespace: Mapping[str, Any]) -> dict[str, Any]:
    """What is here as plain JSON; without runs where they were not looked for."""
    frames = status.frames if status else [FrameSeen(n, *size_of(f)) for n, f in frames_in(namespace).items()]
    return {
        "frames": [{"name": f.name, "rows": f.n_rows, "columns": f.n_columns} for f in frames[:MOST_FRAMES]],
        "hidden": max(0, len(frames) - MOST_FRAMES),
        "models": [{"name": name, **_of_model(model)} for name, model in models_in(namespace).items()],
        "runs": [_of_run(run) for run in status.runs] if status else None,
        "next": status.next_step if status else "",
    }


def _of_model(model: Any) -> dict[str, Any]:
    """What a model predicts and how well."""
    metric = next(iter(model.metrics.items()), None)
    return {
        "target": str(model.schema.target),
        "task": model.task.name,
        "metric": metric[0] if metric else "",
        "score": _number(metric[1].value) if metric else None,
    }


def _of_run(run: Any) -> dict[str, Any]:
    """Where a run stands; its seconds are whole, so that an idle sidebar sees no change."""
    return {
        "id": run.id,
        "status": run.status,
        "kind": run.kind,
        "message": run.message,
        "began": run.began,
        "metric": run.metric_name,
        "score": _number(run.score),
        "seconds": round(run.elapsed_s),
    }


def _number(value: float | None) -> float | None:
    """A number that JSON can hold."""
    return value if value is not None and abs(value) < float("inf") else None
