"""What cannot be interrupted is not waited for beyond the time there is."""

from __future__ import annotations

import sys
import threading
import time

import pytest

from lepton_lab.training.apart import AbandonedError, apart, quick_turns
from lepton_lab.training.control import Control


def soon() -> float:
    return time.monotonic() + 0.2


def late() -> float:
    return time.monotonic() + 600


def test_without_a_latest_time_a_call_is_simply_made() -> None:
    assert apart(threading.get_ident, Control(deadline=0.0)) == threading.get_ident()


def test_in_time_a_call_gives_its_result_or_its_error() -> None:
    def fail() -> None:
        raise ValueError("of the call")

    assert apart(lambda: 3, Control(latest=late())) == 3
    with pytest.raises(ValueError, match="of the call"):
        apart(fail, Control(latest=late()))


@pytest.mark.parametrize("by", ["deadline", "interrupt"])
def test_too_late_it_is_left_alone_and_goes_on_to_its_end(by: str) -> None:
    go_on, done, stop = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        if by == "interrupt":
            stop.set()
        go_on.wait(300)
        done.set()

    with pytest.raises(AbandonedError) as caught:
        apart(work, Control(stop=stop, latest=soon() if by == "deadline" else late()))
    assert caught.value.ended == by and not done.is_set()
    go_on.set()
    assert done.wait(300)


def test_threads_take_turns_often_only_for_a_while() -> None:
    before = sys.getswitchinterval()
    with pytest.raises(KeyError), quick_turns():
        assert sys.getswitchinterval() < before
        raise KeyError
    assert sys.getswitchinterval() == pytest.approx(before)
