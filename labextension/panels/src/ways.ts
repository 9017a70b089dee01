// Ways to another prediction, and rows that exist: two questions to the kernel, drawn as it answers them.

import { h } from "./dom.ts";
import { number, percent } from "./format.ts";
import type { Changes } from "./scenarios.ts";
import type { Value } from "./controls.ts";

export interface Way {
  changes: { name: string; before: string; after: string; value: Value }[];
  number: number;
  distance: number;
  plausibility: number;
  valid: boolean;
  unlikely: [string, string][];
}

export interface Ways {
  wanted: string;
  reason: string;
  reached: boolean;
  share: boolean;
  unit: string;
  ways: Way[];
  notes: string[];
}

export interface Near {
  rows: { label: string | null; distance: number; differs: { name: string; shown: string }[]; probability: number | null; prediction: string; truth: string | null }[];
  where: string;
  target: string;
}

export function changesOfWay(way: Way): Changes {
  return Object.fromEntries(way.changes.map((one) => [one.name, one.value]));
}

export function drawWays(found: Ways, take: (changes: Changes) => void): HTMLElement[] {
  const head = h("div", { class: "lep-sub" }, found.reached ? `wanted: ${found.wanted}` : [found.reason, found.ways.length ? " The closest try:" : ""]);
  const items = found.ways.map((way) =>
    h("li", {},
      h("div", { class: "lep-way" },
        h("b", {}, found.share ? percent(way.number, 1) : number(way.number, 5)),
        h("span", {}, way.changes.map((one) => h("span", { class: "lep-change" }, `${one.name} `, h("s", {}, one.before), " → ", h("b", {}, one.after)))),
        h("button", { type: "button", class: "lep-button", "aria-label": `try: ${way.changes.map((one) => `${one.name} ${one.after}`).join(", ")}`, click: () => take(changesOfWay(way)) }, "Try")),
      h("div", { class: "lep-sub" }, likely(way))),
  );
  return items.length ? [head, h("ol", { class: "lep-ways" }, ...items)] : [head];
}

function likely(way: Way): string {
  const odd = way.unlikely.map(([a, b]) => `${a} and ${b}`).join("; ");
  const share = `${percent(way.plausibility, 0)} of known rows are at least as unusual`;
  return odd ? `${share}; hardly ever seen together: ${odd}` : share;
}

const MOST_NAMED = 12;

/** The columns in which a row differs, the first of many. */
function differing(columns: { name: string; shown: string }[]): string {
  const named = columns.slice(0, MOST_NAMED).map((one) => `${one.name} = ${one.shown}`).join(", ");
  return columns.length > MOST_NAMED ? `${named} and ${columns.length - MOST_NAMED} more` : named || "nothing";
}

export function drawNear(found: Near): HTMLElement[] {
  const known = found.rows.some((row) => row.truth !== null);
  const rows = found.rows.map((row) =>
    h("tr", {},
      h("th", { scope: "row" }, row.label ?? "–"),
      h("td", { class: "num" }, percent(1 - row.distance, 0)),
      known ? h("td", {}, row.truth ?? "–") : null,
      h("td", {}, row.probability === null ? row.prediction : `${row.prediction} ${percent(row.probability)}`),
      h("td", { class: "wrap" }, differing(row.differs))),
  );
  const head = ["row", "alike", ...(known ? [`true ${found.target}`] : []), "predicted", "differs in"];
  return [
    h("div", { class: "lep-sub" }, `of ${found.where}`),
    h("div", { class: "lep-scroll" },
      h("table", { class: "lep-table" }, h("thead", {}, h("tr", {}, ...head.map((one) => h("th", { scope: "col" }, one)))), h("tbody", {}, ...rows))),
  ];
}
