"""The sentence encoder inside the training loop: factors learn, what was pretrained stays, a file brings both back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from lepton_lab.data.encode_tabular import fit_encoder
from lepton_lab.data.table import read_table
from lepton_lab.networks import minilm
from lepton_lab.networks.layout import encoders_of
from lepton_lab.networks.tabular import TabularConfig
from lepton_lab.networks.text_encoders import TEXT_READINGS, Part, TextReading
from lepton_lab.training.loop import fit_network
from lepton_lab.training.loop_config import LoopConfig
from lepton_lab.training.network_member import NetworkMember
from tests.networks.test_minilm import small_arrays
from tests.small_texts import WORDS, messages

NUMBERS = {word: number for number, word in enumerate(["refund", *WORDS[:17]], start=1)}


def pieces(texts: Sequence[str], longest: int) -> Iterator[Part]:
    """Each known word a token, as many as the small encoder has places for."""
    yield range(len(texts)), [np.array([NUMBERS[w] for w in t.split() if w in NUMBERS][:12], np.int32) for t in texts]


def test_it_learns_what_it_should(monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = "minilm_adapters"
    monkeypatch.setattr(minilm, "minilm_arrays", lambda: small_arrays(1))
    monkeypatch.setitem(TEXT_READINGS, encoder, TextReading(pieces, lambda _: None, needs_package=False))
    table, task, _ = read_table(messages(160).drop(columns="age"), target="refunded")
    encoding = fit_encoder(table)
    x, y = encoding.encode(table), np.asarray(table.y)
    chosen = encoders_of({"message": {"encoder": encoder, "rate": 1.0}}, encoding.blocks)
    sizes = TabularConfig(hidden=16, heads=2, head_hidden=8)
    config = LoopConfig(sizes, n_epochs=12, batch_size=32, learning_rate=5e-3, weight_decay=0.0, encoders=chosen)
    fit = fit_network(encoding.blocks, task, x[:128], y[:128], None, x[128:], y[128:], None, config=config)
    member = fit.member
    assert isinstance(member, NetworkMember) and fit.history[-1].valid_loss < 0.6 * fit.history[0].valid_loss
    factors = [array for name, array in member.arrays().items() if ".factors." in name]
    # What was pretrained is no parameter, so it cannot have moved; the second of each pair of factors begins at zero.
    assert len(factors) == 8 and all(0 < np.abs(array).max() < 2 for array in factors)
    assert not any(name.endswith("encoder.words") for name in member.arrays())
    again = NetworkMember.from_arrays(member.arrays(), member.config_json()).on(encoding.blocks)
    np.testing.assert_allclose(again.logits(x[:8]), member.logits(x[:8]), atol=1e-6)
