"""Reports of fewer samples: what is tested does not depend on how many there are."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lepton_lab.reporting import distance, explain_card


@pytest.fixture(scope="package", autouse=True)
def few_samples() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(explain_card, "MOST_ROWS", explain_card.FEWEST_ROWS)
        patch.setattr(explain_card, "EFFECT_ROWS", 30)
        patch.setattr(distance, "N_CHANGES", 150)
        yield
