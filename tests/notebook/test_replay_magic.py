"""`%lepton train df --replay ID`: the run again; what cannot be is one line."""

from __future__ import annotations

import numpy as np


def test_a_run_is_trained_again(notebook, loans) -> None:
    notebook["df"] = loans
    assert notebook.run("model = %lepton train df --target bad --quality fast").error is None
    model = notebook["model"]
    assert notebook.run(f"again = %lepton train df --replay {model.run_id}").error is None
    again = notebook["again"]
    np.testing.assert_array_equal(again.logits(loans), model.logits(loans))
    assert any("the same weights, bit for bit" in note for note in again.notes)
    assert f"replay={model.run_id!r}" in notebook.run(f"%lepton train df --replay {model.run_id} --code").out
    assert "Leave quality out" in notebook.error(f"%lepton train df --replay {model.run_id} --quality best")
    notebook["fewer"] = loans.iloc[:100]
    assert "of another frame (120 rows)" in notebook.error(f"%lepton train fewer --replay {model.run_id}")
    assert "no run 'zzzz'" in notebook.error("%lepton train df --replay zzzz")
