"""A model card as the sections of a page: each a heading, a table or a picture. Every user's text is escaped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lepton_lab.metrics import Estimate
from lepton_lab.pictures import effect_curve, evaluation_report, shapley_values, theme
from lepton_lab.pictures.findings import WORDS
from lepton_lab.pictures.intervals import DotColumn
from lepton_lab.pictures.markup import Markup, join, tag
from lepton_lab.pictures.model_card_markdown import column_row, details_rows
from lepton_lab.pictures.numbers import count, number
from lepton_lab.pictures.scoreboard import Scoreboard
from lepton_lab.pictures.tables import table
from lepton_lab.pictures.trained_model import threshold_kpi
from lepton_lab.reporting.words import NOT_GIVEN, said_or_not

if TYPE_CHECKING:
    from lepton_lab.reporting.card import DataSummary, Explained, ModelCard, Results

MOST_BARS = 20
IMPORTANCE = "mean absolute Shapley value, {}; bars: 95 %, sampling error and other rows like these"


def part(name: str, title: str, *inside: object, sub: str = "") -> Markup:
    """A section of the page with its heading; `name` is what links point at."""
    small = tag("p", sub, class_="rep-sub") if sub else None
    return tag(
        "section", tag("h2", title, id=f"{name}-title"), small, *inside, id=name, aria_labelledby=f"{name}-title"
    )


def headline(card: ModelCard) -> Markup:
    """The numbers to see first."""
    results = card.results
    rows = [] if card.data.n_rows is None else [theme.kpi("Learned from", count(card.data.n_rows, "row"))]
    threshold = threshold_kpi(card.details.threshold, card.details.threshold_note, results.task)
    return theme.kpis(*_scoreboard(results, card).headline(), *threshold, *rows)


def use(card: ModelCard) -> Markup:
    """What the model is for, and what it is not for."""
    return part("use", "Intended use", _said(card, "use"), _said(card, "factors"))


def data(card: ModelCard) -> Markup:
    """The rows learned from."""
    found: DataSummary = card.data
    rows = "the model was loaded and does not know how many" if found.n_rows is None else count(found.n_rows, "row")
    header = ["Column", "Kind", "Role", "Missing", "Values"]
    columns = table(header, [column_row(c) for c in found.columns], numeric=(3,), wrap=(4,))
    target = table(["Target", ""], found.target) if found.target else None
    findings = [
        tag("li", theme.chip(WORDS[f.severity], f.severity), " ", join(tag("b", f.column), ": ") if f.column else "",
            f.message, " ", tag("span", f.advice, class_="lep-sub") if f.advice else None)
        for f in found.findings
    ]  # fmt: skip
    return part(
        "data", "Data", _said(card, "data"), tag("div", target, class_="lep-section") if target else None,
        tag("div", columns, class_="lep-section rep-tall", tabindex="0", role="region", aria_label="columns"),
        theme.section("Found in the data", tag("ul", findings, class_="rep-findings")) if findings else None,
        tag("p", f"Fingerprint of the rows as read: {found.fingerprint}", class_="rep-sub rep-hash")
        if found.fingerprint else None,
        sub=f"Learned from: {rows}. Evaluated on: {card.results.note}.",
    )  # fmt: skip


def result(card: ModelCard) -> Markup:
    """How good the model is."""
    evaluation = card.results.evaluation
    if evaluation is None:
        drawn = theme.section(
            "Against its parts and baselines", _scoreboard(card.results, card).html(), sub=card.results.note
        )
    else:
        drawn = evaluation_report.html(evaluation)
    return part("result", "Result", bare(drawn))


def explanation(card: ModelCard) -> Markup | None:
    """What moves the model."""
    found: Explained | None = card.explained
    if found is None:
        return None
    several = len(found.importance.output_names) > 1
    importance = theme.section("Importance", _importance(found), sub=IMPORTANCE.format(found.unit))
    if found.explanation is not None:
        # The beeswarm has the means already; their intervals are one click away.
        swarm = tag("div", bare(shapley_values.html(found.explanation)), class_="lep-section")
        importance = join(swarm, tag("details", tag("summary", "Importance as numbers, with intervals"), importance))
    effects = [tag("div", bare(effect_curve.html(effect)), class_="rep-effect") for effect in found.effects]
    return part(
        "explanation", "Explanation",
        importance,
        theme.section("Effects", tag("div", effects, class_="rep-effects"), sub="partial dependence of the most "
                      "important columns; not what would happen if a value were changed in the world"),
        sub=f"Over {count(found.n_rows, 'row')}: {found.where}. {found.method}"
        + ("; averaged over the classes." if several else "."),
    )  # fmt: skip


def limits(card: ModelCard) -> Markup:
    """Where not to trust it."""
    lines = [tag("li", theme.chip(WORDS[one.severity], one.severity), " ", one.words) for one in card.limits]
    return part(
        "limits", "Limits", tag("ul", lines, class_="rep-findings") if lines else tag("p", "Nothing was found."),
        theme.section("Left out of this report", theme.notes(card.left_out)) if card.left_out else None,
        sub="Found by checks when this report was made; that none was found says nothing of what was not looked for.",
    )  # fmt: skip


def ethics(card: ModelCard) -> Markup:
    """What only people can judge."""
    return part("ethics", "Ethics, fairness, caveats", _said(card, "ethics"), _said(card, "caveats"))


def details(card: ModelCard) -> Markup:
    """Which model this is."""
    rows = [[name, words] for name, words in details_rows(card.details)]
    return part(
        "details", "Details", _said(card, "details"), tag("div", table(["", ""], rows, wrap=(1,)), class_="lep-section")
    )


def bare(picture: Markup) -> Markup:
    """A picture without its own style sheet: the page has it once."""
    return Markup(picture.replace(f"<style>{theme.style_sheet()}</style>", ""))


def _scoreboard(results: Results, card: ModelCard) -> Scoreboard:
    weights = {member.name: member.weight for member in card.details.members}
    return Scoreboard(results.task, results.metrics, results.leaderboard, results.watched, weights, results.ahead)


def _said(card: ModelCard, section: str) -> Markup:
    """What a person said; what nobody said is marked, and never made up."""
    lines = [
        join(tag("dt", question), tag("dd", said) if said else tag("dd", NOT_GIVEN, class_="rep-missing"))
        for question, said in said_or_not(card.words, section)
    ]
    return tag("dl", lines, class_="rep-said")


def _importance(found: Explained) -> Markup:
    importance = found.importance
    shown = range(min(len(importance), MOST_BARS))
    estimates = [_with_rows_error(found, i) for i in shown]
    dots = DotColumn.of([*estimates, Estimate(0.0, 0.0, 0.0)], 320)
    rows: list[list[object]] = [
        [importance.feature_names[i], dots.cell(e, "main", mark=0.0), number(e.value)]
        for i, e in zip(shown, estimates, strict=True)
    ]
    rows.append(["", dots.axis(), ""])
    hidden = len(importance) - len(estimates)
    more = tag("div", f"and {count(hidden, 'less important column')}", class_="lep-sub") if hidden else None
    return join(table(["Column", "", "mean"], rows, numeric=(2,)), more)


def _with_rows_error(found: Explained, i: int) -> Estimate:
    """An importance with the error of the sampling and that of having explained these rows and not others."""
    importance = found.importance
    value, sampled = float(importance.values[i]), float(importance.upper_bounds[i] - importance.values[i])
    rows = 1.96 * float(importance.rows_std[i])
    half = (sampled**2 + rows**2) ** 0.5
    return Estimate(value, max(value - half, 0.0), value + half)
