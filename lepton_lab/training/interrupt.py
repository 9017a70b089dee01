"""Ctrl-C and the kernel's stop button as a flag, so that no parameter is lost in the middle of a step."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def sigint_sets(event: threading.Event) -> Iterator[None]:
    """Within the block the first SIGINT sets `event`; the second raises KeyboardInterrupt as usual.

    Python lets only the main thread handle signals: elsewhere the block changes nothing.

    Example:
        >>> import os, signal, threading
        >>> event = threading.Event()
        >>> with sigint_sets(event):
        ...     os.kill(os.getpid(), signal.SIGINT)
        >>> event.is_set()
        True
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def first(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        event.set()

    before = signal.signal(signal.SIGINT, first)
    try:
        yield
    finally:
        # A handler set outside Python cannot be put back; Python's own is the closest.
        signal.signal(signal.SIGINT, before if before is not None else signal.default_int_handler)
