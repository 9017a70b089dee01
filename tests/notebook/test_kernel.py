"""A real kernel: completion, the interrupt, panels, background runs, and how notebooks stop at an error."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import IPython
import nbformat
import pytest
from jupyter_client.manager import KernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

ROOT = Path(__file__).parent.parent.parent
COMMS = "__import__('comm').get_comm_manager().comms"
# IPython 7 offers only what begins with what was typed, which a quote does not.
JOB_KIND = '"job kind"' if IPython.version_info > (8, 6) else "job\\ kind"
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
# A second or two on a quiet machine; what is awaited would take far longer of itself, or never come.
SOON_S = 120


@dataclass
class Said:
    """What a kernel published for one cell."""

    status: str
    error: str = ""
    stdout: str = ""
    stderr: str = ""
    results: list[dict[str, Any]] = field(default_factory=list)
    displays: list[dict[str, Any]] = field(default_factory=list)
    updates: list[dict[str, Any]] = field(default_factory=list)
    comms: list[str] = field(default_factory=list)

    @property
    def panels(self) -> list[dict[str, Any]]:
        return [data for data in self.displays if WIDGET_VIEW in data]


class Kernel:
    """A kernel with the extension loaded, and cells run in it one after the other."""

    def __init__(self, home: Path) -> None:
        self.manager = KernelManager(kernel_name="python3")
        self.manager.kernel_spec.argv[0] = sys.executable
        env = {"LEPTON_HOME": str(home), "PYTHONPATH": str(ROOT)}
        self.manager.start_kernel(cwd=str(home), extra_arguments=["--HistoryManager.enabled=False"], env=_env(env))
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=300)

    def start(self, code: str) -> str:
        return self.client.execute(code)

    def run(self, code: str, *, after: Any = None, timeout: float = 600) -> Said:
        """Run a cell; `after(said)` is called with each message, and may interrupt."""
        request, said = self.start(code), Said("running")
        while True:
            message = self.client.get_iopub_msg(timeout=timeout)
            if message["parent_header"].get("msg_id") != request:
                continue
            if self._take(said, message):
                break
            if after is not None:
                after(said)
        while True:
            reply = self.client.get_shell_msg(timeout=timeout)
            if reply["parent_header"].get("msg_id") == request:
                break
        said.status = reply["content"]["status"]
        return said

    def _take(self, said: Said, message: dict[str, Any]) -> bool:
        kind, content = message["msg_type"], message["content"]
        if kind == "status":
            return content["execution_state"] == "idle"
        if kind == "stream":
            setattr(said, content["name"], getattr(said, content["name"]) + content["text"])
        elif kind == "error":
            said.error = f"{content['ename']}: {content['evalue']}"
        elif kind == "execute_result":
            said.results.append(content["data"])
        elif kind == "display_data":
            said.displays.append(content["data"])
        elif kind == "update_display_data":
            said.updates.append(content["data"])
        elif kind == "comm_open":
            said.comms.append(content["comm_id"])
        return False

    def complete(self, code: str) -> list[str]:
        request = self.client.complete(code, len(code))
        while True:
            reply = self.client.get_shell_msg(timeout=300)
            if reply["parent_header"].get("msg_id") == request:
                content = reply["content"]
                head = code[: content["cursor_start"]]
                return [head + match for match in content["matches"]]

    def press_stop(self, comm_id: str) -> None:
        """What the page sends when a panel's stop button is pressed."""
        data = {"method": "custom", "content": {"type": "stop"}}
        message = self.client.session.msg("comm_msg", {"comm_id": comm_id, "data": data})
        self.client.shell_channel.send(message)

    def value(self, expression: str) -> str:
        said = self.run(f"print({expression})")
        assert said.status == "ok", said.error
        return said.stdout.strip()

    def close(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


def _env(changed: dict[str, str]) -> dict[str, str]:
    import os

    return {**os.environ, **changed}


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    kernel = Kernel(tmp_path_factory.mktemp("kernel"))
    assert kernel.run("from tests.loans import loans\ndf = loans(); big = loans(2500)").status == "ok"
    assert kernel.run("SLOW = 'jax', 'sklearn', 'lightgbm', 'flax', 'shap', 'matplotlib'").status == "ok"
    kernel.loaded = kernel.run("%load_ext lepton_lab\nimport sys; print([m for m in SLOW if m in sys.modules])")
    yield kernel
    kernel.close()


def test_loading_is_quick_and_starts_no_backend(kernel):
    assert kernel.loaded.status == "ok" and kernel.loaded.stdout.strip() == "[]"
    code = "from lepton_lab.notebook import warm_up; warm_up.wait(); import sys"
    assert kernel.run(code).status == "ok"
    assert kernel.value("'jax' in sys.modules, len(sys.modules['jax._src.xla_bridge']._backends)") == "True 0"


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("%lepton tr", ["%lepton train"]),
        ("m = %lepton tr", ["m = %lepton train"]),
        ("%lepton train bi", ["%lepton train big"]),
        ("%lepton train df --target jo", [f"%lepton train df --target {JOB_KIND}"]),
        ("%lepton train df --qua", ["%lepton train df --quality"]),
        ("%%lepton train df --target am", ["%%lepton train df --target amount"]),
    ],
)
def test_the_kernel_completes(kernel, typed, offered):
    assert set(offered) <= set(kernel.complete(typed))


class TestForeground:
    def test_training_shows_its_panel_once_and_the_model_is_a_picture(self, kernel):
        said = kernel.run("model = %lepton train df --target bad --quality fast")
        assert said.status == "ok", said.error
        assert len(said.panels) == 1 and said.results == []
        assert any("text/html" in update for update in said.updates), "the twin becomes the model's picture"
        shown = kernel.run("model").results
        assert len(shown) == 1 and "<svg" in shown[0]["text/html"] and "TrainedModel" in shown[0]["text/plain"]

    def test_a_bare_line_shows_its_result_once(self, kernel):
        said = kernel.run("%lepton train df --target bad --quality fast")
        assert len(said.panels) == 1 and said.results == []
        said = kernel.run("%lepton evaluate")
        assert "lepton: model: the last one" in said.stdout
        assert len(said.panels) == 1 and said.results == []
        assert any("<svg" in data.get("text/html", "") for data in said.displays), "the twin of the result panel"

    def test_an_explanation_is_a_panel_with_a_twin(self, kernel):
        said = kernel.run("%lepton explain model --rows 5")
        assert said.status == "ok", said.error
        assert len(said.panels) == 1 and said.results == []
        assert any("<svg" in data.get("text/html", "") for data in said.displays)
        said = kernel.run("ex = %lepton explain model --row 17")
        # On a slow machine its progress may be shown, and is gone in the end.
        assert said.status == "ok" and said.panels == [] and said.results == []
        assert kernel.value("ex.row_labels.tolist()") == "[17]"

    def test_a_whatif_is_a_panel(self, kernel):
        said = kernel.run("%lepton whatif model --row 17")
        assert said.status == "ok", said.error
        assert len(said.panels) == 1

    def test_saving_says_what_the_file_holds(self, kernel):
        said = kernel.run("%lepton save model loans.lepton")
        assert "real rows of your data" in said.stdout
        assert kernel.run("again = %lepton load loans.lepton").status == "ok"
        assert kernel.value("(again.predict(df) == model.predict(df)).all().all()") == "True"

    def test_the_interrupt_keeps_the_best_model(self, kernel):
        pressed = []

        def press(said):
            if said.panels and not pressed:
                time.sleep(1.0)
                pressed.append(time.monotonic())
                kernel.manager.interrupt_kernel()

        said = kernel.run("kept = %lepton train big --target bad --quality best", after=press)
        assert said.status == "ok", said.error
        assert "stopped by the user" in kernel.value("kept.notes")
        assert kernel.value("kept.predict(big).shape") == "(2500, 3)"
        assert time.monotonic() - pressed[0] < SOON_S

    def test_the_interrupt_keeps_the_rows_explained_so_far(self, kernel):
        """Of a Python function that takes its time; the bar is there before, and gone after."""
        pressed = []

        def press(said):
            bars = [data for data in said.displays if "%" in data.get("text/plain", "")]
            if bars and not pressed:
                pressed.append(time.monotonic())
                kernel.manager.interrupt_kernel()

        slow = "def slow(x):\n    import time; time.sleep(0.1); return x @ (1.0 + numpy.arange(6))\n"
        data = "import numpy, lepton_lab as ll\nrows = numpy.random.default_rng(0).normal(size=(500, 6))\n"
        assert kernel.run(data + slow).status == "ok"
        kernel.run("f = lambda x: slow(numpy.tanh(x) * x[:, :1])")
        said = kernel.run("ex = %lepton explain f rows", after=press)
        assert said.status == "ok", said.error
        assert pressed, "no progress was shown"
        assert time.monotonic() - pressed[0] < SOON_S
        n = int(kernel.value("len(ex.values)"))
        assert 0 < n < 500
        assert f"after {n} of 500 rows" in kernel.value("ex.notes")
        assert said.updates and "%" not in said.updates[-1]["text/plain"], "the bar is still there"


class TestBackground:
    def test_the_notebook_stays_free_and_the_panel_stops_the_run(self, kernel):
        said = kernel.run("run = %lepton train big --target bad --quality best --bg")
        assert len(said.panels) == 1 and said.results == []
        assert kernel.value("run.status") == "running"
        panel = said.panels[0][WIDGET_VIEW]["model_id"]
        assert panel in said.comms
        kernel.press_stop(panel)
        pressed = time.monotonic()
        while kernel.value("run.status") == "running":
            assert time.monotonic() - pressed < SOON_S
        assert kernel.value("run.status") == "stopped"
        assert "stopped by the user" in kernel.value("run.result().notes")

    def test_the_panel_is_heard_while_another_cell_runs_where_the_page_uses_a_subshell(self, kernel):
        """ipykernel 7.4 would route the message to the shell that is busy."""
        said = kernel.run("run = %lepton train big --target bad --quality best --bg")
        comm = said.panels[0][WIDGET_VIEW]["model_id"]
        assert kernel.value(f"getattr({COMMS}.get({comm!r}), '_reply_subshell_for', None)") == "None"
        assert kernel.run("run.stop(); m = run.result()").status == "ok"

    def test_attach_shows_a_finished_run(self, kernel):
        said = kernel.run("again = %lepton attach {}".format(kernel.value("run.id")))
        assert said.status == "ok", said.error
        assert len(said.panels) == 1 and any("TrainedModel" in u.get("text/plain", "") for u in said.updates)
        assert kernel.value("again == run") == "True"

    def test_runs_and_stop(self, kernel):
        said = kernel.run("%lepton runs")
        assert len(said.panels) == 1 and "stopped" in said.displays[0]["text/plain"]
        assert "UsageError: stop needs a run" in kernel.run("%lepton stop").stderr


def test_a_strict_run_of_a_notebook_stops_at_a_mistake_told_in_one_line(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    cells = ["%load_ext lepton_lab", "df = {'a': [1, 2], 'bad': [0, 1]}", "%lepton train df --tarrget bad", "after = 1"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    with pytest.raises(CellExecutionError, match="UsageError"):
        NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(tmp_path)}}).execute()
    outputs = notebook.cells[2].outputs
    shown = "".join(output.get("text", "") for output in outputs)
    assert "Did you mean '--target'" in shown and "Traceback" not in shown and len(shown.splitlines()) == 1
    assert notebook.cells[3].execution_count is None
