// The beeswarm of an explanation: a dot a row and column, drawn on a canvas; pointed at, clicked, and lassoed.

import { ring, shadeMarks, stack, whichMark } from "./beeswarm.ts";
import { h } from "./dom.ts";
import { signed } from "./format.ts";
import { frame, layout, ROW, TOP, type Feature, type Layout } from "./importance.ts";
import { insideOf, lasso, type Point } from "./lasso.ts";
import { paint } from "./marks.ts";
import { Near } from "./near.ts";
import { colours } from "./theme.ts";
import { shownCell, type Cells } from "./values.ts";

export interface SwarmData {
  columns: Feature[];
  labels: string[];
  unit: string;
  effects: Float32Array; // (column, row)
  shades: Uint8Array; // (column, row)
  cells: Cells[]; // by column
}

/** What a reader does with it. */
export interface SwarmActs {
  choose(row: number): void;
  open(column: number): void;
  /** Rows with a dot inside a line, of whatever column, in order. */
  around(rows: number[]): void;
}

/** The dots of every column in the coordinates of the drawing, one column after the other. */
export function placeDots(data: { columns: unknown[]; labels: unknown[]; effects: Float32Array }, at: Layout): { xs: Float32Array<ArrayBuffer>; ys: Float32Array<ArrayBuffer> } {
  const n = data.labels.length;
  // Loops: a function for each of 300,000 dots takes longer than what it does.
  const { low, high, start, end } = at.dots;
  const step = high === low ? 0 : (end - start) / (high - low);
  const xs = new Float32Array(data.effects.length);
  for (let i = 0; i < xs.length; i++) xs[i] = step ? start + (data.effects[i]! - low) * step : (start + end) / 2;
  const ys = new Float32Array(xs.length);
  data.columns.forEach((_, j) => ys.set(stack(xs.subarray(j * n, (j + 1) * n), TOP + ROW * (j + 0.5), ROW / 2 - 4), j * n));
  return { xs, ys };
}

export class Swarm {
  private data: SwarmData | null = null;
  private dots = { xs: new Float32Array(0), ys: new Float32Array(0) };
  private near: Near | null = null;
  private at: Layout | null = null;
  private selected: Uint8Array | null = null;
  private chosen: number | null = null;
  private readonly canvas = h("canvas", { class: "lep-canvas" });
  private readonly tip = h("div", { class: "lep-tip", hidden: true, role: "tooltip" });
  readonly stage = h("div", {
    class: "lep-stage", tabindex: "0", role: "application", "aria-label":
      "Beeswarm. Left and right arrows choose a row, Home and End the first and the last; up and down arrows choose a column, Enter opens it; Escape closes what is open.",
  });
  private readonly drawing: ReturnType<typeof lasso>;

  constructor(private readonly acts: SwarmActs) {
    this.drawing = lasso(this.stage, (event) => this.pointOf(event), (polygon) => this.around(polygon));
    this.stage.addEventListener("pointermove", (event) => this.hover(event));
    this.stage.addEventListener("pointerleave", () => (this.tip.hidden = true));
    this.stage.addEventListener("click", (event) => this.click(event));
  }

  close(): void {
    this.drawing.cleanup();
  }

  show(data: SwarmData, width: number): void {
    this.data = data;
    this.draw(width);
  }

  draw(width: number): void {
    const data = this.data;
    if (!data || this.stage.hidden) return;
    this.at = layout(data.columns, data.effects, Math.max(520, Math.min(940, width || 860)));
    this.dots = placeDots(data, this.at);
    this.near = null;
    this.stage.replaceChildren(frame(data.columns, this.at, data.unit, (place) => this.drawing.busy() || this.acts.open(place)), this.canvas, this.tip);
    this.stage.style.width = `${this.at.width}px`;
    this.repaint();
  }

  /** Rows that were chosen together, and the one that was chosen. */
  mark(selected: Uint8Array | null, chosen: number | null): void {
    this.selected = selected;
    this.chosen = chosen;
    this.repaint();
  }

  markColumn(column: number | null): void {
    this.stage.querySelectorAll(".lep-column").forEach((node, k) => node.classList.toggle("active", k === column));
  }

  repaint(): void {
    const { data, at } = this;
    if (!data || !at) return;
    const theme = colours(this.stage);
    const n = data.labels.length;
    const every = this.selected && Uint8Array.from({ length: data.shades.length }, (_, k) => this.selected![k % n]!);
    const context = paint(this.canvas, at.width, at.height, { ...this.dots, which: whichMark(data.shades, every) }, shadeMarks(theme));
    if (context && this.chosen !== null) data.columns.forEach((_, j) => ring(context, this.dots.xs[j * n + this.chosen!]!, this.dots.ys[j * n + this.chosen!]!, theme));
  }

  private around(polygon: Point[]): void {
    const n = this.data!.labels.length;
    const rows = new Set(insideOf(polygon, this.dots.xs, this.dots.ys).map((k) => k % n));
    this.acts.around([...rows].sort((a, b) => a - b));
  }

  private hover(event: PointerEvent): void {
    const found = this.drawing.busy() ? -1 : this.under(event);
    const { data, at } = this;
    this.stage.style.cursor = found >= 0 ? "pointer" : "default";
    this.tip.hidden = found < 0;
    if (found < 0 || !data || !at) return;
    const n = data.labels.length;
    const [j, row] = [Math.floor(found / n), found % n];
    this.tip.replaceChildren(
      h("strong", {}, `${data.columns[j]!.name} = ${shownCell(data.cells[j]!, row)}`),
      h("div", {}, `effect ${signed(data.effects[found]!, 3)} · row ${data.labels[row]}`),
    );
    const [x, y] = this.pointOf(event)!;
    this.tip.style.left = `${Math.min(x + 12, at.width - 220)}px`;
    this.tip.style.top = `${y + 14}px`;
    this.tip.dataset.dot = String(found);
  }

  private click(event: MouseEvent): void {
    if (this.drawing.busy()) return;
    // A click's coordinates are rounded, a move's are not: the dot whose words are shown is the one meant.
    const found = this.tip.hidden ? this.under(event) : Number(this.tip.dataset.dot);
    if (found >= 0) this.acts.choose(found % this.data!.labels.length);
  }

  private pointOf(event: MouseEvent): Point | null {
    const box = this.canvas.getBoundingClientRect();
    if (!this.at || !box.width) return null;
    const zoom = this.at.width / box.width;
    return [(event.clientX - box.left) * zoom, (event.clientY - box.top) * zoom];
  }

  private under(event: MouseEvent): number {
    const point = this.pointOf(event);
    if (!point) return -1;
    this.near ??= new Near(this.dots.xs, this.dots.ys);
    return this.near.nearest(...point);
  }
}
