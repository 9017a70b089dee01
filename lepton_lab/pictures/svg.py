"""The few SVG shapes that the charts are made of, and the frame of a chart with two axes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lepton_lab.pictures.axes import Scale, ticks
from lepton_lab.pictures.markup import Markup, clean, coordinate, join, tag
from lepton_lab.pictures.numbers import number

CHARACTER_WIDTH = 6.3  # pixels of an average character at 11.5 px; enough to shorten labels


def svg(width: float, height: float, label: str, *children: object) -> Markup:
    """A drawing that shrinks with the notebook; `label` is what a screen reader says."""
    return tag(
        "svg", *children,
        xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {coordinate(width)} {coordinate(height)}",
        width=float(width), height=float(height), role="img", aria_label=label,
    )  # fmt: skip


def text(x: float, y: float, words: str, *, kind: str = "", anchor: str | None = None, title: str = "") -> Markup:
    """Words at a point; `anchor` is None (start), 'middle' or 'end'."""
    return tag(
        "text", tag("title", title) if title else None, words,
        x=float(x), y=float(y), class_=kind or None, text_anchor=anchor,
    )  # fmt: skip


def short(words: str, width: float) -> str:
    """The words, cut with an ellipsis where they would be wider than `width` pixels."""
    words = clean(words).replace("\n", " ")
    room = max(3, int(width / CHARACTER_WIDTH))
    return words if len(words) <= room else words[: room - 1].rstrip() + "…"


def label(x: float, y: float, words: str, width: float, *, kind: str = "", anchor: str | None = None) -> Markup:
    """Words shortened to a width; the whole of them shows on hover."""
    cut = short(words, width)
    return text(x, y, cut, kind=kind, anchor=anchor, title=words if cut != words else "")


def line(x1: float, y1: float, x2: float, y2: float, kind: str = "grid", **style: object) -> Markup:
    """A straight line."""
    return tag("line", x1=float(x1), y1=float(y1), x2=float(x2), y2=float(y2), class_=kind, **style)


def rect(x: float, y: float, width: float, height: float, kind: str, *, r: float = 0, title: str = "", **style: object):
    """A rectangle, with words on hover."""
    return tag(
        "rect", tag("title", title) if title else None,
        x=float(x), y=float(y), width=float(max(width, 0)), height=float(max(height, 0)),
        rx=float(r) if r else None, class_=kind, **style,
    )  # fmt: skip


def circle(x: float, y: float, r: float, kind: str, *, title: str = "", **style: object) -> Markup:
    """A dot, with words on hover."""
    return tag(
        "circle", tag("title", title) if title else None, cx=float(x), cy=float(y), r=float(r), class_=kind, **style
    )


def polyline(points: Sequence[tuple[float, float]], kind: str, *, title: str = "", **style: object) -> Markup:
    """A line through points."""
    path = "M" + "L".join(f"{coordinate(x)} {coordinate(y)}" for x, y in points)
    return tag("path", tag("title", title) if title else None, d=path, class_=kind, **style) if points else Markup("")


def dots(
    points: Sequence[tuple[float, float]], kind: str, width: float, opacity: float = 0.8, style: str | None = None
) -> Markup:
    """Many dots of one colour in one path: about nine bytes a dot instead of forty."""
    if not points:
        return Markup("")
    path = "".join(f"M{coordinate(x)} {coordinate(y)}h0" for x, y in points)
    return tag(
        "path", d=path, class_=kind, stroke_width=width, stroke_linecap="round", fill="none",
        opacity=f"{opacity:g}", style=style,
    )  # fmt: skip


@dataclass(frozen=True)
class Chart:
    """The frame of a chart: sizes in pixels, value ranges, names and formats of its axes."""

    x: tuple[float, float]
    y: tuple[float, float]
    width: float = 300
    height: float = 220
    x_name: str = ""
    y_name: str = ""
    x_format: Callable[[float], str] = number
    y_format: Callable[[float], str] = number
    left: float = 46
    x_ticks: int = 5
    y_ticks: int = 5
    label: str = ""

    @property
    def x_scale(self) -> Scale:
        """Values on the horizontal axis to pixels."""
        return Scale(*self.x, self.left, self.width - 10)

    @property
    def y_scale(self) -> Scale:
        """Values on the vertical axis to pixels (up is larger)."""
        return Scale(*self.y, self.height - 36, 10)

    def points(self, xs: Sequence[float], ys: Sequence[float]) -> list[tuple[float, float]]:
        """Pixels of pairs of values."""
        to_x, to_y = self.x_scale, self.y_scale
        return [(to_x(x), to_y(y)) for x, y in zip(xs, ys, strict=True)]

    def draw(self, *marks: object) -> Markup:
        """The drawing: grid, axes, names, and the marks over them."""
        return svg(self.width, self.height, self.label or f"{self.y_name} by {self.x_name}", self._frame(), *marks)

    def _frame(self) -> Markup:
        to_x, to_y = self.x_scale, self.y_scale
        floor = to_y.start
        parts: list[Markup] = []
        for value in ticks(*self.y, self.y_ticks):
            parts += [line(to_x.start, to_y(value), to_x.end, to_y(value))]
            parts += [text(to_x.start - 7, to_y(value) + 4, self.y_format(value), kind="s", anchor="end")]
        for value in ticks(*self.x, self.x_ticks):
            parts += [line(to_x(value), floor, to_x(value), floor + 4, "axis")]
            parts += [text(to_x(value), floor + 16, self.x_format(value), kind="s", anchor="middle")]
        parts += [line(to_x.start, floor, to_x.end, floor, "axis")]
        parts += [text((to_x.start + to_x.end) / 2, self.height - 3, self.x_name, kind="s", anchor="middle")]
        if self.y_name:
            middle = (to_y.start + to_y.end) / 2
            turned = f"rotate(-90 11 {coordinate(middle)})"
            parts += [tag("text", self.y_name, x=11, y=middle, class_="s", text_anchor="middle", transform=turned)]
        return join(*parts)
