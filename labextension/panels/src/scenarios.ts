// Pinned scenarios side by side: a line a changed column, a column a scenario.

import { brief, type Answer } from "./answer.ts";
import type { Value } from "./controls.ts";
import { h } from "./dom.ts";

export type Changes = Record<string, Value>;

export interface Scenario {
  name: string;
  changes: Changes;
  answer: Answer | null;
}

/** The next free letter: A to Z, then numbers. */
export function nextName(taken: string[]): string {
  for (let i = 0; ; i++) {
    const name = i < 26 ? String.fromCharCode(65 + i) : String(i + 1);
    if (!taken.includes(name)) return name;
  }
}

export function sameChanges(a: Changes, b: Changes): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => name in b && a[name] === b[name]);
}

export interface Told {
  names: string[]; // of all columns, in order
  shown: (name: string, value: Value) => string;
  original: (name: string) => Value;
  first: Answer;
  label: string;
}

export function table(scenarios: Scenario[], told: Told, load: (one: Scenario) => void, drop: (one: Scenario) => void): HTMLElement {
  const changed = told.names.filter((name) => scenarios.some((one) => name in one.changes));
  const head = scenarios.map((one) =>
    h("th", { scope: "col" },
      h("button", { type: "button", class: "lep-link", title: `back to scenario ${one.name}`, click: () => load(one) }, one.name),
      h("button", { type: "button", class: "lep-drop", "aria-label": `forget scenario ${one.name}`, title: "forget", click: () => drop(one) }, "×")),
  );
  const rows = changed.map((name) =>
    h("tr", {}, h("th", { scope: "row" }, name), h("td", {}, told.shown(name, told.original(name))),
      ...scenarios.map((one) => (name in one.changes ? h("td", {}, h("b", {}, told.shown(name, one.changes[name]!))) : h("td", { class: "lep-same", "aria-label": "as it is" }, "·")))),
  );
  const said = h("tr", { class: "best" }, h("th", { scope: "row" }, told.label), h("td", {}, brief(told.first)),
    ...scenarios.map((one) => h("td", {}, one.answer ? `${brief(one.answer)}${one.answer.probabilities.length && one.answer.prediction ? ` → ${one.answer.prediction}` : ""}` : "…")));
  return h("div", { class: "lep-scroll" },
    h("table", { class: "lep-table" }, h("thead", {}, h("tr", {}, h("td", {}), h("th", { scope: "col" }, "as it is"), ...head)), h("tbody", {}, ...rows, said)));
}
