"""What the browser that a benchmark started has used of the processors, as Linux counts it."""

from __future__ import annotations

import os
from pathlib import Path


def browser_seconds(root: int) -> float:
    """CPU seconds of all processes of Chromium below the process `root`; NaN where there is no /proc."""
    if not Path("/proc/self/stat").exists():
        return float("nan")
    parents, spent = {}, {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            head, _, tail = (folder / "stat").read_text().rpartition(")")
        except OSError:  # it has ended meanwhile
            continue
        fields = tail.split()
        parents[int(folder.name)] = int(fields[1])
        if "chrom" in head:
            # Its own time and that of children that have ended.
            spent[int(folder.name)] = sum(map(int, fields[11:15]))
    ticks = sum(ticks for process, ticks in spent.items() if _is_below(process, root, parents))
    return ticks / os.sysconf("SC_CLK_TCK")


def _is_below(process: int, root: int, parents: dict[int, int]) -> bool:
    while process in parents and process != root:
        process = parents[process]
    return process == root
