"""Run a notebook top to bottom in a fresh kernel, write it as HTML, and print its key figures.

    python scripts/run_notebook.py notebooks/00_start.ipynb --html build/demo.html [--fast]

The page needs no network: every panel's static twin takes the place of its live widget. Key figures are the text
outputs of the cells tagged `key-figures`. `--fast` shortens every budget; nothing else changes.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

WIDGET = "application/vnd.jupyter.widget-view+json"
FAST_BUDGET = "5s"
FAST_EXPLAIN = "2s"


def shorten(notebook: nbformat.NotebookNode) -> None:
    """Replace every `--budget TIME` by a few seconds, and every `budget="TIME"` of an explanation by two."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.source = re.sub(r"(--budget[ =])\S+", rf"\g<1>{FAST_BUDGET}", cell.source)
            cell.source = re.sub(r'(\bbudget=)"[^"]+"', rf'\g<1>"{FAST_EXPLAIN}"', cell.source)


def execute(path: Path, *, fast: bool = False, timeout: int = 600) -> nbformat.NotebookNode:
    """The notebook with its outputs; raises nbclient's CellExecutionError where a cell fails."""
    notebook = nbformat.read(path, as_version=4)
    if fast:
        shorten(notebook)
    client = NotebookClient(
        notebook,
        timeout=timeout,
        kernel_name="python3",
        resources={"metadata": {"path": path.parent}},
        extra_arguments=["--IPKernelApp.log_level=40"],
    )
    return client.execute()


def drop_live_widgets(notebook: nbformat.NotebookNode) -> None:
    """Leave the static twin of each panel; a live widget would be fetched from a server."""
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(WIDGET, None)


def key_figures(notebook: nbformat.NotebookNode) -> str:
    """The text of the cells tagged `key-figures`."""
    lines: list[str] = []
    for cell in notebook.cells:
        if "key-figures" not in cell.metadata.get("tags", []):
            continue
        for output in cell.get("outputs", []):
            lines.append(output.get("text") or output.get("data", {}).get("text/plain", ""))
    return "\n".join(line.rstrip() for line in lines)


def write_html(notebook: nbformat.NotebookNode, target: Path) -> None:
    """One self-contained page."""
    from nbconvert import HTMLExporter

    drop_live_widgets(notebook)
    exporter = HTMLExporter(template_name="lab")
    exporter.mathjax_url = exporter.require_js_url = ""
    page, _ = exporter.from_notebook_node(notebook)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(page, encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("notebook", type=Path)
    parser.add_argument("--html", type=Path)
    parser.add_argument("--fast", action="store_true")
    options = parser.parse_args()
    started = time.perf_counter()
    notebook = execute(options.notebook, fast=options.fast)
    print(key_figures(notebook))
    print(f"\n{options.notebook} ran in {time.perf_counter() - started:.0f} s.")
    if options.html:
        write_html(notebook, options.html)
        print(f"The page:  {options.html}   (open it in any browser)\nIn person: make lab")
    return 0


if __name__ == "__main__":
    sys.exit(main())
