"""The picture of drift: how well the frames are told apart, and each column's size, p-value and shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lepton_lab.pictures import theme
from lepton_lab.pictures.intervals import with_interval
from lepton_lab.pictures.markup import Markup, join, tag
from lepton_lab.pictures.numbers import count, fixed, percent, value
from lepton_lab.pictures.spread import of_drift
from lepton_lab.pictures.tables import cut, first_within, table, text_table

if TYPE_CHECKING:
    from lepton_lab.data.shifts import ColumnDrift, Drift

AT_MOST = 60
# Characters of markup; the largest drifts come first.
ROOM = 40_000
CHIPS = {"type": "serious", "large": "serious", "moderate": "warn", "small": "info", "none": "ok"}
NOTE = (
    "PSI: 0.1 beyond chance is moderate, 0.25 large (conventions of credit scoring); beside it what chance alone gives "
    "with as many rows. p-values are adjusted for looking at all columns (Holm); a verdict needs one below 0.05."
)


def html(drift: Drift) -> Markup:
    """The picture as self-contained HTML."""
    return theme.picture(
        "Drift of the second frame against the first",
        theme.kpis(*_headline(drift)),
        part(drift),
        theme.notes(notes(drift)),
        sub=f"{count(drift.n_rows[0], 'row')} against {drift.n_rows[1]:,}",
    )


def text(drift: Drift) -> str:
    """The picture as plain text."""
    rows = [_cells(one) for one in drift.columns[:AT_MOST]]
    head = f"Drift of {drift.n_rows[1]:,} rows against {drift.n_rows[0]:,}: {words(drift)}"
    drawn = text_table(["column", "drift", "PSI", "by chance", "distance", "p", "missing", "new"], rows)
    return "\n".join([head, drawn, *notes(drift)])


def words(drift: Drift) -> str:
    """What was found, in a sentence."""
    n = len(drift.drifted)
    moved = f"{count(n, 'column')} of {len(drift)} drifted" if n else f"no drift to speak of in {len(drift)} columns"
    if drift.told_apart is None:
        return moved
    return f"{moved}; trees tell the frames apart with AUC {with_interval(drift.told_apart)} (0.5: they cannot)"


def notes(drift: Drift) -> list[str]:
    """What a reader must know of the figures."""
    said = [NOTE]
    if drift.n_looked != drift.n_rows:
        said.append(f"Random samples of {drift.n_looked[0]:,} and {drift.n_looked[1]:,} rows were looked at.")
    for which, names in (("first", drift.lost), ("second", drift.added)):
        if names:
            said.append(f"Only the {which} frame has: {', '.join(map(cut, names[:12]))}{', ...' * (len(names) > 12)}.")
    if len(drift) > (n := len(_drawn(drift))):
        said.append(f"{len(drift) - n:,} more columns are not drawn.")
    return said


def part(drift: Drift) -> Markup:
    """The table of columns."""
    header = ["Column", "Drift", "First frame, and second", "PSI (by chance)", "Distance", "p", "Missing", "New values"]
    return table(header, _drawn(drift), numeric=(3,), wrap=(7,))


def _drawn(drift: Drift) -> list[list[object]]:
    return first_within(map(_row, drift.columns[:AT_MOST]), ROOM)


def _row(one: ColumnDrift) -> list[object]:
    name, _, psi, chance, distance, p, missing, new = _cells(one)
    size = join(psi, " ", tag("span", chance and f"({chance})", class_="lep-sub"))
    return [tag("strong", name), theme.chip(one.verdict, CHIPS[one.verdict]), of_drift(one), size, distance, p,
            missing, new]  # fmt: skip


def _headline(drift: Drift) -> list[Markup]:
    shown = [theme.kpi("drifted", str(len(drift.drifted)), f"of {count(len(drift), 'column')}")]
    if drift.told_apart is not None:
        auc = drift.told_apart
        shown.append(
            theme.kpi("AUC of telling them apart", fixed(auc.value, 3), f"{with_interval(auc)}; 0.5: they cannot")
        )
    return shown


def _cells(one: ColumnDrift) -> list[str]:
    if one.verdict == "type":
        return [cut(one.name), one.verdict, "", "", "", "", "", cut(one.problem)]
    p = "< 0.001" if one.adjusted < 0.001 else fixed(one.adjusted, 3)
    gone = f"{percent(one.missing[0])} → {percent(one.missing[1])}" if any(one.missing) else ""
    new = ", ".join(value(v) for v in one.new[:5]) + (", …" if len(one.new) > 5 else "")
    new += f" ({percent(one.new_share)})" if new else ""
    distance = f"{one.measure} {fixed(one.distance, 3)}" if one.measure else ""
    return [cut(one.name), one.verdict, fixed(one.psi, 3), fixed(one.psi_by_chance, 3), distance, p, gone, new]
