"""What reads each column of texts, where its user has not said: chosen by what is installed, and by how much there is.

A frozen sentence encoder beside n-grams is the best we know for messages and sentences. It reads the first 256 word
pieces of a text, at thousands a second: of long documents it sees the beginning only, and of very many texts it takes
longer than everything else. There n-grams alone do better, or as well for much less.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lepton_lab.data.encode_tabular import TabularEncoder
from lepton_lab.data.encode_text import TextBlock
from lepton_lab.data.word_pieces import INSTALL
from lepton_lab.networks.text_encoders import TEXT_READINGS, is_minilm_there

if TYPE_CHECKING:
    from lepton_lab.journal import RunFolder

# About 256 word pieces of English: of longer texts the sentence encoder sees the beginning only.
MOST_CHARACTERS = 1200
# A second on two cores (banking77: 720,000 characters in 41 s), rounded down.
CHARACTERS_A_SECOND = 15_000
# Reading takes so long at most, and no more than this share of a budget.
MOST_S, MOST_SHARE = 180.0, 0.4
_KEPT = "readers"


@dataclass(frozen=True)
class TextChoice:
    """Who reads the columns of texts.

    Args:
        encoder: the table's, each block of texts with its reader.
        readers: the same by column, as plain JSON: a run that goes on, or is repeated, chooses the same.
        notes: what was chosen for another reason than the texts, a sentence each.
    """

    encoder: TabularEncoder
    readers: Mapping[str, str]
    notes: tuple[str, ...] = ()


def choose_readers(encoder: TabularEncoder, remaining_s: float, earlier: Mapping[str, str] | None = None) -> TextChoice:
    """The encoder of a table with a reader for each column of texts.

    Args:
        encoder: before anything was encoded.
        remaining_s: seconds that training has; infinite without a budget.
        earlier: what an earlier fit of the same rows chose.
    """
    texts = [block for block in encoder.blocks if isinstance(block, TextBlock)]
    if not texts:
        return TextChoice(encoder, {})
    left_s, found, notes = min(MOST_S, MOST_SHARE * remaining_s), {}, []
    for block in texts:
        known = (earlier or {}).get(block.column)
        reader, why = (known, "") if known in TEXT_READINGS else _reader_of(block, left_s)
        left_s -= _reading_s(block) if reader != "ngrams" else 0.0
        found[block.column] = reader
        notes += [f"column {block.column!r} is read by its n-grams alone{why}."] if why else []
    blocks = tuple(
        replace(block, reader=found[block.column]) if isinstance(block, TextBlock) else block
        for block in encoder.blocks
    )
    return TextChoice(TabularEncoder(blocks), found, tuple(notes))


def known_readers(run: RunFolder | None) -> dict[str, str]:
    """What a run had chosen, if anything."""
    found = None if run is None else run.load_checkpoint(_KEPT)
    return {} if found is None else {str(column): str(reader) for column, reader in found[1].items()}


def keep_readers(run: RunFolder | None, readers: Mapping[str, str]) -> None:
    """Keep what was chosen: networks that were grown with it fit no other."""
    if run is not None and readers:
        run.save_checkpoint(_KEPT, {}, dict(readers))


def _reader_of(block: TextBlock, left_s: float) -> tuple[str, str]:
    """The reader of one column, and why it is not the best one."""
    if block.usual > MOST_CHARACTERS:
        return "ngrams", ""
    if not is_minilm_there():
        return "ngrams", f": what its sentences mean needs a sentence encoder, which is not installed ({INSTALL})"
    if _reading_s(block) > left_s:
        seconds = max(1.0, _reading_s(block))
        return "ngrams", f": a sentence encoder would take about {seconds:,.0f} s to read it, which is too long"
    return "minilm", ""


def _reading_s(block: TextBlock) -> float:
    return min(block.whole, block.n_texts * MOST_CHARACTERS) / CHARACTERS_A_SECOND
