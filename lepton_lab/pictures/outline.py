"""The outline of a part of an image as a path of SVG, in points of the image."""

from __future__ import annotations

import itertools

import numpy as np

Corner = tuple[int, int]
Edge = tuple[Corner, Corner]


def outline(inside: np.ndarray) -> str:
    """All edges between what is inside and what is not, as closed lines; holes are lines of their own.

    Args:
        inside: `(height, width)` of truth values.

    Example:
        >>> outline(np.array([[True, True], [False, False]]))
        'M0 0h2v1h-2z'
    """
    after = _edges(inside)
    paths = []
    while after:
        start = min(after)
        paths.append(_closed(_line_from(start, after)))
    return "".join(paths)


def inner_point(inside: np.ndarray) -> tuple[float, float]:
    """A point `(x, y)` well inside: that of the part nearest to its middle."""
    rows, columns = np.nonzero(inside)
    k = int(((rows - rows.mean()) ** 2 + (columns - columns.mean()) ** 2).argmin())
    return float(columns[k]) + 0.5, float(rows[k]) + 0.5


def _edges(inside: np.ndarray) -> dict[Corner, list[Corner]]:
    """From each corner to the next ones, with the inside to the right."""
    padded = np.pad(inside, 1)
    within = padded[1:-1, 1:-1]
    # Where the neighbour is outside: its step (down, across), the edge's begin and end, from the point's corner.
    sides = (
        (padded[:-2, 1:-1], (0, 0), (1, 0)), (padded[1:-1, 2:], (1, 0), (1, 1)),
        (padded[2:, 1:-1], (1, 1), (0, 1)), (padded[1:-1, :-2], (0, 1), (0, 0)),
    )  # fmt: skip
    after: dict[Corner, list[Corner]] = {}
    for neighbour, (x1, y1), (x2, y2) in sides:
        for y, x in np.argwhere(within & ~neighbour).tolist():
            after.setdefault((x + x1, y + y1), []).append((x + x2, y + y2))
    return after


def _line_from(start: Corner, after: dict[Corner, list[Corner]]) -> list[Corner]:
    """Follow edges until the line closes; they are used up."""
    line, at = [start], start
    while True:
        ends = after[at]
        nearest = ends.pop()
        if not ends:
            del after[at]
        at = nearest
        if at == start:
            return line
        line.append(at)


def _closed(line: list[Corner]) -> str:
    """A closed line by its turns."""
    n = len(line)
    turns = [k for k in range(n) if _step(line[k - 1], line[k]) != _step(line[k], line[(k + 1) % n])]
    corners = [line[k] for k in turns]
    moves = "".join(_move(a, b) for a, b in itertools.pairwise(corners))
    return f"M{corners[0][0]} {corners[0][1]}{moves}z"


def _step(a: Corner, b: Corner) -> Corner:
    return b[0] - a[0], b[1] - a[1]


def _move(a: Corner, b: Corner) -> str:
    across, down = _step(a, b)
    return f"h{across}" if down == 0 else f"v{down}"
