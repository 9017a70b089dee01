// The table of rows: as many as there are, of which only those in sight are elements; sorted here, chosen by row.

import { h } from "./dom.ts";
import { number, percent, signed } from "./format.ts";
import { shownCell, type Cells } from "./values.ts";

export interface Scores {
  /** Whether predictions are probabilities. */
  share: boolean;
  /** Whether it is known what happened. */
  known: boolean;
  /** What an error is, in words. */
  meaning: string;
  prediction: Float64Array;
  error: Float64Array;
  surprise: Float64Array;
  truth: Cells;
}

export interface TableData {
  labels: string[];
  columns: { name: string; values: Cells; effects: Float32Array }[];
  scores: Scores;
}

export type Sort = "row" | "prediction" | "error" | "surprise";

const ROW = 24;
const HEIGHT = 340;
const SPARE = 6;

/** Positions in this order, the largest first unless ascending, unknown ones last; as `explanation.rows(sort)`. */
export function sorted(by: Float64Array | null, n: number, ascending: boolean): number[] {
  const order = Array.from({ length: n }, (_, i) => i);
  if (!by) return order;
  const rank = (v: number) => (Number.isNaN(v) ? Infinity : ascending ? v : -v);
  return order.sort((a, b) => {
    const [x, y] = [rank(by[a]!), rank(by[b]!)];
    return x === y ? a - b : x - y;
  });
}

export class RowTable {
  readonly node: HTMLElement;
  private readonly head = h("div", { class: "lep-sheet-head", role: "row" });
  private readonly body = h("div", { class: "lep-sheet-body", role: "rowgroup" });
  private readonly frame = h("div", { class: "lep-sheet", role: "grid", tabindex: "0", "aria-label": "rows: arrows go through them, Enter explains one, Space selects it" });
  private readonly only = h("input", { type: "checkbox" });
  private readonly count = h("span", { class: "lep-sub" });
  private readonly id = Math.random().toString(36).slice(2);
  private data: TableData | null = null;
  private order: number[] = [];
  private sort: Sort = "surprise";
  private ascending = false;
  private active = 0;
  private selected: Uint8Array | null = null;
  private chosen: number | null = null;
  private widths: number[] = [];
  private largest: number[] = [];

  /**
   * @param choose explains a row.
   * @param toggle puts a row into the selection, or takes it out.
   * @param sorted hears how rows are sorted now.
   */
  constructor(private readonly choose: (row: number) => void, private readonly toggle: (row: number) => void, private readonly sorted: (sort: Sort, ascending: boolean) => void) {
    this.frame.append(this.head, this.body);
    this.node = h("section", { class: "lep-more lep-row-table", "aria-label": "table of rows" }, h("div", { class: "lep-label" }, "Rows", this.count, h("label", { class: "lep-field lep-end" }, this.only, "selected only")), this.frame);
    this.only.addEventListener("change", () => this.arrange());
    this.frame.addEventListener("scroll", () => this.fill(), { passive: true });
    this.frame.addEventListener("keydown", (event) => this.key(event));
    this.body.addEventListener("click", (event) => this.click(event));
  }

  show(data: TableData): void {
    this.data = data;
    if (!data.scores.known && (this.sort === "error" || this.sort === "surprise")) this.sort = "prediction";
    this.widths = widths(data);
    this.largest = data.columns.map((column) => column.effects.reduce((most, v) => Math.max(most, Math.abs(v)), 0));
    this.sorted(this.sort, this.ascending);
    this.arrange();
  }

  mark(selected: Uint8Array | null, chosen: number | null): void {
    this.selected = selected;
    this.chosen = chosen;
    this.only.disabled = !selected;
    if (!selected) this.only.checked = false;
    if (this.data) this.arrange(true);
  }

  private get names(): string[] {
    const { scores, columns } = this.data!;
    return ["row", "prediction", ...(scores.known ? ["truth", "error", "surprise"] : []), ...columns.map((one) => one.name)];
  }

  private arrange(keep = false): void {
    const { labels, scores } = this.data!;
    const by = this.sort === "row" ? null : scores[this.sort];
    const all = sorted(by, labels.length, this.ascending);
    this.order = this.only.checked && this.selected ? all.filter((row) => this.selected![row]) : all;
    this.count.textContent = `${this.order.length.toLocaleString("en-US")} of ${labels.length.toLocaleString("en-US")}`;
    this.active = Math.max(0, Math.min(this.active, this.order.length - 1));
    this.header();
    this.body.style.height = `${this.order.length * ROW}px`;
    this.frame.setAttribute("aria-rowcount", String(this.order.length + 1));
    this.frame.setAttribute("aria-colcount", String(this.names.length));
    if (!keep) this.frame.scrollTop = 0;
    this.fill();
  }

  private header(): void {
    const known = this.data!.scores.known;
    const template = this.widths.map((width) => `${width}px`).join(" ");
    this.frame.style.setProperty("--lep-columns", template);
    const wide = `${this.widths.reduce((sum, width) => sum + width, 0)}px`;
    this.head.style.width = this.body.style.width = wide;
    this.head.replaceChildren(...this.names.map((name, k) => {
      const key = (["row", "prediction", known ? "" : "-", "error", "surprise"] as const)[k];
      const sortable = k < (known ? 5 : 2) && key && key !== "-";
      const now = sortable && key === this.sort;
      const words = `${name}${now && key !== "row" ? (this.ascending ? " ↑" : " ↓") : ""}`;
      const button = sortable ? h("button", { type: "button", class: "lep-link", tabindex: "0", click: () => this.sortBy(key as Sort) }, words) : words;
      const title = sortable && key === "error" ? `error: ${this.data!.scores.meaning}` : sortable && key === "surprise" ? "surprise: how rare what happened is, in bits" : name;
      return h("span", { role: "columnheader", "aria-sort": now ? (this.ascending ? "ascending" : "descending") : sortable ? "none" : null, title }, button);
    }));
  }

  private sortBy(sort: Sort): void {
    this.ascending = sort === this.sort && sort !== "row" ? !this.ascending : false;
    this.sort = sort;
    this.active = 0;
    this.sorted(this.sort, this.ascending);
    this.arrange();
    this.head.querySelector<HTMLElement>('[aria-sort="ascending"] button, [aria-sort="descending"] button')?.focus();
  }

  /** The rows in sight, and a few around them. */
  private fill(): void {
    const first = Math.max(0, Math.floor(this.frame.scrollTop / ROW) - SPARE);
    const last = Math.min(this.order.length, first + Math.ceil(HEIGHT / ROW) + 2 * SPARE);
    this.body.replaceChildren(...this.order.slice(first, last).map((row, k) => this.line(row, first + k)));
    const now = `lep-${this.id}-${this.active}`;
    if (this.active >= first && this.active < last) this.frame.setAttribute("aria-activedescendant", now);
    else this.frame.removeAttribute("aria-activedescendant"); // scrolled out of sight, it is no element
  }

  private line(row: number, place: number): HTMLElement {
    const { labels, columns, scores } = this.data!;
    const shown = (v: number) => (scores.share ? percent(v, 1) : number(v, 4));
    const off = (v: number) => (Number.isNaN(v) ? "–" : scores.share ? signed(100 * v, 1) : signed(v, 2));
    const first = [labels[row]!, shown(scores.prediction[row]!)];
    if (scores.known) first.push(shownCell(scores.truth, row), off(scores.error[row]!), Number.isNaN(scores.surprise[row]!) ? "–" : `${scores.surprise[row]!.toFixed(1)} bit`);
    const cells = first.map((words, k) => h("span", { role: k ? "gridcell" : "rowheader", class: k === 2 || !k ? null : "num" }, words));
    columns.forEach((column, j) => {
      const effect = column.effects[row]!;
      const cell = h("span", { role: "gridcell", title: `effect ${signed(effect, 3)}`, class: effect >= 0 ? "up" : "down" }, shownCell(column.values, row));
      cell.style.setProperty("--lep-weight", `${Math.round(38 * Math.min(1, Math.abs(effect) / (this.largest[j] || 1)))}%`);
      cells.push(cell);
    });
    const kinds = [place === this.active && "active", row === this.chosen && "chosen", this.selected?.[row] && "selected"].filter(Boolean).join(" ");
    const line = h("div", { role: "row", id: `lep-${this.id}-${place}`, class: kinds || null, "aria-rowindex": String(place + 2), "aria-selected": this.selected ? String(!!this.selected[row]) : null, "data-row": String(row) }, ...cells);
    line.style.top = `${place * ROW}px`;
    return line;
  }

  private click(event: MouseEvent): void {
    const line = (event.target as HTMLElement).closest<HTMLElement>("[data-row]");
    if (!line) return;
    const row = Number(line.dataset.row);
    this.active = this.order.indexOf(row);
    if (event.ctrlKey || event.metaKey) this.toggle(row);
    else this.choose(row);
  }

  private key(event: KeyboardEvent): void {
    if (event.target !== this.frame) return;
    const page = Math.floor(HEIGHT / ROW) - 1;
    const to: Record<string, number> = { ArrowDown: this.active + 1, ArrowUp: this.active - 1, PageDown: this.active + page, PageUp: this.active - page, Home: 0, End: this.order.length - 1 };
    const row = this.order[this.active];
    if (event.key === "Enter" && row !== undefined) this.choose(row);
    else if (event.key === " " && row !== undefined) this.toggle(row);
    else if (event.key in to) this.go(to[event.key]!);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private go(place: number): void {
    this.active = Math.max(0, Math.min(place, this.order.length - 1));
    const top = this.active * ROW;
    const { scrollTop } = this.frame;
    if (top < scrollTop) this.frame.scrollTop = top;
    // The head stands above the rows, and a scroll bar may take room.
    else if (top + 2 * ROW + 2 > scrollTop + this.frame.clientHeight) this.frame.scrollTop = top + 2 * ROW + 2 - this.frame.clientHeight;
    this.fill();
  }
}

/** Widths of all columns: of their name, and of their longest value among some rows. */
function widths(data: TableData): number[] {
  const n = data.labels.length;
  const some = Array.from({ length: Math.min(n, 60) }, (_, i) => Math.floor((i * n) / Math.min(n, 60)));
  const wide = (words: string[], least: number) => Math.min(220, Math.max(least, 20 + 6.8 * Math.max(...words.map((one) => [...one].length))));
  const first = [wide(some.map((i) => data.labels[i]!), 60), 92];
  if (data.scores.known) first.push(wide(data.scores.truth.texts ?? ["1,000.00"], 76), 78, 98);
  return [...first, ...data.columns.map((one) => wide([one.name, ...some.map((i) => shownCell(one.values, i))], 60))];
}
