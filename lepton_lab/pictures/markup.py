"""Safe HTML and SVG: every string is escaped unless it was built here. The only place that writes `<`."""

from __future__ import annotations

import math
from html import escape


class Markup(str):
    """Text that is HTML already and is not escaped again."""

    __slots__ = ()


def _children(children: tuple[object, ...]) -> str:
    parts = []
    for child in children:
        if isinstance(child, list | tuple):
            parts.append(_children(tuple(child)))
        elif child is not None:
            parts.append(child if isinstance(child, Markup) else escape(clean(str(child)), quote=False))
    return "".join(parts)


def clean(text: str) -> str:
    """The text without control characters and direction overrides, which could disguise a value."""
    return "".join(c for c in text if c in "\n\t" or (c.isprintable() or c == "\u200d"))


def _attribute(value: object) -> str:
    if isinstance(value, float):
        return coordinate(value)
    return escape(clean(str(value)), quote=True)


def coordinate(value: float) -> str:
    """A coordinate in pixels with one decimal, short.

    Example:
        >>> coordinate(12.04), coordinate(0.5), coordinate(-0.01)
        ('12', '0.5', '0')
    """
    if not math.isfinite(value):
        return "0"
    text = f"{value:.1f}"
    return "0" if text == "-0.0" else text.removesuffix(".0")


def tag(name: str, *children: object, **attributes: object) -> Markup:
    """An element; attributes that are None are left out, `class_` is `class`, `stroke_width` is `stroke-width`.

    Example:
        >>> tag("td", "a < b", class_="num", title='say "hi"')
        '<td class="num" title="say &quot;hi&quot;">a &lt; b</td>'
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_attribute(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Markup(f"<{name}{written}>{_children(children)}</{name}>")


def join(*children: object) -> Markup:
    """Several pieces after one another, strings escaped."""
    return Markup(_children(children))
