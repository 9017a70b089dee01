"""Progress that never goes back: one share for an explanation of several stages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from lepton_lab.explanation.estimate import ExplainProgress

Report = Callable[[ExplainProgress], None]


def steady(report: Report, budget_s: float | None, open_end: bool) -> Report:
    """A listener that passes on one share for all stages.

    With a budget the share is that of the time. Where more stages may follow, as towards a half-width, each
    gets half of what is left: nobody knows how many there will be.

    Args:
        report: hears the progress.
        budget_s: wall time, None for no limit.
        open_end: whether more stages may follow one that is done.
    """
    shown, floor, before = 0.0, 0.0, 0.0

    def tell(progress: ExplainProgress) -> None:
        nonlocal shown, floor, before
        if progress.share < before:
            floor = shown
        before = progress.share
        share = floor + (1 - floor) * progress.share * (0.5 if open_end else 1.0)
        if budget_s is not None:
            share = progress.elapsed_s / budget_s
        shown = min(1.0, max(shown, share))
        left = None if shown == 0 else progress.elapsed_s * (1 - shown) / shown
        report(replace(progress, share=shown, remaining_s=left))

    return tell
