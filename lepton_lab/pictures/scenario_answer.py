"""The picture of a what-if: the prediction, what was changed, and the waterfall."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lepton_lab.pictures import compared_scenarios, row_strips, theme
from lepton_lab.pictures.markup import Markup
from lepton_lab.pictures.numbers import number, percent, value
from lepton_lab.pictures.row_strips import Strip
from lepton_lab.pictures.shapley_values import steps
from lepton_lab.pictures.tables import table
from lepton_lab.pictures.waterfall import waterfall
from lepton_lab.survival import Survival

if TYPE_CHECKING:
    from lepton_lab.evaluation.compared_scenarios import ComparedScenarios
    from lepton_lab.evaluation.scenario import WhatIf, WhatIfAnswer


def html(
    answer: WhatIfAnswer | WhatIf,
    *,
    title: str = "What if",
    strips: Sequence[Strip] = (),
    compared: ComparedScenarios | None = None,
) -> Markup:
    """The picture as self-contained HTML.

    Args:
        answer: what the model says; of a bare `WhatIf` as its row stands.
        title: of the picture.
        strips: the curves of the columns, drawn where there are some.
        compared: scenarios to list below.
    """
    answer = _answered(answer)
    return theme.picture(
        title, theme.kpis(*_headline(answer)), _changes(answer), _reasons(answer), _curves(answer, strips),
        compared_scenarios.comparison(compared) if compared else None, sub=_subtitle(answer),
    )  # fmt: skip


def text(answer: WhatIfAnswer | WhatIf, *, title: str = "What if") -> str:
    """The picture as plain text."""
    answer = _answered(answer)
    changed = ", ".join(f"{name} = {value(item)}" for name, item in answer.changes.items()) or "as the row is"
    return f"{title} ({changed}): {_words(answer)}"


def _answered(answer: WhatIfAnswer | WhatIf) -> WhatIfAnswer:
    """A bare WhatIf is drawn as its row stands."""
    ask = getattr(answer, "answer", None)
    return answer if ask is None else ask({}, explain=True)  # type: ignore[return-value]


def _subtitle(answer: WhatIfAnswer) -> str:
    return "the row as it is" if not answer.changes else f"{len(answer.changes)} changed"


def _words(answer: WhatIfAnswer) -> str:
    if answer.estimate is not None:
        return f"estimate {number(answer.estimate, 5)} {answer.unit}"
    chances = ", ".join(f"{value(c)} {percent(p, 1)}" for c, p in answer.probabilities.items())
    what = "median time" if answer.unit == Survival.unit else "predicted"
    return f"{what} {value(answer.prediction)} ({chances})"


def _headline(answer: WhatIfAnswer) -> list[Markup]:
    if answer.estimate is not None:
        return [theme.kpi("Estimate", number(answer.estimate, 5), answer.unit)]
    shown = list(answer.probabilities.items())
    if answer.unit == Survival.unit:
        chances = [theme.kpi(str(name), percent(p, 1)) for name, p in shown]
        return [theme.kpi("Median time", value(answer.prediction)), *chances]
    shown = shown[1:] if len(shown) == 2 else sorted(shown, key=lambda pair: -pair[1])[:4]
    chances = [theme.kpi(f"Probability of {value(c)}", percent(p, 1)) for c, p in shown]
    return [*chances, theme.kpi("Predicted", value(answer.prediction))]


def _changes(answer: WhatIfAnswer) -> Markup:
    if not answer.changes:
        return Markup("")
    rows = [[name, value(item)] for name, item in answer.changes.items()]
    return theme.section("Changed", table(["Column", "to"], rows))


def _reasons(answer: WhatIfAnswer) -> Markup:
    if answer.explanation is None:
        return Markup("")
    made, base, prediction = steps(answer.explanation, 0, answer.output)
    drawing = waterfall(made, base, prediction, unit=answer.explanation.unit)
    return theme.section("Why", drawing, sub=f"effects in {answer.explanation.unit}")


def _curves(answer: WhatIfAnswer, strips: Sequence[Strip]) -> Markup:
    """What each column alone would do."""
    if not strips:
        return Markup("")
    share = answer.estimate is None
    more = len(strips) - row_strips.AT_MOST
    left = f"; {more} more columns move it less" if more > 0 else ""
    sub = f"bars: known values (√ of their share); line: the prediction; dot: this row{left}"
    return theme.section("If one column alone were different", row_strips.strips(strips, share=share), sub=sub)
