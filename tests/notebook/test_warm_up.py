"""The imports that run beside the user's cells never run beside a cell that imports."""

from __future__ import annotations

import pytest

from lepton_lab.notebook import warm_up


class Imports:
    """A thread that counts who waits for it."""

    def __init__(self) -> None:
        self.waited = 0

    def join(self) -> None:
        self.waited += 1


@pytest.mark.parametrize(
    ("cell", "waits"),
    [
        ("import jax.numpy", 1),
        ("from flax import nnx", 1),
        ("ll.samples", 1),
        ("lepton_lab.VERBS", 1),
        ("x = 3", 0),
        ("important = 3", 0),
    ],
)
def test_cells_that_import_wait(monkeypatch, cell, waits):
    imports = Imports()
    monkeypatch.setattr(warm_up, "_thread", imports)
    warm_up._wait_before_imports(type("Info", (), {"raw_cell": cell}))
    assert imports.waited == waits


def test_waiting_is_switched_on_and_off_with_the_extension(shell):
    def waiting() -> int:
        return shell.events.callbacks["pre_run_cell"].count(warm_up._wait_before_imports)

    warm_up.register(shell)
    warm_up.register(shell)
    assert waiting() == 1
    warm_up.forget(shell)
    assert waiting() == 0
    warm_up.register(shell)
    warm_up.forget(shell)


def test_imports_begin_when_the_loading_cell_has_ended(monkeypatch, shell):
    begun = []
    monkeypatch.setattr(warm_up, "start", lambda: begun.append(True))
    shell.user_ns.update(begun=begun, load=lambda: warm_up.register(shell))
    shell.run_cell("load(); while_it_ran = len(begun)")
    assert shell.user_ns["while_it_ran"] == 0
    assert begun == [True]
