"""Take the gallery's pictures of domains, images, texts and forecasts in real JupyterLab, light and dark.

make gallery
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from gallery import GALLERY, RAN, ROOT, SCROLL, THEMES, wait

sys.path.insert(0, str(ROOT))
from tests.browser.jupyter import Lab, chromium, lab_server, write_notebook

START = "%load_ext lepton_lab\nimport lepton_lab as ll"
SCANS = "df_train, df_test = %lepton demo scans\nmodel = %lepton train df_train --domain medical_images --budget 90s"
TEXTS = 'df = ll.samples.load("intents")\nreads = %lepton train df --domain intents --budget 90s'
AHEAD = """past = ll.samples.load("bikes").iloc[:-28]
two_weeks = "forecast(time=day, horizon=14, past=[coldest, warmest, rain], stride=5)"
ahead = %lepton train past --domain demand --reshape $two_weeks --budget 90s"""
SICK = 'sick = df_test.index[df_test["nodule"] == "yes"][0]\n%lepton explain model df_test --inside scan --row $sick'
# The cells, and the names of the pictures of those that have one.
CELLS = [
    (START, None), (SCANS, None), ("%lepton evaluate model df_test", "domain"), (SICK, "inside-image"),
    ("%lepton whatif model df_test --row $sick", "whatif-image"), (TEXTS, None),
    ("%lepton explain reads df --inside message --row 0", "inside-text"), (AHEAD, None),
    ("%lepton evaluate ahead", "forecast"),
]  # fmt: skip


def photograph(lab: Lab) -> None:
    """A picture a named cell and theme."""
    for theme, called in THEMES.items():
        lab.set_theme(called)
        for position, (_, name) in enumerate(CELLS):
            if name is None:
                continue
            lab.page.evaluate(SCROLL, position)
            lab.cell(position).locator(".lepton-panel.lepton-live").first.wait_for()
            lab.page.wait_for_timeout(1500)
            lab.screenshot(GALLERY / f"{name}-{theme}.png", position)
            print(f"{name}-{theme}.png")


def main() -> int:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with lab_server(folder, environment={"LEPTON_HOME": str(folder / "runs")}) as server, chromium() as browser:
            lab = Lab.open(browser, server, write_notebook(server.root, "objects", [cell for cell, _ in CELLS]))
            lab.page.set_viewport_size({"width": 1200, "height": 3300})
            lab.run_all()
            wait(lambda: lab.is_idle() and lab.page.evaluate(RAN), timeout_s=900)
            photograph(lab)
            lab.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
