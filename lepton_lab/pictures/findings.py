"""The picture of a check: findings with severity, column, share of rows and advice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lepton_lab.pictures import column_table, drift_table, theme
from lepton_lab.pictures.markup import Markup, join, tag
from lepton_lab.pictures.numbers import count, percent
from lepton_lab.pictures.svg import rect, svg
from lepton_lab.pictures.tables import cut, first_within, table, text_table

if TYPE_CHECKING:
    from lepton_lab.data.quality import Check, Finding

ORDER = ("serious", "warn", "info")
WORDS = {"serious": "serious", "warn": "look at", "info": "note"}
AT_MOST = 60
# Characters of markup: with the drift's and the columns' the picture stays below 150,000, however wide the frame.
ROOM = 30_000


def html(check: Check) -> Markup:
    """The picture as self-contained HTML."""
    findings = _sorted(check)
    drawn = first_within(map(_row, findings[:AT_MOST]), ROOM)
    header = ["", "Column", "Rows", "What, and what to do"]
    body = table(header, drawn, wrap=(3,)) if findings else theme.chip("nothing to report", "ok")
    more = f"and {len(findings) - len(drawn):,} more" if len(findings) > len(drawn) else ""
    drift = None
    if check.drift is not None:
        title = "Drift of the second frame"
        drift = theme.section(title, drift_table.part(check.drift), theme.notes(drift_table.notes(check.drift)),
                              sub=drift_table.words(check.drift))  # fmt: skip
    return theme.picture(
        f"Check of {_rows(check)}", _counts(findings), body, tag("div", more, class_="lep-sub"), drift,
        column_table.part(check), theme.notes(sampled(check)), theme.next_step(_train_line(check)),
        sub=subtitle(check),
    )  # fmt: skip


def text(check: Check) -> str:
    """The picture as plain text."""
    rows = [
        [
            WORDS[f.severity],
            cut(f.column or "–", 60),
            percent(f.share),
            f"{cut(f.message)} {cut(f.advice)}".strip(),
        ]
        for f in _sorted(check)[:AT_MOST]
    ]
    body = (
        text_table(["", "column", "rows", "what, and what to do"], rows, numeric=(2,)) if rows else "nothing to report"
    )
    body += f"\nand {len(check.findings) - AT_MOST:,} more" if len(check.findings) > AT_MOST else ""
    drift = [f"Drift: {drift_table.words(check.drift)}"] if check.drift is not None else []
    head = f"Check of {_rows(check)}: {subtitle(check)}"
    return "\n".join([head, body, *drift, *sampled(check), f"Next: {_train_line(check)}"])


def _sorted(check: Check) -> list[Finding]:
    return sorted(check.findings, key=lambda finding: (ORDER.index(finding.severity), -finding.share))


def _rows(check: Check) -> str:
    return f"{count(check.n_rows, 'row')} × {count(check.n_columns, 'column')}"


def subtitle(check: Check) -> str:
    """The target and its task, in words."""
    if check.target is None:
        return "no target named: leakage and balance are not checked"
    if check.task is None:
        return f"target {check.target}"
    positive = f", positive is {check.task.classes[1]!r}" if check.task.name == "binary" else ""
    return f"target {check.target} ({check.task.name}{positive})"


def sampled(check: Check) -> list[str]:
    """That not all rows were looked at, where it is so."""
    if not 0 < check.n_looked < check.n_rows:
        return []
    return [
        f"A random sample of {check.n_looked:,} of the {check.n_rows:,} rows was looked at: counts are of these, and "
        f"what only few rows show may not be among them. All of them: rows=len(df)"
    ]


def _train_line(check: Check) -> str:
    if check.decisions:
        return check.code
    return f"%lepton train df --target {check.target or 'COLUMN'} --budget 60s"


def _counts(findings: list[Finding]) -> Markup:
    kinds = [(kind, sum(f.severity == kind for f in findings)) for kind in ORDER]
    chips = [join(theme.chip(f"{n} {WORDS[kind]}", kind), " ") for kind, n in kinds if n]
    return tag("div", chips, style="margin:6px 0 8px") if chips else Markup("")


def _row(f: Finding) -> list[object]:
    column = tag("strong", cut(f.column)) if f.column else "–"
    advice = tag("span", cut(f.advice), class_="lep-sub") if f.advice else None
    return [theme.chip(WORDS[f.severity], f.severity), column, _share(f.share), join(cut(f.message), " ", advice)]


def _share(share: float) -> Markup:
    """The share of rows as a small bar and a number."""
    share = min(max(share, 0.0), 1.0)
    bar = svg(
        58, 8, percent(share), rect(0, 0, 58, 8, "mid", r=2, opacity="0.22"), rect(0, 0, 58 * share, 8, "main", r=2)
    )
    held = tag("span", bar, style="display:inline-block;vertical-align:middle;margin-right:7px")
    return join(held, percent(share))
