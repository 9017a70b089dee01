// A model beside its members and baselines: a dot with its interval, paired differences, further metrics.

import { dotAxis, dotCell, dotScale, type Estimate } from "./dots.ts";
import { h } from "./dom.ts";

export interface Board {
  header: string[];
  rows: { name: string; best: boolean; first: Estimate; drawn: boolean; gap: string[]; numbers: string[] }[];
}

export function scoreboard(board: Board): HTMLElement {
  const at = dotScale(board.rows.filter((row) => row.drawn).map((row) => row.first));
  const mark = board.rows.find((row) => row.best)?.first[0] ?? null;
  const body = board.rows.map((row) =>
    h("tr", { class: row.best ? "best" : null }, h("th", { scope: "row" }, row.name), h("td", {}, dotCell(row.first, at, row.best ? "main" : "other", mark)),
      ...row.gap.map((words) => h("td", { class: "num lep-gap" }, words)), ...row.numbers.map((words) => h("td", { class: "num" }, words))),
  );
  const rest = board.header.length - 1;
  const axis = h("tr", {}, h("td", {}), h("td", {}, dotAxis(at)), ...Array.from({ length: rest }, () => h("td", {})));
  const head = h("tr", {}, h("td", {}), ...board.header.map((words, i) => h("th", { scope: "col", class: i ? "num" : null }, words)));
  return h("div", { class: "lep-scroll" }, h("table", { class: "lep-table" }, h("thead", {}, head), h("tbody", {}, ...body, axis)));
}
