"""A real IPython shell with the extension loaded, and small frames; kernel tests start kernels of their own."""

from __future__ import annotations

import gc
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import RichOutput, capture_output
from ipywidgets.widgets import widget

from lepton_lab.journal import home
from tests.notebook.recording import RecordingComm


@dataclass
class Ran:
    """What a cell did."""

    result: object
    out: str
    err: str
    shown: list[RichOutput] = field(default_factory=list)
    error: BaseException | None = None


class Notebook:
    """Cells in one shell, as a user runs them."""

    def __init__(self, shell: InteractiveShell) -> None:
        self.shell = shell

    def __getitem__(self, name: str) -> object:
        return self.shell.user_ns[name]

    def __setitem__(self, name: str, value: object) -> None:
        self.shell.user_ns[name] = value

    def run(self, cell: str) -> Ran:
        with capture_output() as captured:
            done = self.shell.run_cell(cell)
        return Ran(done.result, captured.stdout, captured.stderr, captured.outputs, done.error_in_exec)

    def error(self, cell: str) -> str:
        """The one line a failing cell shows."""
        ran = self.run(cell)
        assert ran.error is not None, f"{cell!r} raised nothing"
        assert type(ran.error).__name__ == "UsageError", repr(ran.error)
        assert "Traceback" not in ran.out + ran.err
        return str(ran.error)


@pytest.fixture(scope="session")
def shell() -> InteractiveShell:
    shell = InteractiveShell.instance()
    shell.run_line_magic("load_ext", "lepton_lab")
    return shell


@pytest.fixture
def notebook(shell, tmp_path, monkeypatch):
    """An empty notebook, with its own home for runs."""
    monkeypatch.setenv("LEPTON_HOME", str(tmp_path / "home"))
    home.cache_clear()
    # A reset collects garbage, which takes 0.6 s where jax is loaded: more than most of these tests.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gc, "collect", lambda *_: 0)
        shell.reset(new_session=False)
    shell.magics_manager.registry["LeptonMagics"].last_model = None
    yield Notebook(shell)
    home.cache_clear()


@pytest.fixture(scope="session")
def loans() -> pd.DataFrame:
    """120 rows that can be learned: age and job decide, the rest is noise."""
    rng = np.random.default_rng(0)
    age = rng.integers(20, 70, 120)
    job = rng.choice(["none", "some", "well paid"], 120)
    logit = (age - 45) / 8 + 2 * (job == "none") - 1
    bad = (rng.random(120) < 1 / (1 + np.exp(-logit))).astype(int)
    return pd.DataFrame({"age": age, "job kind": job, "amount": rng.normal(1000, 300, 120).round(), "bad": bad})


@pytest.fixture
def recorded(monkeypatch) -> None:
    """Panels talk to a comm that writes down what is sent, and lets a test speak for the page."""
    # ipywidgets 8 asks a function for a comm; ipywidgets 7 makes one, and takes none but ipykernel's.
    if hasattr(widget, "comm"):
        monkeypatch.setattr(widget.comm, "create_comm", RecordingComm)
    else:
        monkeypatch.setattr(widget, "Comm", type("Recorded", (RecordingComm, widget.Comm), {"kernel": True}))
