"""A cell that runs again closes the panels it showed before, and no others."""

from __future__ import annotations

import pytest

from lepton_lab.notebook.panels import cells


class Panel:
    """Knows whether it was closed."""

    is_closed = False

    def close(self) -> None:
        self.is_closed = True


@pytest.fixture
def run(monkeypatch):
    """Run a cell that shows some panels."""
    monkeypatch.setattr(cells, "_SHOWN", {})
    executions = iter(range(1000))

    def run_cell(cell: str, *panels: Panel) -> None:
        execution = str(next(executions))
        monkeypatch.setattr(cells, "_running", lambda: (cell, execution))
        for panel in panels:
            cells.shown_by_this_cell(panel)

    return run_cell


def test_fifty_runs_leave_one_panel(run):
    panels = [Panel() for _ in range(50)]
    for panel in panels:
        run("a", panel)
    assert [panel.is_closed for panel in panels] == [True] * 49 + [False]
    assert len(cells._SHOWN) == 1


def test_two_panels_of_one_cell_live_and_are_closed_together(run):
    first, second, third = Panel(), Panel(), Panel()
    run("a", first, second)
    assert not first.is_closed and not second.is_closed
    run("a", third)
    assert first.is_closed and second.is_closed and not third.is_closed


def test_what_another_cell_shows_or_the_cell_shows_again_stays(run):
    shared, again = Panel(), Panel()
    run("a", shared, again)
    run("b", shared)
    run("a", again)
    assert not shared.is_closed and not again.is_closed


def test_a_host_that_names_no_cells_closes_nothing(run):
    first, second = Panel(), Panel()
    run("", first)
    run("", second)
    assert not first.is_closed
