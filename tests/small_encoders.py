"""Encoders of objects small enough to compile within a second, in the place of the usual ones."""

from collections.abc import Iterator

import pytest

from lepton_lab.networks.encoders import USUAL, Encoder
from lepton_lab.networks.options import options_json
from lepton_lab.networks.small_resnet import SmallResNetConfig
from lepton_lab.networks.tcn import TcnConfig

TINY_IMAGES = SmallResNetConfig(widths=(8,), depths=(0,), stem=3)
TINY_SERIES = TcnConfig(channels=8, kernel=3, dilations=(1,))
# As `encoders=` asks for them.
TINY = {
    "image": {"encoder": "small_resnet", **options_json(TINY_IMAGES)},
    "series": {"encoder": "tcn", **options_json(TINY_SERIES)},
}


@pytest.fixture(scope="module")
def small_encoders() -> Iterator[None]:
    """The tests of one module train these, without asking for them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(USUAL, "image", lambda shape, longest: Encoder("small_resnet", TINY_IMAGES))
        patch.setitem(USUAL, "series", lambda shape, longest: Encoder("tcn", TINY_SERIES))
        yield
