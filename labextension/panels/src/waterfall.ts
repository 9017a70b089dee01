// How one prediction comes about: from the base, column by column, with 95 % bounds. Drawn as in pictures/waterfall.py.

import { drawing, label, line, s, text, widthOf } from "./dom.ts";
import { decimalsFor, fixed, number, signed } from "./format.ts";
import { extent, scale, ticks, type Scale } from "./scale.ts";

export interface Step {
  name: string;
  shown: string;
  value: number;
  error: number;
}

export interface Waterfall {
  steps: Step[];
  base: number;
  prediction: number;
  unit: string;
}

const ROW = 24;
const NARROW = 560;
/** Half-width of a 95 % interval in standard errors, as in lepton_lab/explanation/estimate.py. */
const T_95 = 2.2;

/** The steps by size; the smallest are added up in one where there are more than `atMost`. */
export function largestFirst(steps: Step[], atMost = 12): Step[] {
  const ordered = [...steps].sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
  if (ordered.length <= atMost) return ordered;
  const rest = ordered.slice(atMost - 1);
  const sum = (pick: (step: Step) => number) => rest.reduce((total, step) => total + pick(step), 0);
  const other = { name: `${rest.length} other columns`, shown: "", value: sum((r) => r.value), error: sum((r) => r.error) };
  return [...ordered.slice(0, atMost - 1), other];
}

/** The level before the first step and after each. */
export function running(base: number, steps: Step[]): number[] {
  const levels = [base];
  for (const step of steps) levels.push(levels[levels.length - 1]! + step.value);
  return levels;
}

export function probability(logOdds: number): number {
  return 1 / (1 + Math.exp(-logOdds));
}

export function waterfall(data: Waterfall, width: number, atMost = 12): SVGElement {
  const steps = largestFirst(data.steps, atMost);
  const levels = running(data.base, steps);
  const columns = columnsOf(steps, width);
  const bounds = steps.flatMap((step, i) => [-1, 1].map((side) => levels[i + 1]! + side * T_95 * step.error));
  const at = scale(...extent([...levels, ...bounds, data.prediction], 0.03), columns.end + (width < NARROW ? 44 : 52), width - (width < NARROW ? 46 : 58));
  const height = ROW * (steps.length + 2) + 34;
  const decimals = decimalsFor(steps.map((step) => step.value));
  const floor = height - 32;
  return drawing(
    width, height, `Waterfall from ${number(data.base)} to ${number(data.prediction)} ${data.unit}`,
    ticks(at.low, at.high, Math.max(2, Math.floor((at.end - at.start) / 75))).map((v) => [line(at(v), 2, at(v), floor), text(at(v), floor + 13, number(v), "s", "middle")]),
    end(0, "Average prediction", data.base, at, columns, width, data.unit),
    steps.map((step, i) => row(i + 1, step, levels[i]!, at, columns, decimals)),
    end(steps.length + 1, "This prediction", data.prediction, at, columns, width, data.unit),
    text((at.start + at.end) / 2, height - 5, data.unit, "s", "middle"),
  );
}

/** Where the names end, and the values beside them; on a narrow drawing a name and its value share one place. */
interface Columns {
  name: number;
  end: number;
  together: boolean;
}

function columnsOf(steps: Step[], width: number): Columns {
  if (width < NARROW) {
    const longest = Math.max(128, ...steps.map((step) => widthOf(together(step))));
    const name = Math.min(longest, width * 0.4) + 2;
    return { name, end: name, together: true };
  }
  const name = Math.min(Math.max(128, ...steps.map((step) => widthOf(step.name))), width * 0.27) + 2;
  const shown = Math.max(0, ...steps.map((step) => widthOf(step.shown)));
  return { name, end: name + (shown ? Math.min(shown, width * 0.2) + 14 : 0), together: false };
}

function together(step: Step): string {
  return step.shown ? `${step.name} = ${step.shown}` : step.name;
}

function end(
  i: number, name: string, level: number, at: Scale, columns: Columns, width: number, unit: string,
): SVGElement {
  const middle = ROW * i + ROW / 2;
  const x = at(level);
  const share = unit === "log-odds" ? `  (${(100 * probability(level)).toFixed(0)} %)` : "";
  const words = (Math.abs(level) < 100 ? fixed(level, 2) : number(level, 4)) + share;
  const left = x + 12 + widthOf(words) > width;
  return s(
    "g", {},
    text(columns.name, middle + 4, name, "b", "end"),
    s("line", { x1: x, y1: ROW * i + 3, x2: x, y2: ROW * (i + 1) - 3, class: "s-ink", "stroke-width": 2.5 }),
    text(left ? x - 8 : x + 8, middle + 4, words, "b halo", left ? "end" : "start"),
  );
}

function row(
  i: number, step: Step, start: number, at: Scale, columns: Columns, decimals: number,
): SVGElement {
  const top = ROW * i;
  const middle = top + ROW / 2;
  const stop = start + step.value;
  const [x1, x2] = [at(start), at(stop)].sort((a, b) => a - b) as [number, number];
  const half = T_95 * step.error;
  const [low, high] = [at(stop - half), at(stop + half)];
  const bounded = high - low > 1.5;
  const spread = half ? ` ± ${number(half, 2)}` : "";
  const right = step.value >= 0;
  const x = right ? Math.max(x2, high) + 6 : Math.min(x1, low) - 6;
  const whisker = (px: number) => s("line", { x1: px, y1: middle - 3.5, x2: px, y2: middle + 3.5, class: "s-ink" });
  return s(
    "g", {},
    label(columns.name, middle + 4, columns.together ? together(step) : step.name, columns.name, "s", "end"),
    step.shown && !columns.together ? label(columns.name + 12, middle + 4, step.shown, columns.end - columns.name - 12) : null,
    line(at(stop), top + ROW - 5, at(stop), top + ROW + 5, "axis"),
    s(
      "rect", { x: x1, y: top + 5, width: Math.max(x2 - x1, 1), height: ROW - 10, rx: 2, class: right ? "up" : "down" },
      s("title", {}, `${step.name} = ${step.shown}: ${signed(step.value, decimals)}${spread}`),
    ),
    bounded ? [line(low, middle, high, middle, "s-ink"), whisker(low), whisker(high)] : null,
    text(x, middle + 4, signed(step.value, decimals), "halo", right ? "start" : "end"),
  );
}
