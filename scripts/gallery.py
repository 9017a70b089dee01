"""Make docs/gallery: the executed start notebook as a page, and screenshots of it in real JupyterLab, light and dark.

    make gallery
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import run_notebook

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
GALLERY = ROOT / "docs" / "gallery"
NOTEBOOK = ROOT / "notebooks" / "00_start.ipynb"


def main() -> int:
    from tests.browser import gallery_shots

    GALLERY.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / NOTEBOOK.name
        copy.write_bytes(NOTEBOOK.read_bytes())
        done = run_notebook.execute(copy)
        run_notebook.write_html(done, GALLERY / "00_start.html")
        for theme in ("light", "dark"):
            for shot in gallery_shots.take(copy, GALLERY, theme=theme):
                print(shot.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
