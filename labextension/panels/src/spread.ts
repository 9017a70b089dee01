// How a column's values lie: bars for all rows, a line a class, dots for the target's mean, dashes for a second frame.

import { h, s } from "./dom.ts";
import { number, percent } from "./format.ts";

export interface Spread {
  bins: string[]; // what each bin holds, in words
  counts: number[];
  shares: number[];
  classes: string[];
  byClass: number[][]; // (class, bin)
  means: (number | null)[];
  second: number[]; // shares of the second frame; empty for none
}

const WIDE = 300;
const HIGH = 60;
/** Of the classes' lines, in order; of two classes the positive one is the orange one. */
export const KINDS = ["main", "up", "fourth", "third", "other", "soft"];

/** Counts as parts of their sum. */
export function parts(counts: number[]): number[] {
  const whole = Math.max(1, counts.reduce((a, b) => a + b, 0));
  return counts.map((count) => count / whole);
}

/** What one bin holds, in words: all numbers that are drawn there. */
export function wordsOf(one: Spread, bin: number): string {
  const told = [`${one.bins[bin]}: ${number(one.counts[bin]!, 12)} rows (${percent(one.shares[bin]!, 1)})`];
  one.classes.forEach((name, k) => told.push(`${name} ${number(one.byClass[k]![bin]!, 12)}`));
  const mean = one.means[bin];
  if (mean !== undefined && mean !== null) told.push(`mean of the target ${number(mean, 4)}`);
  if (one.second.length) told.push(`second frame ${percent(one.second[bin]!, 1)}`);
  return told.join(" · ");
}

/** Which bin lies at a share of the width, 0 to 1. */
export function binAt(share: number, n: number): number {
  return Math.min(n - 1, Math.max(0, Math.floor(share * n)));
}

/** A line of steps over the bins, as a path. */
export function steps(heights: number[], top: number): string {
  const step = WIDE / heights.length;
  const at = (part: number) => (HIGH - tall(part, top)).toFixed(1);
  return `M0 ${at(heights[0] ?? 0)}` + heights.map((part) => `V${at(part)}h${step.toFixed(2)}`).join("");
}

function tall(part: number, top: number): number {
  return part > 0 ? Math.max(1, (part / top) * (HIGH - 4)) : 0;
}

function bars(heights: number[], top: number): string {
  const step = WIDE / heights.length;
  return heights
    .map((part, i) => (part > 0 ? `M${(i * step + 0.8).toFixed(1)} ${HIGH}v${(-tall(part, top)).toFixed(1)}h${Math.max(0.5, step - 1.6).toFixed(2)}V${HIGH}z` : ""))
    .join("");
}

function dots(means: (number | null)[]): string {
  const known = means.filter((mean): mean is number => mean !== null);
  const low = Math.min(...known);
  const span = Math.max(...known) - low || 1;
  const step = WIDE / means.length;
  return means.map((mean, i) => (mean === null ? "" : `M${((i + 0.5) * step).toFixed(1)} ${(HIGH - 6 - ((HIGH - 12) * (mean - low)) / span).toFixed(1)}h0`)).join("");
}

/** The drawing, and under it the words of the bin that the pointer, or an arrow key, is at. */
export function spread(name: string, one: Spread): HTMLElement {
  const lines = one.byClass.map(parts);
  const top = Math.max(1e-12, ...one.shares, ...lines.flat(), ...one.second);
  const keep = { "vector-effect": "non-scaling-stroke" };
  const mark = s("rect", { class: "lep-at", y: 0, width: WIDE / Math.max(1, one.bins.length), height: HIGH, visibility: "hidden" });
  const svg = s(
    "svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, preserveAspectRatio: "none", "aria-hidden": "true" }, mark,
    s("path", { class: "lep-bars", d: bars(one.shares, top) }),
    lines.map((line, k) => s("path", { class: `thin s-${KINDS[k] ?? "soft"}`, d: steps(line, top), ...keep })),
    one.second.length ? s("path", { class: "thin s-ink lep-second", d: steps(one.second, top), ...keep }) : null,
    one.means.some((mean) => mean !== null) ? s("path", { class: "lep-means", d: dots(one.means), ...keep }) : null,
  );
  const said = h("div", { class: "lep-spread-said", "aria-live": "polite" });
  const node = h("div", { class: "lep-spread-box", tabindex: "0", role: "img", "aria-label": `${name}: how its values lie. Left and right arrows read out the bars.` }, svg);
  let at = -1;
  const go = (bin: number) => {
    at = bin;
    mark.setAttribute("visibility", bin < 0 ? "hidden" : "visible");
    mark.setAttribute("x", String((WIDE / one.bins.length) * Math.max(0, bin)));
    said.textContent = bin < 0 ? "" : wordsOf(one, bin);
  };
  node.addEventListener("pointermove", (event) => {
    const box = node.getBoundingClientRect();
    go(binAt((event.clientX - box.left) / Math.max(1, box.width), one.bins.length));
  });
  node.addEventListener("pointerleave", () => go(-1));
  node.addEventListener("blur", () => go(-1));
  node.addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    go(Math.min(one.bins.length - 1, Math.max(0, at + by)));
  });
  return h("div", { class: "lep-spread-whole" }, node, said);
}
