"""What only a person can say of a model: asked for by name, kept as said, and marked where nobody said it."""

from __future__ import annotations

from collections.abc import Mapping

from lepton_lab.errors import OptionError, did_you_mean

NOT_GIVEN = "not given"

# Keyword: section of the card (Mitchell et al. 2019) and question.
WORDS: dict[str, tuple[str, str]] = {
    "owner": ("details", "Who made it, and answers for it"),
    "version": ("details", "Version"),
    "licence": ("details", "Licence"),
    "contact": ("details", "Where to send questions"),
    "intended_use": ("use", "Intended use"),
    "intended_users": ("use", "Intended users"),
    "out_of_scope": ("use", "Out of scope"),
    "data_source": ("data", "Where the rows come from, and how they were chosen"),
    "factors": ("factors", "Groups and conditions that matter here"),
    "ethics": ("ethics", "Ethical considerations"),
    "fairness": ("ethics", "Who could be treated unfairly, and what was looked at"),
    "caveats": ("caveats", "Caveats and recommendations"),
}


def read_words(words: Mapping[str, str] | None) -> dict[str, str]:
    """What was said, by keyword; what was not is left out.

    Raises:
        OptionError: no such keyword, or something else than text.
    """
    if words is not None and not isinstance(words, Mapping):
        raise OptionError(f"about={words!r} is no dict. For example: about={{'intended_use': 'a first look at loans'}}")
    for name, said in (words or {}).items():
        if name not in WORDS:
            raise OptionError(f"about has no {name!r}.{did_you_mean(name, WORDS)} Choose from: {', '.join(WORDS)}.")
        if not isinstance(said, str):
            raise OptionError(f"about[{name!r}] is {said!r}, and text was wanted.")
    return {name: said.strip() for name, said in (words or {}).items() if said.strip()}


def said_or_not(words: Mapping[str, str], section: str) -> list[tuple[str, str | None]]:
    """The questions of a section of the card, with what was said; None where nothing was."""
    return [(question, words.get(name)) for name, (where, question) in WORDS.items() if where == section]
