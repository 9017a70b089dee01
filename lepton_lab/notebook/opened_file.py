"""What JupyterLab shows of a `.lepton` file that was opened: the model in it, read only, and how to go on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lepton_lab.errors import LeptonError
from lepton_lab.notebook.writing import quoted


def show_file(path: str) -> None:
    """Display the model of a file, or say in words why there is none.

    Args:
        path: Of the file, from the kernel's folder. It is read, never written.
    """
    from IPython.display import display

    import lepton_lab
    from lepton_lab import pictures
    from lepton_lab.notebook.watching import Html

    try:
        model = lepton_lab.load(path)
    except LeptonError as error:
        print(f"{type(error).__name__}: {error}")
        return
    print(about(path, model))
    # The picture, not a panel: the kernel that reads the file ends when it has been drawn.
    display(Html(pictures.html(model), pictures.text(model)))


def about(path: str, model: Any) -> str:
    """What a file is, in lines of text: its size, what it predicts, the rows it holds, and how to use it.

    Args:
        path: Of the file.
        model: What was read from it.
    """
    size = Path(path).stat().st_size / 1000
    n_rows = len(model.background_x)
    kept = f"{n_rows} real rows of its training data, to explain against" if n_rows else "no rows of its training data"
    written = model.versions.get("lepton_lab") or model.versions.get("lepton-lab")
    return "\n".join(
        [
            f"{Path(path).name}: {size:,.0f} kB{f', written by lepton-lab {written}' if written else ''}; read only",
            f"It holds a model of {model.schema.target!r} and {kept}.",
            f"In a notebook: model = %lepton load {quoted(path)}",
        ]
    )
