// The frame of the explanation's main drawing: names, importance bars with 95 % whiskers, and the axes of the beeswarm.

import { drawing, label, line, s, text, widthOf } from "./dom.ts";
import { number } from "./format.ts";
import { extent, scale, ticks, type Scale } from "./scale.ts";

export interface Feature {
  name: string;
  importance: number;
  low: number;
  high: number;
}

export interface Layout {
  width: number;
  height: number;
  floor: number;
  names: number;
  bars: Scale;
  dots: Scale;
}

export const ROW = 27;
export const TOP = 24;

/** Where everything lies for a panel of this width. */
export function layout(features: Feature[], values: Float32Array, width: number): Layout {
  const names = Math.min(Math.max(...features.map((feature) => widthOf(feature.name))), width * 0.26) + 2;
  const barsEnd = names + width * 0.23;
  const floor = TOP + ROW * features.length;
  const most = Math.max(...features.map((feature) => feature.high), 1e-12);
  const [low, high] = extent([...extent(values, 0), 0]);
  return {
    width, floor, names, height: floor + 36,
    bars: scale(0, most, names + 10, barsEnd - 46),
    dots: scale(low, high, barsEnd + 8, width - 10),
  };
}

/** The frame; `picked` hears of a click on a feature, by its place. */
export function frame(features: Feature[], at: Layout, unit: string, picked: (place: number) => void): SVGElement {
  return drawing(
    at.width, at.height, "Importance of each column, and its effect in each row",
    grid(at.bars, at.floor, 3), grid(at.dots, at.floor, 5),
    line(at.dots(0), TOP - 4, at.dots(0), at.floor, "axis"),
    text(at.bars.start, 12, "Mean |effect|", "s b"), text(at.dots.start, 12, "Effect of each row", "s b"),
    features.map((feature, i) => bar(feature, TOP + ROW * i, at, () => picked(i))),
    text((at.dots.start + at.dots.end) / 2, at.floor + 30, `effect in ${unit}`, "s", "middle"),
  );
}

function grid(along: Scale, floor: number, n: number): SVGElement[] {
  return ticks(along.low, along.high, n).flatMap((v) => [
    line(along(v), TOP - 4, along(v), floor),
    text(along(v), floor + 14, number(v), "s", "middle"),
  ]);
}

function bar(feature: Feature, top: number, at: Layout, picked: () => void): SVGElement {
  const middle = top + ROW / 2;
  const x = at.bars(feature.importance);
  const [low, high] = [at.bars(feature.low), at.bars(feature.high)];
  const wide = high - low > 1.5;
  const shown = feature.importance < 1e-9 * at.bars.high ? 0 : feature.importance; // the rounding of sums is no effect
  const words = `${feature.name}: ${number(shown)} (${number(feature.low)} to ${number(feature.high)})`;
  return s(
    "g", { class: "lep-column", click: picked },
    s("rect", { x: 0, y: top, width: at.bars.end + 46, height: ROW, class: "lep-column-back" }),
    label(at.names, middle + 4, feature.name, at.names, "", "end"),
    s(
      "rect",
      { x: at.bars.start, y: top + 7, width: Math.max(0, x - at.bars.start), height: ROW - 14, rx: 2, class: "main", opacity: "0.85" },
      s("title", {}, words),
    ),
    wide ? line(low, middle, high, middle, "s-ink") : null,
    text((wide ? high : x) + 6, middle + 4, number(shown, 2), "s halo"),
  );
}
