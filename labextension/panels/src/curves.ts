// Line charts of training: loss and metric of each member, named where they end, with the best mark.

import { drawing, line, s, text, widthOf } from "./dom.ts";
import { number } from "./format.ts";
import { extent, niceExtent, scale, ticks, type Scale } from "./scale.ts";

export interface Line {
  name: string;
  kind: string;
  faint: boolean;
  xs: number[];
  ys: (number | null)[];
  /** Written where the line ends; empty for none. */
  label?: string;
  /** Drawn on to the right edge: the level of what was there at once, and stays. */
  stays?: boolean;
}

export interface Mark {
  x: number;
  y: number;
  words: string;
}

/** A level to compare with, drawn dashed across the chart, or as words at the edge beyond which it lies. */
export interface Level {
  y: number;
  words: string;
}

const LEFT = 52;
const HEIGHT = 214;
const LETTERS = 15;

interface Place {
  y: number;
  words: string;
  kind: string;
}

function path(one: Line, toX: Scale, toY: Scale, right: number): string {
  let pen = "M";
  let drawn = "";
  one.ys.forEach((y, i) => {
    // Most reports come between two validations and have no point of this line.
    if (y !== null && Number.isFinite(y)) {
      drawn += `${pen}${toX(one.xs[i]!).toFixed(1)} ${toY(y).toFixed(1)}`;
      pen = "L";
    }
  });
  if (one.stays && drawn) return `${drawn}H${right}`;
  // A line of one point is a dot.
  return drawn.includes("L") || !drawn ? drawn : `${drawn}h.01`;
}

/** The values of a line, gaps left out. */
function known(one: Line): number[] {
  return one.ys.filter((y): y is number => y !== null && Number.isFinite(y));
}

/** Places moved apart so that words of 12 pixels do not overlap, in the order of their height. */
export function apart(places: Place[], low: number, high: number, gap = 13): Place[] {
  const sorted = [...places].sort((a, b) => a.y - b.y).map((place) => ({ ...place }));
  sorted.forEach((place, i) => {
    place.y = Math.max(place.y, i ? sorted[i - 1]!.y + gap : low);
  });
  for (let i = sorted.length - 1; i >= 0; i--) {
    sorted[i]!.y = Math.min(sorted[i]!.y, i === sorted.length - 1 ? high : sorted[i + 1]!.y - gap);
  }
  return sorted;
}

/** A chart of lines over a common axis; an empty frame before the first point. */
export function chart(
  lines: Line[], names: { x: string; y: string }, mark: Mark | null, width: number, level: Level | null = null,
): SVGElement {
  const ys = lines.flatMap(known);
  const labelled = lines.filter((one) => one.label && known(one).length);
  const margin = Math.min(110, Math.max(10, ...labelled.map((one) => widthOf(one.label!.slice(0, LETTERS)) + 12)));
  const right = width - margin;
  // From nothing to a round end, so that a growing line moves the axis only now and then.
  const [x0, x1] = niceExtent(extent([0, ...lines.flatMap((one) => one.xs)], 0), 10);
  const toX = scale(x0, x1, LEFT, right);
  const toY = scale(...heights(ys, level), HEIGHT - 36, 14);
  const floor = toY.start;
  const ends = labelled.map((one) => ({ y: toY(known(one).at(-1)!) + 4, words: one.label!.slice(0, LETTERS), kind: one.kind }));
  return drawing(
    width, HEIGHT, described(lines, names, mark),
    ys.length
      ? [...ticks(toY.low, toY.high, 4).map((v) => [line(LEFT, toY(v), right, toY(v)), text(LEFT - 7, toY(v) + 4, number(v, 4), "s", "end")]),
         ...ticks(x0, x1, 5).map((v) => [line(toX(v), floor, toX(v), floor + 4, "axis"), text(toX(v), floor + 16, number(v), "s", "middle")])]
      : text((LEFT + right) / 2, HEIGHT / 2 - 10, "waiting for the first validation", "s", "middle"),
    line(LEFT, floor, right, floor, "axis"),
    text((LEFT + right) / 2, HEIGHT - 4, names.x, "s", "middle"),
    level && ys.length ? across(level, toY, right) : null,
    lines.map((one) => s("path", { d: path(one, toX, toY, right), class: `${one.faint ? "thin" : "line"} s-${one.kind}` }, s("title", {}, one.name))),
    apart(ends, 18, floor).map((end) => text(right + 7, end.y, end.words, `s t-${end.kind}`)),
    mark && ys.length ? best(mark, toX, toY, right) : null,
  );
}

/** The ends of the axis of values: what is never negative, a loss say, gets no negative axis, a share none beyond one. */
export function heights(ys: number[], level: Level | null): [number, number] {
  // Of one value or two alone nobody can tell whether they are high or low.
  const compared = level && ys.length < 3 ? [...ys, level.y] : ys;
  const [bottom, top] = niceExtent(extent(compared, 0.05));
  return [compared.every((y) => y >= 0) ? Math.max(0, bottom) : bottom, compared.every((y) => y <= 1) ? Math.min(1, top) : top];
}

/** The chart in words, for those who hear it. */
function described(lines: Line[], names: { x: string; y: string }, mark: Mark | null): string {
  const last = lines.filter((one) => !one.faint && known(one).length);
  if (!last.length) return `${names.y}: nothing yet`;
  const ends = last.map((one) => `${one.name} ${number(known(one).at(-1), 4)}`);
  return `${names.y} by ${names.x}: ${[...ends, mark?.words ?? ""].filter(Boolean).join(", ")}`;
}

function across(level: Level, toY: Scale, right: number): SVGElement {
  const y = Math.min(toY.start, Math.max(toY.end, toY(level.y)));
  const beyond = toY(level.y) > toY.start + 1 ? " ↓" : toY(level.y) < toY.end - 1 ? " ↑" : "";
  const above = y > toY.end + 20;
  return s("g", {}, beyond ? null : line(LEFT, y, right, y, "dash"),
    text(LEFT + 5, above ? y - 5 : y + 13, level.words + beyond, "s halo"));
}

function best(mark: Mark, toX: Scale, toY: Scale, right: number): SVGElement {
  const x = toX(mark.x);
  const left = x > LEFT + (right - LEFT) * 0.6;
  return s(
    "g", {},
    line(x, toY.end, x, toY.start, "dash"),
    s("circle", { cx: x, cy: toY(mark.y), r: 4, class: "main" }),
    text(left ? x - 8 : x + 8, toY.end + 9, mark.words, "halo", left ? "end" : "start"),
  );
}
