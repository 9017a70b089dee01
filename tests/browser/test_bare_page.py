"""Panels on a bare page with the widgets' own manager, as Colab-like hosts mount them: no JupyterLab, no kernel."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import anywidget
import pytest
from IPython.core.interactiveshell import InteractiveShell
from ipywidgets.embed import embed_data

from tests.browser.test_main_job import until
from tests.notebook.test_panels_twins import PANELS, shown

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NODE = Path(__file__).parents[2] / "labextension" / "panels" / "node_modules"
MANAGER = NODE / "@jupyter-widgets" / "html-manager" / "dist" / "embed-amd.js"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(not MANAGER.exists(), reason="`npm ci` was not run in labextension/panels"),
]
PAGE = """<!doctype html><html lang="en"><title>panels</title>
<script src="/require.js"></script>
<script>requirejs.config({{paths: {{anywidget: "/anywidget"}}}})</script>
<script src="/embed-amd.js"></script>
<script type="application/vnd.jupyter.widget-state+json">{state}</script>
<body>{bodies}</body></html>"""
ONE = """<h2>{name}</h2>{twin}<script type="application/vnd.jupyter.widget-view+json">{view}</script>"""


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder, and says nothing of it."""

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page and its scripts, from this machine alone."""
    folder = tmp_path_factory.mktemp("bare")
    scripts = {
        "require.js": NODE / "requirejs" / "require.js",
        "embed-amd.js": MANAGER,
        "anywidget.js": Path(anywidget.__file__).parent / "nbextension" / "index.js",
    }
    for name, path in scripts.items():
        (folder / name).write_bytes(path.read_bytes())
    InteractiveShell.instance()
    panels = {name: make() for name, make in PANELS.items()}
    data = embed_data(views=list(panels.values()), drop_defaults=False)
    views = dict(zip(panels, data["view_specs"], strict=True))
    bodies = "".join(
        ONE.format(name=name, twin=shown(panel)[0]["text/html"], view=inline(views[name]))
        for name, panel in panels.items()
    )
    (folder / "index.html").write_text(PAGE.format(state=inline(data["manager_state"]), bodies=bodies), "utf-8")
    served = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder))
    threading.Thread(target=served.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{served.server_port}/index.html"
    served.shutdown()


def inline(value: object) -> str:
    """JSON inside a script element."""
    return json.dumps(value).replace("</", "<\\/")


def test_without_a_kernel_each_panel_or_its_twin_is_there(browser: Browser, site: str, shots: Path) -> None:
    page = browser.new_page(viewport={"width": 1000, "height": 900})
    errors: list[str] = []
    asked: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(site)
    until(lambda: page.locator(".lepton-panel").count() == len(PANELS), "every panel is mounted", lambda: errors)
    # What holds its drawing in its state shows itself; what asks its kernel for rows leaves the twin.
    for name in PANELS:
        until(lambda name=name: page.evaluate(VISIBLE, name) > 40, f"{name} shows something", lambda: errors)
    assert page.locator(".lepton-panel.lepton-live").count() >= 1, "the training panel needs no kernel to be drawn"
    assert page.locator("img, body script[src]").count() == 0, "names are never markup"
    assert errors == []
    here = (site.removesuffix("index.html"), "blob:", "data:")
    assert [url for url in asked if not url.startswith(here)] == [], "nothing is asked of the network"
    page.screenshot(path=shots / "bare-page.png", full_page=True)
    page.close()


# Letters that can be read between a panel's heading and the next one.
VISIBLE = """name => {
  const from = [...document.querySelectorAll('h2')].find(h => h.textContent === name);
  let n = 0;
  for (let at = from.nextElementSibling; at && at.tagName !== 'H2'; at = at.nextElementSibling) {
    n += at.innerText?.trim().length ?? 0;
  }
  return n;
}"""
