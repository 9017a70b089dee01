// An object under the colours of its parts, with what a reader does there: a part tells its name and value to the
// pointer, to the arrow keys, and from the table beside it. Row and class are asked of whoever made it.

import { h, s } from "./dom.ts";
import { number, signed } from "./format.ts";
import { draw, effectOf, sharesOf, wordsOf, type Drawn, type Part } from "./inside_shapes.ts";

/** One row and one class, as the kernel tells them. */
export interface Told extends Drawn {
  row: number;
  output: number;
  unit: string;
  labels: string[];
  outputs: string[];
  ends: string;
  sub: string;
  notes: string[];
  method: string;
  code: string;
}

const AT_MOST_PARTS = 12;

/** The part after another, by strength; the strongest after none. */
export function nextPart(parts: Part[], now: number | null, by: number): number {
  const place = parts.findIndex((one) => one.part === now);
  const next = place < 0 ? (by > 0 ? 0 : parts.length - 1) : (place + by + parts.length) % parts.length;
  return parts[next]!.part;
}

export class InsideBody {
  private told: Told | null = null;
  private chosen: number | null = null;
  private hidden = false;
  private width = 0;
  private readonly ends = h("div", { class: "lep-sub" });
  private readonly stage = h("div", {
    class: "lep-stage lep-inside", tabindex: "0", role: "application",
    "aria-label": "The parts of the object. Left and right arrows go through them, the strongest first; Escape leaves them.",
  });
  private readonly readout = h("div", { class: "lep-readout", role: "status", "aria-live": "polite" });
  private readonly table = h("div", { class: "lep-inside-table" });
  private readonly row = h("select", { "aria-label": "row to look into" });
  private readonly output = h("select", { "aria-label": "class of the parts" });
  private readonly cover = h("input", { type: "range", min: "0", max: "100", value: "60", "aria-label": "strength of the colours, in per cent" });
  private readonly instead = h("input", { type: "checkbox" });
  private readonly bar = h("div", { class: "lep-tools" });
  private readonly notes = h("ul", { class: "lep-notes" });
  private readonly resized: ResizeObserver;
  readonly node = h("div", {}, this.bar, this.ends, h("div", { class: "lep-inside-both" }, h("div", { class: "lep-inside-drawing" }, this.stage, this.readout), this.table), this.notes);

  /** @param ask for another row or class of what is shown. */
  constructor(private readonly ask: (row: number, output: number) => void) {
    this.listen();
    this.resized = new ResizeObserver(() => this.told && Math.abs(this.node.clientWidth - this.width) > 2 && this.paint());
    this.resized.observe(this.node);
  }

  close(): void {
    this.resized.disconnect();
  }

  /** Draw one row and class; not an answer to an older choice. */
  show(told: Told): boolean {
    const chosen = [this.row.value, this.output.value].map(Number);
    const same = this.told?.kind === told.kind && this.told.column === told.column;
    if (same && (told.row !== chosen[0] || told.output !== chosen[1])) return false;
    this.told = told;
    this.ends.textContent = told.ends;
    this.choices(told, same);
    this.notes.hidden = !told.notes.length;
    this.notes.replaceChildren(...told.notes.map((words) => h("li", {}, words)));
    this.paint();
    return true;
  }

  /** Whether the kernel can be asked for rows and classes. */
  allow(on: boolean): void {
    for (const one of [this.row, this.output]) one.disabled = !on;
  }

  private listen(): void {
    const under = (event: Event) => (event.target as Element).closest?.("[data-part]");
    for (const place of [this.stage, this.table]) {
      place.addEventListener("pointerover", (event) => this.point(under(event)));
      place.addEventListener("click", (event) => this.point(under(event)));
      place.addEventListener("pointerleave", () => this.mark(null));
    }
    this.stage.addEventListener("keydown", (event) => this.key(event));
    // What is chosen counts, not what was told last: an answer may still be on its way.
    for (const one of [this.row, this.output]) one.addEventListener("change", () => this.ask(Number(this.row.value), Number(this.output.value)));
    this.cover.addEventListener("input", () => this.applyCover());
    this.instead.addEventListener("change", () => ((this.hidden = this.instead.checked), this.paint()));
  }

  private choices(told: Told, same: boolean): void {
    const options = (words: string[], chosen: number) => words.map((one, k) => h("option", { value: String(k), selected: k === chosen }, one));
    this.row.replaceChildren(...options(told.labels, told.row));
    this.output.replaceChildren(...options(told.outputs, told.output));
    // Made once for an object: what has the focus keeps it.
    if (!same) this.bar.replaceChildren(...this.fields(told));
  }

  private fields(told: Told): HTMLElement[] {
    return [
      ...(told.labels.length > 1 ? [h("label", { class: "lep-field" }, "Row ", this.row)] : []),
      ...(told.outputs.length > 1 ? [h("label", { class: "lep-field" }, "Class ", this.output)] : []),
      h("label", { class: "lep-field" }, "Colours ", this.cover),
      ...(["image", "series"].includes(told.kind) ? [h("label", { class: "lep-field" }, this.instead, "show the baseline instead")] : []),
      h("span", { class: "lep-sub" }, "+ raises the score (solid), − lowers it (dashed)"),
    ];
  }

  private paint(): void {
    const told = this.told!;
    this.width = this.node.clientWidth;
    const room = Math.max(240, (this.width || 760) - 20);
    const beside = told.kind === "image" || room > 860;
    const width = told.kind === "series" ? Math.min(620, beside ? room - 250 : room) : room;
    this.stage.replaceChildren(draw(told, width, this.hidden));
    this.table.replaceChildren(this.parts(told));
    this.applyCover();
    this.mark(this.chosen !== null && told.parts.some((one) => one.part === this.chosen) ? this.chosen : null);
  }

  private parts(told: Told): HTMLElement {
    const shares = sharesOf(told.parts);
    const shown = told.parts.slice(0, AT_MOST_PARTS);
    const rest = told.parts.slice(AT_MOST_PARTS);
    const head = h("tr", {}, ...["part", "effect", "95 %"].map((words, k) => h("th", { scope: "col", class: k ? "num" : null }, words)));
    const rows = shown.map((one) =>
      h("tr", { "data-part": one.part }, h("th", { scope: "row" }, one.name), h("td", { class: "num" }, bar(one, shares.get(one.part)!), " ", effectOf(one)), h("td", { class: "num" }, one.half ? `± ${number(one.half, 2)}` : "exact")),
    );
    const others = rest.length ? [h("tr", {}, h("th", { scope: "row" }, `${rest.length} weaker parts`), h("td", { class: "num" }, signed(rest.reduce((sum, one) => sum + one.value, 0), rest[0]!.decimals)), h("td", {}))] : [];
    return h("div", { class: "lep-scroll", tabindex: "0", role: "region", "aria-label": "the strongest parts" }, h("table", { class: "lep-table" }, h("thead", {}, head), h("tbody", {}, ...rows, ...others)));
  }

  private point(node: Element | null | undefined): void {
    if (node) this.mark(Number((node as HTMLElement).dataset.part));
  }

  /** Light one part up wherever it is drawn, and say what it did. */
  private mark(part: number | null): void {
    this.chosen = part;
    for (const node of this.node.querySelectorAll<HTMLElement>("[data-part]")) node.classList.toggle("active", part !== null && Number(node.dataset.part) === part);
    const one = this.told?.parts.find((each) => each.part === part);
    const mean = one?.shown && ["image", "series"].includes(this.told!.kind) ? `, mean ${one.shown}` : "";
    this.readout.textContent = one ? `${wordsOf(one)}${mean}` : "Point at a part, or use the arrow keys.";
  }

  private key(event: KeyboardEvent): void {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") this.mark(null);
    else if (by && this.told?.parts.length) this.mark(nextPart(this.told.parts, this.chosen, by));
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private applyCover(): void {
    this.stage.style.setProperty("--most", String(Number(this.cover.value) / 100));
    this.cover.setAttribute("aria-valuetext", `${this.cover.value} %`);
  }
}

/** A value as a bar to the right or to the left of the middle. */
function bar(part: Part, share: number): SVGElement {
  const length = part.value ? Math.max(1, 26 * share) : 0;
  const x = part.value >= 0 ? 28 : 28 - length;
  return s("svg", { width: 56, height: 11, viewBox: "0 0 56 11", "aria-hidden": "true", class: "lep-inside-bar" }, s("rect", { x, y: 1, width: length, height: 9, class: part.value >= 0 ? "up" : "down" }), s("line", { x1: 28, y1: 0, x2: 28, y2: 11, class: "axis" }));
}
