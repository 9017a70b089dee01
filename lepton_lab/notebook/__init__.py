"""The notebook side: magics, completion, and results shown as pictures and panels."""

from __future__ import annotations

from typing import Any


def load(ipython: Any) -> None:
    """Register magics, completion and display; let the slow imports begin in a thread."""
    from lepton_lab.notebook import completion, show, sidebar, warm_up
    from lepton_lab.notebook.magics import LeptonMagics

    ipython.register_magics(LeptonMagics)
    completion.register(ipython)
    show.register(ipython)
    warm_up.register(ipython)
    sidebar.register(ipython)


def unload(ipython: Any) -> None:
    """Take back what `load` registered; the imports stay."""
    from lepton_lab.notebook import completion, show, sidebar, warm_up

    for kind in ("line", "cell"):
        ipython.magics_manager.magics[kind].pop("lepton", None)
    completion.forget(ipython)
    show.forget(ipython)
    warm_up.forget(ipython)
    sidebar.forget(ipython)
