"""A model's metrics beside its members and honest baselines: headline numbers, a table with dots, plain text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lepton_lab.metrics import Estimate
from lepton_lab.pictures import theme
from lepton_lab.pictures.intervals import DotColumn, interval, with_interval
from lepton_lab.pictures.markup import Markup, join, tag
from lepton_lab.pictures.numbers import is_nothing, metric, percent, signed
from lepton_lab.pictures.tables import table, text_table
from lepton_lab.tasks import Task

LABELS = {"blend": "This model", "network": "Network", "linear": "Linear", "trees": "Boosted trees"}
BASELINES = ("linear", "trees")
SHOWN_METRICS = 4
LEVEL = 0.0005  # less than what three decimals show


@dataclass(frozen=True)
class Scoreboard:
    """What a model's and an evaluation's pictures have in common.

    Args:
        task: knows the metrics.
        metrics: of the model.
        board: of the model ("blend"), its members and a trivial guess.
        watched: the metric to show first; None for the task's own.
        weights: of the members in the blend, by name.
        ahead: of each other row, the model's metric minus its, with the paired interval.
    """

    task: Task
    metrics: Mapping[str, Estimate]
    board: Mapping[str, Mapping[str, Estimate]]
    watched: str | None = None
    weights: Mapping[str, float] | None = None
    ahead: Mapping[str, Mapping[str, Estimate]] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """The metrics worth showing, the watched one first."""
        first = self.watched or self.task.default_metric
        others = [name for name in self.task.metrics if name != first]
        return [name for name in [first, *others] if name in self.metrics][:SHOWN_METRICS]

    def label(self, name: str) -> str:
        """What tables call a metric."""
        words = self.task.metrics[name].label if name in self.task.metrics else name
        return words[:1].upper() + words[1:]

    def headline(self) -> list[Markup]:
        """The first metric, how far it is ahead of the better baseline, and the second metric."""
        return [theme.kpi(*words) for words in self.headline_words()]

    def headline_words(self) -> list[tuple[str, str, str]]:
        """The same as label, value and note."""
        numbers = [self._headline(name) for name in self.names[:2]]
        return [*numbers[:1], *self._gain(), *numbers[1:]]

    def html(self) -> Markup:
        """The table: a dot with its interval for the first metric, and the metrics as numbers."""
        # The paired differences take the place of the last metric.
        names, members = self.shown_names, list(self.board)
        # A trivial guess is far away in metrics such as RMSE: its dot may not squeeze the others together.
        first = {member: scores.get(names[0]) for member, scores in self.board.items()}
        dots = DotColumn.of([estimate for member, estimate in first.items() if member in LABELS])
        rows: list[list[object]] = [
            [self._named(m), self._dot(m, dots, first[m]), *self._gap(m), *self._numbers(m, names)] for m in members
        ]
        paired = ["This model minus it"] if self.has_gaps else []
        rows.append(["", dots.axis(), *("" for _ in [*paired, *names])])
        better = "higher" if self.task.metrics[names[0]].higher_is_better else "lower"
        header = ["", f"{self.label(names[0])}, {better} is better", *paired, *(self.label(name) for name in names)]
        best = members.index("blend") if "blend" in members else None
        return table(header, rows, numeric=range(2, len(header)), best=best)

    def text(self) -> str:
        """The table as plain text."""
        rows = [
            [_name(m), *(metric(s[n].value if n in s else None) for n in self.names), *self.gap_words(m)]
            for m, s in self.board.items()
        ]
        paired = [f"{self.label(self.names[0])}, this model minus it (95 %)"] if self.has_gaps else []
        header = ["", *map(self.label, self.names), *paired]
        return text_table(header, rows, numeric=range(1, len(header)))

    @property
    def shown_names(self) -> list[str]:
        """The metrics of the table's columns."""
        return self.names[: SHOWN_METRICS - self.has_gaps]

    def name_of(self, member: str) -> str:
        """What the table calls a member or baseline."""
        return _name(member)

    def is_drawn(self, member: str) -> bool:
        """Whether its first metric shares the table's scale; a trivial guess may be too far away."""
        return member in LABELS

    def number_words(self, member: str) -> list[str]:
        """Its metrics, the first with its interval."""
        found = [self.board[member].get(name) for name in self.shown_names]
        return [with_interval(e) if k == 0 else metric(e.value if e else None) for k, e in enumerate(found)]

    @property
    def has_gaps(self) -> bool:
        """Whether paired differences are known."""
        return any(self.names[0] in row for row in self.ahead.values())

    def gap_words(self, member: str) -> list[str]:
        """`+0.012 (+0.003 to +0.021)`, and whether that is noise; nothing in the model's own row."""
        if not self.has_gaps:
            return []
        gap = self.ahead.get(member, {}).get(self.names[0])
        if gap is None or is_nothing(gap.value):
            return [""]
        if is_nothing(gap.low):
            return [difference(gap.value)]
        noise = ", noise" if gap.low <= 0 <= gap.high else ""
        return [f"{difference(gap.value)} ({difference(gap.low)} to {difference(gap.high)}{noise})"]

    def _gap(self, member: str) -> list[Markup]:
        # On few lines: one would push the metrics out of a notebook's cell.
        return [tag("span", words, class_="lep-gap") if words else Markup("") for words in self.gap_words(member)]

    def _headline(self, name: str) -> tuple[str, str, str]:
        spread = interval(self.metrics[name])
        return (self.label(name), metric(self.metrics[name].value), f"{spread} (95 %)" if spread else "")

    def _gain(self) -> list[tuple[str, str, str]]:
        """How far the model is ahead of the better of its two baselines."""
        name = self.names[0]
        higher = self.task.metrics[name].higher_is_better
        baselines = {m: self.board[m][name].value for m in BASELINES if name in self.board.get(m, {})}
        if not baselines:
            return []
        best = (max if higher else min)(baselines, key=lambda m: baselines[m])
        gain = self.metrics[name].value - baselines[best]
        level = abs(gain) < LEVEL
        side = "level with" if level else "better than" if (gain > 0) == higher else "worse than"
        shown = "±0" if level else signed(gain, 3 if abs(gain) < 10 else 0)
        paired = self.ahead.get(best, {}).get(name)
        if paired is not None and paired.low <= 0 <= paired.high and not level:
            side = "not told apart from"
        return [("Against the best baseline", shown, f"{side} {_name(best).lower()}")]

    def _dot(self, member: str, dots: DotColumn, estimate: Estimate | None) -> Markup:
        if estimate is None or not dots.scale.low <= estimate.value <= dots.scale.high:
            return Markup("")
        return dots.cell(estimate, "main" if member == "blend" else "other", mark=self.metrics[self.names[0]].value)

    def _named(self, member: str) -> Markup:
        weight = (self.weights or {}).get(member)
        note = tag("span", f"{percent(weight, 0)} of blend", class_="lep-sub") if weight is not None else None
        return join(_name(member), " ", note)

    def _numbers(self, member: str, names: list[str]) -> list[Markup]:
        scores = self.board[member]
        return [_number(scores.get(name), spread=name == names[0]) for name in names]


def difference(value: float) -> str:
    """A small difference with its sign: three decimals, fewer where metrics are large."""
    return signed(value, 3 if abs(value) < 10 else 1 if abs(value) < 1000 else 0)


def _number(estimate: Estimate | None, *, spread: bool) -> Markup:
    if estimate is None:
        return Markup("")
    words = interval(estimate) if spread else ""
    return join(metric(estimate.value), tag("span", words, class_="lep-sub") if words else None)


def _name(member: str) -> str:
    words = LABELS.get(member, member.removeprefix("baseline: "))
    return words[:1].upper() + words[1:]
