"""A model card as Markdown that GitHub shows: headings, tables, lists; no HTML, and no user's text as markup."""

from __future__ import annotations

from collections.abc import Sequence

from lepton_lab.pictures.intervals import interval
from lepton_lab.pictures.markup import clean
from lepton_lab.pictures.numbers import count, metric, number, percent, signed, value
from lepton_lab.pictures.scoreboard import LABELS
from lepton_lab.reporting.card import DataSummary, Explained, ModelCard, ModelDetails, Results
from lepton_lab.reporting.column_summaries import ColumnSummary
from lepton_lab.reporting.words import NOT_GIVEN, said_or_not

SPECIAL = "\\`*_{}[]<>#|~&"
MOST_COLUMNS = 60


def markdown(card: ModelCard) -> str:
    """The card as one page of Markdown, in the order of Mitchell et al. (2019)."""
    parts = [
        f"# {plain(card.title)}",
        f"Model card, made {card.made} with lepton-lab. It predicts {plain(card.details.predicts)}.",
        "## Model details", *_said(card, "details"), _details(card.details),
        "## Intended use", *_said(card, "use"),
        "## Factors", *_said(card, "factors"),
        "## Metrics", *_results(card.results),
        "## Training and evaluation data", *_said(card, "data"), *_data(card.data, card.results),
        "## Quantitative analyses", *_explained(card.explained),
        "## Limits found by checks", _list([f"{limit.severity}: {limit.words}" for limit in card.limits]),
        "## Ethical considerations", *_said(card, "ethics"),
        "## Caveats and recommendations", *_said(card, "caveats"),
    ]  # fmt: skip
    if card.left_out:
        parts += ["## What this card leaves out", _list(card.left_out)]
    return "\n\n".join(part for part in parts if part) + "\n"


def plain(words: object) -> str:
    """Text that Markdown shows as it is, on one line.

    Example:
        >>> plain("<b>|x_1|")
        '\\\\<b\\\\>\\\\|x\\\\_1\\\\|'
    """
    line = clean(str(words)).replace("\n", " ").strip()
    escaped = "".join(f"\\{c}" if c in SPECIAL else c for c in line)
    return f"\\{escaped}" if escaped[:1] in ("-", "+", "=") else escaped


def _said(card: ModelCard, section: str) -> list[str]:
    """What a person said; what nobody said is marked."""
    answers = said_or_not(card.words, section)
    return [f"**{question}:** {plain(said) if said else f'*{NOT_GIVEN}*'}" for question, said in answers]


def _table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = [list(header), ["---"] * len(header), *[[plain(cell) for cell in row] for row in rows]]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _list(lines: Sequence[str]) -> str:
    return "\n".join(f"- {plain(line)}" for line in lines) or "Nothing was found."


def _details(details: ModelDetails) -> str:
    return _table(["", ""], details_rows(details))


def details_rows(details: ModelDetails) -> list[tuple[str, str]]:
    """Which model this is, as pairs of words; the pages show the same."""
    members = "; ".join(f"{m.name} ({m.what}), {percent(m.weight, 0)}" for m in details.members)
    asked = ", ".join(f"{name}={item!r}" for name, item in details.asked.items() if item not in (None, [], ()))
    rows = [
        ("Target", details.target),
        ("Task", details.task + (f", classes {', '.join(details.classes)}" if details.classes else "")),
        ("Blend", members),
        (
            "Calibration",
            f"{number(details.scale)} × blend {' '.join(signed(b, 3) for b in details.bias[:6])}, in link space",
        ),
    ]
    if details.threshold is not None:
        rows.append(("Threshold", f"{details.threshold:.3f}: {details.threshold_note}"))
    rows += [("Options", asked), ("Run", details.run_id or NOT_GIVEN)]
    rows.append(("Made with", ", ".join(f"{name} {version}" for name, version in details.versions.items())))
    rows.append(("Fingerprint", f"sha256 {details.fingerprint}"))
    return [*rows, *(("Note", note) for note in details.notes)]


def _results(results: Results) -> list[str]:
    names = list(results.metrics)
    rows = [
        [LABELS.get(member, member.removeprefix("baseline: ")), *(_cell(row.get(name)) for name in names)]
        for member, row in results.leaderboard.items()
    ]
    parts = [f"With 95 % intervals, {plain(results.note)}.", _table(["", *(results.labels[n] for n in names)], rows)]
    gaps = [
        [
            LABELS.get(m, m.removeprefix("baseline: ")),
            f"{signed(g.value, 3)} ({signed(g.low, 3)} to {signed(g.high, 3)})",
        ]
        for m, row in results.ahead.items()
        if (g := row.get(results.watched)) is not None
    ]
    if gaps:
        parts.append(_table([f"{results.labels[results.watched]}: this model minus", "paired, 95 %"], gaps))
    return [*parts, *_calibration(results)]


def _cell(estimate: object) -> str:
    if estimate is None:
        return ""
    spread = interval(estimate)  # type: ignore[arg-type]
    return metric(estimate.value) + (f" ({spread})" if spread else "")  # type: ignore[attr-defined]


def _calibration(results: Results) -> list[str]:
    evaluation = results.evaluation
    if evaluation is None:
        return []
    bins = evaluation.calibration
    shown = percent if evaluation.task.classes else number
    rows = [
        [shown(float(p)), shown(float(o)), f"{n:,.0f}"]
        for p, o, n in zip(bins.predicted, bins.observed, bins.count, strict=True)
    ]
    parts = ["Calibration, in tenths of the rows:", _table(["predicted", "observed", "rows"], rows)]
    if evaluation.confusion is not None and len(evaluation.classes) <= 12:
        names = [value(c) for c in evaluation.classes]
        counts = [
            [f"is {n}", *(f"{round(c):,}" for c in row)] for n, row in zip(names, evaluation.confusion, strict=True)
        ]
        parts += ["Decisions:", _table(["", *(plain(f"as {n}") for n in names)], counts)]
    return parts


def _data(data: DataSummary, results: Results) -> list[str]:
    rows = "of a number that the model file does not hold" if data.n_rows is None else count(data.n_rows, "row")
    lines = [f"Learned from rows {rows}." if data.n_rows is None else f"Learned from {rows}."]
    if data.fingerprint:
        lines[0] += f" Fingerprint of the rows as read: `{data.fingerprint}`."
    lines.append(f"Evaluated on: {plain(results.note)}.")
    if data.target:
        lines.append(_table(["target", ""], data.target))
    shown = data.columns[:MOST_COLUMNS]
    lines.append(_table(["column", "kind", "role", "missing", "values"], [column_row(c) for c in shown]))
    if len(data.columns) > len(shown):
        lines.append(f"And {len(data.columns) - len(shown)} more columns, in the JSON card.")
    if data.findings:
        lines.append(_list([f"{f.severity}: {f.column + ': ' if f.column else ''}{f.message}" for f in data.findings]))
    return lines


def column_row(column: ColumnSummary) -> list[str]:
    """A column in five words: name, kind, role, share missing, values."""
    return [
        column.name,
        column.kind,
        column.role,
        percent(column.missing) if column.missing else "0",
        values_words(column),
    ]


def values_words(column: ColumnSummary) -> str:
    """A range, or the most frequent categories."""
    if column.low is not None:
        low, middle, high = (value(v) for v in (column.low, column.middle, column.high))
        return f"{low} to {high}, median {middle}"
    shown = [value(c) + (f" ({n:,})" if n is not None else "") for c, n in column.categories]
    more = [f"{count(column.n_more, 'rarer value')}"] if column.n_more else []
    return ", ".join([*shown, *more]) or column.reason


def _explained(explained: Explained | None) -> list[str]:
    if explained is None:
        return ["Nothing was explained."]
    importance = explained.importance
    rows = [
        [name, number(float(v)), f"{number(float(low))} to {number(float(high))}" if high > low else "exact"]
        for name, v, low, high in zip(
            importance.feature_names, importance.values, importance.lower_bounds, importance.upper_bounds, strict=True
        )
    ]
    rows_words = f"{count(explained.n_rows, 'row')}, {explained.where}"
    note = f"What moves the prediction: mean absolute Shapley value over {rows_words}"
    return [f"{plain(note)}, in {plain(explained.unit)}; {plain(explained.method)}.",
            _table(["column", "mean absolute value", "95 % of the sampling error"], rows[:MOST_COLUMNS])]  # fmt: skip
