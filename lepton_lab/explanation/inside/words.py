"""A text's own players: words, clauses, sentences; and the text that a coalition of them leaves.

Players that are absent are left out. Putting a mask in their place is the other way, and the worse one here: the
sentence encoder met no masks when it learned to compare sentences, n-grams have none, and a text of masks is not the
missing text that the rest of the model knows. The price of leaving out: the words on both sides become neighbours.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from lepton_lab.data.texts import read_text

MOST_PLAYERS = 64
# Characters of scripts without spaces are words of their own.
_ALONE = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_ALONE}]|[^\W_{_ALONE}]+(?:['’@.\-][^\W_{_ALONE}]+)*")
_ENDS = {
    "clauses": re.compile(r"[.!?…。！？]+[\"'”’)\]]*(?=\s)|[,;:，、；：](?=\s)|\s[-–—](?=\s)|\n"),
    "sentences": re.compile(r"[.!?…。！？]+[\"'”’)\]]*(?=\s)|\n\s*\n"),
    "paragraphs": re.compile(r"\n\s*\n"),
}


@dataclass(frozen=True)
class TextPlayers:
    """Pieces of a text that are there or not, each as a whole.

    Args:
        spans: first character of each, and the one behind its last, in the user's own string; in order, and apart.
        level: what they are: words, clauses, sentences, paragraphs, or passages of about equal length.
    """

    spans: tuple[tuple[int, int], ...]
    level: str

    def __len__(self) -> int:
        return len(self.spans)

    def names(self, text: str) -> tuple[str, ...]:
        """What each says, numbered where two say the same, so that names are distinct."""
        said = [" ".join(text[start:stop].split()) for start, stop in self.spans]
        seen: dict[str, int] = {}
        names: list[str] = []
        for word in said:
            seen[word] = seen.get(word, 0) + 1
            names.append(f"{word} ({seen[word]})" if said.count(word) > 1 else word)
        return tuple(names)


def words_of(text: str) -> TextPlayers:
    """Words with the signs that stick to them; together they hold every character that is no space.

    Example:
        >>> text = "Don't wait: e-mail me@here.com!"
        >>> [text[a:b] for a, b in words_of(text).spans]
        ["Don't", 'wait:', 'e-mail', 'me@here.com!']
    """
    spans = []
    for chunk in re.finditer(r"\S+", text):
        starts = [word.start() for word in _WORD.finditer(text, chunk.start(), chunk.end())]
        edges = [chunk.start(), *starts[1:], chunk.end()]
        spans += itertools.pairwise(edges)
    return TextPlayers(tuple(spans), "words")


def spans_of(text: str, level: str) -> TextPlayers:
    """Clauses, sentences or paragraphs: pieces between signs that end one, spaces left out.

    An abbreviation ("Dr. No") ends a sentence too: nothing here knows a language.
    """
    ends = [found.end() for found in _ENDS[level].finditer(text)]
    spans = []
    for start, stop in zip([0, *ends], [*ends, len(text)], strict=True):
        piece = text[start:stop]
        if piece.strip():
            begin = start + len(piece) - len(piece.lstrip())
            spans.append((begin, begin + len(piece.strip())))
    return TextPlayers(tuple(spans), level)


def players_of(text: str, most: int = MOST_PLAYERS) -> TextPlayers:
    """The finest pieces of which a text has at most `most`: words of a message, sentences of a long mail."""
    words = words_of(text)
    if len(words) <= most:
        return words
    for level in _ENDS:
        players = spans_of(text, level)
        if 1 < len(players) <= most:
            return players
    edges = np.linspace(0, len(words), most + 1).round().astype(int)
    bounds = [(words.spans[a][0], words.spans[b - 1][1]) for a, b in itertools.pairwise(edges)]
    return TextPlayers(tuple(bounds), "passages")


def words_within(text: str, span: tuple[int, int]) -> TextPlayers:
    """The words of one piece, to look inside it while the rest of the text stays."""
    words = words_of(text[slice(*span)])
    return TextPlayers(tuple((span[0] + start, span[0] + stop) for start, stop in words.spans), "words")


def compose(text: str, players: TextPlayers, z: np.ndarray) -> str | None:
    """The text without the players whose entry of `z (player,)` is 0; None where nothing is left to read.

    Example:
        >>> text = "Is my card lost?"
        >>> compose(text, words_of(text), np.array([0, 1, 1, 0]))
        ' my card '
    """
    kept, at = [], 0
    for (start, stop), is_there in zip(players.spans, z, strict=True):
        if not is_there:
            kept.append(text[at:start])
            at = stop
    return read_text("".join([*kept, text[at:]]))


def text_function(
    text: str,
    players: TextPlayers,
    answer: Callable[[Sequence[str | None]], np.ndarray],
) -> Callable[[np.ndarray], np.ndarray]:
    """A model's answers as a function of which players are there: the game that the engine solves.

    Explain it at ones against zeros. Equal texts, which coalitions of repeated words leave, are asked for once, also
    from one call to the next.

    Args:
        text: the user's own.
        players: pieces of it.
        answer: texts, None for a missing one, to the model's outputs `(text, output)`.

    Returns:
        `z (coalition, player)` of zeros and ones to outputs `(coalition, output)` in float64.
    """
    known: dict[str | None, np.ndarray] = {}

    def outputs(z: np.ndarray) -> Float[np.ndarray, "coalition output"]:
        texts = [compose(text, players, one) for one in np.asarray(z)]
        if new := [one for one in dict.fromkeys(texts) if one not in known]:
            known.update(zip(new, np.asarray(answer(new), np.float64), strict=True))
        return np.stack([known[one] for one in texts])

    return outputs
