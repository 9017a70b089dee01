"""Progress of an explanation: seen where it takes long, gone when it is over."""

from __future__ import annotations

import numpy as np
import pytest
from IPython.utils.capture import capture_output

from lepton_lab import pictures
from lepton_lab.explanation.estimate import ExplainProgress
from lepton_lab.notebook import explaining
from lepton_lab.notebook.explaining import MovingBar, MovingLine, ProgressWatcher


def at(share: float) -> ExplainProgress:
    return ExplainProgress(share, 100, elapsed_s=2.0, remaining_s=6.0, message="walks")


class Written:
    """Keeps what was shown."""

    def __init__(self) -> None:
        self.told: list[object] = []

    def write(self, progress: ExplainProgress) -> None:
        self.told.append(progress.share)

    def clear(self) -> None:
        self.told.append("gone")


def told(seconds: list[float]) -> list[object]:
    """What is shown of reports at these times."""
    shown, now = Written(), [0.0]
    watcher = ProgressWatcher(shown, clock=lambda: now[0])
    for second in seconds:
        now[0] = second
        watcher.report(at(second))
    watcher.end()
    return shown.told


def test_what_is_over_within_a_second_shows_nothing():
    assert told([0.1, 0.5, 0.9]) == []


def test_at_most_five_are_shown_a_second():
    assert told([0.5, 1.0, 1.1, 1.15, 1.2, 1.3, 1.4, 3.0]) == [1.0, 1.2, 1.4, 3.0, "gone"]


def test_a_terminal_line_is_wiped(capsys):
    line = MovingLine()
    line.write(at(0.25))
    line.clear()
    out = capsys.readouterr().out
    assert "explaining  25 %  2.0s, 6.0s left  walks" in out
    assert out.rsplit("\r", 2)[1].strip() == "" and out.endswith("\r")


def test_a_page_gets_one_output_that_ends_empty(shell):
    bar = MovingBar()
    with capture_output() as captured:
        bar.write(at(0.25))
        bar.write(at(0.5))
        bar.clear()
    first, second, last = captured.outputs
    assert 'aria-valuenow="25"' in first.data["text/html"] and 'aria-valuenow="50"' in second.data["text/html"]
    assert last.data == {"text/html": "", "text/plain": ""}
    assert not first.update and second.update and last.update


def test_a_share_beyond_its_ends_stays_on_the_bar():
    assert 'aria-valuenow="100"' in pictures.html(at(1.2)) and 'aria-valuenow="0"' in pictures.html(at(-0.1))


@pytest.fixture
def nosy(monkeypatch):
    """Progress from the first report on."""
    monkeypatch.setattr(explaining, "QUIET_S", 0.0)


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("explain f X --background X --groups both=0,1", "Explanation"),
        ("interactions f X --background X", "Interactions"),
        ("partial_dependence f 1 X", "Effect"),
        ("accumulated_effects f 1 X", "Effect"),
        ("loss_importance f X --y y --background X", "LossImportance"),
    ],
)
def test_each_verb_returns_its_result_and_shows_it_is_working(notebook, nosy, line, kind):
    rng = np.random.default_rng(0)
    notebook["X"] = rng.normal(size=(8, 3))
    notebook["y"] = rng.normal(size=8)
    notebook["f"] = lambda x: np.asarray(x)[:, 0] * np.asarray(x)[:, 1]
    ran = notebook.run(f"found = %lepton {line}")
    assert ran.error is None, repr(ran.error)
    assert type(notebook["found"]).__name__ == kind
    assert "explaining" in ran.out
    assert ran.out.endswith("\r")


def test_progress_goes_also_where_the_verb_fails(notebook, nosy):
    def break_off(x: np.ndarray) -> np.ndarray:
        raise ZeroDivisionError

    notebook["X"], notebook["f"] = np.ones((4, 2)), break_off
    assert "\r" not in notebook.run("%lepton explain f X --background X").out
