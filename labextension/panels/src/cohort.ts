// Some rows against the rest: chosen by conditions, by drawing around dots, or one by one; compared by the kernel.

import { h } from "./dom.ts";
import { decimalsFor, number, signed } from "./format.ts";
import { DotInterval } from "./dot_interval.ts";

export type Value = string | number | null;
export type Condition = [string, string, Value];

interface Bounds {
  value: number;
  low: number;
  high: number;
}

export interface Compared {
  features: (Bounds & { name: string; a: number; b: number; size: Bounds })[];
  names: [string, string];
  n: [number, number];
  unit: string;
  notes: string[];
  code: string;
  error: string | null;
}

/** What a cohort is chosen by. */
export type Choice = { rows: number[] } | { conditions: Condition[] };

export interface Column {
  name: string;
  /** "number", "date" or "category"; null where the page does not know it. */
  kind: string | null;
  texts: string[] | null;
}

const ORDERED = ["<", "<=", ">", ">=", "=", "!="];
const SHOWN = 8;
const MOST_TEXTS = 500;

/** The condition that a reader typed; null where the value is not of the column's kind. */
export function condition(column: Column, compare: string, typed: string): Condition | null {
  const words = typed.trim();
  if (words === "missing" || (words === "" && column.kind !== "category")) return compare === "=" || compare === "!=" ? [column.name, compare, null] : null;
  const text = column.texts?.find((one) => one === typed || one === words);
  if (text !== undefined) return [column.name, compare, text];
  const value = Number(words.replace(/,/g, "").replace("−", "-"));
  if (column.kind === "number") return Number.isFinite(value) ? [column.name, compare, value] : null;
  if (column.kind === null && Number.isFinite(value) && words) return [column.name, compare, value];
  return [column.name, compare, words];
}

/** A condition in words. */
export function worded([name, compare, value]: Condition): string {
  const signs: Record<string, string> = { "<=": "≤", ">=": "≥", "!=": "≠" };
  return `${name} ${signs[compare] ?? compare} ${value === null ? "missing" : value}`;
}

export class CohortView {
  readonly node: HTMLElement;
  private columns: Column[] = [];
  private choice: Choice | null = null;
  private all = false;
  private compared: Compared | null = null;
  private readonly column = h("select", { "aria-label": "column of the condition" });
  private readonly compare = h("select", { "aria-label": "comparison" });
  private readonly value = h("input", { type: "text", "aria-label": "value of the condition", autocomplete: "off" });
  private readonly texts = h("datalist", { id: `lep-${Math.random().toString(36).slice(2)}` });
  private readonly chips = h("div", { class: "lep-chips", role: "list", "aria-label": "conditions", hidden: true });
  private readonly clearing = h("span", {});
  private readonly trouble = h("div", { class: "lep-trouble", role: "alert", hidden: true });
  private readonly said = h("div", { class: "lep-said", role: "status", "aria-live": "polite" });
  private readonly result = h("div", {});

  /** @param chosen hears of every new choice; null is none. */
  constructor(private readonly chosen: (choice: Choice | null) => void) {
    this.value.setAttribute("list", this.texts.id);
    this.column.addEventListener("change", () => this.offer());
    this.value.addEventListener("keydown", (event) => event.stopPropagation());
    const form = h(
      "form", { class: "lep-seek", submit: (event: SubmitEvent) => (event.preventDefault(), this.add()) },
      h("span", { class: "lep-field" }, "Rows where", this.column, this.compare, this.value), this.texts,
      h("button", { type: "submit", class: "lep-button" }, "Select"), h("span", { class: "lep-sub" }, "or draw around dots"),
    );
    this.node = h("section", { class: "lep-more lep-cohort", "aria-label": "selected rows against the rest" }, form, h("div", { class: "lep-chips" }, this.chips, this.clearing), this.trouble, this.result, this.said);
  }

  offerColumns(columns: Column[]): void {
    const was = this.column.value;
    this.columns = columns;
    this.column.replaceChildren(...columns.map((one, k) => h("option", { value: String(k) }, one.name)));
    if (was && columns[Number(was)]) this.column.value = was;
    this.offer();
  }

  /** Begin the next condition with this column. */
  begin(name: string): void {
    const k = this.columns.findIndex((one) => one.name === name);
    if (k < 0) return;
    this.column.value = String(k);
    this.offer();
  }

  /** Rows that were drawn around, or chosen one by one; none of them is no selection. */
  take(rows: number[]): void {
    this.set(rows.length ? { rows } : null);
  }

  clear(): void {
    this.set(null);
  }

  show(compared: Compared): void {
    this.compared = compared;
    this.trouble.hidden = !compared.error;
    this.trouble.textContent = compared.error ?? "";
    this.draw();
  }

  private offer(): void {
    const column = this.columns[Number(this.column.value)];
    if (!column) return;
    const signs = column.kind === "category" ? ["=", "!="] : column.kind === null ? [...ORDERED] : ORDERED;
    const was = this.compare.value;
    this.compare.replaceChildren(...signs.map((sign) => h("option", { value: sign, selected: sign === was }, worded(["", sign, ""]).trim())));
    this.texts.replaceChildren(...(column.texts ?? []).slice(0, MOST_TEXTS).map((words) => h("option", { value: words })));
  }

  private add(): void {
    const column = this.columns[Number(this.column.value)];
    if (!column) return;
    const made = condition(column, this.compare.value, this.value.value);
    if (!made) {
      this.trouble.hidden = false;
      this.trouble.textContent = `${this.value.value || "nothing"} cannot be compared with ${column.name}. Give ${column.kind === "date" ? "a date such as 2024-05-31" : "a number"}.`;
      return;
    }
    const before = this.choice && "conditions" in this.choice ? this.choice.conditions : [];
    this.value.value = "";
    this.set({ conditions: [...before, made] });
  }

  private set(choice: Choice | null): void {
    this.choice = choice;
    this.compared = null;
    this.trouble.hidden = true;
    this.draw();
    this.chosen(choice);
  }

  private without(one: Condition): void {
    const left = this.choice && "conditions" in this.choice ? this.choice.conditions.filter((other) => other !== one) : [];
    this.set(left.length ? { conditions: left } : null);
  }

  private draw(): void {
    const conditions = this.choice && "conditions" in this.choice ? this.choice.conditions : [];
    const chip = (one: Condition) => h("span", { class: "lep-chip", role: "listitem" }, worded(one), h("button", { type: "button", class: "lep-drop", "aria-label": `remove ${worded(one)}`, click: () => this.without(one) }, "×"));
    const rows = this.choice && "rows" in this.choice ? [h("span", { class: "lep-chip", role: "listitem" }, `${this.choice.rows.length.toLocaleString("en-US")} rows chosen`)] : [];
    const clear = this.choice ? [h("button", { type: "button", class: "lep-button", click: () => this.clear() }, "Clear selection")] : [];
    this.chips.replaceChildren(...conditions.map(chip), ...rows);
    this.chips.hidden = !this.choice;
    this.clearing.replaceChildren(...clear);
    const compared = this.compared;
    if (!this.choice || !compared || compared.error) {
      this.result.replaceChildren();
      return;
    }
    const [n, rest] = compared.n;
    const words = `${n.toLocaleString("en-US")} ${n === 1 ? "row" : "rows"} selected against ${rest.toLocaleString("en-US")} others`;
    const shown = this.all ? compared.features : compared.features.slice(0, SHOWN);
    const left = compared.features.length - shown.length;
    const more = left ? [h("button", { type: "button", class: "lep-link", click: () => ((this.all = true), this.draw()) }, `${left} more columns`)] : [];
    this.result.replaceChildren(h("div", { class: "lep-label" }, words, h("span", { class: "lep-sub" }, `mean effects in ${compared.unit}, 95 % bounds`)), table(shown), ...more, ...compared.notes.map((one) => h("div", { class: "lep-sub" }, one)));
    this.said.textContent = `${words}. Most different: ${shown.slice(0, 3).map((one) => one.name).join(", ")}`;
  }
}

function table(features: Compared["features"]): HTMLElement {
  const zero = { value: 0, low: 0, high: 0 };
  const [means, sizes] = [new DotInterval([...features, zero], 180), new DotInterval([...features.map((one) => one.size), zero], 140)];
  const decimals = decimalsFor(features.flatMap((one) => [one.a, one.b]));
  const head = ["", "selected", "rest", "difference of means", "of mean |effect|"].map((words) => (words ? h("th", { scope: "col" }, words) : h("td", {})));
  const rows = features.map((one) =>
    h("tr", {}, h("th", { scope: "row" }, one.name), h("td", { class: "num" }, signed(one.a, decimals)), h("td", { class: "num" }, signed(one.b, decimals)),
      h("td", { "data-value": String(one.value) }, means.cell(one, `${one.name}: ${bounds(one)}`)), h("td", {}, sizes.cell(one.size, `${one.name}, mean |effect|: ${bounds(one.size)}`))),
  );
  return h("div", { class: "lep-scroll" }, h("table", { class: "lep-table" }, h("thead", {}, h("tr", {}, ...head)), h("tbody", {}, ...rows)));
}

function bounds(one: Bounds): string {
  return `${number(one.value)} (${number(one.low)} to ${number(one.high)})`;
}
