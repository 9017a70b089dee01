"""What a run's user calls it: a name and tags, in a small file of their own beside `run.json`.

`run.json` belongs to the process that trains; this file belongs to whoever looks. So either can be
written at any time without a lock, and folders made before there were names are complete.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lepton_lab.errors import OptionError

FILE = "labels.json"
LONGEST = 200
MOST_TAGS = 20


@dataclass(frozen=True)
class Labels:
    """A run's name and its tags, both empty where none were given."""

    name: str = ""
    tags: tuple[str, ...] = ()

    def to_json(self) -> bytes:
        """As the file holds them."""
        return json.dumps({"name": self.name, "tags": list(self.tags)}, indent=1).encode()


def read_labels(folder: Path) -> Labels:
    """The labels of a run's folder; none where there is no file, or it cannot be read."""
    try:
        stored: Any = json.loads((folder / FILE).read_text())
        name, tags = stored.get("name", ""), stored.get("tags", [])
        if isinstance(name, str) and isinstance(tags, list):
            return Labels(name, tuple(tag for tag in tags if isinstance(tag, str)))
    except (OSError, ValueError, AttributeError):
        pass
    return Labels()


def check_name(name: object) -> str:
    """A name as it is kept.

    Raises:
        OptionError: it is no text, or longer than anybody reads.
    """
    if not isinstance(name, str) or len(name) > LONGEST or "\n" in name:
        raise OptionError(f"a run's name is one line of at most {LONGEST} letters; got {str(name)[:40]!r}.")
    return name.strip()


def check_tags(tags: Sequence[object]) -> tuple[str, ...]:
    """Tags as they are kept: each once, in the order given.

    Raises:
        OptionError: one is empty, no text or has a comma; or they are too many.
    """
    for tag in tags:
        if not isinstance(tag, str) or not tag.strip() or "," in tag or len(tag) > LONGEST:
            raise OptionError(f"a tag is a word or two without a comma; got {tag!r}. For example: run.tag('baseline')")
    kept = tuple(dict.fromkeys(str(tag).strip() for tag in tags))
    if len(kept) > MOST_TAGS:
        raise OptionError(f"{len(kept)} tags on one run; wanted {MOST_TAGS} at most.")
    return kept
