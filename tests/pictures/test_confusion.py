"""The confusion matrix of many classes: those with most rows, each readable, and the others counted."""

from __future__ import annotations

import re

import numpy as np

from lepton_lab.pictures.confusion import AT_MOST, SMALLEST, confusion


def test_of_many_classes_those_with_most_rows_are_drawn_and_the_others_are_counted():
    counts = np.diag(np.arange(30) * 10) + 1
    drawn = str(confusion(counts.tolist(), [f"class {k}" for k in range(30)]))
    assert "18 classes of fewer rows are not drawn" in drawn
    assert f">{counts[29, 29]}<" in drawn and "class 17" not in drawn
    sides = [float(side) for side in re.findall(r'<rect[^>]* width="([\d.]+)"', drawn)]
    assert len(sides) == AT_MOST**2 and min(sides) >= SMALLEST - 2


def test_few_classes_are_all_drawn_in_their_order():
    drawn = str(confusion([[5, 1], [2, 9]], ["no", "yes"]))
    assert "not drawn" not in drawn and drawn.index(">no<") < drawn.index(">yes<")
