// The table of runs: sorting, and what stands in each cell.

import { h } from "./dom.ts";
import { fixed, NOTHING, number, seconds } from "./format.ts";

export interface Run {
  id: string;
  name: string;
  tags: string[];
  status: string;
  kind: string;
  began: string;
  target: string;
  rows: number;
  score: number | null;
  metric: string;
  seconds: number | null;
  message: string;
  open: string;
  resume: string;
  held: { label: string; value: number | null; low: number | null; high: number | null; higher: boolean; rows: string } | null;
}

export type Key = "name" | "status" | "began" | "target" | "rows" | "score" | "held" | "seconds";

export interface Order {
  key: Key;
  down: boolean;
}

const HEADS: [Key, string, boolean][] = [
  ["name", "Run", false], ["status", "Status", false], ["began", "Started", false], ["target", "Target", false],
  ["rows", "Rows", true], ["score", "Best so far", true], ["held", "Held-out", true], ["seconds", "Time", true],
];

/** What a run is called: its name, else its id. */
export function called(run: Pick<Run, "id" | "name">): string {
  return run.name || run.id;
}

/** Runs in an order; what is not known comes last either way, equals the newest first. */
export function sorted(runs: Run[], { key, down }: Order): Run[] {
  const value = (run: Run): string | number | null => (key === "name" ? called(run).toLowerCase() : key === "held" ? (run.held?.value ?? null) : run[key]);
  const sign = down ? -1 : 1;
  return [...runs].sort((a, b) => {
    const [x, y] = [value(a), value(b)];
    if (x === null || y === null) return x === y ? newest(a, b) : x === null ? 1 : -1;
    return x === y ? newest(a, b) : sign * (x < y ? -1 : 1);
  });
}

function newest(a: Run, b: Run): number {
  return a.began < b.began ? 1 : a.began > b.began ? -1 : 0;
}

/** Whether a run's words contain every word looked for. */
export function fits(run: Run, words: string): boolean {
  const whole = [run.id, run.name, ...run.tags, run.status, run.target, run.message].join(" ").toLowerCase();
  return words.toLowerCase().split(/\s+/).every((word) => whole.includes(word));
}

export function heldWords(run: Run): string {
  const held = run.held;
  if (!held || held.value === null) return NOTHING;
  const interval = held.low === null ? "" : ` (${fixed(held.low, 3)} to ${fixed(held.high, 3)})`;
  return `${held.label} ${fixed(held.value, 4)}${interval}`;
}

export interface Heard {
  sort(key: Key): void;
  pick(id: string, on: boolean): void;
  choose(id: string): void;
}

export function head(order: Order, heard: Heard): HTMLElement {
  const cells = HEADS.map(([key, words, numeric]) =>
    h("th", { scope: "col", class: numeric ? "num" : null, "aria-sort": order.key === key ? (order.down ? "descending" : "ascending") : "none" },
      h("button", { type: "button", class: "lep-sort", click: () => heard.sort(key) }, words, h("span", { "aria-hidden": "true" }, order.key === key ? (order.down ? " ↓" : " ↑") : ""))),
  );
  return h("tr", {}, h("th", { scope: "col" }, h("span", { class: "lep-said" }, "compare")), ...cells);
}

export function row(run: Run, state: { picked: boolean; chosen: boolean }, heard: Heard): HTMLElement {
  const box = h("input", { type: "checkbox", checked: state.picked, "aria-label": `compare ${called(run)}`, "data-focus": `pick ${run.id}`, change: () => heard.pick(run.id, box.checked) });
  const name = h("button", { type: "button", class: "lep-link lep-run-name", "aria-expanded": String(state.chosen), "data-focus": `choose ${run.id}`, click: () => heard.choose(run.id) }, called(run));
  return h(
    "tr", { "data-run": run.id, class: state.chosen ? "chosen" : null }, h("td", {}, box),
    h("th", { scope: "row" }, name, run.name ? h("div", { class: "lep-sub" }, run.id) : null, run.tags.map((tag) => h("span", { class: "lep-chip info lep-tag" }, tag)),
      run.message ? h("div", { class: "lep-sub lep-run-message", title: run.message }, run.message) : null),
    h("td", {}, h("span", { class: `lep-chip ${run.status}` }, run.status)), h("td", {}, run.began), h("td", { class: "lep-narrow" }, run.target),
    h("td", { class: "num" }, run.rows ? number(run.rows, 12) : ""), h("td", { class: "num" }, run.score === null ? NOTHING : `${run.metric} ${fixed(run.score, 4)}`),
    h("td", { class: "num" }, heldWords(run)), h("td", { class: "num" }, run.seconds ? seconds(run.seconds) : ""),
  );
}
