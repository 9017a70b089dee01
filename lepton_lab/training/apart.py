"""Run what cannot be interrupted in a thread of its own, and wait for it no longer than there is time.

XLA compiles for seconds, on a busy machine for many, and listens to nobody meanwhile.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import TypeVar

from lepton_lab.training.control import Control

T = TypeVar("T")
_LOOK_EVERY_S = 0.05
# Python hands its lock over every 5 ms: with a compilation left behind, a thousand small steps wait for seconds.
_QUICK_S = 0.0002


class AbandonedError(Exception):
    """What ran apart was not waited for any longer: `ended` says why. Never leaves the room."""

    def __init__(self, ended: str) -> None:
        super().__init__(ended)
        self.ended = ended


def apart(call: Callable[[], T], control: Control) -> T:
    """What a call gives, unless `control.latest` comes first, or a stop.

    A call that is not waited for goes on until it ends, and the interpreter does not exit before. Without
    `control.latest` it is simply called.

    Raises:
        AbandonedError: it took too long.
    """
    if control.latest is None:
        return call()
    pool = ThreadPoolExecutor(1, thread_name_prefix="compiling")
    work = pool.submit(call)
    pool.shutdown(wait=False)
    while not wait([work], timeout=_LOOK_EVERY_S).done:
        ended = control.too_late()
        if ended:
            raise AbandonedError(ended)
    return work.result()


@contextmanager
def quick_turns() -> Iterator[None]:
    """Let threads take turns often, so that what was abandoned hardly slows what is still to be done."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(min(before, _QUICK_S))
    try:
        yield
    finally:
        sys.setswitchinterval(before)
