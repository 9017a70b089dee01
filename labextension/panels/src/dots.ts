// Estimates as dots with their 95 % intervals, one a table cell, on one shared scale.

import { drawing, line, s, text } from "./dom.ts";
import { metric, number } from "./format.ts";
import { extent, scale, ticks, type Scale } from "./scale.ts";

/** Value, low and high. */
export type Estimate = [number | null, number | null, number | null];

const WIDTH = 150;
const HEIGHT = 22;

export function dotScale(estimates: Estimate[]): Scale {
  return scale(...extent(estimates.flat().filter((v): v is number => v !== null), 0.06), 8, WIDTH - 8);
}

export function dotCell([value, low, high]: Estimate, at: Scale, kind: string, mark: number | null): SVGElement | null {
  if (value === null || value < at.low || value > at.high) return null;
  const middle = HEIGHT / 2;
  const words = low === null || high === null ? metric(value) : `${metric(value)} (${metric(low)} to ${metric(high)})`;
  const inside = (v: number) => at(Math.min(at.high, Math.max(at.low, v)));
  return drawing(
    WIDTH, HEIGHT, words,
    mark === null ? null : line(at(mark), 0, at(mark), HEIGHT, "grid"),
    low === null || high === null ? null : line(inside(low), middle, inside(high), middle, `thin s-${kind}`),
    s("circle", { cx: at(value), cy: middle, r: 4, class: kind }, s("title", {}, words)),
  );
}

export function dotAxis(at: Scale): SVGElement {
  return drawing(WIDTH, 18, "scale", ticks(at.low, at.high, 3).map((v) => [line(at(v), 0, at(v), 4, "axis"), text(at(v), 15, number(v, 4), "s", "middle")]));
}
