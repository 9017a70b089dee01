"""Real JupyterLab in real Chromium: one server for a session of tests, one opened notebook a test.

with lab_server(folder) as server, chromium() as browser:
    lab = Lab.open(browser, server, write_notebook(folder, "start", ["1 + 1"]))
    lab.run_all()
    lab.wait_for_outputs()
    lab.output(0).inner_text()
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

TOKEN = "test"
EXTENSION = Path(__file__).parent.parent.parent / "labextension" / "lab" / "prebuilt"
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
QUIET = {
    "@jupyterlab/apputils-extension:notification": {
        "checkForUpdates": False,
        "fetchNews": "false",
        "doNotDisturbMode": True,
    },
    "@jupyterlab/docmanager-extension:plugin": {"autosave": False},
}
# Of a machine many times slower than a quiet one: what is awaited comes within seconds, or never.
PATIENCE_S = 300


def chromium_path() -> str:
    """Chromium: `$CHROMIUM`, else from PATH.

    Raises:
        FileNotFoundError: there is none; says how to install it.
    """
    named = os.environ.get("CHROMIUM")
    found = named or next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if not found or not Path(found).exists():
        raise FileNotFoundError("no Chromium. Install it with: apt-get install -y chromium (or set $CHROMIUM)")
    return found


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=list(FLAGS))
        yield browser
        browser.close()


@dataclass(frozen=True)
class Server:
    """A running JupyterLab."""

    url: str
    root: Path
    process: subprocess.Popen


@contextmanager
def lab_server(home: Path, *, environment: dict[str, str] | None = None) -> Iterator[Server]:
    """JupyterLab on a free port, with nothing of the user's own configuration; `home` holds all it writes."""
    root = home / "notebooks"
    root.mkdir(parents=True, exist_ok=True)
    port = _free_port()
    with (home / "jupyterlab.log").open("wb") as log:
        process = subprocess.Popen(
            _command(port, root), env=_environment(home) | (environment or {}), stdout=log, stderr=log,
            start_new_session=True,
        )  # fmt: skip
    server = Server(f"http://127.0.0.1:{port}", root, process)
    try:
        _wait_until_up(server, home / "jupyterlab.log")
        yield server
    finally:
        _end(process)


def write_notebook(root: Path, name: str, cells: Sequence[str]) -> str:
    """A notebook of code cells in the server's folder; no brackets in its name, they break URLs."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, root / f"{name}.ipynb")
    return f"{name}.ipynb"


@dataclass
class Lab:
    """A page with one opened notebook; `errors` are the page's own."""

    page: Page
    server: Server
    name: str
    errors: list[str] = field(default_factory=list)

    @classmethod
    def open(cls, browser: Browser, server: Server, name: str, *, kernel: bool = True, width: int = 1200) -> Lab:
        """Open a notebook, and wait until its kernel (where `kernel`) answers."""
        lab = cls(browser.new_page(viewport={"width": width, "height": 1000}), server, name)
        lab.page.set_default_timeout(1000 * PATIENCE_S)
        lab.page.on("pageerror", lambda error: lab.errors.append(str(error)))
        lab.page.on("console", lambda said: lab.errors.append(said.text) if said.type == "error" else None)
        lab.load(kernel=kernel)
        return lab

    def load(self, *, kernel: bool = True) -> None:
        """Load the page, or load it again."""
        workspace = self.name.removesuffix(".ipynb").replace("/", "-")
        self.page.goto(f"{self.server.url}/lab/workspaces/{workspace}/tree/{self.name}?reset&token={TOKEN}")
        self.page.wait_for_function("() => window.jupyterapp?.shell?.currentWidget?.context")
        self.page.evaluate(_READY_WITH_KERNEL if kernel else _READY)

    def run_all(self) -> None:
        """Start to run all cells; not awaited, because a dialog would hang for ever."""
        self.command("notebook:run-all-cells")

    def command(self, id: str) -> None:
        """Start a command of JupyterLab's."""
        self.page.evaluate("id => { window.jupyterapp.commands.execute(id); }", id)

    def save(self) -> None:
        """Save the notebook, and wait for it."""
        self.page.evaluate("() => window.jupyterapp.shell.currentWidget.context.save()")

    def set_theme(self, name: str) -> None:
        """Change the theme: 'JupyterLab Light' or 'JupyterLab Dark'."""
        self.page.evaluate("name => window.jupyterapp.commands.execute('apputils:change-theme', {theme: name})", name)
        self.page.wait_for_timeout(300)

    def is_idle(self) -> bool:
        """Whether the kernel has nothing to do."""
        return self.page.evaluate(_STATUS) == "idle"

    def wait_for_idle(self, timeout_s: float = PATIENCE_S) -> None:
        """Wait until no cell runs or waits to run."""
        self.page.wait_for_function(_ALL_RAN, timeout=1000 * timeout_s)

    def interrupt(self) -> None:
        """The kernel's stop button."""
        self.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.interrupt()")

    def cell(self, position: int) -> Locator:
        """A cell, from 0."""
        return self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell").nth(position)

    def output(self, position: int) -> Locator:
        """The outputs of a cell; `get_by_text` on the page would find its source too."""
        return self.cell(position).locator(".jp-OutputArea-output")

    def screenshot(self, path: Path, position: int | None = None) -> None:
        """A picture of the page, or of one cell."""
        path.parent.mkdir(parents=True, exist_ok=True)
        (self.page if position is None else self.cell(position)).screenshot(path=path)

    def close(self) -> None:
        """Shut the kernel down and close the page."""
        self.page.evaluate("() => window.jupyterapp.shell.currentWidget?.sessionContext?.shutdown()")
        self.page.close()


_READY = """async () => {
  await window.jupyterapp.restored;
  await window.jupyterapp.shell.currentWidget.context.ready;
}"""
_READY_WITH_KERNEL = """async () => {
  await window.jupyterapp.restored;
  const panel = window.jupyterapp.shell.currentWidget;
  await panel.context.ready;
  await panel.sessionContext.ready;
  await panel.sessionContext.session.kernel.info;
}"""
_STATUS = "() => window.jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status"
_ALL_RAN = """() => {
  const panel = window.jupyterapp.shell.currentWidget;
  const cells = [...panel.content.widgets].filter(c => c.model.type === 'code' && c.model.sharedModel.source.trim());
  const ran = cells.every(c => c.model.executionState !== 'running' && c.model.executionCount !== null);
  return ran && panel.sessionContext.session?.kernel?.status === 'idle';
}"""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _command(port: int, root: Path) -> list[str]:
    return [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}",
        "--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={root}",
        "--LabApp.expose_app_in_browser=True", "--LabApp.extension_manager=readonly",
    ]  # fmt: skip


def _environment(home: Path) -> dict[str, str]:
    folders = {
        "JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data", "JUPYTER_RUNTIME_DIR": "runtime",
        "IPYTHONDIR": "ipython", "JUPYTERLAB_WORKSPACES_DIR": "workspaces", "JUPYTERLAB_SETTINGS_DIR": "settings",
    }  # fmt: skip
    for name in folders.values():
        (home / name).mkdir(parents=True, exist_ok=True)
    overrides = home / "config" / "labconfig" / "default_setting_overrides.json"
    overrides.parent.mkdir(exist_ok=True)
    overrides.write_text(json.dumps(QUIET))
    # The extension of this checkout, whatever an earlier install left in the environment.
    shutil.copytree(EXTENSION, home / "prefix" / "labextensions" / "lepton-lab")
    own = {"JUPYTER_PATH": str(home / "prefix")}
    return {**os.environ, **{key: str(home / name) for key, name in folders.items()}, **own}


def _wait_until_up(server: Server, log: Path) -> None:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until and server.process.poll() is None:
        try:
            urllib.request.urlopen(f"{server.url}/api/status?token={TOKEN}", timeout=2).close()
            return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"JupyterLab did not start in {PATIENCE_S} s:\n{log.read_text(errors='replace')[-3000:]}")


def _end(process: subprocess.Popen) -> None:
    """End the server and its kernels: the whole group, which this test started."""
    for kind in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is None:
            os.killpg(process.pid, kind)
            try:
                process.wait(30)
                return
            except subprocess.TimeoutExpired:
                continue
