"""How far an explanation is: one bar and one line, small enough to be sent five times a second."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lepton_lab.durations import format_duration
from lepton_lab.pictures.markup import Markup, tag

if TYPE_CHECKING:
    from lepton_lab.explanation.estimate import ExplainProgress

# Without the style sheet, which would be most of the message: JupyterLab's own colours, with fallbacks.
_LINE = "display:flex;align-items:center;gap:10px;font:13px var(--jp-ui-font-family,sans-serif);"
_TRACK = "width:160px;height:6px;border-radius:3px;background:var(--jp-layout-color3,#bdbdbd);overflow:hidden"
_BAR = "height:100%;background:var(--jp-brand-color1,#1976d2);width:"


def html(progress: ExplainProgress) -> Markup:
    """The bar, and where the explanation stands."""
    percent = f"{100 * _share(progress):.0f}"
    bar = tag(
        "div", tag("div", style=f"{_BAR}{percent}%"), style=_TRACK, role="progressbar", aria_valuenow=percent,
        aria_valuemin=0, aria_valuemax=100, aria_label="explained",
    )  # fmt: skip
    hint = tag("span", "the stop button keeps what is known", style="opacity:.6")
    return tag("div", bar, tag("span", text(progress)), hint, style=f"{_LINE}color:var(--jp-ui-font-color1,inherit)")


def text(progress: ExplainProgress) -> str:
    """Where an explanation stands, in one line.

    Example:
        >>> from lepton_lab.explanation.estimate import ExplainProgress
        >>> text(ExplainProgress(0.25, 1000, elapsed_s=2, remaining_s=6, message="walks"))
        'explaining  25 %  2.0s, 6.0s left  walks'
    """
    left = "" if progress.remaining_s is None else f", {format_duration(progress.remaining_s)} left"
    words = f"  {progress.message}" if progress.message else ""
    return f"explaining  {100 * _share(progress):.0f} %  {format_duration(progress.elapsed_s)}{left}{words}"


def _share(progress: ExplainProgress) -> float:
    return min(max(progress.share, 0.0), 1.0)
