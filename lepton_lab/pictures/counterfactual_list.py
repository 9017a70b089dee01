"""The picture of counterfactuals: for each row a table of alternatives, the changed cells marked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lepton_lab.pictures import theme
from lepton_lab.pictures.markup import Markup, tag
from lepton_lab.pictures.numbers import count, number, percent, seconds, value
from lepton_lab.pictures.tables import table, text_table

if TYPE_CHECKING:
    from lepton_lab.explanation.counterfactual.result import Counterfactual, Counterfactuals, RowCounterfactuals

# Rows with a table of their own, and rows of the list after them.
DETAILED, LISTED = 6, 60
MOST_CELLS = 10
_MARK = "background:var(--lep-tint);color:var(--lep-up);font-weight:600;border-radius:4px;padding:1px 6px"


def html(found: Counterfactuals) -> Markup:
    """The picture as self-contained HTML."""
    rows = [_row(found, row) for row in found.rows[:DETAILED]]
    return theme.picture(
        "Counterfactuals", *rows, _list(found), _legend(found), theme.notes(found.notes), sub=_summary(found)
    )


def text(found: Counterfactuals) -> str:
    """The picture as plain text."""
    lines = [f"Counterfactuals: {_summary(found)}"]
    for row in found.rows[:LISTED]:
        lines.append(f"\n{_headline(found, row)}")
        if row.reason:
            lines.append(f"  {row.reason}")
        cells = [[*_figures(found, k, a), _changes(a), _oddity(a)] for k, a in _shown(row)]
        if cells:
            body = text_table(["", "becomes", "distance", "plausible", "changes", ""], cells, numeric=(1, 2, 3))
            lines.extend("  " + line for line in body.split("\n"))
    left = len(found.rows) - LISTED
    if left > 0:
        lines.append(f"\nand {count(left, 'more row')}: .to_frame()")
    return "\n".join([*lines, *found.notes])


def _summary(found: Counterfactuals) -> str:
    """How many rows were reached, and what it took."""
    kept = f"; kept as they are: {', '.join(found.immutable)}" if found.immutable else ""
    ended = {"budget": "; the time-out came first", "stop": "; stopped early"}.get(found.ended, "")
    asked = f"{count(found.n_evaluations, 'question')} to the model, {seconds(found.seconds)}"
    return f"{found.n_reached} of {count(len(found.rows), 'row')} reach it ({asked}){ended}{kept}"


def _headline(found: Counterfactuals, row: RowCounterfactuals) -> str:
    return f"Row {value(row.label)}: {found.unit} {_measured(found, row.number)}; wanted: {row.wanted}"


def _row(found: Counterfactuals, row: RowCounterfactuals) -> Markup:
    """One row and its alternatives: the columns that any of them changes, changed cells marked."""
    shown = _shown(row)
    reason = tag("div", row.reason, class_="lep-sub") if row.reason else None
    if not shown:
        return theme.section(_headline(found, row), reason)
    changed = {name for _, a in shown for name in a.columns}
    names = [name for name in found.columns if name in changed][:MOST_CELLS]
    header = ["", "becomes", "distance", "plausible", *names]
    as_is = ["as it is", _measured(found, row.number), "", "", *(value(row.values[name]) for name in names)]
    body = [[*_figures(found, k, a), *(_cell(a, name) for name in names)] for k, a in shown]
    odd = [f"{_name(k)}: {_oddity(a)}" for k, a in shown if a.unlikely]
    drawn = table(header, [as_is, *body], numeric=(1, 2, 3))
    return theme.section(_headline(found, row), reason, drawn, theme.notes(odd))


def _list(found: Counterfactuals) -> Markup:
    """The rows after the first few, a line each, with their first alternative."""
    rows = found.rows[DETAILED : DETAILED + LISTED]
    if not rows:
        return Markup("")
    body = []
    for row in rows:
        shown = _shown(row)
        says = _changes(shown[0][1]) if row.alternatives else row.reason
        after = _measured(found, shown[0][1].number) if row.alternatives else "–"
        body.append([value(row.label), _measured(found, row.number), after, str(len(row.alternatives)), says])
    more = len(found.rows) - DETAILED - LISTED
    left = tag("div", f"and {count(more, 'more row')}: .to_frame()", class_="lep-sub") if more > 0 else None
    drawn = table(["Row", "as it is", "becomes", "ways", "the first"], body, numeric=(1, 2, 3), wrap=(4,))
    return theme.section("More rows", drawn, left)


def _legend(found: Counterfactuals) -> Markup:
    if not any(row.alternatives for row in found.rows):
        return Markup("")
    words = (
        "distance: 1 for a changed category, ½ and more for a changed number; plausible: the share of known rows "
        "that are at least as far from their own nearest rows."
    )
    return tag("div", words, class_="lep-sub", style="margin-top:8px")


def _shown(row: RowCounterfactuals) -> list[tuple[int, Counterfactual]]:
    """The alternatives from 1; the closest try of a row without any is number 0."""
    if not row.alternatives and row.closest is not None:
        return [(0, row.closest)]
    return list(enumerate(row.alternatives, 1))


def _figures(found: Counterfactuals, k: int, a: Counterfactual) -> list[str]:
    return [_name(k), _measured(found, a.number), number(a.distance), percent(a.plausibility, 0)]


def _name(k: int) -> str:
    return str(k) if k else "closest try"


def _measured(found: Counterfactuals, item: float) -> str:
    """A probability in per cent, an estimate as a number."""
    return percent(item, 1) if found.unit.startswith("probability") else number(item, 5)


def _cell(a: Counterfactual, name: str) -> Markup | str:
    change = next((change for change in a.changes if change.column == name), None)
    if change is None:
        return tag("span", "·", class_="lep-sub", aria_label="as it is")
    return tag("span", f"→ {value(change.after)}", style=_MARK, title=f"{value(change.before)} → {value(change.after)}")


def _changes(a: Counterfactual) -> str:
    return ", ".join(f"{c.column}: {value(c.before)} → {value(c.after)}" for c in a.changes)


def _oddity(a: Counterfactual) -> str:
    """Which values known rows hardly ever hold together, in words."""
    if not a.unlikely:
        return ""
    return "hardly ever seen together: " + "; ".join(f"{j} and {k}" for j, k in a.unlikely)
