"""The picture of a trained model: its metrics beside honest baselines, threshold, curve, notes, next step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lepton_lab.pictures import theme
from lepton_lab.pictures.intervals import DotColumn, interval, with_interval
from lepton_lab.pictures.learning import learning_curves
from lepton_lab.pictures.markup import Markup, join, tag
from lepton_lab.pictures.numbers import count, fixed, metric, percent, signed
from lepton_lab.pictures.tables import table, text_table

if TYPE_CHECKING:
    from lepton_lab.metrics import Estimate, Metric
    from lepton_lab.trained import TrainedModel

LABELS = {"blend": "This model", "network": "Network", "linear": "Linear", "trees": "Boosted trees"}
SHOWN_METRICS = 4


def html(model: TrainedModel) -> Markup:
    """The picture as self-contained HTML."""
    return theme.picture(
        f"Model of {model.schema.target}",
        theme.kpis(*_headline(model)),
        theme.section("Against its parts and baselines", _leaderboard(model), sub=model.metrics_note),
        *learning_curves(model.history),
        _notes(model),
        theme.next_step("%lepton explain model", "%lepton evaluate model df_test", "%lepton save model model.lepton"),
        sub=_subtitle(model),
    )


def text(model: TrainedModel) -> str:
    """The picture as plain text."""
    names = metric_names(model)
    best = {name: model.metrics[name] for name in names}
    lines = [f"TrainedModel of {model.schema.target}: {_subtitle(model)}", model.metrics_note]
    lines += [f"  {_label(model, name)}: {with_interval(estimate)}" for name, estimate in best.items()]
    lines += [f"  {_threshold_line(model)}"] if model.threshold is not None else []
    rows = [
        [_name(member), *(metric(_value(scores, n)) for n in names)] for member, scores in model.leaderboard.items()
    ]
    lines += ["", text_table(["", *(_label(model, n) for n in names)], rows, numeric=range(1, len(names) + 1))]
    lines += [f"- {note}" for note in model.notes]
    lines += ["Next: ll.explain(model)  (%lepton explain model)"]
    return "\n".join(line for line in lines if line is not None)


def metric_names(model: TrainedModel) -> list[str]:
    """The metrics worth showing, the watched one first."""
    first = model.config.get("metric") or model.task.default_metric
    others = [name for name in model.task.metrics if name in model.metrics and name != first]
    return [name for name in [first, *others] if name in model.metrics][:SHOWN_METRICS]


def _subtitle(model: TrainedModel) -> str:
    kind = {"binary": "two classes", "multiclass": f"{len(model.classes)} classes"}.get(model.task.name, "regression")
    positive = f", positive is {model.task.classes[1]!r}" if model.task.name == "binary" else ""
    return f"{kind}{positive} · {count(len(model.schema.inputs), 'column')}"


def _metric(model: TrainedModel, name: str) -> Metric:
    return model.task.metrics[name]


def _label(model: TrainedModel, name: str) -> str:
    return model.task.metrics[name].label if name in model.task.metrics else name


def _value(scores: dict[str, Estimate], name: str) -> float | None:
    return scores[name].value if name in scores else None


def _name(member: str) -> str:
    return LABELS.get(member, member.removeprefix("baseline: ").capitalize())


def _headline(model: TrainedModel) -> list[Markup]:
    items = []
    for place, name in enumerate(metric_names(model)[:2]):
        estimate = model.metrics[name]
        spread = interval(estimate)
        note = f"{spread} (95 %)" if spread else ""
        items.append(theme.kpi(_capital(_label(model, name)), metric(estimate.value), note))
        if place == 0:
            items += _gain(model, name)
    if model.threshold is not None:
        items.append(theme.kpi("Threshold", percent(model.threshold), _threshold_words(model)))
    return items


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _gain(model: TrainedModel, name: str) -> list[Markup]:
    """How far the model is ahead of the better of its two baselines."""
    measure = _metric(model, name)
    baselines = {m: s[name].value for m, s in model.leaderboard.items() if m in ("linear", "trees") and name in s}
    if not baselines:
        return []
    best = (max if measure.higher_is_better else min)(baselines, key=lambda m: baselines[m])
    gain = model.metrics[name].value - baselines[best]
    size = abs(gain)
    shown = signed(gain, 3 if size < 10 else 0) if size >= 0.0005 else "±0"
    better = gain == 0 or (gain > 0) == measure.higher_is_better
    side = "level with" if size < 0.0005 else "better than" if better else "worse than"
    return [theme.kpi("Against the best baseline", shown, f"{side} {_name(best).lower()}")]


def _threshold_words(model: TrainedModel) -> str:
    return model.threshold_note or f"{model.task.classes[1]!r} from this probability on"


def _threshold_line(model: TrainedModel) -> str:
    return f"threshold: {fixed(model.threshold, 3)} ({_threshold_words(model)})"


def _leaderboard(model: TrainedModel) -> Markup:
    names = metric_names(model)
    first = names[0]
    members = list(model.leaderboard)
    # A trivial baseline is far away in metrics such as RMSE: its dot may not squeeze the others together.
    close = [m for m in members if not m.startswith("baseline")]
    dots = DotColumn.of([model.leaderboard[m].get(first) for m in close])
    mark = model.metrics[first].value
    weights = {member.name: weight for member, weight in zip(model.members, model.blend.weights, strict=True)}
    rows = []
    for member in members:
        scores = model.leaderboard[member]
        inside = member in close or _inside(dots, scores.get(first))
        drawn = dots.cell(scores.get(first), "main" if member == "blend" else "other", mark=mark) if inside else ""
        rows.append([_named(member, weights), drawn, *(_score(scores, n, spread=n == first) for n in names)])
    rows.append(["", dots.axis(), *("" for _ in names)])
    header = ["", f"{_label(model, first)}, {_direction(model, first)}", *(_capital(_label(model, n)) for n in names)]
    return table(
        header, rows, numeric=range(2, len(names) + 2), best=members.index("blend") if "blend" in members else None
    )


def _inside(dots: DotColumn, estimate: Estimate | None) -> bool:
    return estimate is not None and dots.scale.low <= estimate.value <= dots.scale.high


def _direction(model: TrainedModel, name: str) -> str:
    return "higher is better" if _metric(model, name).higher_is_better else "lower is better"


def _named(member: str, weights: dict[str, float]) -> Markup:
    weight = weights.get(member)
    note = tag("span", f"{percent(weight, 0)} of blend", class_="lep-sub") if weight is not None else None
    return join(_name(member), " ", note)


def _score(scores: dict[str, Estimate], name: str, *, spread: bool) -> Markup:
    if name not in scores:
        return Markup("")
    words = interval(scores[name]) if spread else ""
    return join(metric(scores[name].value), tag("span", words, class_="lep-sub") if words else None)


def _notes(model: TrainedModel) -> Markup:
    return theme.section("Notes", theme.notes(model.notes)) if model.notes else Markup("")
