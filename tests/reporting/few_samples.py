"""Reports of fewer samples, for tests that do not depend on how many there are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from lepton_lab.reporting import distance, explain_card


@contextmanager
def few_samples() -> Iterator[None]:
    """While it is entered, reports take a tenth of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(explain_card, "MOST_ROWS", explain_card.FEWEST_ROWS)
        patch.setattr(explain_card, "EFFECT_ROWS", 30)
        patch.setattr(distance, "N_CHANGES", 150)
        yield
