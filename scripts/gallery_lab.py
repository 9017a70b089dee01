"""Take the pictures of docs/jupyterlab.md: sidebar, form and an opened file in real JupyterLab, light and dark.

make gallery
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from gallery import GALLERY, ROOT, THEMES, wait

sys.path.insert(0, str(ROOT))
from tests.browser.jupyter import Lab, Server, chromium, lab_server, write_notebook

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CELLS = [
    "%load_ext lepton_lab\ndf_train, df_test = %lepton demo credit",
    "model = %lepton train df_train --target bad --budget 20s",
    "%lepton save model credit.lepton",
]
SAVED = "() => window.jupyterapp.shell.currentWidget.content.widgets.at(-1).outputArea?.model.length > 0"
OPEN = "path => { window.jupyterapp.commands.execute('docmanager:open', { path }); }"


def photograph(lab: Lab, name: str) -> None:
    """One picture of the page a theme."""
    for theme, called in THEMES.items():
        lab.set_theme(called)
        lab.page.wait_for_timeout(1500)
        lab.screenshot(GALLERY / f"{name}-{theme}.png")
        print(f"{name}-{theme}.png")


def tour(lab: Lab) -> None:
    """The sidebar beside a trained model, the form, the file."""
    lab.command("lepton-lab:show")
    lab.run_all()
    lab.wait_for_idle()
    wait(lambda: lab.page.evaluate(SAVED))
    sidebar = lab.page.locator(".lepton-Sidebar")
    sidebar.locator("[data-run][data-status=done]").first.wait_for()
    sidebar.get_by_role("button", name="Columns of df_test").click()
    photograph(lab, "sidebar")
    sidebar.get_by_role("button", name="Columns of df_test").click()
    sidebar.get_by_role("button", name="Train on df_train", exact=True).click()
    form = lab.page.locator(".lepton-Form")
    form.locator("select[name=split]").select_option("group")
    form.locator("select[name=split-by]").select_option("purpose")
    photograph(lab, "train-form")
    lab.page.keyboard.press("Escape")
    lab.page.evaluate(OPEN, "credit.lepton")
    lab.page.locator(".lepton-File svg").first.wait_for()
    photograph(lab, "lepton-file")


def main() -> int:
    folder = Path(tempfile.mkdtemp())
    try:
        with lab_server(folder, environment={"LEPTON_HOME": str(folder / "runs")}) as server, chromium() as browser:
            lab = open_notebook(browser, server)
            tour(lab)
            lab.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def open_notebook(browser: Browser, server: Server) -> Lab:
    """The notebook of the tour, in a window the size of a laptop's."""
    lab = Lab.open(browser, server, write_notebook(server.root, "credit", CELLS))
    lab.page.set_viewport_size({"width": 1280, "height": 800})
    return lab


if __name__ == "__main__":
    sys.exit(main())
