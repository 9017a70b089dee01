// A column's effect along its own values: each row a dot, coloured by another column, with bounds and the spread below.

import { ring } from "./beeswarm.ts";
import { drawing, h, label, line, s, text } from "./dom.ts";
import { number, percent, signed } from "./format.ts";
import type { Cleanup } from "./host.ts";
import { insideOf, lasso, type Point } from "./lasso.ts";
import { paint, type Mark, type Shape } from "./marks.ts";
import { Near } from "./near.ts";
import { extent, scale, ticks, type Scale } from "./scale.ts";
import { channels, colours, heightColour, type Colours } from "./theme.ts";
import { shownCell, type Cells } from "./values.ts";

export interface Strength {
  name: string;
  value: number;
  low: number;
  high: number;
  found: boolean;
}

export interface Dependence {
  column: string;
  kind: "number" | "date" | "category";
  levels: string[];
  colour: string | null;
  unit: string;
  exact: boolean;
  measure: string;
  ownShare: number | null;
  strengths: Strength[];
  place: Float64Array;
  values: Float64Array;
  /** Half-widths of the 95 % intervals. */
  half: Float64Array;
  own: Cells;
  shades: Uint8Array;
  by: Cells;
}

/** What a dependence asks of the panel it is in. */
export interface Around {
  el: HTMLElement;
  labels: string[];
  /** All columns, to colour by. */
  names: string[];
  choose: (row: number) => void;
  select: (rows: number[]) => void;
  /** Ask for another colour: null is the strongest. */
  recolour: (colour: string | null) => void;
  close: () => void;
}

const TOP = 10;
const HEIGHT = 270;
const SPREAD = 40;
const LEFT = 58;
const MOST_WHISKERS = 400;
const STEPS = 16;
const SHAPES: Shape[] = ["disc", "square", "triangle", "diamond", "cross"];

/** Sideways places of rows of one category, so that they are seen; the same every time. */
export function jitter(row: number, span = 0.6): number {
  return span * (((row * 0.6180339887) % 1) - 0.5);
}

/** Where missing numbers stand: left of all that are known. */
export function axisOf(data: Pick<Dependence, "kind" | "levels" | "place">): { low: number; high: number; missing: number } {
  if (data.kind === "category") return { low: -0.5, high: Math.max(data.levels.length, 1) - 0.5, missing: NaN };
  const known = data.place.filter(Number.isFinite);
  if (!known.length) return { low: -0.5, high: 0.5, missing: 0 };
  const [low, high] = extent(known, 0);
  const span = high - low || 1;
  const missing = known.length < data.place.length ? low - 0.08 * span : NaN;
  return { low: (Number.isFinite(missing) ? missing : low) - 0.03 * span, high: high + 0.03 * span, missing };
}

/** Levels of words, most frequent first, that get a colour and a shape of their own. */
export function commonest(by: Cells, most = SHAPES.length): number[] {
  if (!by.texts) return [];
  const counts = new Map<number, number>();
  for (const code of by.cells) counts.set(code, (counts.get(code) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, most).map(([code]) => code);
}

export class DependenceView {
  readonly node: HTMLElement;
  private readonly head = h("div", { class: "lep-label" });
  private readonly stage = h("div", {
    class: "lep-stage", tabindex: "0", role: "application", "aria-label": "Dependence. Left and right arrows go through the rows by value, Escape closes it.",
  });
  private readonly canvas = h("canvas", { class: "lep-canvas" });
  private readonly tip = h("div", { class: "lep-tip", hidden: true, role: "tooltip" });
  private readonly colour = h("select", { "aria-label": "column to colour by" });
  private readonly key = h("span", { class: "lep-keys" });
  private readonly together = h("div", { class: "lep-sub" });
  private data: Dependence | null = null;
  private xs = new Float32Array(0);
  private ys = new Float32Array(0);
  private near: Near | null = null;
  private to: { x: Scale; y: Scale } | null = null;
  private width = 0;
  private order: number[] = [];
  private selected: Uint8Array | null = null;
  private chosen: number | null = null;
  private readonly drawing: { busy: () => boolean; cleanup: Cleanup };

  constructor(private readonly around: Around) {
    const close = h("button", { type: "button", class: "lep-button", click: () => around.close() }, "Close");
    const tools = h("div", { class: "lep-tools" }, h("span", { class: "lep-field" }, "Colour ", this.colour), this.key, h("span", { class: "lep-end" }, close));
    this.node = h("section", { class: "lep-more lep-dependence", "aria-label": "dependence" }, this.head, this.together, this.stage, tools);
    this.colour.addEventListener("change", () => around.recolour(this.colour.value === "strongest" ? null : this.colour.value.slice(1)));
    this.stage.addEventListener("pointermove", (event) => this.hover(event));
    this.stage.addEventListener("pointerleave", () => (this.tip.hidden = true));
    this.stage.addEventListener("click", (event) => this.click(event));
    this.stage.addEventListener("keydown", (event) => this.key_(event));
    this.drawing = lasso(this.stage, (event) => this.pointOf(event), (polygon) => around.select(insideOf(polygon, this.xs, this.ys)));
  }

  close(): void {
    this.drawing.cleanup();
  }

  get column(): string | null {
    return this.data?.column ?? null;
  }

  /** What is drawn is no more what was asked for last. */
  awaits(column: string): void {
    this.node.classList.add("stale");
    this.head.replaceChildren(`Effect of ${column} …`);
  }

  fail(words: string): void {
    this.node.classList.remove("stale");
    this.head.replaceChildren(h("span", { class: "lep-trouble" }, words));
  }

  show(data: Dependence): void {
    this.data = data;
    this.node.classList.remove("stale");
    const known = data.place.length;
    this.order = Array.from({ length: known }, (_, i) => i).sort((a, b) => data.place[a]! - data.place[b]! || a - b);
    this.head.replaceChildren(`Effect of ${data.column}`, h("span", { class: "lep-sub" }, data.exact ? "exact" : `95 % bounds: ± ${number(median(data.half), 2)} (median)`));
    this.together.textContent = sentence(data);
    const best = data.strengths[0];
    const names = this.around.names.filter((name) => name !== data.column);
    const strongest = best?.found ? `strongest: ${best.name}` : "strongest: none found";
    this.colour.replaceChildren(
      h("option", { value: "strongest", selected: !data.colour || data.colour === best?.name }, strongest),
      ...names.map((name) => h("option", { value: `=${name}`, selected: name === data.colour && name !== best?.name }, name)),
    );
    this.draw();
  }

  /** The column's drawing for the panel's present width. */
  draw(): void {
    const data = this.data;
    if (!data) return;
    const width = (this.width = Math.max(420, Math.min(860, this.around.el.clientWidth || 760)));
    const axis = axisOf(data);
    const bounded = !data.exact && data.values.length <= MOST_WHISKERS;
    const ends = bounded ? [...data.values].flatMap((v, i) => [v - data.half[i]!, v + data.half[i]!]) : data.values;
    const [low, high] = extent([...extent(ends), 0], 0);
    const x = scale(axis.low, axis.high, LEFT, width - 10);
    const y = scale(low, high, TOP + HEIGHT, TOP);
    this.to = { x, y };
    this.xs = Float32Array.from(data.place, (place, i) => x(data.kind === "category" ? place + jitter(i) : Number.isFinite(place) ? place : axis.missing));
    this.ys = Float32Array.from(data.values, (v) => y(v));
    this.near = null;
    this.stage.replaceChildren(this.frame(data, axis.missing, bounded), this.canvas, this.tip);
    this.stage.style.width = `${width}px`;
    this.repaint();
  }

  /** Paint with a selection and a chosen row. */
  mark(selected: Uint8Array | null, chosen: number | null): void {
    this.selected = selected;
    this.chosen = chosen;
    this.repaint();
  }

  repaint(): void {
    const data = this.data;
    if (!data || !this.to) return;
    const theme = colours(this.around.el);
    const { marks, which, keys } = colouring(data, theme);
    const faint = marks.map((mark): Mark => ({ ...mark, alpha: 0.08 }));
    const shown = this.selected ? which.map((k, i) => (this.selected![i] ? k : k + marks.length)) : which;
    const context = paint(this.canvas, this.width, TOP + HEIGHT + SPREAD + 40, { xs: this.xs, ys: this.ys, which: shown }, [...marks, ...faint], data.values.length > 3000 ? 2 : 2.6);
    if (context && this.chosen !== null) ring(context, this.xs[this.chosen]!, this.ys[this.chosen]!, theme);
    this.key.replaceChildren(...keys);
  }

  private frame(data: Dependence, missing: number, bounded: boolean): SVGElement {
    const { x, y } = this.to!;
    const floor = TOP + HEIGHT;
    const whiskers = bounded ? [...this.xs].map((px, i) => `M${px.toFixed(1)} ${y(data.values[i]! - data.half[i]!).toFixed(1)}V${y(data.values[i]! + data.half[i]!).toFixed(1)}`).join("") : "";
    const height = floor + SPREAD + 40;
    return drawing(
      this.width, height, `Effect of ${data.column} by its value, in ${data.values.length} rows`,
      ticks(y.low, y.high, 5).map((v) => [line(x.start, y(v), x.end, y(v)), text(x.start - 7, y(v) + 4, number(v), "s", "end")]),
      line(x.start, y(0), x.end, y(0), "axis"), line(x.start, floor, x.end, floor, "axis"),
      whiskers ? s("path", { d: whiskers, class: "s-soft", opacity: "0.35", fill: "none" }) : null,
      this.names(data, floor), Number.isFinite(missing) ? text(x(missing), floor + 16, "missing", "s", "middle") : null,
      spread(data, this.xs, x, floor + 24),
      text((x.start + x.end) / 2, height - 2, data.column, "s", "middle"),
      s("text", { x: 11, y: TOP + HEIGHT / 2, class: "s", "text-anchor": "middle", transform: `rotate(-90 11 ${TOP + HEIGHT / 2})` }, `effect in ${data.unit}`),
    );
  }

  private names(data: Dependence, floor: number): SVGElement[] {
    const { x } = this.to!;
    if (data.kind === "category") {
      const room = (x.end - x.start) / Math.max(data.levels.length, 1);
      const every = Math.ceil(34 / room);
      return data.levels.flatMap((level, k) => (k % every ? [] : [label(x(k), floor + 16, level, room * every - 4, "s", "middle")]));
    }
    const known = Math.max(2, Math.floor((x.end - x.start) / 90));
    const said = (v: number) => (data.kind === "date" ? new Date(v * 86_400_000).toISOString().slice(0, 10) : number(v, 4));
    const first = Math.min(...data.place.filter(Number.isFinite));
    return ticks(x.low, x.high, known).filter((v) => v >= first).flatMap((v) => [line(x(v), floor, x(v), floor + 4, "axis"), text(x(v), floor + 16, said(v), "s", "middle")]);
  }

  private pointOf(event: MouseEvent): Point | null {
    const box = this.stage.getBoundingClientRect();
    if (!box.width) return null;
    const zoom = this.width / box.width;
    return [(event.clientX - box.left) * zoom, (event.clientY - box.top) * zoom];
  }

  private under(event: MouseEvent): number {
    const point = this.pointOf(event);
    if (!point) return -1;
    this.near ??= new Near(this.xs, this.ys);
    return this.near.nearest(point[0], point[1]);
  }

  private hover(event: PointerEvent): void {
    const row = this.drawing.busy() ? -1 : this.under(event);
    const data = this.data;
    this.tip.hidden = row < 0;
    this.stage.style.cursor = row < 0 ? "crosshair" : "pointer";
    if (row < 0 || !data) return;
    const half = data.half[row]! ? ` ± ${number(data.half[row]!, 2)}` : "";
    this.tip.replaceChildren(
      h("strong", {}, `${data.column} = ${shownCell(data.own, row)}`),
      h("div", {}, `effect ${signed(data.values[row]!, 3)}${half} · row ${this.around.labels[row]}`),
      ...(data.colour ? [h("div", {}, `${data.colour} = ${shownCell(data.by, row)}`)] : []),
    );
    const point = this.pointOf(event)!;
    this.tip.style.left = `${Math.min(point[0] + 12, this.width - 220)}px`;
    this.tip.style.top = `${point[1] + 14}px`;
  }

  private click(event: MouseEvent): void {
    if (this.drawing.busy()) return;
    const row = this.under(event);
    if (row >= 0) this.around.choose(row);
  }

  private key_(event: KeyboardEvent): void {
    const now = this.chosen === null ? -1 : this.order.indexOf(this.chosen);
    const steps: Record<string, number> = { ArrowRight: now + 1, ArrowLeft: Math.max(0, now - 1), Home: 0, End: this.order.length - 1 };
    if (event.key === "Escape") this.around.close();
    else if (event.key in steps) {
      const row = this.order[Math.min(steps[event.key]!, this.order.length - 1)];
      if (row !== undefined) this.around.choose(row);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

/** What goes with the column, in a sentence. */
export function sentence(data: Pick<Dependence, "column" | "strengths" | "ownShare" | "measure">): string {
  const [best] = data.strengths;
  const own = data.ownShare === null ? "" : `Its value alone tells ${percent(data.ownShare, 0)} of how its effect differs between rows. `;
  if (!best) return own;
  if (!best.found) return `${own}No column is found that changes it.`;
  const size = data.ownShare === null ? `${number(best.value)} (${number(best.low)} to ${number(best.high)}), ${data.measure}` : `${percent(share(best.value))} (${percent(share(best.low))} to ${percent(share(best.high))}) of the rest`;
  const others = data.strengths.slice(1).filter((one) => one.found).map((one) => one.name);
  return `${own}Acts together most with ${best.name}: ${size}${others.length ? `; then ${others.join(", ")}` : ""}.`;
}

function share(value: number): number {
  return Math.min(1, Math.max(0, value));
}

function median(values: Float64Array): number {
  return values.slice().sort()[Math.floor(values.length / 2)] ?? 0;
}

/** Marks of the rows by the other column's value, and the key to them. */
function colouring(data: Dependence, theme: Colours): { marks: Mark[]; which: Uint8Array; keys: HTMLElement[] } {
  const plain: Mark = { rgb: channels(theme.other), alpha: 0.7, shape: "disc" };
  if (!data.colour) return { marks: [plain], which: new Uint8Array(data.values.length), keys: [] };
  const levels = data.shades.some((shade) => shade !== 255) ? [] : commonest(data.by);
  if (levels.length) {
    const hues = [theme.down, theme.up, theme.fourth, theme.third, theme.mid];
    const marks = levels.map((_, k): Mark => ({ rgb: channels(hues[k]!), alpha: 0.8, shape: SHAPES[k]! }));
    const at = new Map(levels.map((code, k) => [code, k]));
    const which = Uint8Array.from(data.by.cells, (code) => at.get(code) ?? marks.length);
    const rest = data.by.texts!.length > levels.length ? [key("others", plain)] : [];
    return { marks: [...marks, plain], which, keys: [...levels.map((code, k) => key(data.by.texts![code]!, marks[k]!)), ...rest] };
  }
  const marks = Array.from({ length: STEPS }, (_, k): Mark => ({ rgb: channels(heightColour(k / (STEPS - 1), theme)), alpha: 0.8, shape: "disc" }));
  const which = data.shades.map((shade) => (shade === 255 ? STEPS : Math.min(STEPS - 1, Math.floor((shade / 255) * STEPS))));
  const ramp = h("span", { class: "lep-ramp" }, `low ${data.colour}`, h("i"), "high");
  return { marks: [...marks, plain], which, keys: [ramp, ...(which.includes(STEPS) ? [key("missing", plain)] : [])] };
}

/** A mark and its words. */
function key(words: string, mark: Mark): HTMLElement {
  const shapes: Record<Shape, SVGElement> = {
    disc: s("circle", { cx: 6, cy: 6, r: 4 }), square: s("rect", { x: 2.3, y: 2.3, width: 7.4, height: 7.4 }),
    triangle: s("path", { d: "M6 1.2L10.6 10H1.4Z" }), diamond: s("path", { d: "M6 .8L11.2 6L6 11.2L.8 6Z" }),
    cross: s("path", { d: "M4.4 1.2h3.2v3.2h3.2v3.2H7.6v3.2H4.4V7.6H1.2V4.4h3.2Z" }),
  };
  const icon = s("svg", { width: 12, height: 12, "aria-hidden": "true" }, shapes[mark.shape]);
  icon.style.fill = `rgb(${mark.rgb.join(",")})`;
  return h("span", { class: "lep-key" }, icon, words);
}

/** How many rows lie where, under the axis. */
function spread(data: Dependence, xs: Float32Array, x: Scale, top: number): SVGElement[] {
  const n = data.kind === "category" ? data.levels.length : 40;
  const counts = new Array<number>(n).fill(0);
  const step = (x.end - x.start) / n;
  for (const px of xs) counts[Math.min(n - 1, Math.max(0, Math.floor((px - x.start) / step)))]!++;
  const most = Math.max(...counts, 1);
  return counts.map((rows, k) => {
    const tall = ((SPREAD - 6) * rows) / most;
    return s("rect", { x: x.start + k * step + 0.5, y: top + SPREAD - 6 - tall, width: Math.max(step - 1, 0.5), height: tall, class: "other", opacity: "0.45" }, s("title", {}, `${rows} rows`));
  });
}
