"""What a network under training looks at: the bars of its fixed probe rows, as they are at one step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lepton_lab.pictures import theme
from lepton_lab.pictures.markup import Markup, tag
from lepton_lab.pictures.numbers import fixed, percent
from lepton_lab.pictures.svg import rect, svg
from lepton_lab.pictures.tables import table

if TYPE_CHECKING:
    from lepton_lab.training.progress import Progress

AT_MOST = 8
WIDTH = 260.0


def attribution_bars(history: Sequence[Progress]) -> list[Markup]:
    """A section with the newest look; nothing where there was none."""
    progress = next((p for p in reversed(history) if p.attribution is not None), None)
    if progress is None or progress.attribution is None:
        return []
    found = progress.attribution
    shares = [found.share(name) for name in found.columns[:AT_MOST]]
    named = zip(found.columns, shares, strict=False)
    rows = [[name, _bar(share, max(shares)), percent(share, 0)] for name, share in named]
    sub = f"mean |Shapley value| in the network at epoch {fixed(progress.epoch, 1)}, over {found.n_rows} rows"
    warning = tag("div", found.warning, class_="lep-sub") if found.warning else None
    return [theme.section("Which columns count", table(["", "", "of all"], rows, numeric=(2,)), warning, sub=sub)]


def _bar(share: float, most: float) -> Markup:
    wide = WIDTH * share / max(most, 1e-12)
    return svg(WIDTH, 14, percent(share), rect(0, 1, wide, 12, "main"))
