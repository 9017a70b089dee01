"""Ctrl-C: the first press asks, the second insists, and neither loses a parameter."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from lepton_lab.training.interrupt import sigint_sets

ROOT = Path(__file__).parents[2]


def press() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def test_the_first_press_sets_the_event_and_the_second_raises() -> None:
    before, event = signal.getsignal(signal.SIGINT), threading.Event()
    with pytest.raises(KeyboardInterrupt), sigint_sets(event):
        press()
        assert event.is_set()
        press()
        time.sleep(1)
    assert signal.getsignal(signal.SIGINT) is before


def test_the_old_handler_comes_back() -> None:
    mine = lambda number, frame: None  # noqa: E731
    before = signal.signal(signal.SIGINT, mine)
    try:
        with sigint_sets(threading.Event()):
            assert signal.getsignal(signal.SIGINT) is not mine
        assert signal.getsignal(signal.SIGINT) is mine
    finally:
        signal.signal(signal.SIGINT, before)


def test_in_another_thread_nothing_changes() -> None:
    before, seen = signal.getsignal(signal.SIGINT), []

    def inside() -> None:
        with sigint_sets(threading.Event()):
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=inside)
    thread.start()
    thread.join()
    assert seen == [before]


SCRIPT = """
import dataclasses, threading, time
import numpy as np
from lepton_lab.training.control import Control
from lepton_lab.training.interrupt import sigint_sets
from tests.training.problems import CONFIG, train, xor

stop = threading.Event()
def report(progress):
    if progress.metric is not None and progress.epoch > 3:
        print("TRAINING", flush=True)
with sigint_sets(stop):
    config = dataclasses.replace(CONFIG, n_epochs=1e6, patience=1e6)
    fit = train(xor(), config=config, control=Control(report, stop))
print("ENDED", fit.ended, time.monotonic(), bool(np.isfinite(fit.member.logits(xor().x)).all()))
"""


def test_sigint_during_training_leaves_the_best_weights_at_once() -> None:
    child = subprocess.Popen([sys.executable, "-c", SCRIPT], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    try:
        assert child.stdout.readline() == "TRAINING\n"
        time.sleep(0.3)
        pressed = time.monotonic()
        child.send_signal(signal.SIGINT)
        *_, last = child.stdout
    finally:
        child.kill()
        child.wait()
    word, ended, when, usable = last.split()
    assert (word, ended, usable) == ("ENDED", "interrupt", "True")
    assert float(when) - pressed < 60  # a chunk takes 0.1 s on a quiet machine; a million epochs take hours
