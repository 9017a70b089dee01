"""A panel and its static twin: what a cell shows while a kernel answers, and what stays when none does.

Found with JupyterLab 4.6 and nbconvert 7.17: where an output holds a widget, JupyterLab shows the widget
or, in a reopened notebook, "Error displaying widget: model not found"; it never falls back to the
`text/html` beside it. nbconvert prefers the widget too, and fetches its code from a CDN. So a panel is
two outputs: the twin (`text/html`, `text/plain`) and after it the widget alone (with an empty
`text/plain`). A style sheet in the twin hides whichever is not wanted: the twin while a live panel
stands beside it, the widget's remains otherwise. nbconvert, GitHub and a reopened notebook show the
twin; a notebook that is not trusted shows it without drawings, as tables and text. Hosts that put
outputs elsewhere in the page (Colab, VS Code) are served by the panel's own script, which hides its twin.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

import anywidget
import traitlets

from lepton_lab.errors import LeptonError
from lepton_lab.notebook.panels.bundle import styles
from lepton_lab.notebook.panels.cells import shown_by_this_cell
from lepton_lab.pictures.markup import Markup, tag

# `.lepton-live` is set by a panel that has something to show; until then its twin stays.
SWAP = (
    ".jp-OutputArea-child:has(.lepton-twin):has(+.jp-OutputArea-child .lepton-live){display:none}"
    # JupyterLab marks every other output with its type; a widget's output has none.
    ".jp-OutputArea-child:has(.lepton-twin)+.jp-OutputArea-child:has(>.jp-OutputArea-output:not([data-mime-type]))"
    ":not(:has(.lepton-live)){display:none}"
)

Content = dict[str, Any]
"""A message of the page: its `type`, the `view` that asks, and what it asks."""
Heard = Mapping[str, Callable[[Content], None]]


class TwinnedPanel(anywidget.AnyWidget):
    """A widget that shows itself after its static twin, and answers its page.

    Subclasses say what the twin looks like (`twin_html`, `twin_text`), which messages they hear (`heard`), and
    what a page is told where one cannot be answered (`trouble`).
    """

    _css = styles()
    title = traitlets.Unicode().tag(sync=True)
    code = traitlets.Unicode().tag(sync=True)
    twin = traitlets.Unicode().tag(sync=True)

    def __init__(self, *, title: str, code: str) -> None:
        super().__init__(title=title, code=code, twin=uuid.uuid4().hex[:12])
        self._shown = False
        self.on_msg(self._hear)

    def twin_html(self) -> str:
        """The picture of what the panel shows."""
        raise NotImplementedError

    def twin_text(self) -> str:
        """The same as plain text."""
        raise NotImplementedError

    def heard(self) -> Heard:
        """What answers each message of the browser half, by its type."""
        raise NotImplementedError

    def trouble(self, content: Content, error: LeptonError) -> None:
        """Tell the page that a message cannot be answered, for the reader to correct."""
        self.reply(content, {"error": str(error)})

    def answer(self, content: Content) -> None:
        """Answer one message; one of an unknown type is no question. Whoever answers `alive` is."""
        found = {"alive": lambda asked: self.reply(asked, {}), **self.heard()}.get(content["type"])
        if found is None:
            return
        try:
            found(content)
        except LeptonError as error:
            self.trouble(content, error)

    def reply(self, content: Content, told: dict[str, Any], buffers: Any = None, *, kind: str = "") -> None:
        """Answer the view that asked: another copy of the panel may look at something else.

        Args:
            content: the message that is answered.
            told: what the answer says.
            buffers: arrays, which travel beside the message.
            kind: of the answer; that of the message unless given.
        """
        asked = {"type": kind or content["type"], "view": content.get("view"), "id": content.get("id", 0)}
        self.send({**asked, "error": None, **told}, buffers)

    def refresh_twin(self) -> None:
        """Put the present picture in the place of the twin's first one, in the notebook's own output."""
        if self._shown:
            self._show_twin(update=True)

    def _ipython_display_(self) -> None:
        from IPython.display import display

        self._show_twin(update=False)
        self._shown = True
        shown_by_this_cell(self)
        view, metadata = self._repr_mimebundle_() or ({}, {})
        display({**view, "text/plain": ""}, metadata=metadata, raw=True)

    def _show_twin(self, *, update: bool) -> None:
        from IPython.display import display, update_display

        swap = tag("style", Markup(SWAP))
        whole = tag("div", swap, Markup(self.twin_html()), class_="lepton-twin", data_lepton_twin=self.twin)
        bundle = {"text/html": str(whole), "text/plain": self.twin_text()}
        (update_display if update else display)(bundle, raw=True, display_id=self.twin)

    def _hear(self, _widget: object, content: object, _buffers: list[memoryview]) -> None:
        # Messages come from a page: anything that is not of our form is no question.
        if isinstance(content, dict) and isinstance(content.get("type"), str):
            self.answer(content)
