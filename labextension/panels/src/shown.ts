// What a domain asks of an evaluation: headlines, a table, curves. The kernel words every number.

import { h } from "./dom.ts";
import { figure, type Spec } from "./figure.ts";

export interface Shown {
  title: string;
  heads: [string, string, string][];
  header: string[];
  cells: string[][];
  numeric: number[];
  figures: Spec[];
  note: string;
}

export function shownFigure(one: Shown): HTMLElement {
  const kpis = one.heads.map(([label, value, note]) => h("div", {}, h("div", { class: "lep-kpi-label" }, label), h("div", { class: "lep-kpi-value" }, value), h("div", { class: "lep-kpi-note" }, note)));
  return h("div", { class: "lep-section" },
    h("div", { class: "lep-label" }, one.title),
    kpis.length ? h("div", { class: "lep-kpis" }, ...kpis) : null,
    one.cells.length ? table(one) : null,
    one.figures.length ? h("div", { class: "lep-row" }, ...one.figures.map((spec) => figure(spec).node)) : null,
    one.note ? h("ul", { class: "lep-notes" }, h("li", {}, one.note)) : null,
  );
}

function table(one: Shown): HTMLElement {
  const kind = (k: number) => (one.numeric.includes(k) ? "num" : null);
  const head = one.header.map((words, k) => h("th", { scope: "col", class: kind(k) }, words));
  const body = one.cells.map((row) => h("tr", {}, ...row.map((words, k) => (k ? h("td", { class: kind(k) }, words) : h("th", { scope: "row", class: kind(k) }, words)))));
  return h("div", { class: "lep-scroll" }, h("table", { class: "lep-table" }, h("thead", {}, h("tr", {}, ...head)), h("tbody", {}, ...body)));
}
