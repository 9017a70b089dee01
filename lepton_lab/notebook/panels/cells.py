"""Which cell shows which panels: a cell that runs again closes those it showed before.

Its output is gone from the page then, but a widget that nobody closes stays in the kernel for ever, with its comm
and all that it holds.
"""

from __future__ import annotations

from typing import Any

# Of each cell that has shown a panel: the execution that did, and its panels.
_SHOWN: dict[str, tuple[str, list[Any]]] = {}


def shown_by_this_cell(panel: Any) -> None:
    """Remember that the running cell shows a panel, and close what an earlier run of it has shown."""
    cell, execution = _running()
    if not cell:
        return
    before, panels = _SHOWN.get(cell, ("", []))
    if before == execution:
        panels.append(panel)
        return
    _SHOWN[cell] = (execution, [panel])
    elsewhere = [one for _, others in _SHOWN.values() for one in others]
    for old in panels:
        if not any(old is one for one in elsewhere):
            old.close()


def _running() -> tuple[str, str]:
    """The cell that runs, and the id of its execution; empty where the host names no cells."""
    from IPython import get_ipython

    kernel = getattr(get_ipython(), "kernel", None)
    parent = {} if kernel is None else kernel.get_parent("shell")
    cell = parent.get("metadata", {}).get("cellId", "")
    return str(cell), str(parent.get("header", {}).get("msg_id", ""))
