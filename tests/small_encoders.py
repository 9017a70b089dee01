"""Encoders of objects small enough to compile within a second, in the place of the real ones."""

from collections.abc import Iterator

import pytest

from lepton_lab.networks.encoders import ENCODERS
from lepton_lab.networks.small_resnet import SmallResNet, SmallResNetConfig
from lepton_lab.networks.tcn import Tcn, TcnConfig

TINY_IMAGES = SmallResNetConfig(widths=(8,), depths=(0,), stem=3)
TINY_SERIES = TcnConfig(channels=8, kernel=3, dilations=(1,))


@pytest.fixture(scope="module")
def small_encoders() -> Iterator[None]:
    """The tests of one module train these."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(ENCODERS, "small_resnet", lambda shape, *, draw: SmallResNet(shape, TINY_IMAGES, draw=draw))
        patch.setitem(ENCODERS, "tcn", lambda shape, *, draw: Tcn(shape, TINY_SERIES, draw=draw))
        yield
