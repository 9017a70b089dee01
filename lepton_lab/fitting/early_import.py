"""Import a heavy library while the network trains, so that the trees need not wait for it.

`import lightgbm` takes seconds on a cold disk (it brings scikit-learn), and no stop is heard meanwhile.
"""

from __future__ import annotations

import importlib
import threading

from lepton_lab.training.control import Control


class EarlyImport:
    """The import of one library in a thread of its own."""

    def __init__(self, library: str) -> None:
        self._done = threading.Event()
        self._library = library
        threading.Thread(target=self._work, name=f"import-{library}", daemon=True).start()

    def wait(self, control: Control) -> str:
        """Wait until it is there, or until training should end; the word for that end, else an empty string."""
        while not self._done.wait(0.05):
            ended = control.ended()
            if ended:
                return ended
        return ""

    def _work(self) -> None:
        try:
            importlib.import_module(self._library)
        finally:  # where the import fails, the one who needs it will meet the same error
            self._done.set()
