// Runs side by side: how they went, paired differences with the first, what was asked or came out differently.

import { chart, type Line } from "./curves.ts";
import { h } from "./dom.ts";
import { NOTHING, number, percent } from "./format.ts";
import { KINDS } from "./spread.ts";

export interface Compared {
  ids: string[];
  names: string[];
  traces: { seconds: number[]; best: (number | null)[]; metric: string; epochs: number[]; losses: (number | null)[] }[];
  pairs: { why: string; words: string; note: string; metrics: Measure[] }[];
  differs: { what: string; name: string; values: string[] }[];
  code: string;
}

export interface Measure {
  label: string;
  a: number | null;
  b: number | null;
  better: string;
  difference: (number | null)[];
  share: number | null;
  first: boolean;
}

/** A name that heads a narrow column. */
export function short(name: string): string {
  const letters = [...name];
  return letters.length > 28 ? `${letters.slice(0, 27).join("").trimEnd()}…` : name;
}

export function signedNumber(value: number | null): string {
  return value === null ? NOTHING : value > 0 ? `+${number(value)}` : number(value);
}

/** The verdict in words: never more than the interval says. */
export function verdict(one: Measure, names: [string, string]): string {
  if (one.difference[1] === null) return "not known";
  return one.better ? `${names[one.better === "a" ? 0 : 1]} is better` : "within noise";
}

export function comparison(told: Compared, width: number): HTMLElement {
  const wide = Math.max(300, Math.min(440, width > 700 ? width / 2 - 14 : width - 12));
  const losses: Line[] = told.traces.map((one, i) => ({ name: told.names[i]!, kind: KINDS[i] ?? "soft", faint: false, xs: one.epochs, ys: one.losses }));
  const bests: Line[] = told.traces.map((one, i) => ({ name: told.names[i]!, kind: KINDS[i] ?? "soft", faint: false, xs: one.seconds, ys: one.best }));
  const figure = (words: string, drawn: Node) => h("figure", {}, h("figcaption", {}, words), drawn);
  // A single point is no curve.
  const some = (lines: Line[]) => lines.filter((one) => one.ys.filter((y) => y !== null).length > 1);
  const charts = [
    ...(some(losses).length ? [figure("Network: validation loss", chart(some(losses), { x: "epoch", y: "loss" }, null, wide))] : []),
    ...(some(bests).length ? [figure("Best metric so far", chart(some(bests), { x: "seconds", y: "metric" }, null, wide))] : []),
  ];
  const keys = told.names.map((name, i) => h("span", { class: "lep-key" }, h("i", { class: `lep-swatch k-${KINDS[i] ?? "soft"}` }), name));
  return h(
    "div", {}, h("div", { class: "lep-legend" }, ...keys), h("div", { class: "lep-row" }, ...charts),
    ...told.pairs.map((pair, i) => pairOf(pair, [short(told.names[0]!), short(told.names[i + 1]!)])),
    h("div", { class: "lep-section" }, h("div", { class: "lep-label" }, "Asked, or came out, differently"), differences(told)),
  );
}

function pairOf(pair: Compared["pairs"][number], names: [string, string]): HTMLElement {
  const title = h("div", { class: "lep-label" }, `${names[0]} against ${names[1]}`, pair.note ? h("span", { class: "lep-sub" }, pair.note) : null);
  if (pair.why) return h("div", { class: "lep-section" }, title, h("div", { class: "lep-why" }, `No paired difference: ${pair.why}.`));
  const rows = pair.metrics.map((one) =>
    h("tr", { class: one.first ? "best" : null }, h("th", { scope: "row" }, one.label), h("td", { class: "num" }, number(one.a, 4)), h("td", { class: "num" }, number(one.b, 4)),
      h("td", { class: "num" }, signedNumber(one.difference[0]!)), h("td", { class: "num" }, one.difference[1] === null ? NOTHING : `${signedNumber(one.difference[1]!)} to ${signedNumber(one.difference[2]!)}`),
      h("td", { class: "num" }, percent(one.share)), h("td", {}, verdict(one, names))),
  );
  const heads = ["", names[0], names[1], "difference", "95 %", `${names[0]} better in`, ""];
  const head = h("tr", {}, ...heads.map((words, i) => h("th", { scope: "col", class: i > 0 && i < 6 ? "num" : null }, words)));
  return h("div", { class: "lep-section" }, title, h("div", { class: "lep-sub" }, pair.words), h("div", { class: "lep-scroll" }, h("table", { class: "lep-table" }, h("thead", {}, head), h("tbody", {}, ...rows))));
}

function differences(told: Compared): HTMLElement {
  if (!told.differs.length) return h("div", { class: "lep-sub" }, "nothing");
  const head = h("tr", {}, h("th", { scope: "col" }, ""), ...told.names.map((name) => h("th", { scope: "col" }, name)));
  const rows = told.differs.map((one) => h("tr", {}, h("th", { scope: "row" }, one.name, one.what === "asked" ? null : h("span", { class: "lep-sub" }, ` (${one.what})`)), ...one.values.map((value) => h("td", { class: "wrap" }, value))));
  return h("div", { class: "lep-scroll" }, h("table", { class: "lep-table" }, h("thead", {}, head), h("tbody", {}, ...rows)));
}
