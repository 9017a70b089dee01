"""The verb that writes a report: a model card, and a page that answers without a kernel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lepton_lab.environment import model_in

if TYPE_CHECKING:
    from lepton_lab.reporting.card import ModelCard
    from lepton_lab.reporting.page_rows import PageRows
    from lepton_lab.reporting.written import ModelReport
    from lepton_lab.trained import TrainedModel


def report(
    model: TrainedModel,
    df: Any = None,
    *,
    path: str | Path | None = None,
    format: str = "html",
    rows: int | Sequence[object] | None = None,
    with_rows: bool = True,
    about: Mapping[str, str] | None = None,
    costs: Mapping[str, float] | None = None,
    title: str = "",
    seed: int = 0,
) -> ModelReport:
    """Tell of a model to those who have no notebook: one page, or a model card in Markdown or JSON.

    The page holds data, result, explanation, limits, and a handful of rows to play with. It has no model in it:
    its what-if answers from curves and pairs of columns that were measured around each row, and says how far
    such answers were from the model. It loads nothing from anywhere.

    Args:
        model: A trained model.
        df: A frame like the one trained on, with the target where it is to be evaluated on; the rows held out of
            training if left out.
        path: Where to write it; it is only made if left out.
        format: "html", "markdown" or "json"; the latter two are the model card alone.
        rows: Rows to play with: how many (6), chosen to tell different things, or a list of index labels.
        with_rows: False leaves out every single row: no row to play with, no row's reasons, no dots, no extremes,
            no categories of fewer than 5 rows.
        about: What only a person can say, by name: owner, version, licence, contact, intended_use,
            intended_users, out_of_scope, data_source, factors, ethics, fairness, caveats. What is not given is
            marked so.
        costs: Of wrong decisions, as for `evaluate`.
        title: Of the report; the target's name says it if left out.
        seed: Of the samples and the random changes.

    Raises:
        SchemaMismatchError: The frame is not like the one trained on.
        OptionError: An option has a value that cannot work, or no row has one of the labels.
        ReportFileError: It cannot be written; what was there before is still there.

    Example:
        >>> ll.report(model, path="model.html")  # doctest: +SKIP
        >>> ll.report(model, format="markdown", with_rows=False, path="MODEL_CARD.md")  # doctest: +SKIP
    """
    from lepton_lab.evaluation.costs import read_costs
    from lepton_lab.reporting.make import Asked, make_report
    from lepton_lab.reporting.written import ModelReport, read_format

    model, kind = model_in(model), read_format(format)
    weighed = None if costs is None else read_costs(costs, model.task)
    asked = Asked(rows, with_rows, kind == "html", about or {}, weighed, title, seed)
    card, page = make_report(model, df, asked)
    made = ModelReport(card, kind, _written(card, page, kind), 0 if page is None else len(page.rows))
    return made if path is None else made.save(path)


def _written(card: ModelCard, page: PageRows | None, kind: str) -> str:
    """The whole report as text."""
    if kind == "markdown":
        from lepton_lab.pictures.model_card_markdown import markdown

        return markdown(card)
    if kind == "json":
        from lepton_lab.reporting.card_json import card_text

        return card_text(card)
    from lepton_lab.pictures.report_page import page as html_page

    return html_page(card, page)
