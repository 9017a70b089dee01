// What lies under a control: the spread of known values, the column's curve at this row, where the row was and is.

import { h, s } from "./dom.ts";
import type { Points } from "./curves_read.ts";

const WIDE = 1000;
const HIGH = 100;
/** Half a slider's thumb: its middle never comes nearer to the ends. */
export const INSET = 6;

export class Strip {
  readonly node: HTMLElement;
  private readonly curve = s("path", { class: "line s-main", "vector-effect": "non-scaling-stroke" });
  private readonly was = s("path", { class: "lep-was", "vector-effect": "non-scaling-stroke" });
  private readonly now = s("path", { class: "lep-now", "vector-effect": "non-scaling-stroke" });
  private readonly said = h("span", { class: "lep-strip-said" });
  private heights: { place: number; height: number }[] = [];
  private range: [number, number] = [0, 1];

  /**
   * @param from the value at the left end
   * @param to the value at the right end
   */
  constructor(private readonly points: Points | undefined, readonly from: number, readonly to: number) {
    const svg = s(
      "svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, preserveAspectRatio: "none", "aria-hidden": "true" },
      s("path", { class: "lep-spread", d: points ? this.bars(points) : "" }), this.was, this.curve, this.now,
    );
    this.node = h("div", { class: "lep-strip" }, h("div", { class: "lep-strip-drawing" }, svg), this.said);
    if (points && !points.ordered) {
      this.curve.setAttribute("class", "lep-dots");
    }
  }

  /** The share of the width at which a place lies. */
  share(place: number): number {
    return this.to > this.from ? (place - this.from) / (this.to - this.from) : 0.5;
  }

  /** The place at a point of the page. */
  placeAt(clientX: number): number {
    const box = this.node.getBoundingClientRect();
    const share = (clientX - box.left - INSET) / Math.max(1, box.width - 2 * INSET);
    return this.from + Math.min(1, Math.max(0, share)) * (this.to - this.from);
  }

  draw(heights: { place: number; height: number }[], range: [number, number]): void {
    this.heights = heights.filter((one) => Number.isFinite(one.height));
    this.range = range;
    const dots = this.points && !this.points.ordered;
    const path = this.heights.map((one, i) => (dots ? `M${this.at(one.place, one.height)}h0` : `${i ? "L" : "M"}${this.at(one.place, one.height)}`));
    this.curve.setAttribute("d", path.join(""));
  }

  markNow(place: number | null, height: number | null): void {
    this.now.setAttribute("d", place === null || height === null || !Number.isFinite(height) ? "" : `M${this.at(place, height)}h0`);
  }

  markWas(place: number | null): void {
    const x = place === null ? 0 : (WIDE * this.share(place)).toFixed(1);
    this.was.setAttribute("d", place === null ? "" : `M${x} 0V${HIGH}`);
  }

  say(words: string): void {
    this.said.textContent = words;
  }

  /** How far the curve moves the prediction. */
  get reach(): number {
    const all = this.heights.map((one) => one.height);
    return all.length ? Math.max(...all) - Math.min(...all) : 0;
  }

  private at(place: number, height: number): string {
    const [low, high] = this.range;
    const y = high > low ? (height - low) / (high - low) : 0.5;
    return `${(WIDE * this.share(place)).toFixed(1)} ${(HIGH - 4 - (HIGH - 8) * y).toFixed(1)}`;
  }

  /** Shares as bars; their roots, so that a heap of zeros leaves the rest to be seen. */
  private bars({ bars, ordered, from, to }: Points): string {
    const top = Math.sqrt(Math.max(...bars, 1e-12));
    const n = bars.length;
    const left = ordered ? this.share(from) : 0;
    const width = (ordered ? this.share(to) - left : 1) / (ordered ? n : Math.max(n - 1, 1));
    const thick = ordered ? width : Math.min(0.7 * width, 0.08);
    return bars
      .map((bar, i) => {
        const x = WIDE * (left + i * width - (ordered ? 0 : thick / 2));
        const y = HIGH * (1 - (0.96 * Math.sqrt(bar)) / top);
        return y > HIGH - 0.5 ? "" : `M${x.toFixed(1)} ${HIGH}V${y.toFixed(1)}h${(WIDE * thick).toFixed(1)}V${HIGH}z`;
      })
      .join("");
  }
}
