// The curves of a training as lines of a chart: which members, which folds, and where the best point is.

import type { Line, Mark } from "./curves.ts";
import { metric } from "./format.ts";

export interface Curve {
  member: string;
  fold: number | null;
  x: number[];
  t: number[];
  train: (number | null)[];
  valid: (number | null)[];
  metric: (number | null)[];
}

const KINDS: Record<string, string> = { network: "main", trees: "up", linear: "fourth" };
export const ALL = "all";

/** Members that have a curve, in the order in which they began. */
export function members(curves: Curve[]): string[] {
  return [...new Set(curves.map((curve) => curve.member))];
}

/**
 * Lines of a quantity. Of all members over time, the last fold of each bold and named where it ends; or of one
 * member over its own epochs, and of its loss the training's too, in grey.
 */
export function linesOf(curves: Curve[], what: "valid" | "metric", member: string): Line[] {
  const mine = curves.filter((curve) => (member === ALL || curve.member === member) && curve[what].some((y) => y !== null));
  return mine.flatMap((curve) => {
    const last = mine.filter((other) => other.member === curve.member).at(-1) === curve;
    const fold = curve.fold === null ? "" : `, fold ${curve.fold + 1}`;
    const xs = member === ALL ? curve.t : curve.x;
    if (member === ALL && curve.t.length === 1) return [level(curve, what)];
    const kind = KINDS[curve.member] ?? "third";
    const name = `${member === ALL ? curve.member : what === "valid" ? "validation" : "metric"}${fold}`;
    const line = { name, kind, faint: !last, xs, ys: curve[what], label: last && member === ALL ? curve.member : "" };
    return what === "valid" && last && member !== ALL && curve.train.some((y) => y !== null)
      ? [{ name: `training${fold}`, kind: "other", faint: true, xs, ys: curve.train }, line] : [line];
  });
}

/** A member that does not learn step by step, as a level from when it was there. */
function level(curve: Curve, what: "valid" | "metric"): Line {
  const label = (curve.fold ?? 0) === 0 ? curve.member : "";
  const fold = curve.fold === null ? "" : `, fold ${curve.fold + 1}`;
  return { name: `${curve.member}${fold}`, kind: KINDS[curve.member] ?? "third", faint: true, stays: true, xs: [curve.t[0]!], ys: [curve[what][0]!], label };
}

/** The best point of the bold lines. */
export function bestMark(lines: Line[], higher: boolean): Mark | null {
  let mark: Mark | null = null;
  for (const one of lines.filter((line) => !line.faint)) {
    one.ys.forEach((y, i) => {
      if (y !== null && (mark === null || (higher ? y > mark.y : y < mark.y))) mark = { x: one.xs[i]!, y, words: `best ${metric(y)}` };
    });
  }
  return mark;
}
