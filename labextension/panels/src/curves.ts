// Line charts of training: loss and metric of each member, with the best mark.

import { drawing, line, s, text } from "./dom.ts";
import { number } from "./format.ts";
import { extent, niceExtent, scale, ticks, type Scale } from "./scale.ts";

export interface Line {
  name: string;
  kind: string;
  faint: boolean;
  xs: number[];
  ys: (number | null)[];
}

export interface Mark {
  x: number;
  y: number;
  words: string;
}

const LEFT = 52;
const HEIGHT = 200;

function path(one: Line, toX: Scale, toY: Scale): string {
  let pen = "M";
  let drawn = "";
  one.ys.forEach((y, i) => {
    // Most reports come between two validations and have no point of this line.
    if (y !== null && Number.isFinite(y)) {
      drawn += `${pen}${toX(one.xs[i]!).toFixed(1)} ${toY(y).toFixed(1)}`;
      pen = "L";
    }
  });
  return drawn;
}

/** A chart of lines over a common axis; an empty frame before the first point. */
export function chart(lines: Line[], names: { x: string; y: string }, mark: Mark | null, width: number): SVGElement {
  const ys = lines.flatMap((one) => one.ys.filter((y): y is number => y !== null));
  const [x0, x1] = extent(lines.flatMap((one) => one.xs), 0);
  const toX = scale(x0, x1, LEFT, width - 10);
  const toY = scale(...niceExtent(extent(ys, 0.05)), HEIGHT - 36, 14);
  const floor = toY.start;
  const words = ys.length ? `${names.y} by ${names.x}` : `${names.y}: nothing yet`;
  return drawing(
    width, HEIGHT, words,
    ys.length
      ? [...ticks(toY.low, toY.high, 4).map((v) => [line(LEFT, toY(v), width - 10, toY(v)), text(LEFT - 7, toY(v) + 4, number(v, 4), "s", "end")]),
         ...ticks(x0, x1, 5).map((v) => [line(toX(v), floor, toX(v), floor + 4, "axis"), text(toX(v), floor + 16, number(v), "s", "middle")])]
      : text((LEFT + width) / 2, HEIGHT / 2 - 10, "waiting for the first validation", "s", "middle"),
    line(LEFT, floor, width - 10, floor, "axis"),
    text((LEFT + width - 10) / 2, HEIGHT - 4, names.x, "s", "middle"),
    lines.map((one) => s("path", { d: path(one, toX, toY), class: `${one.faint ? "thin" : "line"} s-${one.kind}` }, s("title", {}, one.name))),
    mark && ys.length ? best(mark, toX, toY, width) : null,
  );
}

function best(mark: Mark, toX: Scale, toY: Scale, width: number): SVGElement {
  const x = toX(mark.x);
  const left = x > width * 0.7;
  return s(
    "g", {},
    line(x, toY.end, x, toY.start, "dash"),
    s("circle", { cx: x, cy: toY(mark.y), r: 4, class: "main" }),
    text(left ? x - 8 : x + 8, toY.end + 9, mark.words, "halo", left ? "end" : "start"),
  );
}
