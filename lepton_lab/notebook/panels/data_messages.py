"""What the data panel tells its page: plain JSON, cards of columns some at a time."""

from __future__ import annotations

import math
from itertools import islice
from typing import TYPE_CHECKING, Any

from lepton_lab.data.schema import Kind
from lepton_lab.data.told_types import KINDS, TOLD
from lepton_lab.pictures.drift_table import CHIPS, notes, words
from lepton_lab.pictures.findings import WORDS, sampled, subtitle
from lepton_lab.pictures.numbers import count, percent, value
from lepton_lab.pictures.object_picture import picture_of
from lepton_lab.pictures.spread import bin_names, n_drawn, second_of, shares
from lepton_lab.pictures.tables import cut

if TYPE_CHECKING:
    from lepton_lab.data.check import Check
    from lepton_lab.data.column_card import ColumnCard
    from lepton_lab.data.finding import Finding
    from lepton_lab.data.shifts import ColumnDrift

CARDS = 40
SHOWN_ROWS = 20
SHOWN_COLUMNS = 30


def code(check: Check) -> str:
    """The line that makes the check."""
    words = [f"target={check.target!r}"] if check.target else []
    words += ["against=df_new"] if check.against is not None else []
    return f"check = ll.check({', '.join(['df', *words])})"


def data(check: Check) -> dict[str, Any]:
    """The whole panel, apart from its cards and rows."""
    drift = check.drift
    return {
        "title": title(check), "sub": subtitle(check), "target": check.target,
        "names": list(check.columns), "kinds": [str(kind) for kind in KINDS],
        "findings": [_finding(check, i) for i in range(len(check.findings))],
        "drift": None if drift is None else {"words": words(drift), "notes": notes(drift)},
        "notes": sampled(check), "checked": checked(check), **decided(check),
    }  # fmt: skip


def title(check: Check) -> str:
    """What was looked at."""
    return f"Data: {count(check.n_rows, 'row')} × {count(check.n_columns, 'column')}"


def decided(check: Check) -> dict[str, Any]:
    """What was decided, and the line that carries it out."""
    done = check.decisions
    return {
        "decisions": {"drop": list(done.drop), "types": dict(done.types), "immutable": list(done.immutable)},
        "code": check.code,
    }


def checked(check: Check) -> dict[str, Any]:
    """The decisions that the check was made with: others wait until it is made again."""
    asked = check.asked
    return {"drop": list(asked.ignore), "types": {str(k): str(v) for k, v in (asked.types or {}).items()}}


def cards(check: Check, start: int) -> dict[str, Any]:
    """The cards of some columns."""
    drifts = {one.name: one for one in check.drift} if check.drift is not None else {}
    some = islice(check.columns.values(), start, start + CARDS)
    return {"from": start, "cards": [card(one, drifts.get(one.name)) for one in some]}


def card(one: ColumnCard, drift: ColumnDrift | None) -> dict[str, Any]:
    """One column: shares to draw, and everything there is to say in words."""
    column, n, k = one.column, max(one.n_rows, 1), n_drawn(one, drift)
    return {
        "name": one.name, "kind": str(column.kind), "role": str(column.role), "reason": column.reason,
        "told": column.reason == TOLD,
        "missing": one.n_missing / n, "nMissing": one.n_missing, "unique": one.n_unique,
        "bins": bin_names(one.bins, column.kind == "datetime")[:k], "counts": list(one.counts[:k]),
        "hasOthers": not one.bins.ordered and k == len(one.counts),
        "shares": _short(shares(one.counts)[:k]), "classes": list(one.classes),
        "byClass": [list(counts[:k]) for counts in one.by_class], "missingByClass": list(one.missing_by_class),
        "means": [_finite(mean) for mean in one.target_mean[:k]], "second": _short(second_of(one, drift)[:k]),
        "ends": [[{"row": value(label), "value": value(v)} for label, v in end] for end in (one.lowest, one.highest)],
        "drift": None if drift is None else _drift(drift),
        "examples": [_example(label, item, column.kind) for label, item in one.examples],
    }  # fmt: skip


def _example(label: object, item: object, kind: Kind) -> dict[str, Any]:
    return {"row": value(label), "words": cut(value(item)), "picture": picture_of(item, kind)}


def rows(check: Check, place: int) -> dict[str, Any]:
    """The rows behind a finding, as the user wrote them; not more than a screen shows."""
    finding = check.findings[place]
    frame = check.rows(finding, SHOWN_ROWS)
    names = list(frame.columns[:SHOWN_COLUMNS])
    cells = [[value(cell) for cell in frame[name].tolist()] for name in names]
    rest = f" · {len(frame.columns) - len(names)} more columns" if len(frame.columns) > len(names) else ""
    return {
        "finding": place, "names": names, "labels": [value(label) for label in frame.index.tolist()],
        "rows": [list(row) for row in zip(*cells, strict=True)], "code": rows_code(finding),
        "note": f"{len(frame):,} of {finding.n_rows or 0:,} rows{rest}",
    }  # fmt: skip


def rows_code(finding: Finding) -> str:
    """The line that takes these rows."""
    return f"check.rows(next(f for f in check if (f.kind, f.column) == {(finding.kind, finding.column)!r}))"


def _finding(check: Check, place: int) -> dict[str, Any]:
    one = check.findings[place]
    return {
        "severity": one.severity, "word": WORDS[one.severity], "kind": one.kind, "column": one.column,
        "share": percent(one.share), "message": one.message, "advice": one.advice, "rows": one.n_rows or 0,
    }  # fmt: skip


def _drift(one: ColumnDrift) -> dict[str, Any]:
    return {
        "verdict": one.verdict, "chip": CHIPS[one.verdict], "psi": one.psi, "chance": one.psi_by_chance,
        "measure": one.measure, "distance": one.distance, "p": one.adjusted, "missing": list(one.missing),
        "new": [value(item) for item in one.new], "newShare": one.new_share,
        "problem": one.problem,
    }  # fmt: skip


def _short(parts: Any) -> list[float]:
    return [float(f"{part:.4g}") for part in parts]


def _finite(number: float) -> float | None:
    return float(f"{number:.6g}") if math.isfinite(number) else None
