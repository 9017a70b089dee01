"""A report as one HTML page that needs nothing else: no network, no kernel, no server. It opens from a file.

Its content security policy allows the one script it carries, by its hash, and nothing from anywhere else.
"""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from lepton_lab.pictures import model_card, theme
from lepton_lab.pictures.markup import Markup, join, tag
from lepton_lab.pictures.report_rows import answered_words, page_json

if TYPE_CHECKING:
    from lepton_lab.reporting.card import ModelCard
    from lepton_lab.reporting.page_rows import PageRows

STATIC = Path(__file__).parent / "static"
THEMES = ("System", "Light", "Dark")


def page(card: ModelCard, rows: PageRows | None) -> str:
    """The whole page.

    Args:
        card: its content.
        rows: to play with; None for a page without.
    """
    script = _file("report.js")
    sections = [
        ("result", "Result", model_card.result(card)),
        ("explanation", "Explanation", model_card.explanation(card)),
        ("whatif", "What if", None if rows is None else _whatif(rows)),
        ("limits", "Limits", model_card.limits(card)),
        ("data", "Data", model_card.data(card)),
        ("use", "Use", model_card.use(card)),
        ("ethics", "Ethics", model_card.ethics(card)),
        ("details", "Details", model_card.details(card)),
    ]
    kept = [(name, words, section) for name, words, section in sections if section is not None]
    body = tag(
        "main", _head(card), model_card.headline(card), _links([(name, words) for name, words, _ in kept]),
        *(section for *_, section in kept), _foot(card), class_="lepton lepton-report",
    )  # fmt: skip
    policy = (
        f"default-src 'none'; script-src 'sha256-{_hash(script)}'; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    head = join(
        Markup('<meta charset="utf-8">'),
        Markup(f'<meta http-equiv="Content-Security-Policy" content="{policy}">'),
        Markup('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        Markup('<meta name="referrer" content="no-referrer">'),
        tag("title", card.title),
        tag("style", Markup(theme.style_sheet() + _file("report.css"))),
    )
    told = {} if rows is None else page_json(rows)
    data = tag("script", Markup(_embedded(told)), type="application/json", id="report-data")
    run = Markup(f"<script>{script}</script>")
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body>{body}{data}{run}</body></html>\n'


@cache
def _file(name: str) -> str:
    return (STATIC / name).read_text(encoding="utf-8")


def _hash(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _embedded(told: object) -> str:
    """JSON that cannot end the element it stands in, whatever the user's text holds."""
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _head(card: ModelCard) -> Markup:
    choices = [tag("option", name, value=name.lower()) for name in THEMES]
    switch = tag("label", "Colours ", tag("select", choices, id="report-theme"), class_="rep-theme")
    words = f"A model card: it predicts {card.details.predicts}. Made {card.made} with lepton-lab."
    kept = "" if card.with_rows else " No single row of the data is in it."
    return tag("header", tag("div", tag("h1", card.title), tag("p", words + kept, class_="rep-sub")), switch)


def _links(sections: list[tuple[str, str]]) -> Markup:
    return tag("nav", [tag("a", words, href=f"#{name}") for name, words in sections], aria_label="sections")


def _whatif(rows: PageRows) -> Markup:
    return model_card.part(
        "whatif", "What if",
        tag("div", id="report-whatif", class_="lepton-panel lepton-live lepton-wide"),
        tag("noscript", "The controls of this section need JavaScript. Everything else on this page does not."),
        sub=f"Change a row and read what the model would say. Rows: {rows.where}. {answered_words(rows)}",
    )  # fmt: skip


def _foot(card: ModelCard) -> Markup:
    words = "Form: Mitchell et al. (2019), Model Cards for Model Reporting. This page loads nothing and sends nothing."
    return tag("footer", f"{words} Model sha256 {card.details.fingerprint[:16]}…")
