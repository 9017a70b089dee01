"""What reads each column of series, where its user has not said: of few series nothing is learned but a matrix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lepton_lab.data.encode_series import SeriesBlock
from lepton_lab.networks.encoders import usual_of_few_series

# With fewer windows to learn from convolutions are fixed: better than learned ones on small sets of the UCR archive (36
# and 50 series of one window). Long recordings are many windows, and learned convolutions read them at less cost.
FEW_WINDOWS = 1000
# Options that leave open what reads the column.
_OF_ANY = {"window", "augment", "mix_up"}

FEW = usual_of_few_series(1)

Asked = Mapping[str, Mapping[str, Any]]


def choose_series(
    asked: Asked, blocks: Sequence[Any], n_rows: int, earlier: Mapping[str, str] | None
) -> tuple[dict[str, Mapping[str, Any]], dict[str, str]]:
    """The encoders asked for, with one for each column of series that was left open; and their names, to be kept.

    Args:
        asked: as `networks.encoders.check_encoders` gives it.
        blocks: of the table's encoder.
        n_rows: that are learned from.
        earlier: what an earlier fit of the same rows chose; None where there was none. One that says nothing of a
            column is from before there was a choice.
    """
    found, names = dict(asked), {}
    for block in blocks:
        options = asked.get(block.column, {})
        if not isinstance(block, SeriesBlock) or not _OF_ANY.issuperset(options):
            continue
        n_windows = n_rows * max(1.0, block.longest / FEW.config.window)
        few = n_windows < FEW_WINDOWS if earlier is None else earlier.get(block.column) == FEW.name
        if few:
            found[block.column] = {**usual_of_few_series(block.longest).to_json(), **options}
            names[block.column] = FEW.name
    return found, names
