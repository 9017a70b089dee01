"""Reason codes: for each row the columns that moved it most towards the outcome nobody wants, as notices give them.

A reason is a column whose Shapley value pushes towards the outcome, against the background that the explanation
compares with, and whose 95 % interval lies above zero. Banks in the United States give up to four of them to those
whom they turn down. They say what moved this model, not what would change its mind: for that, `counterfactuals`.

Source: US Equal Credit Opportunity Act, Regulation B, 12 CFR 1002.9(b)(2) and its commentary: "no more than four".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lepton_lab.data.rows import frame_of
from lepton_lab.errors import OptionError, no_such_column

if TYPE_CHECKING:
    import pandas

    from lepton_lab.explanation.explanation import Explanation


@dataclass(frozen=True)
class Reason:
    """One reason.

    Args:
        code: of the column: its place among the model's columns, two digits.
        column: its name.
        words: as a notice says it.
        value: the row's own.
        effect: Shapley value, in the explanation's unit, towards the outcome.
        low, high: its 95 % interval; the value itself where it is exact.
    """

    code: str
    column: str
    words: str
    value: Any
    effect: float
    low: float
    high: float


@dataclass(frozen=True)
class ReasonCodes:
    """The reasons of some rows, the strongest first.

    Args:
        outcome: towards which they push.
        unit: of the effects.
        row_labels: of the rows `(row,)`.
        predictions: of the rows, in the unit `(row,)`.
        reasons: of each row; fewer than were asked for where fewer push that way beyond doubt.
        codes: what each code stands for.
    """

    outcome: str
    unit: str
    row_labels: np.ndarray
    predictions: np.ndarray
    reasons: tuple[tuple[Reason, ...], ...]
    codes: Mapping[str, str]

    def __len__(self) -> int:
        return len(self.reasons)

    def __getitem__(self, at: int) -> tuple[Reason, ...]:
        return self.reasons[at]

    def to_frame(self) -> pandas.DataFrame:
        """A row each: its prediction, then code, words, value and effect of each reason, empty where there is none."""
        columns: dict[str, np.ndarray] = {"prediction": self.predictions}
        for k in range(max((len(found) for found in self.reasons), default=0)):
            each = [found[k] if k < len(found) else None for found in self.reasons]
            for part in ("code", "words", "value"):
                cells = np.empty(len(each), object)
                cells[:] = [None if reason is None else getattr(reason, part) for reason in each]
                columns[f"{part} {k + 1}"] = cells
            columns[f"effect {k + 1}"] = np.array([np.nan if reason is None else reason.effect for reason in each])
        return frame_of(columns, np.asarray(self.row_labels))

    def __repr__(self) -> str:
        lines = [f"Reasons towards {self.outcome!r}, {len(self):,} rows"]
        for label, found in list(zip(self.row_labels, self.reasons, strict=True))[:10]:
            said = "; ".join(f"{r.code} {r.words} ({r.value}): {r.effect:+.2f}" for r in found)
            lines.append(f"  {label}: {said or 'nothing pushes that way beyond doubt'}")
        return "\n".join(lines)


def reason_codes(
    explanation: Explanation,
    n: int = 4,
    *,
    words: Mapping[str, str] | None = None,
    output: str | int | None = None,
    fall: bool = False,
) -> ReasonCodes:
    """The columns that moved each row most towards an outcome.

    Args:
        explanation: of the rows.
        n: reasons a row at most.
        words: how a notice says it, by column: `{"duration_months": "The loan runs for long"}`.
        output: of several, towards which one.
        fall: towards a low prediction instead: of two classes the negative one, of numbers a small one.

    Raises:
        OptionError: no such number of reasons.
        ColumnError: words for no column.
    """
    if isinstance(n, bool) or not isinstance(n, int) or n < 1:
        raise OptionError(f"n={n!r} is no number of reasons from 1 on. For example: .reason_codes(4)")
    one = (
        explanation
        if explanation.values.ndim == 2
        else explanation.output(explanation.main_output if output is None else output)
    )
    for column in words or {}:
        if column not in one.feature_names:
            raise no_such_column(column, one.feature_names, where="the explanation")
    said = {name: name for name in one.feature_names} | dict(words or {})
    sign = -1.0 if fall else 1.0
    pushes, spread = sign * one.values, one.upper_bounds - one.values
    sure = pushes - spread > 0
    codes = {name: f"{k + 1:02d}" for k, name in enumerate(one.feature_names)}

    def of_row(i: int) -> tuple[Reason, ...]:
        order = [j for j in np.argsort(-pushes[i], kind="stable") if sure[i, j]][:n]
        return tuple(
            Reason(
                codes[name], name, said[name], one.data[i, j], float(pushes[i, j]),
                float(pushes[i, j] - spread[i, j]), float(pushes[i, j] + spread[i, j]),
            )
            for j in order
            for name in [one.feature_names[j]]
        )  # fmt: skip

    return ReasonCodes(
        outcome=f"less {one.output_names[0]}" if fall else one.output_names[0],
        unit=one.unit,
        row_labels=one.row_labels,
        predictions=np.ravel(one.prediction),
        reasons=tuple(of_row(i) for i in range(len(one))),
        codes={code: said.get(name, name) for name, code in codes.items()},
    )
