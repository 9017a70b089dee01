"""Words and spans as players: they cover the text, and a planted word is found."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lepton_lab.data.ngrams import ngrams
from lepton_lab.explanation.explain_function import Naming, explain_function
from lepton_lab.explanation.explanation import Explanation
from lepton_lab.explanation.inside.words import (
    TextPlayers,
    compose,
    players_of,
    spans_of,
    text_function,
    words_of,
    words_within,
)

MAIL = "Dear Sir,\nyour card 😀 <b>EXPIRES</b>: call now! Or… never.\n\nBest, A.B."


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Where's my card?!", ["Where's", "my", "card?!"]),
        ("  (a) b --- c ", ["(a)", "b", "---", "c"]),
        ("3.50$ me@here.com", ["3.50$", "me@here.com"]),
        ("<b>Hi</b>😀", ["<b>", "Hi</", "b>😀"]),
        ("我爱 JAX", ["我", "爱", "JAX"]),
        ("", []),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    assert [text[a:b] for a, b in words_of(text).spans] == words


@pytest.mark.parametrize(
    ("level", "pieces"),
    [
        ("clauses", ["Dear Sir,", "your card 😀 <b>EXPIRES</b>:", "call now!", "Or…", "never.", "Best,", "A.B."]),
        ("sentences", ["Dear Sir,\nyour card 😀 <b>EXPIRES</b>: call now!", "Or…", "never.", "Best, A.B."]),
        ("paragraphs", [MAIL[: MAIL.index("\n\n")], "Best, A.B."]),
    ],
)
def test_spans(level: str, pieces: list[str]) -> None:
    assert [MAIL[a:b] for a, b in spans_of(MAIL, level).spans] == pieces


@settings(max_examples=40)
@given(st.text(max_size=40), st.integers(1, 9))
def test_players_cover_all_that_is_no_space_once(text: str, most: int) -> None:
    for players in (words_of(text), spans_of(text, "clauses"), spans_of(text, "sentences"), players_of(text, most)):
        places = [i for a, b in players.spans for i in range(a, b)]
        assert len(set(places)) == len(places) and places == sorted(places)
        assert set(places) >= {i for i, c in enumerate(text) if not c.isspace()}
        assert compose(text, players, np.zeros(len(players))) is None
        assert (compose(text, players, np.ones(len(players))) or "").strip() == text.strip().replace("\ud800", "\ufffd")
        assert len(set(players.names(text))) == len(players)
    assert len(players_of(text, most)) <= most


def test_long_texts_have_larger_players() -> None:
    def level(text: str) -> str:
        return players_of(text, 10).level

    assert [level("a b. " * n) for n in (2, 5, 6, 9)] == ["words", "words", "clauses", "clauses"]
    assert level("a, b, c. " * 5) == "sentences"
    assert level("word " * 500) == "passages"
    assert len(players_of("word " * 500, 10)) == 10


def test_looking_inside_one_sentence_keeps_the_others() -> None:
    span = spans_of(MAIL, "sentences").spans[1]
    inside = words_within(MAIL, span)
    assert [MAIL[a:b] for a, b in inside.spans] == ["Or…"]
    left = compose(MAIL, inside, np.zeros(1))
    assert left == MAIL.replace("Or…", "")


def test_equal_texts_are_asked_for_once() -> None:
    asked: list[str | None] = []

    def answer(texts: list[str | None]) -> np.ndarray:
        asked.extend(texts)
        return np.array([[0.0 if text is None else len(text.split())] for text in texts])

    outputs = text_function("no no no", words_of("no no no"), answer)  # type: ignore[arg-type]
    every = np.array([[i >> k & 1 for k in range(3)] for i in range(8)])
    assert outputs(every)[:, 0].tolist() == every.sum(axis=1).tolist()
    n_asked = len(asked)
    outputs(every)
    assert len(asked) == n_asked == len(set(asked))


# A model of n-grams that was taught texts in which one word decides.
N_BUCKETS = 1 << 10
VOCABULARY = [f"{a}{b}" for a in ("lo", "mi", "ka", "tu", "ref", "zon") for b in ("ra", "nel", "pik", "sum", "vod")]
DRAW = np.random.default_rng(0)
SECRET = "kapik"


def some_text() -> str:
    return " ".join(DRAW.choice(VOCABULARY, 9, replace=False))


def features(texts: list[str | None]) -> np.ndarray:
    bags = np.zeros((len(texts), N_BUCKETS))
    for row, found in enumerate(ngrams([text or "" for text in texts], n_buckets=N_BUCKETS)):
        bags[row, found] = 1 / np.sqrt(max(len(found), 1))
    return bags


@pytest.fixture(scope="module")
def weights() -> np.ndarray:
    texts = [some_text() for _ in range(400)]
    x, y = features(texts), np.array([2.0 * (SECRET in text.split()) - 1 for text in texts])
    return np.linalg.solve(x.T @ x + 0.1 * np.eye(N_BUCKETS), x.T @ y)


def explained(text: str, players: TextPlayers, weights: np.ndarray) -> tuple[Explanation, np.ndarray]:
    asked = text_function(text, players, lambda texts: features(list(texts)) @ weights[:, None])
    n = len(players)
    found = explain_function(asked, np.ones((1, n)), np.zeros((1, n)), naming=Naming(players.names(text)))
    ends = asked(np.array([np.zeros(n), np.ones(n)]))
    return found, ends[:, 0]


def test_the_planted_word_is_found_and_values_add_up(weights: np.ndarray) -> None:
    texts = [f"{one} {SECRET} {other}" for one, other in zip(VOCABULARY[:6], VOCABULARY[-6:], strict=True)]
    for text in [*texts, "lora minel kapik, zonvod! tupik. refsum"]:
        found, (nothing, whole) = explained(text, words_of(text), weights)
        assert SECRET in found.feature_names[int(np.argmax(found.values[0]))]
        assert found.values[0].sum() == pytest.approx(whole - nothing, abs=1e-4)


def test_deleting_what_matters_most_beats_deleting_at_random(weights: np.ndarray) -> None:
    def area(text: str, order: np.ndarray) -> float:
        """Mean answer while words are deleted in this order: low where the words that matter went first."""
        players, z, texts = words_of(text), np.ones(len(order)), []
        for player in order:
            z[player] = 0
            texts.append(compose(text, players, z))
        return float((features(texts) @ weights).mean())

    gaps = []
    for _ in range(5):
        text = " ".join(DRAW.permutation([*DRAW.choice(VOCABULARY, 6, replace=False), SECRET]))
        found, _ = explained(text, words_of(text), weights)
        by_value = area(text, np.argsort(-found.values[0]))
        gaps.append(np.mean([area(text, DRAW.permutation(found.values.shape[1])) for _ in range(5)]) - by_value)
    assert min(gaps) > 0
