"""Barriers that axe-core finds in a part of a page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

AXE = Path(__file__).parents[2] / "labextension" / "panels" / "node_modules" / "axe-core" / "axe.min.js"
with_axe = pytest.mark.skipif(not AXE.exists(), reason="`npm ci` was not run in labextension/panels")
# Serious barriers only: the rest is judged by eye. JupyterLab's own page is not ours to judge.
_RUN = """async el => {
  const found = await axe.run(el, {resultTypes: ['violations']});
  return found.violations.filter(v => ['serious', 'critical'].includes(v.impact))
    .flatMap(v => v.nodes.map(n => `${v.id}: ${n.html.slice(0, 160)} ${n.failureSummary.slice(0, 200)}`));
}"""


def load_axe(page: Page) -> None:
    """Bring axe-core into the page, once."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8") + "; null")


def barriers(part: Locator) -> list[str]:
    """What is serious or critical in a part of the page; empty where all is well."""
    load_axe(part.page)
    return part.evaluate(_RUN)
