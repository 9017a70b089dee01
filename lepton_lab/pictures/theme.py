"""The look of every picture: the style sheet, and the frame that carries it. Panels wear the same sheet."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from lepton_lab.pictures.markup import Markup, join, tag

# The classes of the members and of further lines, in order of importance.
SERIES = ("main", "up", "fourth", "third", "other")


@cache
def style_sheet() -> str:
    """The shared style sheet without comments and line breaks (about 8 kB)."""
    source = (Path(__file__).parent / "theme.css").read_text(encoding="utf-8")
    return re.sub(r"\s+", " ", re.sub(r"/\*.*?\*/", "", source, flags=re.DOTALL)).strip()


def picture(title: str, *parts: object, sub: str = "") -> Markup:
    """A whole picture: one `<div>` with its own style sheet, no ids (copies of a cell don't clash)."""
    head = tag("div", tag("div", title, class_="lep-title"), tag("div", sub, class_="lep-sub"), class_="lep-head")
    # The sheet travels inside the picture: an output must look right wherever it is copied to.
    return tag("div", tag("style", Markup(style_sheet())), head, *parts, class_="lepton lepton-picture")


def section(label: str, *parts: object, sub: str = "") -> Markup:
    """A labelled part of a picture."""
    small = tag("span", sub, class_="lep-sub") if sub else None
    return tag("div", tag("div", label, small, class_="lep-label"), *parts, class_="lep-section")


def figure(caption: str, drawing: Markup, sub: str = "") -> Markup:
    """A drawing with its caption."""
    small = tag("span", sub) if sub else None
    return tag("figure", tag("figcaption", caption, small), drawing)


def kpi(label: str, value: str, note: str = "") -> Markup:
    """One headline number."""
    return tag(
        "div",
        tag("div", label, class_="lep-kpi-label"),
        tag("div", value, class_="lep-kpi-value"),
        tag("div", note, class_="lep-kpi-note"),
    )


def kpis(*items: Markup) -> Markup:
    """Headline numbers side by side."""
    return tag("div", *items, class_="lep-kpis")


def row(*figures: Markup) -> Markup:
    """Figures side by side, wrapped where the notebook is narrow."""
    return tag("div", *figures, class_="lep-row")


def notes(lines: tuple[str, ...] | list[str]) -> Markup:
    """Remarks as a list; nothing for none."""
    return tag("ul", [tag("li", line) for line in lines], class_="lep-notes") if lines else Markup("")


def chip(word: str, kind: str | None = None) -> Markup:
    """A small word in a frame, coloured by kind (its own name by default)."""
    return tag("span", word, class_=f"lep-chip {kind or word}")


def next_step(*commands: str) -> Markup:
    """What to type next."""
    shown = [join(" ", tag("code", command)) for command in commands]
    return tag("div", "Next:", shown, class_="lep-next")


def legend(items: list[tuple[str, str]]) -> Markup:
    """Colours and what they stand for: pairs of (class, words)."""
    keys = [
        tag(
            "span",
            tag("svg", tag("circle", cx=5, cy=5, r=4, class_=name), width=10, height=10, aria_hidden="true"),
            words,
            class_="lep-key",
        )
        for name, words in items
    ]
    return tag("div", keys)
