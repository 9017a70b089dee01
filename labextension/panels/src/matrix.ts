// The confusion matrix as a table: of two classes with numbers that move, of many as shaded cells one can point at.

import { h } from "./dom.ts";
import { percent } from "./format.ts";

/** Rows, or their weight, as people read them. */
export function rows(weight: number): string {
  const whole = Math.abs(weight - Math.round(weight)) < 1e-9;
  return weight.toLocaleString("en-US", { maximumFractionDigits: whole || weight >= 100 ? 0 : 1 });
}

const FEW = 8;
export const MOST = 40;

export class Matrix {
  readonly node: HTMLElement;
  private readonly cells: HTMLTableCellElement[][];
  private readonly heads: HTMLElement[];
  private readonly dense: boolean;

  /** @param choose called with a class's index where one is to be looked at; null where there is nothing to choose. */
  constructor(private readonly names: string[], choose: ((k: number) => void) | null) {
    const n = Math.min(names.length, MOST);
    this.dense = n > FEW;
    this.cells = Array.from({ length: n }, () => Array.from({ length: n }, () => h("td", {})));
    const shown = names.slice(0, n);
    this.heads = shown.map((name, i) => {
      const inner = choose ? h("button", { type: "button", class: "lep-class", title: `${name}: look at this class`, click: () => choose(i) }, name) : h("span", { title: name }, name);
      return h("th", { scope: "row" }, inner);
    });
    const columns = h("tr", {}, h("th", { class: "lep-corner" }, "true ╲ decided"), ...shown.map((name) => h("th", { scope: "col", title: name }, h("span", {}, name))));
    const body = this.cells.map((cells, i) => h("tr", {}, this.heads[i]!, ...cells));
    const table = h("table", { class: `lep-matrix${this.dense ? " lep-dense" : ""}`, "aria-label": "confusion matrix" }, h("thead", {}, columns), h("tbody", {}, ...body));
    const hidden = names.length > n ? h("div", { class: "lep-sub" }, `${names.length - n} further classes are not drawn`) : null;
    this.node = h("div", { class: "lep-scroll" }, table, ...(hidden ? [hidden] : []));
  }

  show(counts: number[][]): void {
    this.cells.forEach((cells, i) => {
      const total = counts[i]!.reduce((a, b) => a + b, 0);
      cells.forEach((cell, j) => {
        const share = total > 0 ? counts[i]![j]! / total : 0;
        cell.style.setProperty("--share", share.toFixed(3));
        cell.className = i === j ? "right" : "wrong";
        const words = `is ${this.names[i]}, decided ${this.names[j]}: ${rows(counts[i]![j]!)} (${percent(share)})`;
        if (this.dense) {
          cell.title = words;
          cell.textContent = counts[i]![j]! ? rows(counts[i]![j]!) : "";
        } else if (cell.childElementCount) {
          cell.firstElementChild!.textContent = rows(counts[i]![j]!);
          cell.lastElementChild!.textContent = percent(share);
        } else cell.replaceChildren(h("strong", {}, rows(counts[i]![j]!)), h("small", {}, percent(share)));
      });
    });
  }

  mark(k: number): void {
    this.heads.forEach((head, i) => head.classList.toggle("chosen", i === k));
  }
}

/** The pairs of classes taken for one another most often, in words. */
export function confused(counts: number[][], names: string[], most = 4): string[] {
  const pairs = counts.flatMap((row, i) => row.map((n, j) => ({ n, i, j, share: n / (row.reduce((a, b) => a + b, 0) || 1) })));
  return pairs
    .filter((pair) => pair.i !== pair.j && pair.n > 0)
    .sort((a, b) => b.n - a.n)
    .slice(0, most)
    .map((pair) => `${names[pair.i]} decided as ${names[pair.j]}: ${rows(pair.n)} (${percent(pair.share)} of ${names[pair.i]})`);
}
