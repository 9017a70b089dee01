// Where the model fails: a row a part, and under it what the model looks at there, asked for when it is opened.

import { dotAxis, dotCell, dotScale, type Estimate } from "./dots.ts";
import { h } from "./dom.ts";
import { decimalsFor, number, signed } from "./format.ts";

export interface Node {
  number: number;
  depth: number;
  words: string;
  rule: string;
  loss: Estimate;
  kind: string;
  cells: string[];
}

export interface Errors {
  nodes: Node[];
  header: string[];
  verdict: string;
  note: string;
  code: string;
}

export interface Attributions {
  number: number;
  features: { name: string; value: number; low: number; high: number; push: number | null }[];
  words: string;
  code: string;
}

export class ErrorTree {
  readonly node: HTMLElement;
  private readonly details = new Map<number, HTMLTableRowElement>();
  private readonly buttons = new Map<number, HTMLButtonElement>();
  private readonly known = new Set<number>();

  /** @param ask for the attributions of a part */
  constructor(errors: Errors, private readonly ask: (part: number) => void) {
    const at = dotScale(errors.nodes.map((one) => one.loss));
    const whole = errors.nodes[0]!.loss[0];
    const body = errors.nodes.flatMap((one) => this.rows(one, errors.header.length, dotCell(one.loss, at, one.kind, whole)));
    const axis = h("tr", {}, h("td", { colspan: 3 }), h("td", {}, dotAxis(at)), h("td", { colspan: errors.header.length - 4 }));
    const head = h("tr", {}, ...errors.header.map((words, i) => (words ? h("th", { scope: "col", class: i === 0 || i === 3 ? null : "num" }, words) : h("td", {}))));
    this.node = h("div", {}, h("div", { class: "lep-verdict" }, errors.verdict),
      h("div", { class: "lep-scroll" }, h("table", { class: "lep-table lep-parts" }, h("thead", {}, head), h("tbody", {}, ...body, axis))),
      h("div", { class: "lep-sub" }, errors.note));
  }

  private rows(one: Node, columns: number, dot: SVGElement | null): HTMLElement[] {
    const button = h("button", { type: "button", class: "lep-part", "aria-expanded": "false", title: `${one.rule}: what the model looks at in its rows`, click: () => this.turn(one.number) }, one.words);
    const first = h("th", { scope: "row" }, button);
    first.style.paddingLeft = `${16 * one.depth}px`;
    const [rows, share, ...rest] = one.cells;
    const standing = rest.pop()!;
    const chip = standing ? h("span", { class: `lep-standing ${one.kind}` }, standing) : null;
    const row = h("tr", {}, first, h("td", { class: "num" }, rows), h("td", { class: "num" }, share), h("td", {}, dot), ...rest.map((words) => h("td", { class: "num" }, words)), h("td", {}, chip));
    const detail = h("tr", { hidden: true, class: "lep-part-detail" }, h("td", { colspan: columns, "aria-live": "polite" }, "…"));
    this.details.set(one.number, detail);
    this.buttons.set(one.number, button);
    return [row, detail];
  }

  private turn(part: number): void {
    const detail = this.details.get(part)!;
    detail.hidden = !detail.hidden;
    this.buttons.get(part)!.setAttribute("aria-expanded", String(!detail.hidden));
    if (detail.hidden || this.known.has(part)) return;
    this.known.add(part);
    detail.firstElementChild!.replaceChildren(h("span", { class: "lep-sub" }, "explaining some of its rows …"));
    this.ask(part);
  }

  show(found: Attributions): void {
    this.details.get(found.number)?.firstElementChild!.replaceChildren(attributions(found));
  }

  fail(part: number, words: string): void {
    this.known.delete(part); // opening it again asks again
    this.details.get(part)?.firstElementChild!.replaceChildren(h("div", { class: "lep-trouble" }, words));
  }
}

function attributions(found: Attributions): HTMLElement {
  const most = Math.max(...found.features.map((one) => one.high), 1e-12);
  const decimals = decimalsFor(found.features.map((one) => one.value));
  const rows = found.features.map((one) => {
    const bar = h("i", { class: "lep-effect" });
    bar.style.width = `${(100 * one.value) / most}%`;
    const words = one.high - one.low > 1e-12 ? `${number(one.value)} (${number(one.low)} to ${number(one.high)})` : number(one.value);
    const push = one.push === null ? "" : `on average ${signed(one.push, decimals)}`;
    return h("li", {}, h("span", { class: "lep-effect-name", title: one.name }, one.name), h("span", { class: "lep-effect-bar" }, bar), h("span", { class: "num" }, words), h("span", { class: "lep-sub" }, push));
  });
  return h("div", { class: "lep-effects" }, h("div", { class: "lep-sub" }, found.words), h("ul", {}, ...rows), h("code", { class: "lep-code", tabindex: "0" }, found.code));
}
