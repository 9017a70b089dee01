"""The picture of a trained model: its metrics beside honest baselines, threshold, curve, notes, next step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lepton_lab.evaluation.risk_groups import risk_groups
from lepton_lab.pictures import theme
from lepton_lab.pictures.intervals import with_interval
from lepton_lab.pictures.learning import learning_curves
from lepton_lab.pictures.markup import Markup
from lepton_lab.pictures.numbers import count, fixed, percent
from lepton_lab.pictures.scoreboard import Scoreboard
from lepton_lab.pictures.survival_curves import figure_of_risks
from lepton_lab.quantiles import Quantiles
from lepton_lab.ranking import Ranking
from lepton_lab.survival import Survival

if TYPE_CHECKING:
    from lepton_lab.tasks import Task
    from lepton_lab.trained import TrainedModel


def html(model: TrainedModel) -> Markup:
    """The picture as self-contained HTML."""
    scores = scoreboard(model)
    return theme.picture(
        f"Model of {model.schema.target}",
        theme.kpis(*scores.headline(), *threshold_kpi(model.threshold, model.threshold_note, model.task)),
        theme.section("Against its parts and baselines", scores.html(), sub=model.metrics_note),
        *_risks(model),
        *learning_curves(model.history),
        theme.section("Notes", theme.notes(model.notes)) if model.notes else None,
        theme.next_step("%lepton explain model", "%lepton evaluate model df_test", "%lepton save model model.lepton"),
        sub=f"{task_words(model.task)} · {count(len(model.schema.inputs), 'column')}",
    )


def text(model: TrainedModel) -> str:
    """The picture as plain text."""
    scores = scoreboard(model)
    head = (
        f"TrainedModel of {model.schema.target}: {task_words(model.task)}, {count(len(model.schema.inputs), 'column')}"
    )
    lines = [head, model.metrics_note]
    lines += [f"  {scores.label(name)}: {with_interval(model.metrics[name])}" for name in scores.names]
    if model.threshold is not None:
        note = threshold_words(model.threshold_note, model.task)
        lines.append(f"  threshold: {fixed(model.threshold, 3)} ({note})")
    lines += ["", scores.text(), *(f"- {note}" for note in model.notes)]
    return "\n".join([*lines, "Next: ll.explain(model)  (%lepton explain model)"])


def _risks(model: TrainedModel) -> list[Markup]:
    """Survival by risk of the rows held out of training, where the model has them."""
    if not isinstance(model.task, Survival) or model.held_out is None:
        return []
    held = model.held_out
    weights = np.ones(len(held.y)) if held.weights is None else held.weights / held.weights.mean()
    risks = risk_groups(model.task, held.y, held.logits, weights)
    return [theme.section("", theme.row(figure_of_risks(risks, model.schema.target)))]


def scoreboard(model: TrainedModel) -> Scoreboard:
    """The model's metrics, as its pictures and the training panel show them."""
    weights = {member.name: float(w) for member, w in zip(model.members, model.blend.weights, strict=True)}
    return Scoreboard(model.task, model.metrics, model.leaderboard, model.config.get("metric"), weights, model.ahead)


def task_words(task: Task) -> str:
    """What is predicted, in words; the positive class is always said."""
    if isinstance(task, Survival):
        return f"time until {task.event!r}, censored"
    if task.name == "binary":
        return f"two classes, positive is {task.classes[1]!r}"
    if isinstance(task, Quantiles):
        return f"quantiles {', '.join(f'{level:g}' for level in task.levels)}"
    if isinstance(task, Ranking):
        return f"{len(task.classes):,} items, ranked"
    return f"{len(task.classes):,} classes" if task.classes else "regression"


def threshold_kpi(threshold: float | None, note: str, task: Task) -> list[Markup]:
    """The threshold as a headline number; nothing where there is none."""
    return [] if threshold is None else [theme.kpi("Threshold", percent(threshold), threshold_words(note, task))]


def threshold_words(note: str, task: Task) -> str:
    """How the threshold was chosen, or what it does."""
    return note or f"{task.classes[1]!r} from this probability on"
